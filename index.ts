// The monitoring of a trading system, in the order its data flows: services, topics, feeds and facts, workers.
import { catalogue } from "./schema";
import { readSettings } from "./infra/config";
import { Detection } from "./infra/pipeline/detection";
import { Foundation } from "./infra/pipeline/foundation";
import { Rollups } from "./infra/pipeline/rollups";
import { Rules } from "./infra/pipeline/rules";
import { Stream } from "./infra/pipeline/stream";
import { createViews } from "./infra/pipeline/views";
import { runWorkers } from "./infra/pipeline/workers";
import { createTarget } from "./infra/targets";

const settings = readSettings();

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

// What is read over several facts at once.
createViews(target, feeds);

// What rules and dashboards read instead of facts.
const rollups = new Rollups(settings, target, feeds);

// The rules, and where their alerts go.
const rules = new Rules(settings, target, [...feeds.values(), ...rollups.ready]);
const detection = new Detection(settings, target, foundation.ready);

// What fills facts, rollups and alerts, and what watches that nothing is lost on the way.
const endpoints = runWorkers(settings, target, feeds, [...rollups.ready, ...rules.ready, ...detection.ready]);

// The same dashboards where people look at them beside the console.
target.showDashboards?.([...feeds.values(), ...rollups.ready, ...rules.ready, ...detection.ready]);

// What people and other programs ask of the stack: `pulumi stack output`.
export = {
    /** ClickHouse's HTTP interface: `curl $(pulumi stack output clickhouseUrl) -d "SELECT …"`. */
    clickhouseUrl: target.published.clickhouseUrl,
    /** Kafka brokers, host:port. */
    kafkaBrokers: target.published.kafkaBrokers.join(","),
    /** Whether simulated events may be sent here: `make simulate` asks. */
    allowSynthetic: settings.allowSynthetic,
    /** What ClickHouse asks for, where it asks: clickhouseUser, and clickhousePassword as a secret. */
    ...target.login,
    /** Pages beside the console, and who logs in to them. */
    ...target.outputs,
    /** Workers that listen, e.g. gatewayUrl. */
    ...endpoints,
};
