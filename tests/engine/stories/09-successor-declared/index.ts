// The recipe for another sort key, first step: the successor stands beside the table and takes over its reading view.
import { former, story, successor } from "../base";

story({ fills: { ...former, onDelete: "drop" }, successor });
