/** `make status`: every service and worker, and per fact its rows, freshness, lag and dead letters, in one screen. */
import path from "node:path";
import { createClient, type ClickHouseClient } from "@clickhouse/client";
import { Kafka, logLevel, type Admin } from "kafkajs";
import { catalogue, type Declaration } from "../../schema";
import { databases, deadLettersTable, gapsTable, qualified } from "../../schema/ddl";
import { SupervisorClient } from "../embedded/supervisor/client";
import { LocalBackend } from "./backend";
import { age, table } from "./screen";

const root = path.resolve(__dirname, "../..");
const stack = process.env["STACK"] ?? "dev";
/** A service that does not answer by then is reported as not answering. */
const patienceMs = 5_000;

interface FactRow {
    name: string;
    rows: number;
    /** Milliseconds since 1970 of the last row of the last day, 0 for none. */
    last: number;
}

async function processes(dir: string): Promise<string[]> {
    const running = await new SupervisorClient(dir).list();
    const now = Date.now();
    return table(
        ["process", "state", "pid", "for", "restarts"],
        running.map(({ name, state, healthy, pid, since, restarts }) => [
            name,
            state === "running" && !healthy ? "unhealthy" : state,
            pid === null ? "-" : String(pid),
            age(now - Date.parse(since)),
            String(restarts),
        ]),
    );
}

/** Counts are of the parts, so a resend counts until it is merged away; the last day alone is looked at for freshness. */
function factQuery({ name, kind }: Declaration): string {
    const recent = kind === "fact" ? "WHERE toStartOfMinute(event_time) >= now() - toIntervalDay(1)" : "";
    const from = qualified(databases.facts, name);
    return `SELECT '${name}' AS name, (SELECT count() FROM ${from}) AS rows, toUnixTimestamp64Milli(max(ingested_at)) AS last FROM ${from} ${recent}`;
}

async function query<T>(client: ClickHouseClient, sql: string): Promise<T[]> {
    const result = await client.query({
        query: sql,
        format: "JSONEachRow",
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
}

async function lagOf(admin: Admin, { topic, group }: Declaration): Promise<number> {
    const [ends, groups] = await Promise.all([
        admin.fetchTopicOffsets(topic.name),
        admin.fetchOffsets({ groupId: group, topics: [topic.name] }),
    ]);
    const committed = new Map(groups.flatMap((g) => g.partitions).map((p) => [p.partition, Number(p.offset)]));
    return ends.reduce((sum, { partition, low, high }) => {
        const known = committed.get(partition) ?? -1;
        return sum + Number(high) - (known < 0 ? Number(low) : known);
    }, 0);
}

async function lags(brokers: string): Promise<Map<string, number>> {
    const kafka = new Kafka({
        clientId: "status",
        brokers: brokers.split(","),
        logLevel: logLevel.NOTHING,
        connectionTimeout: patienceMs,
        retry: { retries: 2 },
    });
    const admin = kafka.admin();
    await admin.connect();
    try {
        return new Map(await Promise.all(catalogue.map(async (d) => [d.name, await lagOf(admin, d)] as const)));
    } finally {
        await admin.disconnect();
    }
}

const sayWhy = (service: string, error: unknown): string =>
    `${service}: no answer, ${error instanceof Error ? error.message || error.name : String(error)}; see .trading/${stack}/logs`;

async function facts(url: string, brokers: string): Promise<string[]> {
    const client = createClient({ url, request_timeout: patienceMs, application: "status" });
    try {
        const trouble: string[] = [];
        const [rows, dead, gaps, lag] = await Promise.all([
            query<FactRow>(client, catalogue.map(factQuery).join(" UNION ALL ")),
            query<{ fact: string; lines: number }>(
                client,
                `SELECT fact, count() AS lines FROM ${qualified(databases.trading, deadLettersTable)} GROUP BY fact`,
            ),
            query<{ kind: string; offsets: number }>(
                client,
                `SELECT kind, sum(last_offset - first_offset + 1) AS offsets FROM ${qualified(databases.trading, gapsTable)} GROUP BY kind ORDER BY kind`,
            ),
            lags(brokers).catch((error: unknown) => {
                trouble.push(sayWhy("kafka", error));
                return new Map<string, number>();
            }),
        ]);
        const deadByFact = new Map(dead.map(({ fact, lines }) => [fact, lines]));
        const byName = new Map(rows.map((row) => [row.name, row]));
        const now = Date.now();
        const lines = catalogue.map(({ name }) => {
            const row = byName.get(name);
            return [
                name,
                (row?.rows ?? 0).toLocaleString("en"),
                row === undefined || row.last === 0 ? "-" : age(now - row.last),
                lag.get(name)?.toLocaleString("en") ?? "?",
                (deadByFact.get(name) ?? 0).toLocaleString("en"),
            ];
        });
        const found = gaps.map(({ kind, offsets }) => `${offsets.toLocaleString("en")} ${kind}`).join(", ");
        return [
            ...table(["fact", "rows", "last row", "lag", "dead letters"], lines),
            `offsets without a row, ever: ${found === "" ? "none" : found}`,
            ...trouble,
        ];
    } finally {
        await client.close();
    }
}

async function main(): Promise<void> {
    const backend = new LocalBackend(
        process.env["PULUMI_BACKEND_URL"] ?? `file://${path.join(root, ".trading/pulumi")}`,
        "trading-monitoring",
    );
    const { clickhouseUrl, kafkaBrokers } = backend.hasStack(stack) ? backend.outputs(stack) : {};
    if (typeof clickhouseUrl !== "string" || typeof kafkaBrokers !== "string") {
        process.stdout.write(
            `stack ${stack} is not up; start it with: make start${stack === "dev" ? "" : ` STACK=${stack}`}\n`,
        );
        process.exitCode = 1;
        return;
    }
    const parts = await Promise.all([
        processes(path.join(root, ".trading", stack)).catch((error: unknown) => [sayWhy("supervisor", error)]),
        facts(clickhouseUrl, kafkaBrokers).catch((error: unknown) => [sayWhy("clickhouse", error)]),
    ]);
    process.stdout.write(`stack ${stack}   ClickHouse ${clickhouseUrl}   Kafka ${kafkaBrokers}\n\n`);
    process.stdout.write(`${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`);
}

void main();
