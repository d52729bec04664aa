// The recipe for another sort key, last step: after the backfill the former table is no longer declared.
import { story, successor } from "../base";

story({ successor });
