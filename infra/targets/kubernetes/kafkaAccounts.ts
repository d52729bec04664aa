// Pure: who logs in to Kafka and what each may do there, an account per component: one that is taken over reads and writes no more than its own work.
import { catalogue } from "../../../schema";

/** A right, as Kafka's authorizer knows it; `prefix` is of names. */
export interface Right {
    on: "topic" | "group";
    name: string;
    by: "literal" | "prefix";
    operations: readonly ("Read" | "Write" | "Describe" | "DescribeConfigs")[];
}

const topicOf = (stream: string): string => {
    const found = catalogue.find(({ name }) => name === stream);
    if (found === undefined) throw new Error(`the catalogue has no ${stream}`);
    return found.topic.name;
};

/** All topics of the catalogue (schema/dsl). */
const ours = "trading.";

// Idempotent producers need no right of their own since Kafka 3.0: Write on a topic brings it.
const writes = (...streams: string[]): Right[] =>
    streams.map((stream) => ({ on: "topic", name: topicOf(stream), by: "literal", operations: ["Write", "Describe"] }));
const writesAll: Right = { on: "topic", name: ours, by: "prefix", operations: ["Write", "Describe"] };
const readsAll: Right = { on: "topic", name: ours, by: "prefix", operations: ["Read", "Describe"] };
const seesAll: Right = { on: "topic", name: ours, by: "prefix", operations: ["Describe"] };
/** How far feeds are. */
const seesFeeds: Right = { on: "group", name: "clickhouse.", by: "prefix", operations: ["Describe"] };
const consumesAs = (prefix: string): Right => ({
    on: "group",
    name: prefix,
    by: "prefix",
    operations: ["Read", "Describe"],
});

/** ClickHouse's feeds. */
export const feedsAccount = "clickhouse";

/** The collector, for Kafka's metrics. */
export const metricsAccount = "collector";

/** Rights by account: ClickHouse's feeds, the collector, and workers by their names; those that are not here do not speak to Kafka. */
export const kafkaAccounts: Readonly<Record<string, readonly Right[]>> = {
    [feedsAccount]: [readsAll, consumesAs("clickhouse.")],
    // It reads again what no row accounts for, in groups of its own.
    auditor: [readsAll, seesFeeds, consumesAs("auditor.")],
    "market-data": writes("market_tickers", "market_trades", "book_tickers", "order_book_ticks", "source_notices"),
    gateway: [writesAll],
    // A venue may feed it through this Kafka too, by topics of any name but ours.
    "matching-engine": [
        writesAll,
        { on: "topic", name: "venue.", by: "prefix", operations: ["Read", "Describe"] },
        consumesAs("trading-monitoring."),
    ],
    sentiment: [
        ...writes("social_posts", "sentiment_scores", "source_notices"),
        { on: "topic", name: topicOf("social_posts"), by: "literal", operations: ["Read"] },
        seesFeeds,
        consumesAs("sentiment."),
    ],
    "on-chain": [...writes("on_chain_transfers", "addresses", "source_notices"), seesFeeds],
    evaluator: [seesAll, seesFeeds],
    // How long topics are, and how far every group is.
    [metricsAccount]: [seesAll, { on: "group", name: "*", by: "literal", operations: ["Describe"] }],
};
