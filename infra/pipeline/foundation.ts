// What every feed stands on: databases, the brokers' named collection, and the tables the pipeline keeps about itself.
import * as pulumi from "../pulumi";
import { audits, databases, deadLetters, gaps, kafkaCollection, suspects, type TableSpec } from "../../schema/ddl";
import { type Settings } from "../config";
import { kebab } from "../names";
import { Database, NamedCollection, Table } from "../resources";
import { type Target } from "../targets";

/**
 * How a feed is a member of its group, as librdkafka settings; for tables made with a named collection the server's own are not looked at.
 * As a static member a feed that is made again, or comes back after a crash, has its partitions within a second: otherwise the member it was
 * would hold them until its session ends. It needs one consumer per group.
 */
const membership = {
    "kafka.session_timeout_ms": "6000",
    "kafka.heartbeat_interval_ms": "2000",
    "kafka.group_instance_id": "clickhouse",
    // A broker answers a fetch as soon as there is data; without any, twenty consumers need not ask twice a second each.
    "kafka.fetch_wait_max_ms": "5000",
    // Nobody reads librdkafka's own figures (system.kafka_consumers), which it would write down every 3 s for each consumer.
    "kafka.statistics_interval_ms": "0",
};

/** Databases, named collection and house tables. */
export class Foundation extends pulumi.ComponentResource {
    /** All of it, for ordering. */
    readonly ready: pulumi.Resource[];

    constructor(settings: Settings, target: Target) {
        super("trading:pipeline:Foundation", "foundation", {});
        const options = { parent: this, provider: target.provider, dependsOn: target.ready };
        const { onDelete } = settings;
        const created = Object.values(databases).map((name) => new Database(name, { name, onDelete }, options));
        const collection = new NamedCollection(
            kafkaCollection,
            {
                name: kafkaCollection,
                entries: { kafka_broker_list: target.kafkaBrokers.join(","), ...membership, ...target.feedLogin },
            },
            options,
        );
        const table = (spec: TableSpec): Table =>
            new Table(kebab(spec.name), { ...spec, onDelete }, { ...options, dependsOn: created });
        const days = settings.retentionDays("dead_letters");
        this.ready = [...created, collection, ...[deadLetters(days), suspects(days), gaps(days), audits()].map(table)];
        this.registerOutputs({});
    }
}
