// All system warnings, in the order in which people read them.
import { insufficientCoverage } from "./coverage";
import { feedLag, lagAgainstRetention, staleSource } from "./feeds";
import { deadLetters, offsetGap, reconciliationDifference, sequenceGap } from "./losses";
import { clockSkew, diskDaysLeft, partsAndMerges } from "./server";
import { type Warning } from "./spec";

export { type Warning } from "./spec";

/** All of them. */
export const warnings: readonly Warning[] = [
    feedLag,
    lagAgainstRetention,
    staleSource,
    deadLetters,
    offsetGap,
    sequenceGap,
    reconciliationDifference,
    partsAndMerges,
    diskDaysLeft,
    clockSkew,
    insufficientCoverage,
];
