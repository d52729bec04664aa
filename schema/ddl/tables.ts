// From a declaration to the specs of its table and its feed.
import { arrival, type Declaration } from "../dsl";
import { name, qualified } from "./quote";
import { type ColumnSpec, type FeedSpec, type TableSpec } from "./spec";

/** Databases: what is stored, how it comes in, and what people and rules read. */
export const databases = { facts: "facts", ingest: "ingest", trading: "trading" } as const;

/** Table of all dead letters: refused and late lines of every topic, with their bytes and the reason. */
export const deadLettersTable = "dead_letters";

/** Named collection that holds the brokers and, where there are any, their credentials. */
export const kafkaCollection = "kafka";

const declared = (declaration: Declaration): Record<string, ColumnSpec> =>
    Object.fromEntries(
        Object.entries(declaration.columns).map(([column, { type, codec, description, personal }]) => [
            column,
            {
                type,
                ...(codec === undefined ? {} : { codec }),
                comment: personal ? `[personal data] ${description}` : description,
            },
        ]),
    );

const arriving = (): Record<string, ColumnSpec> =>
    Object.fromEntries(
        Object.entries(arrival).map(([column, { type, codec, description }]) => [
            column,
            { type, ...(codec === undefined ? {} : { codec }), comment: description },
        ]),
    );

/** Columns people never need to see. */
const hidden = "EXCEPT (version)";

function factTable(fact: Declaration, retentionDays: number): TableSpec {
    const nullableKey = fact.entity.some((column) => fact.columns[column]?.optional === true);
    return {
        database: databases.facts,
        name: fact.name,
        comment: fact.description,
        columns: { ...declared(fact), ...arriving() },
        engine: "ReplacingMergeTree(version)",
        partitionBy: "toDate(event_time)",
        // event_time itself stays out of the key: the minute prunes a window, raw times behind it would not (see README, Keys).
        orderBy: ["toStartOfMinute(event_time)", ...fact.entity, "event_id"],
        ttl: { column: "event_time", days: retentionDays },
        settings: { ttl_only_drop_parts: 1, ...(nullableKey ? { allow_nullable_key: 1 } : {}) },
        indexes: {
            offsets: { expression: "_offset", type: "minmax", granularity: 1 },
            // What came in lately is asked for every second, by rollups; it may be of any time.
            ingested: { expression: "ingested_at", type: "minmax", granularity: 1 },
        },
        readingView: {
            database: databases.trading,
            name: fact.name,
            query: `SELECT * ${hidden} FROM ${qualified(databases.facts, fact.name)} FINAL`,
        },
    };
}

function referenceTable(reference: Declaration): TableSpec {
    const key = reference.key.map(name).join(", ");
    const window = `OVER (PARTITION BY ${key} ORDER BY event_time ASC ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)`;
    return {
        database: databases.facts,
        name: reference.name,
        comment: reference.description,
        columns: { ...declared(reference), ...arriving() },
        engine: "ReplacingMergeTree(version)",
        orderBy: [...reference.key, "event_id"],
        indexes: { offsets: { expression: "_offset", type: "minmax", granularity: 1 } },
        readingView: {
            database: databases.trading,
            name: reference.name,
            query:
                `SELECT * ${hidden}, event_time AS valid_from,\n` +
                `    leadInFrame(toNullable(event_time)) ${window} AS valid_to\n` +
                `FROM ${qualified(databases.facts, reference.name)} FINAL`,
        },
    };
}

/** The table of a fact or reference. `retentionDays` counts for facts only; references are kept. */
export const tableOf = (declaration: Declaration, retentionDays: number): TableSpec =>
    declaration.kind === "fact" ? factTable(declaration, retentionDays) : referenceTable(declaration);

/** What a stack decides about feeds. */
export interface FeedOptions {
    retentionDays: number;
    /** How far ahead of the broker's clock an event may be. */
    futureHours: number;
    settings: Record<string, string | number>;
}

/** The feed of a fact or reference. */
export function feedOf(declaration: Declaration, options: FeedOptions): FeedSpec {
    const { retentionDays, futureHours, settings } = options;
    return {
        database: databases.ingest,
        name: declaration.name,
        collection: kafkaCollection,
        topic: declaration.topic.name,
        group: declaration.group,
        target: { database: databases.facts, table: declaration.name },
        deadLetters: { database: databases.facts, table: deadLettersTable },
        columns: Object.fromEntries(Object.entries(declaration.columns).map(([column, { type }]) => [column, type])),
        admission: declaration.kind === "fact" ? { pastDays: retentionDays, futureHours } : { futureHours },
        settings,
    };
}
