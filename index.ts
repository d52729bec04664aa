// The monitoring of a trading system, in the order its data flows: services, topics, feeds and facts, workers.
import { catalogue } from "./schema";
import { readSettings } from "./infra/config";
import { Foundation } from "./infra/pipeline/foundation";
import { Stream } from "./infra/pipeline/stream";
import { createTarget } from "./infra/targets";

const settings = readSettings();
const { marketData } = settings;

// Where it runs: Kafka and ClickHouse.
const target = createTarget(settings);

// What every feed stands on: databases, the brokers' address, dead letters.
const foundation = new Foundation(settings, target);

// Every fact and reference: its topic, its table, and the feed between them.
const feeds = new Map(
    catalogue.map((declaration) => [
        declaration.name,
        new Stream(declaration, settings, target, foundation.ready).feed,
    ]),
);

// What fills them, and what watches that nothing is lost on the way.
const services = { KAFKA_BROKERS: target.kafkaBrokers.join(","), CLICKHOUSE_URL: target.clickhouseUrl };
target.run({ name: "auditor", env: services, dependsOn: [...feeds.values()] });
if (marketData.enabled) {
    const collected = ["market_tickers", "market_trades", "book_tickers", "order_book_ticks", "source_notices"];
    target.run({
        name: "market-data",
        env: {
            KAFKA_BROKERS: services.KAFKA_BROKERS,
            SYMBOLS: marketData.symbols.join(","),
            VENUE: marketData.venue,
            BINANCE_WS_URL: marketData.webSocketUrl,
            BINANCE_REST_URL: marketData.restUrl,
        },
        dependsOn: collected.flatMap((name) => feeds.get(name) ?? []),
    });
}

/** ClickHouse's HTTP interface: `curl $(pulumi stack output clickhouseUrl) -d "SELECT …"`. */
export const clickhouseUrl = target.clickhouseUrl;

/** Kafka brokers, host:port. */
export const kafkaBrokers = target.kafkaBrokers.join(",");
