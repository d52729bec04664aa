// The way to an API: guarded, paced, and with what must not be logged of it.
import { HttpClient } from "../shared/http/client";
import { type Endpoint } from "./ask";
import { type OnChainEnv } from "./env";
import { type OnChainMetrics } from "./metrics";

/** Parts of a URL at least this long may be keys. */
const keyLength = 8;

/** An endpoint whose requests can be ended. */
export interface ClosableEndpoint extends Endpoint {
    close(): Promise<void>;
}

/** Where the requests to an API go, at its own pace. */
export function createEndpoint(
    name: string,
    url: string,
    perSecond: number,
    env: OnChainEnv,
    metrics: OnChainMetrics,
): ClosableEndpoint {
    const stopped = new AbortController();
    const client = new HttpClient({
        userAgent: "trading-system-monitoring",
        privateOrigins: env.HTTP_PRIVATE_ORIGINS,
        intervalMs: 1_000 / perSecond,
        timeoutMs: 20_000,
        maxBytes: 64 * 1024 * 1024,
        attempts: 4,
    });
    const { pathname, search } = new URL(url);
    const hidden = [pathname.slice(1), search.slice(1), env.ETHERSCAN_API_KEY];
    return {
        name,
        url,
        client,
        secrets: hidden.filter(({ length }) => length >= keyLength),
        signal: stopped.signal,
        count: (outcome) => metrics.requests.inc({ api: name, outcome }),
        close: async () => {
            stopped.abort();
            await client.close();
        },
    };
}
