// Whether a worker does its work: /healthz for the supervisor and people, /metrics for Prometheus, on the loopback address.
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { type Registry } from "prom-client";

/** Says what is wrong, in words a person can act on; undefined when all is well. */
export type Check = () => string | undefined;

/** The checks of a worker. */
export class Health {
    private readonly checks = new Map<string, { check: Check; failing: boolean }>();
    private readonly started = new Date();

    /** Adds a check that makes the worker unhealthy (503). */
    fails(name: string, check: Check): void {
        this.checks.set(name, { check, failing: true });
    }

    /** Adds a check that is reported, but leaves the worker healthy. */
    warns(name: string, check: Check): void {
        this.checks.set(name, { check, failing: false });
    }

    /** The state of all checks at this moment. */
    state(): { status: "ok" | "degraded" | "failing"; reasons: string[]; started: string } {
        const bad = [...this.checks].flatMap(([name, { check, failing }]) => {
            const reason = check();
            return reason === undefined ? [] : [{ reason: `${name}: ${reason}`, failing }];
        });
        const status = bad.length === 0 ? "ok" : bad.some(({ failing }) => failing) ? "failing" : "degraded";
        return { status, reasons: bad.map(({ reason }) => reason), started: this.started.toISOString() };
    }
}

/** A running health server. */
export interface HealthServer {
    readonly port: number;
    close(): Promise<void>;
}

async function answer(path: string, response: ServerResponse, health: Health, registry: Registry): Promise<void> {
    if (path === "/metrics") {
        const body = await registry.metrics();
        response.writeHead(200, { "content-type": registry.contentType }).end(body);
        return;
    }
    const known = path === "/healthz" || path === "/livez";
    const state = health.state();
    // /livez only says that the process answers: restarting a worker does not bring its venue or its broker back.
    const code = !known ? 404 : path === "/healthz" && state.status === "failing" ? 503 : 200;
    const body = known ? state : { error: `nothing at ${path}; try /healthz, /livez or /metrics` };
    response.writeHead(code, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

function listen(server: Server, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
        server.once("error", (error: NodeJS.ErrnoException) => {
            const why = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
            reject(
                new Error(`health server: cannot listen on 127.0.0.1:${port}, ${why}; set METRICS_PORT to a free port`),
            );
        });
        server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
}

/** Serves /healthz (200, or 503 with reasons), /livez and /metrics on 127.0.0.1; port 0 takes a free one. */
export async function serveHealth(port: number, health: Health, registry: Registry): Promise<HealthServer> {
    const server = createServer((request, response) => {
        const path = new URL(request.url ?? "/", "http://localhost").pathname;
        answer(path, response, health, registry).catch((error: unknown) => {
            response.writeHead(500).end(`${String(error)}\n`);
        });
    });
    const chosen = await listen(server, port);
    return {
        port: chosen,
        close: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}
