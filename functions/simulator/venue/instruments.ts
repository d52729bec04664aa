// What the simulated venue trades. The tokens are invented, so that nothing of a simulation is taken for a statement on a real one.

/** Our venue in the simulation, and the one whose prices it follows. */
export const venueName = "sim-venue";
export const referenceVenue = "sim-reference";

/** The asset everything is quoted in, in millionths. */
export const quoteAsset = "USDT";
export const quoteDecimals = 6;

/** An instrument: its steps, and how its market is. */
export interface Instrument {
    /** Position in the list of instruments. */
    readonly index: number;
    readonly symbol: string;
    readonly base: string;
    /** Tick size is 10^-tickDecimals of the quote asset, lot size 10^-lotDecimals of the base asset. */
    readonly tickDecimals: number;
    readonly lotDecimals: number;
    /** Millionths of the quote asset that one lot at one tick costs. */
    readonly unit: number;
    /** Price at the start, ticks. */
    readonly openingPrice: number;
    /** Standard deviation of a day's return. */
    readonly dailyVolatility: number;
    /** Share of users' interest, any scale. */
    readonly weight: number;
    /** Quote millionths of one-sided flow that move the price by 1%. */
    readonly depth: number;
    readonly chain: string;
    /** Decimals of the token on its chain. */
    readonly chainDecimals: number;
}

/** Base asset, price in quote units, tick and lot decimals, daily volatility, weight, one-percent depth in quote units, chain. */
type Row = [string, number, number, number, number, number, number, "ethereum" | "solana"];

const rows: Row[] = [
    ["AURA", 62_500, 1, 5, 0.025, 30, 2_000_000, "ethereum"],
    ["BRIX", 3_140, 2, 4, 0.03, 22, 1_200_000, "ethereum"],
    ["CORL", 152, 2, 3, 0.04, 12, 500_000, "solana"],
    ["DUNE", 24.8, 3, 2, 0.045, 8, 250_000, "ethereum"],
    ["EMBR", 8.15, 3, 1, 0.05, 6, 180_000, "solana"],
    ["FLUX", 2.42, 4, 1, 0.05, 5, 150_000, "ethereum"],
    ["GLEN", 0.613, 4, 0, 0.055, 4, 120_000, "solana"],
    ["HAZE", 0.0842, 5, 0, 0.06, 3, 90_000, "ethereum"],
    ["IVOR", 11.9, 3, 2, 0.06, 2, 60_000, "ethereum"],
    ["JUNO", 0.352, 4, 0, 0.07, 2, 50_000, "solana"],
    ["KELP", 0.00415, 6, 0, 0.08, 1.5, 40_000, "solana"],
    ["LARK", 1.27, 4, 1, 0.08, 1.5, 40_000, "ethereum"],
];

const power = (decimals: number): number => 10 ** decimals;

/** All instruments, the most traded first. */
export const instruments: readonly Instrument[] = rows.map(
    ([base, price, tickDecimals, lotDecimals, dailyVolatility, weight, depth, chain], index) => ({
        index,
        symbol: `${base}${quoteAsset}`,
        base,
        tickDecimals,
        lotDecimals,
        unit: power(quoteDecimals - tickDecimals - lotDecimals),
        openingPrice: Math.round(price * power(tickDecimals)),
        dailyVolatility,
        weight,
        depth: depth * power(quoteDecimals),
        chain,
        chainDecimals: chain === "solana" ? 9 : 18,
    }),
);

/** Lots that cost about this many quote millionths at a price in ticks; at least one. */
export const lotsWorth = ({ unit }: Instrument, quote: number, price: number): number =>
    Math.max(1, Math.round(quote / (price * unit)));
