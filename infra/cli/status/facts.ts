/** The second half of `make status`: per fact its rows, freshness, lag and dead letters, from ClickHouse and Kafka, each of which may be away. */
import { catalogue } from "../../../schema";
import { databases, deadLettersTable, gapsTable, qualified } from "../../../schema/ddl";
import { lag } from "../../../schema/positions";
import { type ClickHouse, Rejected, said } from "../../provider/clients";
import { ClickHouseService } from "../../provider/clients/clickhouse";
import { KafkaService } from "../../provider/clients/kafka";
import { age, table } from "../screen";
import { type Part } from "./processes";
import { within } from "./within";

/** Milliseconds for ClickHouse and for Kafka, which are asked at the same time. */
const PATIENCE_MS = 8_000;
/** Seconds after which the server itself stops a count. */
const COUNT_SECONDS = 5;
/**
 * Rows up to which a table is counted without its duplicates. FINAL reads the sort key of every row: 15 to 60 ms a million rows of market
 * trades on two cores, in parts that overlap or not, where the rows of the parts alone are known at once. So the time of the command
 * is bounded by this number and not by the size of the facts. Above it the rows of the parts are shown, marked `~`: resends are among
 * them until they are merged away.
 */
const EXACT_ROWS = 10_000_000;
/** Nobody waits: a service that is not there is reported, not waited for. */
const once = { seconds: 0 };

/** What ClickHouse has of one fact; counts in words, `~` marking one that may hold resends. */
export interface Stored {
    rows: string;
    /** Epoch milliseconds of the last row of the last day, 0 for none. */
    last: number;
    dead: string;
}

interface Tables {
    facts: ReadonlyMap<string, Stored>;
    gaps: string;
}

const number = (value: number | bigint): string => value.toLocaleString("en");
const exact = (rows: number): boolean => rows <= EXACT_ROWS;
const limited = `SETTINGS max_execution_time = ${String(COUNT_SECONDS)}`;

/** Rows of a table as the screen has them. */
export const counted = (rows: number, isExact: boolean): string => `${isExact ? "" : "~"}${number(rows)}`;

async function sizes(clickhouse: ClickHouse): Promise<ReadonlyMap<string, number>> {
    const found = await clickhouse.rows<{ name: string; rows: string }>(
        "SELECT name, toString(ifNull(total_rows, 0)) AS rows FROM system.tables WHERE database = {database:String}",
        { database: databases.facts },
    );
    return new Map(found.map(({ name, rows }) => [name, Number(rows)]));
}

/** One row a fact that has a table. The last day alone is looked at for freshness: the key begins with the minute. */
function factsQuery(size: ReadonlyMap<string, number>): string {
    const parts = catalogue.flatMap(({ name, kind }) => {
        const rows = size.get(name);
        if (rows === undefined) return [];
        const from = qualified(databases.facts, name);
        const count = exact(rows) ? `(SELECT count() FROM ${from} FINAL)` : String(rows);
        const recent = kind === "fact" ? "WHERE toStartOfMinute(event_time) >= now() - toIntervalDay(1)" : "";
        return [
            `SELECT '${name}' AS name, toString(${count}) AS rows, toString(toUnixTimestamp64Milli(max(ingested_at))) AS last FROM ${from} ${recent}`,
        ];
    });
    return `${parts.join(" UNION ALL ")} ${limited}`;
}

async function deadLetters(clickhouse: ClickHouse, rows: number): Promise<ReadonlyMap<string, string>> {
    const from = `${qualified(databases.facts, deadLettersTable)}${exact(rows) ? " FINAL" : ""}`;
    const found = await clickhouse.rows<{ fact: string; lines: string }>(
        `SELECT fact, toString(count()) AS lines FROM ${from} GROUP BY fact ${limited}`,
    );
    return new Map(found.map(({ fact, lines }) => [fact, counted(Number(lines), exact(rows))]));
}

async function gapsOf(clickhouse: ClickHouse): Promise<string> {
    const found = await clickhouse.rows<{ kind: string; offsets: string }>(
        `SELECT kind, toString(sum(last_offset - first_offset + 1)) AS offsets FROM ${qualified(databases.trading, gapsTable)} GROUP BY kind ORDER BY kind ${limited}`,
    );
    return found.map(({ kind, offsets }) => `${number(Number(offsets))} ${kind}`).join(", ") || "none";
}

async function stored(url: string): Promise<Tables> {
    const clickhouse = new ClickHouseService({ url }).with(once);
    const size = await sizes(clickhouse);
    const has = (name: string): boolean => size.has(name);
    const [rows, dead, gaps] = await Promise.all([
        catalogue.some(({ name }) => has(name))
            ? clickhouse.rows<{ name: string; rows: string; last: string }>(factsQuery(size))
            : [],
        has(deadLettersTable) ? deadLetters(clickhouse, size.get(deadLettersTable) ?? 0) : new Map<string, string>(),
        has(gapsTable) ? gapsOf(clickhouse) : "not known yet",
    ]);
    const facts = rows.map(({ name, rows: count, last }): [string, Stored] => [
        name,
        {
            rows: counted(Number(count), exact(size.get(name) ?? 0)),
            last: Number(last),
            dead: dead.get(name) ?? "0",
        },
    ]);
    return { facts: new Map(facts), gaps };
}

async function lags(brokers: string): Promise<ReadonlyMap<string, string>> {
    const kafka = new KafkaService(brokers.split(","));
    const found = await Promise.all(
        catalogue.map(async ({ name, topic, group }): Promise<[string, string]> => {
            try {
                return [name, number(lag(await kafka.positions(once, topic.name, group)))];
            } catch (cause) {
                if (cause instanceof Rejected) return [name, "no topic"];
                throw cause;
            }
        }),
    );
    return new Map(found);
}

/** A line per declaration; `?` where the service that knows does not answer, `no table` where a start was not finished. */
export function factLines(
    stored: ReadonlyMap<string, Stored> | undefined,
    lag: ReadonlyMap<string, string> | undefined,
    now: number,
): string[] {
    const lines = catalogue.map(({ name }) => {
        const { rows, last, dead } = stored?.get(name) ?? {
            rows: stored === undefined ? "?" : "no table",
            last: 0,
            dead: "?",
        };
        return [name, rows, last === 0 ? "-" : age(now - last), lag?.get(name) ?? "?", dead];
    });
    return table(["fact", "rows", "last row", "lag", "dead letters"], lines);
}

/** Asks both services at once. Never throws: what cannot be asked is said. */
export async function facts(url: string, brokers: string): Promise<Part> {
    const trouble: string[] = [];
    const down: string[] = [];
    const orSay = async <T>(name: string, service: string, work: Promise<T>): Promise<T | undefined> => {
        try {
            return await within(PATIENCE_MS, service, work);
        } catch (cause) {
            trouble.push(said(cause));
            if (!(cause instanceof Rejected)) down.push(name);
            return undefined;
        }
    };
    const [tables, lag] = await Promise.all([
        orSay("clickhouse", `ClickHouse at ${url}`, stored(url)),
        orSay("kafka", `Kafka at ${brokers}`, lags(brokers)),
    ]);
    return {
        lines: [
            ...factLines(tables?.facts, lag, Date.now()),
            `offsets without a row, ever: ${tables?.gaps ?? "?"}`,
            ...trouble,
        ],
        down,
    };
}
