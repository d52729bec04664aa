// For tests of delivery: alerts as the evaluator stores them, and a tap between a worker and ClickHouse at which it can be killed at any statement.
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type ClickHouseClient } from "@clickhouse/client";

/** An alert of a test; times in milliseconds since 1970. */
export interface StoredAlert {
    readonly id: string;
    readonly severity?: string;
    readonly owner?: string;
    readonly entity?: string;
    readonly rule?: string;
    readonly origin?: string;
    readonly mode?: string;
    readonly held_back?: string;
    readonly raised?: number;
    readonly event?: number;
}

const stamp = (ms: number): string => new Date(ms).toISOString().replace("T", " ").replace("Z", "");

/** Stores alerts, raised now where they do not say otherwise. */
export async function storeAlerts(client: ClickHouseClient, alerts: readonly StoredAlert[]): Promise<void> {
    const now = Date.now();
    const values = alerts.map((alert) => ({
        ...{ alert_id: alert.id, kind: "alert", rule: alert.rule ?? "drained", rule_version: 1, entity_kind: "user" },
        ...{ entity_id: alert.entity ?? "alice", severity: alert.severity ?? "high", owner: alert.owner ?? "fraud" },
        ...{ origin: alert.origin ?? "live", mode: alert.mode ?? "active", held_back: alert.held_back ?? "" },
        ...{ event_time: stamp(alert.event ?? now), raised_at: stamp(alert.raised ?? now), score: 90 },
        version: String(BigInt.asUintN(64, ~BigInt(alert.raised ?? now))),
    }));
    const clickhouse_settings = { async_insert: 0 } as const;
    await client.insert({ table: "detection.alerts", values, format: "JSONEachRow", clickhouse_settings });
}

/** Stands between a worker and ClickHouse, and looks at each statement with its rows before it passes, and after it has been carried out. */
export class ClickHouseTap {
    before: (statement: string) => Promise<void> | void = () => undefined;
    after: (statement: string) => Promise<void> | void = () => undefined;
    private readonly server: Server;

    constructor(target: string) {
        this.server = createServer((request, response) => {
            const pass = async (): Promise<void> => {
                const body = await buffer(request);
                const statement = decodeURIComponent(request.url ?? "").replaceAll("+", " ") + body.toString();
                await this.before(statement);
                const hopByHop = ["host", "connection", "content-length", "transfer-encoding"];
                const headers = Object.fromEntries(
                    Object.entries(request.headers).filter(([name]) => !hopByHop.includes(name)),
                );
                const answer = await fetch(`${target}${request.url ?? ""}`, {
                    method: request.method ?? "POST",
                    headers: headers as Record<string, string>,
                    ...(body.length > 0 && { body: new Uint8Array(body) }),
                });
                const bytes = Buffer.from(await answer.arrayBuffer());
                await this.after(statement);
                response
                    .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
                    .end(bytes);
            };
            pass().catch(() => response.destroy());
        });
    }

    async start(): Promise<this> {
        await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
        return this;
    }

    get url(): string {
        return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }
}
