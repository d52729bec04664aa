// The side is left out, and that it may go is said.
import { omit } from "../../../../infra/provider/changes";
import { evolved, story } from "../base";

const columns = omit(evolved.columns, "side");
story({ fills: { ...evolved, columns, allowDrop: ["side"] } });
