// All rollups, each after those it reads.
import { tokenRisk } from "../scores/tokenRisk";
import { userProfiles } from "../scores/userProfiles";
import { userRisk } from "../scores/userRisk";
import { accountSymbolMinutes, pairMinutes } from "./accountMinutes";
import { firstSeen } from "./firstSeen";
import { marketMinutes } from "./marketMinutes";
import { marketPrices } from "./marketPrices";
import { postMinutes } from "./postMinutes";
import { type Rollup } from "./spec";
import { tokenDays } from "./tokenDays";
import { tokenMinutes } from "./tokenMinutes";
import { tokenPrices } from "./tokenPrices";
import { tradeAmendments } from "./tradeAmendments";
import { userDays } from "./userDays";
import { userMinutes } from "./userMinutes";

export { type Grain, type Rollup, type RollupColumn } from "./spec";
export { rollupsDatabase } from "./sql";
export { progressTable, rollupTable } from "./table";

/** In the order they are refreshed. */
export const rollups: readonly Rollup[] = [
    tradeAmendments,
    tokenMinutes,
    marketMinutes,
    marketPrices,
    tokenPrices,
    userMinutes,
    accountSymbolMinutes,
    pairMinutes,
    postMinutes,
    firstSeen,
    userDays,
    tokenDays,
    userProfiles,
    userRisk,
    tokenRisk,
];
