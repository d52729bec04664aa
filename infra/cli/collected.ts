/** What `make demo` says of the collector, from what the collector itself says: its log lines and its /metrics. Pure. */

/** Events that Kafka has acknowledged, by fact. */
export type Counts = ReadonlyMap<string, number>;

/** Reads `outbox_acknowledged_events_total{fact="market_trades",…} 12` out of Prometheus text. */
export function acknowledged(metrics: string): Counts {
    const samples = metrics.matchAll(/^outbox_acknowledged_events_total\{[^}]*fact="([^"]+)"[^}]*\} (\S+)$/gm);
    return new Map([...samples].map(([, fact = "", count]) => [fact, Number(count)]));
}

/** `market_trades 1,234 (+56), book_tickers 20 (+0)`; before the first event that there is none. */
export function countsLine(before: Counts, now: Counts): string {
    const parts = [...now].map(([fact, count]) => {
        const more = count - (before.get(fact) ?? 0);
        return `${fact} ${count.toLocaleString("en")} (+${more.toLocaleString("en")})`;
    });
    return parts.length === 0 ? "no event yet" : parts.join(", ");
}

/** A line of a worker's JSON log, as far as a terminal shows it. */
export interface LogLine {
    text: string;
    /** Of /metrics, in the line that says the worker has begun. */
    port?: number;
}

/** `warn: venue connection failed, trying again (ECONNREFUSED)`; what is no log line stays as it is. */
export function logLine(line: string): LogLine {
    const { level, msg, port, why, url } = fields(line);
    if (typeof level !== "string" || typeof msg !== "string") return { text: line };
    const detail = [why, url].find((each) => typeof each === "string");
    const text = `${level === "info" ? "" : `${level}: `}${msg}${detail === undefined ? "" : ` (${detail})`}`;
    return { text, ...(typeof port === "number" ? { port } : {}) };
}

function fields(line: string): Record<string, unknown> {
    if (!line.startsWith("{")) return {};
    try {
        return JSON.parse(line) as Record<string, unknown>;
    } catch {
        return {};
    }
}
