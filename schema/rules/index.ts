// All rules, in the order in which people read them.
import { dormantReactivation } from "./dormantReactivation";
import { impossibleTravel } from "./impossibleTravel";
import { layering } from "./layering";
import { momentumIgnition } from "./momentumIgnition";
import { negativeBuzz } from "./negativeBuzz";
import { newIpWithdrawal } from "./newIpWithdrawal";
import { passThrough } from "./passThrough";
import { pingPong } from "./pingPong";
import { pumpAndDump } from "./pumpAndDump";
import { quoteStuffing } from "./quoteStuffing";
import { ringOfThree } from "./ringOfThree";
import { selfTrade } from "./selfTrade";
import { type Rule } from "./spec";
import { structuring } from "./structuring";
import { withdrawalVelocity } from "./withdrawalVelocity";

export { deployedRule, type DeployedRule } from "./deployed";
export {
    defaults,
    deployed,
    type Override,
    type Parameter,
    type Reads,
    reasonOf,
    type Rule,
    type RuleArgs,
    rulesDatabase,
    triggersOf,
} from "./spec";

/** All of them. */
export const rules: readonly Rule[] = [
    newIpWithdrawal,
    impossibleTravel,
    structuring,
    withdrawalVelocity,
    dormantReactivation,
    passThrough,
    negativeBuzz,
    selfTrade,
    pingPong,
    layering,
    quoteStuffing,
    ringOfThree,
    momentumIgnition,
    pumpAndDump,
];
