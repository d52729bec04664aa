// kill -9 of the evaluator at random while users trade with themselves, live, in the order of time: the alerts that are left must be exactly those of a
// backtest, each once, and each with its evidence.
import { setTimeout as pause } from "node:timers/promises";
import { backtest } from "../../functions/evaluator/backtest/judging";
import { Database } from "../../functions/shared/clickhouse";
import { declaredValues, evaluated } from "../../functions/evaluator/rules/rule";
import { facts } from "../../schema";
import { rules } from "../../schema/rules";
import { seeded } from "../bench/samples";
import { createDetection } from "../support/detection";
import { fullEvent } from "../support/events";
import { until } from "../support/processes";
import { type TestStack } from "../support/stack";
import { WorkerProcess } from "../support/worker";

const tickMs = 100;
/** Users who begin per tick; each trades three times with himself, over about ten seconds. */
const usersPerTick = 2;
const settleMs = 180_000;
/** However quickly the kills are over, the venue goes on until so much has happened. */
const patternsPerKill = 20;

export interface EvaluatorSoakOptions {
    kills: number;
    seed: number;
    say: (line: string) => void;
}

/** What came of a soak; `missing`, `foreign`, `doubled` and `bare` must be 0. */
export interface EvaluatorSoakReport {
    kills: number;
    trades: number;
    /** Users whose third trade with themselves was sent. */
    patterns: number;
    alerts: number;
    /** Alerts of the backtest that live has not. */
    missing: number;
    /** Alerts of live that the backtest has not. */
    foreign: number;
    /** Alerts that are read more than once. */
    doubled: number;
    /** Alerts without evidence. */
    bare: number;
    /** Milliseconds from the trade that completes a pattern to its alert, kills included. */
    detectMs: { p50: number; p99: number };
    seconds: number;
}

/** The venue: trades of users with themselves, as they happen. */
class Venue {
    trades = 0;
    patterns = 0;
    private users = 0;
    private stopping = false;
    private open: { user: string; trades: number; next: number }[] = [];

    constructor(
        private readonly name: string,
        private readonly send: (events: readonly Record<string, unknown>[]) => Promise<void>,
        private readonly choose: () => number,
    ) {}

    stop(): void {
        this.stopping = true;
    }

    async run(): Promise<void> {
        while (!this.stopping) {
            const now = Date.now();
            for (let n = 0; n < usersPerTick; n += 1) {
                this.users += 1;
                this.open.push({ user: `${this.name}-${String(this.users)}`, trades: 0, next: now });
            }
            const due = this.open.filter(({ next }) => next <= now);
            await this.send(due.map((each) => this.trade(each.user)));
            for (const each of due) {
                each.trades += 1;
                each.next = now + this.choose() * 10_000;
                if (each.trades === 3) this.patterns += 1;
            }
            this.open = this.open.filter(({ trades }) => trades < 3);
            await pause(tickMs);
        }
    }

    private trade(user: string): Record<string, unknown> {
        this.trades += 1;
        const [declaration] = facts.filter(({ name }) => name === "user_trades");
        if (declaration === undefined) throw new Error("there is no fact user_trades");
        const sides = { maker_user_id: user, taker_user_id: user, maker_account_id: user, taker_account_id: user };
        return fullEvent(declaration, this.name, {
            ...{
                event_time: new Date().toISOString(),
                original_time: null,
                source_seq: null,
                run_id: null,
                origin: "live",
            },
            ...{ trade_id: `${this.name}-${String(this.trades)}`, trade_version: "1", status: "executed" },
            ...{ price: "1", quantity: "1", maker_fee: "0", taker_fee: "0", ...sides },
        });
    }
}

/** The stack's own evaluator, where it runs one, stands aside: this one is killed. */
async function standAside(stack: TestStack): Promise<() => Promise<void>> {
    const own = await stack.supervisor.get("evaluator");
    if (own === undefined) return () => Promise.resolve();
    await stack.supervisor.remove("evaluator");
    return async () => {
        await stack.supervisor.put("evaluator", own.spec);
    };
}

interface Found {
    id: string;
    ms: number;
    bare: number;
}

const alertsOf = (stack: TestStack, name: string): Promise<Found[]> =>
    stack.rows<Found>(
        `SELECT alert_id AS id, dateDiff('millisecond', event_time, raised_at) AS ms,
            alert_id NOT IN (SELECT alert_id FROM trading.alert_evidence) AS bare
         FROM trading.alerts WHERE rule = 'self_trade' AND kind = 'alert' AND startsWith(entity_id, {name:String}) ORDER BY ms`,
        { name },
    );

/** Kills the evaluator `kills` times while it works; resolves when all that was sent has had time to be judged. */
export async function soakEvaluator(
    stack: TestStack,
    { kills, seed, say }: EvaluatorSoakOptions,
): Promise<EvaluatorSoakReport> {
    const began = Date.now();
    const name = `soak${String(began)}`;
    const choose = seeded(seed);
    await createDetection(stack.clickhouse, rules);
    const bring = await standAside(stack);
    const env = { KAFKA_BROKERS: stack.brokers, CLICKHOUSE_URL: stack.clickhouseUrl, LOG_LEVEL: "warn" };
    const producer = await stack.producer();
    const send = async (events: readonly Record<string, unknown>[]): Promise<void> => {
        const messages = events.map((event) => ({ value: JSON.stringify(event) }));
        if (messages.length > 0) await producer.send({ topic: "trading.user_trades.v1", acks: -1, messages });
    };
    const venue = new Venue(name, send, choose);
    let worker = await WorkerProcess.start("evaluator", env);
    const running = venue.run();
    try {
        for (let n = 1; n <= kills; n += 1) {
            const before = worker;
            await until(
                `the evaluator answers\n${before.output}`,
                async () => (await before.health())?.status === "ok",
                60_000,
            );
            await pause(500 + choose() * 4_000);
            await worker.kill9();
            say(`kill -9 ${String(n)} of ${String(kills)}: evaluator, ${String(venue.patterns)} patterns`);
            worker = await WorkerProcess.start("evaluator", env);
        }
        const happened = (): boolean => venue.patterns >= patternsPerKill * kills;
        await until("enough patterns", happened, settleMs);
        venue.stop();
        await running;
        const enough = async (): Promise<boolean> => (await alertsOf(stack, name)).length >= venue.patterns;
        await until("all alerts", enough, settleMs).catch(() => undefined);
        return await reportOf(stack, { name, kills, began, venue });
    } finally {
        venue.stop();
        await running;
        await worker.stop();
        await producer.disconnect();
        await bring();
    }
}

async function reportOf(
    stack: TestStack,
    { name, kills, began, venue }: { name: string; kills: number; began: number; venue: Venue },
): Promise<EvaluatorSoakReport> {
    const [rule] = rules.filter(({ id }) => id === "self_trade").map(evaluated);
    if (rule === undefined) throw new Error("there is no rule self_trade");
    const database = new Database(stack.clickhouseUrl);
    const range = { since: (began - 60_000) * 1_000, until: Date.now() * 1_000 };
    const values = declaredValues(rule.rule);
    const past = await backtest(database, { evaluated: rule, run: "", range, values, mode: "event-time" });
    await database.close();
    const expected = new Set(
        past.findings.filter(({ entityId }) => entityId.startsWith(name)).map(({ alertId }) => alertId),
    );
    // A pattern that lies across two hours makes an alert in each: as many alerts as patterns need not be all of them.
    const all = async (): Promise<boolean> => {
        const there = new Set((await alertsOf(stack, name)).map(({ id }) => id));
        return [...expected].every((id) => there.has(id));
    };
    await until("what a backtest finds", all, settleMs).catch(() => undefined);
    const found = await alertsOf(stack, name);
    const ids = new Set(found.map(({ id }) => id));
    const at = (share: number): number =>
        found[Math.min(found.length - 1, Math.floor(found.length * share))]?.ms ?? Number.NaN;
    return {
        ...{ kills, trades: venue.trades, patterns: venue.patterns, alerts: ids.size },
        missing: [...expected].filter((id) => !ids.has(id)).length,
        foreign: [...ids].filter((id) => !expected.has(id)).length,
        doubled: found.length - ids.size,
        bare: found.filter(({ bare }) => bare === 1).length,
        detectMs: { p50: at(0.5), p99: at(0.99) },
        seconds: Math.round((Date.now() - began) / 1_000),
    };
}
