// The table is declared for the first time.
import { fills, story } from "../base";

story({ fills });
