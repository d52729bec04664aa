// From the broker's time of the event that completes a pattern to its row in the alert table, rule by rule, while the venue is busy.
import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { Delivery, type Outgoing } from "../../functions/shared/delivery";
import { KafkaSink } from "../../functions/shared/kafka";
import { createLog } from "../../functions/shared/log";
import { rules } from "../../schema/rules";
import { type Built, goldenCases } from "../../schema/rules/cases";
import { at } from "../../schema/rules/cases/build";
import { type TestStack } from "../support/stack";
import { Background, outgoing } from "./background";
import { percentile } from "./report";
import { seeded } from "./samples";

/**
 * The golden case each rule is made to fire by. Not among them: dormant_reactivation, whose login lies before what facts keep, and negative_buzz, which needs
 * a week of posts and is judged by the minute.
 */
const played: Readonly<Record<string, string>> = {
    self_trade: "three trades with himself within the hour",
    ping_pong: "six trades to and fro",
    impossible_travel: "Berlin and Tokyo within the hour",
    layering: "three layers, a sale, layers out; the book is not known",
    new_ip_withdrawal: "a login from elsewhere, then most of it",
    pass_through: "chains are not watched",
    structuring: "no tier known: the default threshold",
    withdrawal_velocity: "nobody to compare with",
};
/** What tells one pattern's people, things and instruments from another's. */
const own = new Set([
    ...["user_id", "account_id", "maker_user_id", "maker_account_id", "taker_user_id", "taker_account_id"],
    ...["action_id", "session_id", "device_id", "withdrawal_id", "deposit_id", "trade_id", "order_id"],
    ...["maker_order_id", "taker_order_id", "address", "transaction_hash", "symbol"],
]);
/** Facts are kept 30 days. */
const oldestMs = 29 * 86_400_000;
/** The past of all patterns, and the evaluator's first look at it, are over by then. */
const settleMs = 60_000;
/** One pattern completes every so long on average: with more, it is measured how alerts wait for each other. */
export const apartMs = 2_000;
/** After the last one, alerts are waited for so long. */
const patienceMs = 60_000;
/** The alert table is looked at so often: a row is seen at most so much, and the query's own time, after it is there. */
const pollMs = 100;
const beatMs = 20;

/** A pattern of one entity. */
export interface Pattern {
    readonly rule: string;
    readonly entity: string;
    readonly events: readonly { readonly at: number; readonly sent: Outgoing }[];
    /** The event that completes it. */
    readonly last: Outgoing;
}

/** What was measured of a rule: milliseconds from broker to alert of each alert that came. */
export interface RuleLatency {
    readonly rule: string;
    readonly patterns: number;
    readonly latencies: readonly number[];
    readonly latenessMinutes: number;
    readonly stepSeconds: number;
    readonly readsRollups: boolean;
}

/** All rules, under the rate that was really sent. */
export interface Latencies {
    readonly rules: readonly RuleLatency[];
    /** Background events per second Kafka acknowledged while patterns completed. */
    readonly rate: number;
    /** Mean milliseconds a look at the alert table took. */
    readonly lookMs: number;
    /** Load average of the machine, one minute, at the end. */
    readonly load: number;
}

/** The golden case of a rule as it happens to a user of its own and is complete at a moment (ms since 1970). */
export function pattern(rule: string, tag: string, completeAt: number): Pattern {
    const golden = goldenCases[rule]?.find(({ name }) => name === played[rule]);
    const expected = golden?.expected[0];
    if (golden === undefined || expected === undefined)
        throw new Error(`${rule}: no golden case ${played[rule] ?? ""}`);
    const shift = completeAt - Date.parse(at(expected.at));
    // What is older than facts keep is refused, and what comes after does not complete it.
    const events = golden.events
        .map((built) => moved(built, tag, shift))
        .filter((each) => each.at > Date.now() - oldestMs && each.at <= completeAt)
        .toSorted((a, b) => a.at - b.at);
    const last = events.at(-1);
    if (last === undefined) throw new Error(`${rule}: ${golden.name} has no events`);
    const entity = expected.entity
        .split("|")
        .map((part) => `${tag}${part}`)
        .join("|");
    return { rule, entity, events, last: last.sent };
}

function moved({ declaration, event }: Built, tag: string, shift: number): Pattern["events"][number] {
    const time = Date.parse(String(event["event_time"])) + shift;
    const renamed: Record<string, unknown> = { ...event };
    for (const [column, value] of Object.entries(event))
        if (own.has(column) && typeof value === "string") renamed[column] = `${tag}${value}`;
    const event_time = new Date(time).toISOString();
    return { at: time, sent: outgoing(declaration, { ...renamed, event_time }) };
}

/** Sends what is due, beat by beat, in the order of time. */
export async function play(brokers: string, patterns: readonly Pattern[]): Promise<void> {
    const log = createLog("bench", "warn");
    const sink = new KafkaSink("bench-patterns", [brokers], log);
    const delivery = new Delivery(sink, log);
    const never = new AbortController().signal;
    const left = patterns.flatMap(({ events }) => events).toSorted((a, b) => a.at - b.at);
    try {
        while (left.length > 0) {
            const next = left.findIndex((each) => each.at > Date.now());
            const due = left.splice(0, next === -1 ? left.length : next);
            if (due.length > 0)
                await delivery.deliver(
                    due.map(({ sent }) => sent),
                    never,
                );
            await pause(beatMs);
        }
    } finally {
        await sink.close();
    }
}

/** When each alert was first seen, by rule and entity, ms since 1970. */
class Watch {
    readonly seen = new Map<string, number>();
    readonly looks: number[] = [];

    constructor(
        private readonly stack: TestStack,
        private readonly prefix: string,
    ) {}

    async look(): Promise<void> {
        const began = performance.now();
        const rows = await this.stack.rows<{ key: string }>(
            "SELECT concat(rule, ' ', entity_id) AS key FROM detection.alerts WHERE run = '' AND startsWith(entity_id, {prefix:String}) AND kind = 'alert'",
            { prefix: this.prefix },
        );
        const now = Date.now();
        this.looks.push(performance.now() - began);
        for (const { key } of rows) if (!this.seen.has(key)) this.seen.set(key, now);
    }
}

/** The broker's time of events that are stored, by event_id, ms since 1970. */
export async function received(stack: TestStack, events: readonly Outgoing[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const [{ name }, sent] of Map.groupBy(events, ({ declaration }) => declaration)) {
        const rows = await stack.rows<{ event_id: string; at: number }>(
            `SELECT event_id, toUnixTimestamp64Milli(received_at) AS at FROM facts.${name} WHERE event_id IN (SELECT arrayJoin(splitByChar('\\n', {ids:String})))`,
            { ids: sent.map(({ event }) => event.event_id).join("\n") },
        );
        for (const { event_id, at: time } of rows) found.set(event_id, time);
    }
    return found;
}

/** Plays `each` patterns of every rule at random moments, with `perSecond` events a second of other traffic. */
export async function latency(stack: TestStack, each: number, perSecond: number): Promise<Latencies> {
    const prefix = `lat${String(Date.now())}-`;
    const random = seeded(5);
    const start = Date.now() + settleMs;
    const spanMs = Object.keys(played).length * each * apartMs;
    const patterns = Object.keys(played).flatMap((rule, index) =>
        Array.from({ length: each }, (_, n) =>
            pattern(rule, `${prefix}${String(index)}-${String(n)}-`, Math.round(start + random() * spanMs)),
        ),
    );
    const background = new Background(stack.brokers, perSecond);
    const watch = new Watch(stack, prefix);
    background.start();
    try {
        const playing = play(stack.brokers, patterns);
        playing.catch(() => undefined);
        await pause(Math.max(0, start - Date.now()));
        const rate = background.rateOver(spanMs / 1_000);
        const end = start + spanMs + patienceMs;
        // One pattern may make other rules fire as well.
        const waiting = (): boolean => patterns.some(({ rule, entity }) => !watch.seen.has(`${rule} ${entity}`));
        while (Date.now() < end && waiting()) {
            await watch.look();
            await pause(pollMs);
        }
        await Promise.all([playing, rate]);
        const conditions = { rate: await rate, lookMs: mean(watch.looks), load: loadavg()[0] ?? Number.NaN };
        await background.stop();
        const last = patterns.map((each) => each.last);
        const broker = await received(stack, last);
        return { ...conditions, rules: Object.keys(played).map((rule) => latencyOf(rule, patterns, watch, broker)) };
    } finally {
        await background.stop();
    }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function latencyOf(
    id: string,
    patterns: readonly Pattern[],
    watch: Watch,
    broker: ReadonlyMap<string, number>,
): RuleLatency {
    const mine = patterns.filter(({ rule }) => rule === id);
    const latencies = mine.flatMap(({ rule, entity, last }) => {
        const [seen, began] = [watch.seen.get(`${rule} ${entity}`), broker.get(last.event.event_id)];
        return seen === undefined || began === undefined ? [] : [seen - began];
    });
    const declared = rules.find((rule) => rule.id === id);
    return {
        ...{ rule: id, patterns: mine.length, latencies, latenessMinutes: declared?.latenessMinutes ?? Number.NaN },
        ...{
            stepSeconds: declared?.stepSeconds ?? Number.NaN,
            readsRollups: (declared?.reads.rollups.length ?? 0) > 0,
        },
    };
}

/** A line for each rule, and one of the conditions. */
export function latencyLines({ rules: measured, rate, lookMs, load }: Latencies): string[] {
    const ms = (value: number): string => `${value.toFixed(0)} ms`;
    return [
        `alert latency, broker time of the last event to a visible alert row: ${rate.toFixed(0)} events/s of other traffic, an alert every ${String(apartMs / 1_000)} s, load average ${load.toFixed(1)}, ` +
            `seen by looking every ${String(pollMs)} ms (a look took ${lookMs.toFixed(0)} ms)`,
        ...measured.map(
            ({ rule, patterns, latencies, stepSeconds, readsRollups }) =>
                `alert latency, ${rule}: p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))}, ` +
                `${String(latencies.length)} of ${String(patterns)} patterns alerted (step ${String(stepSeconds)} s${readsRollups ? ", waits for rollups" : ""}; aim p99 < 2000 ms)`,
        ),
    ];
}
