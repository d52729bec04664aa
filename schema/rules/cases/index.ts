// Golden cases of all rules, by rule.
import { type Case } from "./build";
import { cases as dormantReactivation } from "./dormantReactivation";
import { cases as impossibleTravel } from "./impossibleTravel";
import { cases as layering } from "./layering";
import { cases as momentumIgnition } from "./momentumIgnition";
import { cases as negativeBuzz } from "./negativeBuzz";
import { cases as newIpWithdrawal } from "./newIpWithdrawal";
import { cases as passThrough } from "./passThrough";
import { cases as pingPong } from "./pingPong";
import { cases as pumpAndDump } from "./pumpAndDump";
import { cases as quoteStuffing } from "./quoteStuffing";
import { cases as ringOfThree } from "./ringOfThree";
import { cases as selfTrade } from "./selfTrade";
import { cases as structuring } from "./structuring";
import { cases as withdrawalVelocity } from "./withdrawalVelocity";

export { type Built, type Case, type Expected } from "./build";

/** By id of the rule. */
export const goldenCases: Readonly<Record<string, readonly Case[]>> = {
    new_ip_withdrawal: newIpWithdrawal,
    structuring,
    withdrawal_velocity: withdrawalVelocity,
    dormant_reactivation: dormantReactivation,
    pass_through: passThrough,
    negative_buzz: negativeBuzz,
    self_trade: selfTrade,
    ping_pong: pingPong,
    layering,
    quote_stuffing: quoteStuffing,
    ring_of_three: ringOfThree,
    momentum_ignition: momentumIgnition,
    pump_and_dump: pumpAndDump,
    impossible_travel: impossibleTravel,
};
