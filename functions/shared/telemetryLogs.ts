// From a line of the log to OpenTelemetry's log record. Pure.
import { type Attributes } from "@opentelemetry/api";
import { type LogRecord, SeverityNumber } from "@opentelemetry/api-logs";

const severities: Readonly<Record<string, SeverityNumber>> = {
    trace: SeverityNumber.TRACE,
    debug: SeverityNumber.DEBUG,
    info: SeverityNumber.INFO,
    warn: SeverityNumber.WARN,
    error: SeverityNumber.ERROR,
    fatal: SeverityNumber.FATAL,
};

/**
 * Fields that leave as attributes, by what they say: how the machinery is, never what happened to whom. A line may also hold a message's key, an event
 * or a transaction (for those who look into one machine's log): these stay on that machine.
 */
const open: ReadonlySet<string> = new Set([
    ...["fact", "topic", "kind", "type", "source", "venue", "symbol", "chain", "feed", "model", "rule", "subject"],
    ...["reason", "why", "since", "port", "attempt", "held", "waitMs", "livedMs", "posts", "partitions", "alerts"],
]);

interface Line {
    readonly level?: unknown;
    readonly time?: unknown;
    readonly msg?: string;
    readonly err?: { readonly type?: unknown; readonly message?: unknown; readonly stack?: unknown };
    readonly [field: string]: unknown;
}

const isScalar = (value: unknown): value is string | number | boolean =>
    ["string", "number", "boolean"].includes(typeof value);

function attributesOf({ err, ...fields }: Line): Attributes {
    const own = Object.entries(fields).filter(([name]) => open.has(name));
    const error = {
        "exception.type": err?.type,
        "exception.message": err?.message,
        "exception.stacktrace": err?.stack,
    };
    const all: [string, unknown][] = [...own, ...Object.entries(error)];
    return Object.fromEntries(all.filter((entry): entry is [string, string] => isScalar(entry[1])));
}

/** @param text a line as pino writes it, with `level` as a word and `time` as ISO text */
export function logRecord(text: string): LogRecord {
    const line = JSON.parse(text) as Line;
    const level = String(line.level);
    return {
        timestamp: Date.parse(String(line.time)),
        severityNumber: severities[level] ?? SeverityNumber.UNSPECIFIED,
        severityText: level,
        body: line.msg ?? "",
        attributes: attributesOf(line),
    };
}
