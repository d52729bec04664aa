// For tests: the gateway as its own process, as the product runs it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createKey, hashKey } from "../../functions/shared/keys";
import { catalogue } from "../../schema";
import { until } from "./processes";
import { repository } from "./pulumi";

/** Name of the producer that may send everything. */
export const producer = "test";
/** Name of the producer behind the public key. */
export const website = "web";
/** The one origin that may report actions. */
export const origin = "https://app.example.com";

/** What came back. */
export interface Answer<T = unknown> {
    status: number;
    headers: Headers;
    body: T;
}

/** A running gateway. */
export class TestGateway {
    private constructor(
        readonly child: ChildProcess,
        /** Its door. */
        readonly url: string,
        /** Its health page and metrics. */
        readonly metricsUrl: string,
        /** May send every fact and reference. */
        readonly key: string,
        /** May report actions. */
        readonly publicKey: string,
        readonly output: () => string,
    ) {}

    /** Starts one on free ports; `env` adds to its environment. */
    static async start(brokers: readonly string[], env: Record<string, string> = {}): Promise<TestGateway> {
        const [key, publicKey] = [createKey(), createKey()];
        const all = catalogue.map(({ name }) => name);
        const producers = [
            { producer, scopes: all, hashes: [hashKey(key)] },
            { producer: website, scopes: ["actions"], hashes: [hashKey(publicKey)] },
        ];
        const settings = {
            ...{ GATEWAY_PORT: "0", METRICS_PORT: "0", KAFKA_BROKERS: brokers.join(",") },
            ...{ GATEWAY_KEYS: JSON.stringify(producers), ACTIONS_ORIGINS: origin, ...env },
        };
        const quiet = "--disable-warning=TimeoutNegativeWarning";
        const child = spawn(process.execPath, [quiet, "--require", "tsx/cjs", "functions/gateway/main.ts"], {
            cwd: repository,
            env: { ...process.env, ...settings },
            stdio: ["ignore", "pipe", "pipe"],
        });
        let text = "";
        for (const stream of [child.stdout, child.stderr])
            stream.setEncoding("utf8").on("data", (data: string) => (text += data));
        const found = await until(`the gateway listens: ${text}`, () => {
            if (child.exitCode !== null) throw new Error(`the gateway ended: ${text}`);
            return /"address":"([^"]+)".*"port":(\d+).*"msg":"taking events"/.exec(text) ?? undefined;
        });
        const [, url = "", port = ""] = found;
        return new TestGateway(child, url, `http://127.0.0.1:${port}`, key, publicKey, () => text);
    }

    /** Sends events: a text as it is, an object as JSON, a list as NDJSON. */
    async post<T = unknown>(path: string, events: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
        const batch = Array.isArray(events);
        const text = typeof events === "string" || Buffer.isBuffer(events);
        const body = text
            ? events
            : batch
              ? events.map((event) => JSON.stringify(event)).join("\n")
              : JSON.stringify(events);
        const type = batch || text ? "application/x-ndjson" : "application/json";
        return this.fetch(path, {
            method: "POST",
            headers: { authorization: `Bearer ${this.key}`, "content-type": type, ...headers },
            body,
        });
    }

    /** Reports actions as a browser does. */
    async report<T = unknown>(report: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
        return this.fetch(`/v1/actions?key=${this.publicKey}`, {
            method: "POST",
            headers: { origin, "content-type": "text/plain;charset=UTF-8", ...headers },
            body: typeof report === "string" ? report : JSON.stringify(report),
        });
    }

    /** Any request. */
    async fetch<T = unknown>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
        const response = await fetch(this.url + path, init);
        const type = response.headers.get("content-type") ?? "";
        const body = /json/.test(type) ? await response.json() : await response.text();
        return { status: response.status, headers: response.headers, body: body as T };
    }

    /** SIGTERM, or SIGKILL; resolves with the exit code. */
    async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const exited = once(this.child, "exit");
            this.child.kill(signal);
            await exited;
        }
        return this.child.exitCode;
    }
}
