// Proves, over 10,000 seeded runs of the dispatcher's core with kills at any step, and workers that take over from one that lives on: every alert that is to be told
// ends accepted by its target or given up with a row that says so; no result without an intent, no send before both are written; a message goes out again only where
// a kill or a lost answer makes it inevitable, and then under the same id; nothing is sent into a Retry-After, or beyond the bucket; the most urgent goes first; memory
// is bounded; once a receiver is well again, after ten minutes too, all it has missed is there within two minutes and what its bucket takes. And that the simulator
// finds fault with dispatchers that are wrong. Does not prove: that ClickHouse and the channels do as the fakes (tests/engine/alerts, channels.spec.ts).
import assert from "node:assert/strict";
import { decide, routeOf } from "../../../functions/alerts/core/decide";
import { delivering } from "../../../functions/alerts/core/delivering";
import { settleMs } from "../../../functions/alerts/core/fence";
import { toldKey } from "../../../functions/alerts/core/dispatcher";
import { seeded } from "../../bench/samples";
import { planOf } from "./simulation/plan";
import { type Delivering, type Plan, Run, type Wrong } from "./simulation/run";
import { Violation } from "./simulation/world";

const seeds = 10_000;

/** Every alert is at rest: told, given up, or not to be told. */
function atRest({ world }: Run, { alerts, policy, circumstances }: Plan): void {
    for (const alert of alerts) {
        const verdict = decide(alert, policy, circumstances, alert.raisedAt);
        if (verdict.tell === "no") {
            const row = world.notifications.get(`${alert.id}||0`);
            if (row?.decision !== verdict.decision) throw new Violation(`${alert.id} should be ${verdict.decision}`);
            continue;
        }
        for (const target of verdict.route.targets) {
            const row = world.notifications.get(`${alert.id}|${target}|0`);
            const last = world.journal.get(row?.messageId ?? "")?.at(-1);
            if (last?.state !== "accepted" && last?.state !== "dead")
                throw new Violation(`${alert.id} is lost to ${target}: ${last?.state ?? "no row"}`);
        }
    }
}

/** From the end of bad weather to a probe, and what may hold that up: a last request for peace (21 s), a last request that hangs. */
const calmedMs = 60_000 + 21_000 + 5_000;
/** A message with its rows and its answer. */
const messageMs = 500;
const restartMs = 3_000 + settleMs;

/** Receivers that are well again have had all they missed as soon as their buckets allow. */
function caughtUp({ world, crashed, takenOver }: Run, { destinations, weather, until }: Plan): void {
    for (const { name, bucket } of destinations) {
        if (weather.some(({ target, weather: how }) => target === name && (how === "refuse" || how === "gone")))
            continue;
        const messages = [...world.messages.values()].flatMap(([first]) => (first?.target === name ? [first] : []));
        const turnMs = 1_000 / bucket.perSecond + messageMs;
        const restarts = crashed + takenOver;
        const allowed = calmedMs + (messages.length + restarts) * turnMs + restarts * restartMs;
        for (const { messageId, decidedAt } of messages) {
            const at = world.journal.get(messageId)?.find(({ state }) => state === "accepted")?.at ?? Infinity;
            const late = at - Math.max(decidedAt, until);
            if (late > allowed)
                throw new Violation(`${name} is well again, and gets ${messageId} ${String(late)} ms later`);
        }
    }
}

/** What stands in has been told of what was given up, and those to whom it was to be escalated of what nobody took on. */
function followedUp({ world }: Run, { alerts, policy, acknowledged, destinations, until }: Plan): void {
    for (const alert of alerts)
        for (const { name, fallback } of destinations) {
            const rows = world.journal.get(world.notifications.get(`${alert.id}|${name}|0`)?.messageId ?? "") ?? [];
            if (rows.at(-1)?.state === "dead" && fallback !== undefined && !world.told.has(toldKey(alert.id, fallback)))
                throw new Violation(`${fallback} does not hear of ${alert.id}, which ${name} did not get`);
            // Only while people are still told again, and with time for it.
            const accepted = rows.some(({ state, at }) => state === "accepted" && at < until + 100_000);
            const [escalateTo] = routeOf(alert, policy.routes)?.escalateTo ?? [];
            if (escalateTo === undefined || !accepted || acknowledged.get(alert.id) !== Infinity) continue;
            if (!world.told.has(toldKey(alert.id, escalateTo))) throw new Violation(`${alert.id} is not escalated`);
        }
}

function simulate(seed: number, wrong: Wrong = {}): Run {
    const random = seeded(seed * 7_919 + 1);
    const plan = planOf(random);
    const run = new Run(plan, random, wrong);
    run.finish();
    atRest(run, plan);
    followedUp(run, plan);
    caughtUp(run, plan);
    if (seed % 5 === 0) {
        run.replay();
        atRest(run, plan);
    }
    return run;
}

/** The first violation a wrong way of delivering shows within some seeds. */
function faultOf(wrong: Wrong | Delivering): string | undefined {
    const how = typeof wrong === "function" ? { deliver: wrong } : wrong;
    for (let seed = 1; seed <= 200; seed += 1) {
        try {
            simulate(seed, how);
        } catch (error) {
            if (error instanceof Violation) return error.message;
            throw error;
        }
    }
    return undefined;
}

describe("the dispatcher, simulated", () => {
    it(`keeps its promises over ${String(seeds)} seeds`, function () {
        this.timeout(120_000);
        const sum = {
            crashes: 0,
            takeovers: 0,
            steps: 0,
            accepted: 0,
            repeats: 0,
            dead: 0,
            digests: 0,
            escalations: 0,
            repeated: 0,
        };
        for (let seed = 1; seed <= seeds; seed += 1) {
            let run: Run;
            try {
                run = simulate(seed);
            } catch (error) {
                throw new Error(`seed ${String(seed)}: ${String(error)}`, { cause: error });
            }
            const rows = [...run.world.journal.values()].flat();
            sum.crashes += run.crashed;
            sum.takeovers += run.takenOver;
            sum.steps += run.steps;
            sum.repeats += run.world.repeats;
            const ended = rows.filter(({ state }) => state === "accepted");
            sum.accepted += ended.length;
            sum.digests += ended.filter(({ kind }) => kind === "digest").length;
            sum.escalations += ended.filter(({ kind }) => kind === "escalation").length;
            sum.repeated += ended.filter(({ kind }) => kind === "repeat").length;
            sum.dead += rows.filter(({ state }) => state === "dead").length;
        }
        // A simulator in which none of this happens proves nothing.
        for (const [what, count] of Object.entries(sum)) assert.ok(count > seeds / 20, `${what}: ${String(count)}`);
    });

    it("finds fault with a result that is written before the send", () => {
        const fault = faultOf(function* (lane, open, now) {
            const steps = delivering(lane, open, now);
            for (let next = steps.next(); next.done !== true;) {
                if (next.value.do !== "send") {
                    yield next.value;
                    next = steps.next();
                    continue;
                }
                const send = next.value;
                next = steps.next({ kind: "accepted", status: 200 });
                if (next.done !== true) yield next.value;
                yield send;
                next = steps.next();
            }
        });
        assert.match(fault ?? "", /accepted is written of what nobody got/);
    });

    it("finds fault with a send without an intent", () => {
        const fault = faultOf(function* (lane, open, now) {
            const steps = delivering(lane, open, now);
            for (let next = steps.next(); next.done !== true;) {
                const skipped = next.value.do === "journal" && next.value.row.state === "intent";
                next = steps.next(skipped ? undefined : yield next.value);
            }
        });
        assert.match(fault ?? "", /sent before the intent is written/);
    });

    it("finds fault with messages that are not written down before they are sent", () => {
        const fault = faultOf(function* (lane, open, now) {
            open.recorded = true;
            yield* delivering(lane, open, now);
        });
        assert.match(fault ?? "", /sent before it is written what of/);
    });

    it("finds fault with a Retry-After that is passed over", () => {
        const fault = faultOf(function* (lane, open, now) {
            const steps = delivering(lane, open, now);
            for (let next = steps.next(); next.done !== true;) {
                const outcome = yield next.value;
                if (outcome?.kind === "passing") next = steps.next({ kind: "passing", status: 429, error: "" });
                else next = steps.next(outcome);
            }
        });
        assert.match(fault ?? "", /wants to be left alone/);
    });

    it("finds fault with two workers that do not look whether another one has taken over", () => {
        assert.match(
            faultOf({ unfenced: true }) ?? "",
            /comes twice|goes out|told in two|more than its bucket|left alone|on its way/,
        );
    });

    it("finds fault with a worker that takes over at once", () => {
        assert.match(faultOf({ hasty: true }) ?? "", /still on its way|comes twice|goes out/);
    });

    it("finds fault with a target that is left alone for half an hour because it was not well once", () => {
        const fault = faultOf(function* (lane, open, now) {
            const steps = delivering(lane, open, now);
            for (let next = steps.next(); next.done !== true;) {
                const outcome = yield next.value;
                if (outcome?.kind === "passing") lane.hold(now() + 1_800_000);
                next = steps.next(outcome);
            }
        });
        assert.match(fault ?? "", /is well again, and gets/);
    });

    it("finds fault with a bucket that is not spent", () => {
        const fault = faultOf((lane, open, now) => {
            lane.spend = () => undefined;
            return delivering(lane, open, now);
        });
        assert.match(fault ?? "", /more than its bucket holds/);
    });

    it("finds fault with a message that is given up in silence", () => {
        const fault = faultOf(function* (lane, open, now) {
            const steps = delivering(lane, open, now);
            for (let next = steps.next(); next.done !== true;) {
                const outcome = yield next.value;
                if (outcome?.kind === "passing" && open.attempts > 2) {
                    lane.abandon(open, "forgotten", now());
                    lane.release();
                    return;
                }
                next = steps.next(outcome);
            }
        });
        assert.match(fault ?? "", /is lost to/);
    });
});
