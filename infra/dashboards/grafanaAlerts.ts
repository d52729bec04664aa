// Alerts of Grafana: about the platform alone. Business alerts, and what the evaluator itself warns of, have one path, the alert table; what is here is what
// that path cannot tell, because it is itself what has stopped.
import { datasource } from "./grafanaPanels";

/** An alert. Its query gives one row with one number, always: no row means that something is wrong as well. */
export interface PlatformAlert {
    readonly id: string;
    readonly title: string;
    readonly summary: string;
    readonly severity: "critical" | "warning";
    readonly sql: string;
    /** It is raised when the number is greater. */
    readonly above: number;
    /** And has been for so long. */
    readonly forMinutes: number;
}

export const platformAlerts: readonly PlatformAlert[] = [
    {
        id: "evaluator-dead",
        title: "The evaluator does not evaluate",
        // It looks at the system once a minute even where nothing moves (schema/warnings, everySeconds), and writes down that it did.
        summary:
            "Seconds since the last evaluation. No rule is judged and no alert raised: look at the evaluator's log.",
        severity: "critical",
        sql: "SELECT dateDiff('second', max(started_at), now()) AS value FROM trading.evaluations",
        above: 300,
        forMinutes: 2,
    },
    {
        id: "delivery-dead",
        title: "Delivery does not decide",
        // Every alert is decided upon, also where nobody is to be told or no target is configured.
        summary: "Alerts of the last day that nobody has decided about for 15 minutes: look at the log of alerts.",
        severity: "critical",
        sql: `SELECT count() AS value FROM trading.alerts WHERE kind = 'alert' AND raised_at > now() - toIntervalDay(1) AND raised_at < now() - toIntervalMinute(15)
    AND alert_id NOT IN (SELECT alert_id FROM trading.notifications WHERE decided_at > now() - toIntervalDay(1))`,
        above: 0,
        forMinutes: 2,
    },
    {
        id: "delivery-failing",
        title: "Messages are given up",
        summary: "Messages of the last hour that no attempt brought to their target: npm run alerts names them.",
        severity: "critical",
        sql: "SELECT uniqExactIf(message_id, state = 'dead') AS value FROM trading.deliveries WHERE at > now() - toIntervalHour(1)",
        above: 0,
        forMinutes: 0,
    },
    {
        id: "feed-stopped",
        title: "A feed does not read",
        summary:
            "Seconds since the feed that is furthest behind asked Kafka; Kafka keeps what comes meanwhile for a time.",
        severity: "critical",
        sql: "SELECT ifNull(max(dateDiff('second', last_poll_time, now())), 0) AS value FROM system.kafka_consumers",
        above: 300,
        forMinutes: 2,
    },
    {
        id: "disk-full",
        title: "The disk is nearly full",
        summary:
            "Used share of ClickHouse's fullest disk. Merges fail first, then writes: a larger disk, or fewer days of retention.",
        severity: "critical",
        sql: "SELECT max(1 - free_space / total_space) AS value FROM system.disks WHERE total_space > 0",
        // As the evaluator's own warning disk_days_left, which says nothing while the evaluator is dead.
        above: 0.9,
        forMinutes: 5,
    },
];

const windowSeconds = 600;

const query = (sql: string): object => ({
    refId: "A",
    relativeTimeRange: { from: windowSeconds, to: 0 },
    datasourceUid: datasource.uid,
    model: {
        ...{ refId: "A", datasource, editorType: "sql", pluginVersion: "4.20.0", rawSql: sql },
        ...{ queryType: "table", format: 1, intervalMs: 60_000, maxDataPoints: 100 },
    },
});

const expression = (refId: string, model: object): object => ({
    refId,
    relativeTimeRange: { from: windowSeconds, to: 0 },
    datasourceUid: "__expr__",
    model: { refId, datasource: { type: "__expr__", uid: "__expr__" }, ...model },
});

const ruleOf = ({ id, title, summary, severity, sql, above, forMinutes }: PlatformAlert): object => ({
    ...{ uid: `trading-${id}`, title, condition: "C" },
    data: [
        query(sql),
        expression("B", { type: "reduce", expression: "A", reducer: "last" }),
        expression("C", {
            ...{ type: "threshold", expression: "B" },
            conditions: [{ evaluator: { type: "gt", params: [above] } }],
        }),
    ],
    // A dead man's switch that falls silent has to be heard.
    ...{ noDataState: "Alerting", execErrState: "Alerting", for: `${String(forMinutes)}m`, isPaused: false },
    annotations: { summary },
    labels: { severity, owner: "operations" },
});

/** The group of all of them, as Grafana's file provisioning has it. */
export const grafanaAlerts = (): object => ({
    ...{ orgId: 1, name: "platform", folder: "Trading", interval: "1m" },
    rules: platformAlerts.map(ruleOf),
});
