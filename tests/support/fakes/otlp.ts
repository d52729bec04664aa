// A collector's OTLP/HTTP door that keeps what it is sent, decoded from its JSON; with a token it lets in who shows it.
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";

interface AnyValue {
    stringValue?: string;
    intValue?: number;
    doubleValue?: number;
    boolValue?: boolean;
    arrayValue?: { values: AnyValue[] };
}
interface KeyValue {
    key: string;
    value: AnyValue;
}

export interface OtlpLog {
    timeUnixNano: string;
    severityNumber: number;
    severityText: string;
    body: AnyValue;
    attributes: KeyValue[];
    traceId?: string;
    spanId?: string;
}
export interface OtlpSpan {
    traceId: string;
    spanId: string;
    parentSpanId?: string;
    name: string;
    kind: number;
    attributes: KeyValue[];
    links: { traceId: string }[];
    status: { code: number; message?: string };
    events: unknown[];
}
export interface OtlpPoint {
    attributes: KeyValue[];
    asDouble?: number;
    count?: number;
    sum?: number;
    bucketCounts?: number[];
    explicitBounds?: number[];
}
export interface OtlpMetric {
    name: string;
    unit: string;
    sum?: { dataPoints: OtlpPoint[]; isMonotonic: boolean; aggregationTemporality: number };
    gauge?: { dataPoints: OtlpPoint[] };
    histogram?: { dataPoints: OtlpPoint[] };
}

interface Body {
    resourceLogs?: { resource: { attributes: KeyValue[] }; scopeLogs: { logRecords: OtlpLog[] }[] }[];
    resourceSpans?: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
    resourceMetrics?: { resource: { attributes: KeyValue[] }; scopeMetrics: { metrics: OtlpMetric[] }[] }[];
}

/** Attributes as an object. */
export function plain(attributes: readonly KeyValue[]): Record<string, unknown> {
    const valueOf = ({ arrayValue, ...scalar }: AnyValue): unknown =>
        arrayValue === undefined ? Object.values(scalar)[0] : arrayValue.values.map(valueOf);
    return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

/** What has come. */
export interface OtlpServer {
    readonly url: string;
    /** Bodies as they came, all of them. */
    readonly text: string;
    readonly requests: { path: string; authorization: string | undefined }[];
    readonly services: Set<unknown>;
    readonly logs: OtlpLog[];
    readonly spans: OtlpSpan[];
    readonly metrics: OtlpMetric[];
    close(): Promise<void>;
}

/** Listens on a free port. */
export async function startOtlp(token?: string): Promise<OtlpServer> {
    const texts: string[] = [];
    const kept = { requests: [], services: new Set(), logs: [], spans: [], metrics: [] } as Omit<
        OtlpServer,
        "url" | "text" | "close"
    >;
    const keep = (text: string): void => {
        texts.push(text);
        const { resourceLogs = [], resourceSpans = [], resourceMetrics = [] } = JSON.parse(text) as Body;
        for (const { resource } of [...resourceLogs, ...resourceSpans, ...resourceMetrics])
            kept.services.add(plain(resource.attributes)["service.name"]);
        kept.logs.push(...resourceLogs.flatMap((of) => of.scopeLogs.flatMap(({ logRecords }) => logRecords)));
        kept.spans.push(...resourceSpans.flatMap((of) => of.scopeSpans.flatMap(({ spans }) => spans)));
        kept.metrics.push(...resourceMetrics.flatMap((of) => of.scopeMetrics.flatMap(({ metrics }) => metrics)));
    };
    const server = createServer((request, response) => {
        const { url: path = "", headers } = request;
        kept.requests.push({ path, authorization: headers.authorization });
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
            const welcome = token === undefined || headers.authorization === `Bearer ${token}`;
            if (welcome) keep(Buffer.concat(chunks).toString());
            response.writeHead(welcome ? 200 : 401, { "content-type": "application/json" }).end("{}");
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        ...kept,
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        get text() {
            return texts.join("\n");
        },
        close: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}
