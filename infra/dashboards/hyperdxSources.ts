// Pure: what HyperDX's search and charts offer: every fact and reference, rollups, what detection keeps, and OpenTelemetry's tables where there are any.
import { catalogue, type Declaration } from "../../schema";
import { databases, type TableSpec } from "../../schema/ddl";
import { alerts, deliveries, evaluations } from "../../schema/detection";
import { type Rollup, rollups } from "../../schema/rollups";
import { type SourceInputs } from "../provider/hyperdx/source";

type Unconnected<S> = S extends unknown ? Omit<S, "connection"> : never;

/** A source before its connection is known. */
export type SourcePlan = Unconnected<SourceInputs>;

/** Columns of one row that a list can show. */
const isListed = (type: string): boolean => !/Array|Map|Tuple|AggregateFunction/.test(type);

/** All are read through the views of `trading`, where each row is there once. */
function tableSource(section: string, name: string, time: string, columns: readonly string[]): SourcePlan {
    const shown = [time, ...columns.filter((column) => column !== time)];
    return {
        ...{ kind: "log", name, section, timestampValueExpression: time },
        from: { databaseName: databases.trading, tableName: name },
        defaultTableSelectExpression: shown.join(", "),
    };
}

/** What replaces what is the tables' own: the views leave it out. */
const listed = (columns: Readonly<Record<string, { readonly type: string }>>): string[] =>
    Object.entries(columns)
        .filter(([column, { type }]) => isListed(type) && column !== "version")
        .map(([column]) => column);

const declared = ({ kind, name, entity, own }: Declaration): SourcePlan =>
    tableSource(kind === "fact" ? "Facts" : "References", name, "event_time", [
        ...new Set([...entity, ...listed(own)]),
    ]);

const rolledUp = ({ name, expiresBy, columns }: Rollup): SourcePlan =>
    tableSource("Rollups", name, expiresBy, listed(columns));

const ofDetection = ({ name, columns }: TableSpec, time: string): SourcePlan =>
    tableSource("Detection", name, time, listed(columns));

/** Our own. */
export const ownSources: readonly SourcePlan[] = [
    ...catalogue.map(declared),
    // What is merged from states has no time of a row.
    ...rollups.filter(({ keeps }) => keeps !== "merged").map(rolledUp),
    ofDetection(alerts, "raised_at"),
    ofDetection(evaluations, "started_at"),
    ofDetection(deliveries, "at"),
];

/** OpenTelemetry's tables as the collector's ClickHouse exporter makes them (HyperDX's own seeds name the same columns). */
export function telemetrySources(databaseName: string): readonly SourcePlan[] {
    const from = (tableName: string): { databaseName: string; tableName: string } => ({ databaseName, tableName });
    const section = "OpenTelemetry";
    const shared = {
        ...{ section, timestampValueExpression: "Timestamp", serviceNameExpression: "ServiceName" },
        ...{ resourceAttributesExpression: "ResourceAttributes", traceIdExpression: "TraceId" },
        spanIdExpression: "SpanId",
    };
    return [
        {
            ...{ kind: "log", name: "Logs", from: from("otel_logs"), ...shared, bodyExpression: "Body" },
            ...{ severityTextExpression: "SeverityText", eventAttributesExpression: "LogAttributes" },
            ...{ implicitColumnExpression: "Body" },
            defaultTableSelectExpression: "Timestamp, ServiceName, SeverityText, Body",
        },
        {
            ...{ kind: "trace", name: "Traces", from: from("otel_traces"), ...shared, durationExpression: "Duration" },
            ...{ durationPrecision: 9, parentSpanIdExpression: "ParentSpanId", spanNameExpression: "SpanName" },
            ...{ spanKindExpression: "SpanKind", statusCodeExpression: "StatusCode" },
            ...{ eventAttributesExpression: "SpanAttributes", implicitColumnExpression: "SpanName" },
            defaultTableSelectExpression: "Timestamp, ServiceName, StatusCode, round(Duration / 1e6), SpanName",
        },
        {
            ...{ kind: "metric", name: "Metrics", from: from(""), section, timestampValueExpression: "TimeUnix" },
            metricTables: {
                gauge: "otel_metrics_gauge",
                sum: "otel_metrics_sum",
                histogram: "otel_metrics_histogram",
                summary: "otel_metrics_summary",
                // The exporter's own default is otel_metrics_exp_histogram: its configuration has to name this one.
                "exponential histogram": "otel_metrics_exponential_histogram",
            },
            resourceAttributesExpression: "ResourceAttributes",
        },
    ];
}
