// How risky trading a token is on a day: absolute components, the score they make, and where it stands among the tokens of the day.
import { common, count, label, longDays, ratio, type Rollup } from "../rollups/spec";
import { inDays, refreshes, rollup } from "../rollups/sql";
import { ofDays } from "./days";
import { type Components, contributions, coverage, described, leastCoverage, sumOfContributions } from "./formula";

/** Changes with every weight or scale below; it is stored with each score. */
export const tokenRiskVersion = 1;

/** Posts with a sentiment that a share of negative ones needs. */
export const leastPosts = 10;

const guess = "reference/domain.md 4.2, starting guess, uncalibrated";

export const tokenComponents: Components = {
    volatility: {
        weight: 0.2,
        value: "main.1",
        scale: 0.1,
        description: "Realised volatility of the day on the token's busiest instrument (Andersen and Bollerslev 1998)",
        source: guess,
    },
    spread_bps: {
        weight: 0.15,
        value: "main.2",
        scale: 50,
        description: "Mean spread there, basis points of the mid",
        source: guess,
    },
    depth: {
        weight: 0.15,
        value: "main.3",
        scale: 50_000,
        fewer: true,
        description: "Mean depth within 1% of the mid there, the thinner side, quote units",
        source: guess,
    },
    concentration: {
        weight: 0.15,
        value: "main.4",
        scale: 0.3,
        description: "Share of the account that trades most there",
        source: guess,
    },
    wash_share: {
        weight: 0.15,
        value: "if(base = 0, NULL, toFloat64(own) / toFloat64(base))",
        scale: 0.1,
        description: "Share of the volume that users traded with themselves, all instruments",
        source: guess,
    },
    negativity: {
        weight: 0.2,
        value: `if(scored_posts < ${String(leastPosts)}, NULL, negative_posts / scored_posts)`,
        scale: 0.4,
        description: `Share of negative posts among those with a sentiment, NULL below ${String(leastPosts)}`,
        source: guess,
    },
};

/** The instrument with most volume stands for the token's market; of several with the same, the last by name. */
const markets =
    `SELECT run, token, day, sum(base_volume) AS base, sum(self_trade_volume) AS own, sum(trades) AS traded,\n` +
    `    argMax(tuple(realised_volatility, spread_bps, least(bid_depth, ask_depth), top_account_share), (base_volume, symbol)) AS main, toUInt64(0) AS scored, toUInt64(0) AS negative\n` +
    `FROM ${rollup("token_days")} WHERE ${ofDays} AND token != '' GROUP BY run, token, day`;

const nothing = "CAST(NULL, 'Nullable(Float64)')";
const posts =
    `SELECT run, token, toDate(minute) AS day, toDecimal256(0, 18) AS base, toDecimal256(0, 18) AS own, toUInt64(0) AS traded,\n` +
    `    tuple(${[nothing, nothing, nothing, nothing].join(", ")}) AS main, sum(scored_posts) AS scored, sum(negative_posts) AS negative\n` +
    `FROM ${rollup("post_minutes")} WHERE ${inDays} GROUP BY run, token, day`;

const part = (index: number): string => `max(main.${String(index)})`;
const joined =
    `SELECT run, token, day, sum(base) AS base, sum(own) AS own, sum(traded) AS trades, tuple(${[1, 2, 3, 4].map(part).join(", ")}) AS main,\n` +
    `    sum(scored) AS scored_posts, sum(negative) AS negative_posts\n` +
    `FROM (SELECT * FROM (${markets}) UNION ALL SELECT * FROM (${posts})) AS parts GROUP BY run, token, day`;

const names = Object.keys(tokenComponents);
const values = Object.entries(tokenComponents)
    .map(([name, { value }]) => `${value} AS ${name}`)
    .join(", ");

const scored =
    `SELECT *, ${coverage(tokenComponents)} AS coverage, ${contributions(tokenComponents)} AS known,\n` +
    `    if(coverage < ${String(leastCoverage)}, NULL, ${sumOfContributions}) AS score\n` +
    `FROM (SELECT run, token, day, trades, scored_posts, ${values} FROM (${joined}))`;

/** Share of the run's other tokens of the day that have less of it, 0 to 1; NULL where it is not known. */
const rank = (column: string): string =>
    `if(isNull(${column}), NULL, percent_rank() OVER (PARTITION BY run, day, isNull(${column}) ORDER BY ${column}))`;

export const tokenRisk: Rollup = {
    name: "token_risk",
    description: "Risk score of each token in a day, with what it is made of and its rank; weights are uncalibrated",
    grain: "day",
    columns: {
        run: common.run,
        token: label("Token"),
        day: common.day,
        score: ratio(`0 to 100: the sum of the contributions; NULL where coverage is below ${String(leastCoverage)}`),
        rank: ratio("Share of the other tokens with a lower score, 0 to 1"),
        version: { type: "UInt16", codec: "ZSTD(1)", description: "Version of weights and scales" },
        coverage: { type: "Float64", codec: "ZSTD(1)", description: "Weight of the components that are known, 0 to 1" },
        contributions: {
            type: "Map(String, Nullable(Float64))",
            codec: "ZSTD(1)",
            description: "What each known component adds to the score",
        },
        trades: count("Trades on our venue"),
        scored_posts: count("Posts with a sentiment"),
        ...Object.fromEntries(
            Object.entries(tokenComponents).flatMap(([name, component]) => [
                [name, ratio(described(component))],
                [`${name}_rank`, ratio(`Share of the other tokens with less ${name}, 0 to 1`)],
            ]),
        ),
    },
    key: ["run", "token", "day"],
    partitionBy: "toYYYYMM(day)",
    expiresBy: "day",
    retentionDays: longDays,
    keeps: "latest",
    touched: [refreshes("token_days", "toDateTime(day, 'UTC')"), refreshes("post_minutes", "toStartOfDay(minute)")],
    select:
        `SELECT * EXCEPT (known), known AS contributions, toUInt16(${String(tokenRiskVersion)}) AS version,\n` +
        `    ${[...names, "score"].map((name) => `${rank(name)} AS ${name === "score" ? "rank" : `${name}_rank`}`).join(",\n    ")}\n` +
        `FROM (${scored})`,
    everySeconds: 300,
    reads: ["post_minutes", "token_days"],
};
