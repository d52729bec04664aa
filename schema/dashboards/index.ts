// The dashboards, in the order they are listed.
import { alertOperations } from "./alertOperations";
import { ingestionHealth } from "./ingestionHealth";
import { marketOverview } from "./marketOverview";
import { type Dashboard } from "./spec";
import { systemWarnings } from "./systemWarnings";
import { tokenRisk } from "./tokenRisk";
import { userRisk } from "./userRisk";

export * from "./spec";

/** All of them. */
export const dashboards: readonly Dashboard[] = [
    userRisk,
    tokenRisk,
    alertOperations,
    systemWarnings,
    marketOverview,
    ingestionHealth,
];
