// What every feed stands on: databases, the brokers' named collection, and the tables the pipeline keeps about itself.
import * as pulumi from "@pulumi/pulumi";
import { audits, databases, deadLetters, gaps, kafkaCollection, suspects, type TableSpec } from "../../schema/ddl";
import { type Settings } from "../config";
import { kebab } from "../names";
import { Database, NamedCollection, Table } from "../resources";
import { type Target } from "../targets";

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
            { name: kafkaCollection, entries: { kafka_broker_list: target.kafkaBrokers.join(",") } },
            options,
        );
        const table = (spec: TableSpec): Table =>
            new Table(kebab(spec.name), { ...spec, onDelete }, { ...options, dependsOn: created });
        const days = settings.retentionDays("dead_letters");
        this.ready = [...created, collection, ...[deadLetters(days), suspects(days), gaps(days), audits()].map(table)];
        this.registerOutputs({});
    }
}
