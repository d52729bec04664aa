// From the broker's time of the event that completes a pattern to its message at a receiver, by the stack's own evaluator and delivery, as they are configured by default.
import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { FakeWebhook } from "../support/fakes/webhook";
import { type TestStack } from "../support/stack";
import { Background } from "./background";
import { idle } from "./idle";
import { apartMs, type Pattern, pattern, play, received } from "./latency";
import { percentile } from "./report";
import { seeded } from "./samples";

/** One rule that reads facts alone, one that waits for links and pairs, one that waits for rollups. */
const played = ["impossible_travel", "self_trade", "new_ip_withdrawal"] as const;
/** Events per second of other traffic: what the simulated venue sends with 1,000 accounts. */
const ordinary = 150;
/** The past of all patterns, and the evaluator's first look at it, are over by then. */
const settleMs = 45_000;
/** After the last one, messages are waited for so long. */
const patienceMs = 20_000;
/** What came last has been judged for good, and merges are over. */
const restMs = 30_000;
const idleSeconds = 30;
const secret = `whsec_${Buffer.alloc(32, 11).toString("base64")}`;

/** What was measured; times in milliseconds, one for each alert that was heard of. */
export interface WebhookLatency {
    readonly patterns: number;
    readonly byRule: ReadonlyMap<string, readonly number[]>;
    /** Of that, from the alert's row to the receiver. */
    readonly delivery: readonly number[];
    /** Background events per second Kafka acknowledged meanwhile. */
    readonly rate: number;
    readonly load: number;
    /** The whole stack when nothing comes any more, CPU in percent of one core. */
    readonly idle: { readonly cpuPercent: number; readonly parts: string };
}

/** Has the stack's own delivery send to a receiver; gives a way to have it as it was. */
async function sendTo(stack: TestStack, hook: FakeWebhook): Promise<() => Promise<void>> {
    const own = await stack.supervisor.get("alerts");
    if (own === undefined) throw new Error("the stack runs no worker named alerts");
    const target = { name: "bench", kind: "webhook", url: hook.url, secrets: [secret] };
    const env = {
        ...own.spec.env,
        ALERT_TARGETS_SECRET: JSON.stringify([target]),
        HTTP_PRIVATE_ORIGINS: hook.server.origin,
    };
    await stack.supervisor.put("alerts", { ...own.spec, env });
    await stack.supervisor.waitHealthy("alerts");
    return async () => {
        await stack.supervisor.put("alerts", own.spec);
    };
}

interface Told {
    readonly key: string;
    readonly message: string;
    readonly raised: number;
}

/** Which messages told of the alerts about these entities. */
const toldOf = (stack: TestStack, prefix: string): Promise<Told[]> =>
    stack.rows<Told>(
        `SELECT concat(alerts.rule, ' ', alerts.entity_id) AS key, told.message_id AS message, toUnixTimestamp64Milli(alerts.raised_at) AS raised
         FROM trading.alerts AS alerts INNER JOIN trading.notifications AS told ON told.alert_id = alerts.alert_id
         WHERE startsWith(alerts.entity_id, {prefix:String}) AND told.target = 'bench' AND told.sequence = 0`,
        { prefix },
    );

/** Plays `each` patterns of each rule at random moments beside ordinary traffic, and then leaves the stack alone. */
export async function webhookLatency(stack: TestStack, each: number): Promise<WebhookLatency> {
    const hook = await new FakeWebhook(secret).start();
    const restore = await sendTo(stack, hook);
    const prefix = `hook${String(Date.now())}-`;
    const random = seeded(5);
    const start = Date.now() + settleMs;
    const spanMs = played.length * each * apartMs;
    const patterns = played.flatMap((rule, index) =>
        Array.from({ length: each }, (_, n) =>
            pattern(rule, `${prefix}${String(index)}-${String(n)}-`, Math.round(start + random() * spanMs)),
        ),
    );
    const background = new Background(stack.brokers, ordinary);
    background.start();
    try {
        const playing = play(stack.brokers, patterns);
        playing.catch(() => undefined);
        await pause(Math.max(0, start - Date.now()));
        const rate = await background.rateOver(spanMs / 1_000);
        await playing;
        await pause(patienceMs);
        const load = loadavg()[0] ?? Number.NaN;
        await background.stop();
        await pause(restMs);
        const atRest = await idle(stack, idleSeconds);
        return {
            patterns: patterns.length,
            ...(await times(stack, prefix, patterns, hook)),
            rate,
            load,
            idle: atRest,
        };
    } finally {
        await background.stop();
        await restore();
        await hook.server.stop();
    }
}

async function times(
    stack: TestStack,
    prefix: string,
    patterns: readonly Pattern[],
    hook: FakeWebhook,
): Promise<Pick<WebhookLatency, "byRule" | "delivery">> {
    const heard = new Map(hook.received.toReversed().map(({ id, at }) => [id, at]));
    const told = new Map((await toldOf(stack, prefix)).map((row) => [row.key, row]));
    const broker = await received(
        stack,
        patterns.map(({ last }) => last),
    );
    const byRule = new Map<string, number[]>(played.map((rule) => [rule, []]));
    const delivery: number[] = [];
    for (const { rule, entity, last } of patterns) {
        const row = told.get(`${rule} ${entity}`);
        const [at, began] = [heard.get(row?.message ?? ""), broker.get(last.event.event_id)];
        if (row === undefined || at === undefined || began === undefined) continue;
        byRule.get(rule)?.push(at - began);
        delivery.push(at - row.raised);
    }
    return { byRule, delivery };
}

/** A line for all, one for each rule, and what the idle stack takes. */
export function webhookLines({ patterns, byRule, delivery, rate, load, idle: atRest }: WebhookLatency): string[] {
    const ms = (values: readonly number[]): string =>
        `p50 ${percentile(values, 0.5).toFixed(0)} ms, p99 ${percentile(values, 0.99).toFixed(0)} ms`;
    const all = [...byRule.values()].flat();
    return [
        `event to webhook, broker time of the completing event to the receiver: ${ms(all)}, ${String(all.length)} of ${String(patterns)} patterns heard of, ` +
            `${rate.toFixed(0)} events/s of other traffic, an alert every ${String(apartMs / 1_000)} s, load average ${load.toFixed(1)} (aim p50 < 1200 ms, p99 < 2500 ms)`,
        ...[...byRule].map(
            ([rule, values]) => `event to webhook, ${rule}: ${ms(values)}, ${String(values.length)} messages`,
        ),
        `alert row to webhook: ${ms(delivery)}`,
        `idle stack with all rules ticking, after it: ${atRest.cpuPercent.toFixed(1)}% of one core over ${String(idleSeconds)} s (${atRest.parts})`,
    ];
}
