// A fee, between the price and the version.
import { fills, story } from "../base";

const { version, ...before } = fills.columns;
const columns = { ...before, fee: { type: "Decimal(18, 8)", default: "0", comment: "Paid" }, version };
story({ fills: { ...fills, columns } as typeof fills });
