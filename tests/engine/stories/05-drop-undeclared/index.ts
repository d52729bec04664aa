// The price is left out, without a word about it.
import { omit } from "../../../../infra/provider/changes";
import { evolved, story } from "../base";

const columns = omit(evolved.columns, "price");
story({ fills: { ...evolved, columns } });
