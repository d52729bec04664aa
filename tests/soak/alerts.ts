// kill -9 of the delivery of alerts at any step while alerts are raised: before it sends, after the receiver has taken a message, before the result is written, and at
// random. Every alert must have been told, and no message more often than it was on its way at a kill.
import { setTimeout as pause } from "node:timers/promises";
import { seeded } from "../bench/samples";
import { ClickHouseTap, storeAlerts } from "../support/alerts";
import { FakeWebhook } from "../support/fakes/webhook";
import { until } from "../support/processes";
import { type TestStack } from "../support/stack";
import { WorkerProcess } from "../support/worker";

const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const settleMs = 120_000;
const steps = ["intent", "taken", "accepted", "random"] as const;

export interface AlertsSoakOptions {
    kills: number;
    seed: number;
    say: (line: string) => void;
}

/** What came of a soak; `lost`, `doubled` and `orphans` must be 0. */
export interface AlertsSoakReport {
    kills: number;
    alerts: number;
    messages: number;
    /** Alerts the receiver has not heard of. */
    lost: number;
    /** Messages that arrived more often than kills made inevitable. */
    doubled: number;
    /** Messages that arrived again, under the same id. */
    repeats: number;
    /** Results without an intent. */
    orphans: number;
    seconds: number;
}

/** Kills the worker as soon as it has come to a step. */
function killAt(step: (typeof steps)[number], tap: ClickHouseTap, hook: FakeWebhook, kill: () => Promise<void>): void {
    const writes = (sql: string, state: string): boolean =>
        sql.includes("INSERT INTO detection.deliveries") && sql.includes(`"state":"${state}"`);
    tap.after = async (sql) => (step === "intent" && writes(sql, "intent") ? kill() : undefined);
    tap.before = async (sql) => (step === "accepted" && writes(sql, "accepted") ? kill() : undefined);
    hook.onAccept = async () => {
        if (step === "taken") await kill();
    };
}

/** The stack's own worker would decide about the alerts as well; gives a way to bring it back. */
async function standAside(stack: TestStack): Promise<() => Promise<void>> {
    const own = await stack.supervisor.get("alerts");
    if (own === undefined) return () => Promise.resolve();
    await stack.supervisor.remove("alerts");
    return async () => {
        await stack.supervisor.put("alerts", own.spec);
    };
}

/** Kills the worker `kills` times while alerts are raised; resolves when all of them have had time to be told. */
export async function soakAlerts(stack: TestStack, { kills, seed, say }: AlertsSoakOptions): Promise<AlertsSoakReport> {
    const began = Date.now();
    const name = `soak${String(began)}`;
    const choose = seeded(seed);
    const bring = await standAside(stack);
    const hook = await new FakeWebhook(secret).start();
    const tap = await new ClickHouseTap(stack.clickhouseUrl).start();
    const env = {
        CLICKHOUSE_URL: tap.url,
        ALERT_TARGETS_SECRET: JSON.stringify([{ name, kind: "webhook", url: hook.url, secrets: [secret] }]),
        HTTP_PRIVATE_ORIGINS: hook.server.origin,
        LOG_LEVEL: "warn",
    };
    const raising = { stopped: false, alerts: 0 };
    const raise = async (): Promise<void> => {
        while (!raising.stopped) {
            const burst = choose() < 0.05 ? 300 : 1 + Math.floor(choose() * 3);
            const alerts = Array.from({ length: burst }, (_, n) => ({ id: `${name}-${String(raising.alerts + n)}` }));
            await storeAlerts(stack.clickhouse, alerts);
            raising.alerts += burst;
            await pause(200);
        }
    };
    const raised = raise();
    let worker = await WorkerProcess.start("alerts", env);
    try {
        for (let n = 1; n <= kills; n += 1) {
            const step = steps[n % steps.length] ?? "random";
            const victim = worker;
            let dead = false;
            const kill = async (): Promise<void> => {
                dead = true;
                await victim.kill9();
            };
            await until("it answers", async () => (await victim.health()) !== undefined, 60_000);
            await pause(choose() * 1_500);
            killAt(step, tap, hook, kill);
            if (step === "random") await kill();
            else await until(`it comes to the step ${step}\n${victim.output}`, () => dead, 60_000);
            await victim.ended();
            killAt("random", tap, hook, () => Promise.resolve());
            say(`kill -9 ${String(n)} of ${String(kills)}: ${step}, ${String(raising.alerts)} alerts`);
            worker = await WorkerProcess.start("alerts", env);
        }
        raising.stopped = true;
        await raised;
        return await reportOf(stack, { name, kills, began, alerts: raising.alerts, hook });
    } finally {
        raising.stopped = true;
        await raised;
        await worker.stop();
        await Promise.all([tap.stop(), hook.server.stop()]);
        await bring();
    }
}

async function reportOf(
    stack: TestStack,
    {
        name,
        kills,
        began,
        alerts,
        hook,
    }: { name: string; kills: number; began: number; alerts: number; hook: FakeWebhook },
): Promise<AlertsSoakReport> {
    const heard = async (): Promise<number> => {
        const ids = [...hook.ids].map((id) => `'${id}'`).join(", ");
        return stack.number(
            `SELECT uniqExact(alert_id) FROM trading.notifications WHERE target = '${name}' AND message_id IN (${ids || "''"})`,
        );
    };
    await until("all are told", async () => (await heard()) >= alerts, settleMs).catch(() => undefined);
    const repeats = hook.received.length - hook.ids.size;
    const orphans = await stack.number(
        `SELECT count() FROM trading.deliveries WHERE target = '${name}' AND state != 'intent' AND attempt > 0 AND (message_id, attempt) NOT IN
            (SELECT message_id, attempt FROM trading.deliveries WHERE state = 'intent')`,
    );
    return {
        ...{ kills, alerts, messages: hook.ids.size, lost: alerts - (await heard()) },
        ...{ repeats, doubled: Math.max(0, repeats - kills), orphans },
        seconds: Math.round((Date.now() - began) / 1_000),
    };
}
