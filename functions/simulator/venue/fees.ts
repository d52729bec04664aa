// The venue's fee schedule and the limits of its tiers, once for the events of reference data and for those that follow them.

/** Maker and taker rate in parts per million of the quote amount; a negative one is a rebate. */
export const feeTiers = {
    standard: { maker: 800, taker: 1_000 },
    professional: { maker: 200, taker: 500 },
    maker: { maker: -50, taker: 300 },
} as const;

export type FeeTier = keyof typeof feeTiers;

/** What a tier of the identity check may move, in units of the reporting currency; absent: no limit. */
export const tierLimits: Readonly<Record<KycTier, { daily?: number; single?: number }>> = {
    tier1: { daily: 10_000, single: 10_000 },
    tier2: { daily: 100_000, single: 100_000 },
    tier3: {},
};

export type KycTier = "tier1" | "tier2" | "tier3";

/** Amount from which a transaction is reported. */
export const reportingThreshold = 10_000;
