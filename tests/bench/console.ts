// How long the console's pages take with a million alerts in the table, through HTTP, by the worker as it runs.
import { loadavg } from "node:os";
import { dashboards } from "../../schema/dashboards";
import { alertStateWords } from "../../schema/detection";
import { rules } from "../../schema/rules";
import { createKey, hashKey } from "../../functions/shared/keys";
import { freePort } from "../support/processes";
import { createShown } from "../support/shown";
import { WorkerProcess } from "../support/worker";
import { Warehouse } from "./cost";
import { percentile } from "./report";

const alerts = 1_000_000;
/** Most alerts that people have looked at are of the last days: the newest open ones lie among them. */
const [closed, acknowledged, snoozed] = [120_000, 60_000, 20_000];
const alertsPerMessage = 20;
/** Alerts come over time: they lie in several parts, of which merges make fewer. */
const rowsPerPart = 50_000;
const users = 20_000;
const spanDays = 30;

/** Loads of a page differ in what they ask for, where a person's would. */
interface PageOf {
    readonly name: string;
    readonly path: (call: number) => string;
}

/** What a page took. */
export interface PageTime {
    readonly page: string;
    readonly p50: number;
    readonly p95: number;
    readonly loads: number;
}

/** The alert of a number; 0 is the newest. */
const id = "substring(lower(hex(sipHash128(number))), 1, 32)";
const entity = `concat('user-', toString(cityHash64(number, 1) % ${String(users)}))`;
/** When an alert was raised: `number` of a million before {now}, evenly. */
const at = `fromUnixTimestamp64Milli(toInt64({now:Int64} - number * ${String((spanDays * 86_400_000) / alerts)}), 'UTC')`;
const from = "FROM numbers({begin:UInt64}, {amount:UInt64})";
const words = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(", ")}]`;
const pick = (names: readonly string[], salt: number): string =>
    `${words(names)}[cityHash64(number, ${String(salt)}) % ${String(names.length)} + 1]`;

/** INSERTs, by number of rows. */
const fills: readonly (readonly [number, string])[] = [
    [
        alerts,
        `INSERT INTO detection.alerts (alert_id, kind, rule, rule_version, run, origin, entity_kind, entity_id, event_time, raised_at, score, severity, owner, mode, reason, details, held_back, version)
         SELECT ${id}, 'alert', ${pick(
             rules.map(({ id }) => id),
             2,
         )}, 1, '', 'live', 'user', ${entity}, ${at}, ${at}, 90, ${pick(["critical", "high", "medium", "low"], 3)},
            ${pick(["surveillance", "fraud", "fraud", "operations"], 4)}, if(number % 10 = 0, 'shadow', 'active'),
            concat('Withdrawals of ', ${entity}, ' within ten minutes add up to ', toString(cityHash64(number, 5)), ' USDT'), map('amount', toString(cityHash64(number, 5))),
            if(number % 50 = 0, 'suppressed', ''), number + 1 ${from}`,
    ],
    [
        alerts,
        `INSERT INTO detection.notifications (alert_id, target, sequence, message_id, decision, owner, rule, decided_at, version)
         SELECT ${id}, if(told, 'chat', ''), 0, if(told, concat('m', toString(intDiv(number, ${String(alertsPerMessage)}))), ''), if(told, 'digest', 'suppressed'), 'fraud', 'r', ${at}, number + 1
         FROM (SELECT number, number % 50 != 0 AND number % 10 != 0 AS told ${from})`,
    ],
    [
        alerts / alertsPerMessage,
        `INSERT INTO detection.deliveries (message_id, target, kind, attempt, state, at, alerts)
         SELECT concat('m', toString(message)), 'chat', 'digest', 1, state, ${at}, ${String(alertsPerMessage)}
         FROM (SELECT number AS message, number * ${String(alertsPerMessage)} AS number ${from}) ARRAY JOIN ['intent', 'accepted'] AS state`,
    ],
    ...(
        [
            ["closed", closed, 10],
            ["acknowledged", acknowledged, 7],
            ["snoozed", snoozed, 9],
        ] as const
    ).map(
        ([action, count, every]) =>
            [
                count,
                // Nine of ten of the newest are closed; the others are some of the rest.
                `INSERT INTO detection.alert_events (event_id, alert_id, action, outcome, until, actor, note, at, version)
                 SELECT concat('${action}', toString(number)), ${id}, '${action}', ${action === "closed" ? pick(["confirmed", "valuable", "false_positive"], 6) : "''"},
                    ${action === "snoozed" ? "if(number % 2 = 0, now() + toIntervalDay(1), now())" : "NULL"}, 'ann', 'looked at', ${at}, number + 1
                 FROM (SELECT ${action === "closed" ? "number + intDiv(number, 9) + 1" : `number * ${String(every)}`} AS number ${from})`,
            ] as const,
    ),
];

const inboxFilters = [
    "",
    "state=open",
    ...alertStateWords.map((state) => `state=${state}`),
    "severity=critical&owner=fraud",
    "state=open&severity=critical",
];

/** All pages; `ids` are alerts from the newest to the oldest, `after` a place in the middle of the list. */
function pages(ids: readonly string[], after: string): PageOf[] {
    const [rule] = rules;
    return [
        ...inboxFilters.map((filter) => ({ name: `inbox ${filter}`.trim(), path: () => `/?${filter}` })),
        { name: "inbox of a rule", path: () => `/?rule=${rule?.id ?? ""}` },
        { name: "inbox of a user", path: (call) => `/?entity=user-${String((call * 7_919) % users)}` },
        { name: "inbox, 500,000 alerts down", path: () => `/?after=${encodeURIComponent(after)}` },
        { name: "alert", path: (call) => `/alerts/${ids[(call * 13) % ids.length] ?? ""}` },
        { name: "rules", path: () => "/rules" },
        { name: "silences", path: () => "/silences" },
        ...dashboards.map(({ id, title }) => ({ name: title, path: () => `/dashboards/${id}` })),
        { name: "Alert operations, all alerts", path: () => "/dashboards/alert-operations?span=30d" },
    ];
}

/** The console before this ClickHouse; `work` gets the address, and the token of a lead. */
async function withConsole<T>(clickhouse: string, work: (url: string, token: string) => Promise<T>): Promise<T> {
    const [port, token] = [await freePort(), createKey()];
    const console = await WorkerProcess.start("console", {
        CLICKHOUSE_URL: clickhouse,
        CONSOLE_PORT: String(port),
        CONSOLE_KEYS: JSON.stringify([{ name: "bench", role: "lead", hashes: [hashKey(token)] }]),
    });
    try {
        await console.says(/showing pages/);
        return await work(`http://127.0.0.1:${String(port)}`, token);
    } finally {
        await console.stop();
    }
}

/** Milliseconds until a page's last byte is here. Throws where it is not answered in full. */
async function load(address: string, token: string): Promise<number> {
    const began = performance.now();
    const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` }, redirect: "error" });
    const body = await answer.text();
    const took = performance.now() - began;
    const [problem] = /It could not be read[^<]*/.exec(body) ?? [];
    if (answer.status !== 200 || problem !== undefined)
        throw new Error(`${address}: ${String(answer.status)} ${problem ?? ""}`);
    return took;
}

async function timesOf(url: string, token: string, { name, path }: PageOf, loads: number): Promise<PageTime> {
    const times: number[] = [];
    // The first loads fill caches, and are not counted.
    for (let call = -2; call < loads; call++) {
        const took = await load(url + path(Math.abs(call)), token);
        if (call >= 0) times.push(took);
    }
    return { page: name, p50: percentile(times, 0.5), p95: percentile(times, 0.95), loads };
}

/** Times of each page over so many loads, with a million alerts in an engine of its own that is gone afterwards; told as they come. */
export async function consolePages(loads: number, told: (time: PageTime) => void): Promise<void> {
    const warehouse = await Warehouse.start([]);
    try {
        await createShown(warehouse.client);
        const now = Date.now();
        for (const [rows, query] of fills)
            for (let first = 0; first < rows; first += rowsPerPart)
                await warehouse.fill(query, first, Math.min(rowsPerPart, rows - first), { now });
        const found = await warehouse.client.query({
            query: "SELECT alert_id AS id, toString(raised_at) AS at FROM detection.alerts ORDER BY raised_at DESC LIMIT 500000, 100",
            format: "JSONEachRow",
        });
        const ids = await found.json<{ id: string; at: string }>();
        const after = `${ids[0]?.at ?? ""}~${ids[0]?.id ?? ""}`;
        const all = pages(
            ids.map((each) => each.id),
            after,
        );
        await withConsole(warehouse.url, async (url, token) => {
            for (const page of all) told(await timesOf(url, token, page, loads));
        });
    } finally {
        await warehouse.stop();
    }
}

/** The line of a page. */
export const pageLine = ({ page, p50, p95, loads }: PageTime): string =>
    `console, ${page}: p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms ` +
    `(${String(loads)} loads, ${alerts.toLocaleString("en")} alerts, load average ${(loadavg()[0] ?? Number.NaN).toFixed(1)}; aim p95 < 500 ms)`;
