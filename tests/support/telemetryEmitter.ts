// A worker of the smallest kind, run as a process of its own: it logs, counts, sends and receives once each, and stops. What it says of itself in the end:
// how many modules of OpenTelemetry's SDK it has loaded (its API comes with prom-client).
import { Counter, Gauge, Histogram } from "prom-client";
import { createLog } from "../../functions/shared/log";
import { createRegistry } from "../../functions/shared/metrics";
import { Shutdown } from "../../functions/shared/shutdown";
import { telemetry, type Traceparent } from "../../functions/shared/telemetry";

const log = createLog("emitter", "debug");
const registers = [createRegistry("emitter")];

new Counter({ name: "emitter_events_total", help: "Events.", labelNames: ["fact"], registers }).inc({ fact: "a" }, 3);
new Gauge({ name: "emitter_held_bytes", help: "Held.", registers }).set(1.5);
new Gauge({ name: "emitter_unknown", help: "Never measured.", registers }).set(NaN);
const seconds = new Histogram({ name: "emitter_send_seconds", help: "Sends.", buckets: [0.1, 1], registers });
[0.05, 0.5, 0.6, 7].forEach((value) => seconds.observe(value));

log.debug("looking around");
log.info({ fact: "market_trades", held: 2, key: "user-4711", password: "canary-secret" }, "taking events");
log.error({ err: new TypeError("no such thing") }, "cannot go on");

/** Sends, is received, and what is received leads to another send, which fails. */
async function relay(): Promise<void> {
    const carried = await telemetry()?.sending(
        () => ["social_posts", "social_posts"],
        (traceparent) => Promise.resolve(traceparent),
    );
    const fail = (): Promise<never> => Promise.reject(new RangeError("said of user-4711"));
    const send = (): Promise<Traceparent> | undefined => telemetry()?.sending(() => ["sentiment_scores"], fail);
    await telemetry()?.receiving("social_posts", [carried ?? "", "not a header"], async () => {
        log.warn("working on it");
        await send()?.catch(() => undefined);
    });
}

void relay().then(() => {
    const loaded = Object.keys(require.cache).filter((file) => /@opentelemetry.(?!api)/.test(file)).length;
    log.info(`modules of the SDK: ${loaded}`);
    return new Shutdown(log).run("done");
});
