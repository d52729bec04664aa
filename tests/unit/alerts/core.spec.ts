// Proves: what is decided about an alert and by what; the order of a queue; the schedule of attempts; an outage of ten minutes ends with all delivered soon after, the
// most urgent first, and without a storm of requests, a lone message within a minute; a message that alone is refused keeps nobody waiting; a storm becomes digests, a
// few do not, and what comes together about one entity goes together. Does not prove: crashes (simulator.spec.ts).
import assert from "node:assert/strict";
import { type Severity } from "../../../schema/detection";
import { type Circumstances, decide, type Policy } from "../../../functions/alerts/core/decide";
import { delivering } from "../../../functions/alerts/core/delivering";
import { Groups } from "../../../functions/alerts/core/groups";
import { Lane, type Pending } from "../../../functions/alerts/core/lane";
import { compose, messageId } from "../../../functions/alerts/core/messages";
import { type Alert, type Message, type Outcome, type Waiting } from "../../../functions/alerts/core/model";
import { WaitingQueue } from "../../../functions/alerts/core/queue";
import { steps, waitAfter } from "../../../functions/alerts/core/schedule";
import { seeded } from "../../bench/samples";

const now = Date.UTC(2026, 10, 23, 12);

const alertOf = (id: string, over: Partial<Alert> = {}): Alert => ({
    ...{ id, kind: "alert", rule: "drained", owner: "fraud", severity: "high", entityKind: "user", entityId: "alice" },
    ...{ origin: "live", mode: "active", exemption: "", heldBack: "", reason: "", score: 90 },
    ...{ eventTime: now, raisedAt: now, ...over },
});

describe("what is decided about an alert", () => {
    const policy: Policy = {
        routes: [
            { owners: ["fraud"], severities: ["critical"], targets: ["pager"] },
            { owners: ["fraud"], targets: ["chat"], notifyAgeMinutes: 10 },
            { rules: ["silent"], targets: [] },
        ],
        origins: ["live"],
    };
    const silence = {
        ...{
            id: "s1",
            kind: "silence" as const,
            rule: "",
            entityKind: "user",
            entityId: "bob",
            owner: "",
            severity: "",
        },
        ...{ startsAt: now - 1, endsAt: now + 1 },
    };
    const circumstances: Circumstances = {
        silences: [
            silence,
            { ...silence, id: "m1", kind: "maintenance", entityId: "", entityKind: "", rule: "layered" },
        ],
        blind: [{ rule: "ponged", fact: "user_trades", from: now - 5, to: undefined }],
    };
    const cases: [string, Partial<Alert>, string][] = [
        ["goes to the first route that fits", {}, "now chat"],
        ["goes by severity", { severity: "critical" }, "now pager"],
        ["is summarised when it is old", { eventTime: now - 600_001 }, "summary chat"],
        ["is told while it is not", { eventTime: now - 600_000 }, "now chat"],
        ["is nobody's business when it is not live", { origin: "synthetic" }, "no not_live synthetic"],
        ["is not told in shadow", { mode: "shadow" }, "no shadow "],
        ["is not told when it is held back", { heldBack: "breaker" }, "no suppressed breaker"],
        ["is told as the summary of what is held back", { kind: "summary" }, "now chat"],
        ["is not told when it is exempt", { exemption: "market maker" }, "no suppressed exempt: market maker"],
        ["is silenced", { entityId: "bob" }, "no silenced s1"],
        ["is muted by maintenance", { rule: "layered" }, "no maintenance m1"],
        ["is inhibited by an input that is stale", { rule: "ponged" }, "no inhibited user_trades"],
        ["is not inhibited by what became stale later", { rule: "ponged", eventTime: now - 6 }, "now chat"],
        ["has no route", { owner: "operations" }, "no no_route "],
        ["has a route to nobody", { owner: "operations", rule: "silent" }, "no no_route "],
    ];
    for (const [what, over, want] of cases)
        it(what, () => {
            const verdict = decide(alertOf("a", over), policy, circumstances, now);
            const said = verdict.tell === "no" ? `${verdict.decision} ${verdict.by}` : verdict.route.targets.join();
            assert.equal(`${verdict.tell} ${said}`, want);
        });
});

describe("what waits", () => {
    const take = (queue: WaitingQueue, count: number): string[] => queue.take(count).map(({ alert }) => alert.id);
    const put = (queue: WaitingQueue, ...alerts: Alert[]): void => {
        for (const alert of alerts) queue.push({ alert, sequence: 0, kind: "alert", by: "" });
    };

    it("goes by severity, then the oldest of each entity before anybody's second", () => {
        const queue = new WaitingQueue(10);
        const at = (id: string, entityId: string, age: number, severity: Severity = "high"): Alert =>
            alertOf(id, { entityId, severity, raisedAt: now - age });
        put(
            queue,
            at("a1", "a", 9),
            at("a2", "a", 8),
            at("a3", "a", 7),
            at("b1", "b", 3),
            at("c1", "c", 5, "critical"),
        );
        assert.deepEqual(take(queue, 10), ["c1", "a1", "b1", "a2", "a3"]);
    });

    it("has room for the urgent whatever else waits, and asks again for what had none", () => {
        const queue = new WaitingQueue(2);
        put(queue, ...["l1", "l2", "l3"].map((id) => alertOf(id, { severity: "low" })));
        put(queue, alertOf("c1", { severity: "critical" }));
        assert.equal(queue.length, 3);
        assert.equal(queue.wantsMore, false);
        assert.deepEqual(take(queue, 2), ["c1", "l1"]);
        assert.equal(queue.wantsMore, true);
    });
});

describe("attempts", () => {
    it("come within a minute at first, then over three days, and at any time up to the step", () => {
        assert.deepEqual(steps.slice(0, 8), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 300_000]);
        assert.equal(steps.at(-1), 24 * 3_600_000);
        assert.equal(
            waitAfter(1, () => 0.5),
            250,
        );
        assert.equal(
            waitAfter(7, () => 0),
            0,
        );
        assert.equal(
            waitAfter(99, () => 0.5),
            12 * 3_600_000,
        );
    });

    it("carry an id that depends on what is said to whom, not on the order", () => {
        const id = messageId("chat", "digest", 0, ["a", "b"]);
        assert.equal(messageId("chat", "digest", 0, ["b", "a"]), id);
        for (const other of [
            messageId("hook", "digest", 0, ["a", "b"]),
            messageId("chat", "digest", 1, ["a", "b"]),
            messageId("chat", "digest", 0, ["a", "b", "c"]),
        ])
            assert.notEqual(other, id);
    });
});

describe("what waits for others of its entity", () => {
    const item = (id: string, entityId: string): Waiting => ({
        alert: alertOf(id, { entityId }),
        sequence: 0,
        kind: "alert",
        by: "",
    });
    const ids = (items: readonly Waiting[]): string => items.map(({ alert }) => alert.id).join();

    it("is handed out with them when the time of the first has come, and no sooner", () => {
        const groups = new Groups(3);
        assert.ok(
            groups.hold(item("a1", "a"), 10) && groups.hold(item("b1", "b"), 12) && groups.hold(item("a2", "a"), 19),
        );
        assert.ok(groups.hold(item("a2", "a"), 30));
        assert.equal(groups.hold(item("c1", "c"), 20), false);
        assert.deepEqual([groups.length, groups.nextAt, ids(groups.take(9))], [3, 10, ""]);
        assert.deepEqual([ids(groups.take(10)), groups.length, groups.nextAt], ["a1,a2", 1, 12]);
        assert.deepEqual([ids(groups.take(12)), groups.length, groups.nextAt], ["b1", 0, Infinity]);
    });
});

describe("a target", () => {
    interface Sent {
        readonly at: number;
        readonly message: Message;
        readonly taken: boolean;
    }

    /** Works a lane off, in time of its own; `answer` says what comes of a request at a time. */
    function workOff(
        alerts: readonly Alert[],
        answer: (at: number, message: Message) => Outcome,
        { perSecond = 1, pending = [] }: { perSecond?: number; pending?: readonly Pending[] } = {},
    ): Sent[] {
        const limits = { queue: 1_000_000, digest: 10_000, open: 20 };
        const lane = new Lane({ name: "chat", bucket: { burst: 2, perSecond } }, limits, seeded(7), now);
        for (const each of pending) lane.resume(each);
        const sent: Sent[] = [];
        const waiting = [...alerts].sort((a, b) => a.raisedAt - b.raisedAt);
        let offered = 0;
        for (let at = now; ;) {
            for (let next = waiting[offered]; next !== undefined && next.raisedAt <= at; next = waiting[(offered += 1)])
                lane.add({ alert: next, sequence: 0, kind: "alert", by: "" });
            const open = lane.next(at);
            if (open === undefined) {
                const next = Math.min(lane.wakeAt(at) ?? Infinity, waiting[offered]?.raisedAt ?? Infinity);
                if (next === Infinity) return sent;
                at = Math.max(at, next);
                continue;
            }
            const effects = delivering(lane, open, () => at);
            let outcome: Outcome | undefined;
            for (let next = effects.next(); next.done !== true; next = effects.next(outcome)) {
                if (next.value.do !== "send") continue;
                outcome = answer(at, next.value.message);
                sent.push({ at, message: next.value.message, taken: outcome.kind === "accepted" });
            }
        }
    }

    const fine: Outcome = { kind: "accepted", status: 200 };
    const severities: Severity[] = ["low", "medium", "high", "critical"];

    it("that is down for ten minutes has all of it soon after, the most urgent first, without a storm of requests", () => {
        const alerts = Array.from({ length: 600 }, (_, n) =>
            alertOf(`a${String(n)}`, {
                severity: severities[n % 4] ?? "low",
                raisedAt: now + n * 1_000,
                entityId: `e${String(n)}`,
            }),
        );
        const up = now + 600_000;
        const sent = workOff(alerts, (at) => (at < up ? { kind: "passing", status: 503, error: "" } : fine));
        const taken = sent.filter((each) => each.taken);
        assert.equal(new Set(taken.flatMap(({ message }) => message.alerts.map(({ id }) => id))).size, 600);
        assert.equal(new Set(taken.map(({ message }) => message.id)).size, taken.length);
        assert.ok((taken.at(-1)?.at ?? Infinity) <= up + 90_000, String((taken.at(-1)?.at ?? 0) - up));
        assert.ok((taken[0]?.at ?? Infinity) <= up + 30_000);
        // One every half minute and a few at once for each message that is new: far from one a second.
        assert.ok(sent.length - taken.length < 200, String(sent.length - taken.length));
        // The first one was a probe, and had been chosen before.
        const ranks = taken.slice(1).map(({ message }) => severities.indexOf(message.alerts[0]?.severity ?? "low"));
        assert.deepEqual(
            ranks,
            [...ranks].sort((a, b) => b - a),
        );
    });

    const down: Outcome = { kind: "passing", status: 503, error: "" };
    const minute = 60_000;

    it("that is down for ten minutes has a lone message within a minute of its return, and was asked once a minute meanwhile", () => {
        const up = now + 10 * minute;
        const sent = workOff([alertOf("lone")], (at) => (at < up ? down : fine));
        assert.equal(sent.at(-1)?.taken, true);
        assert.ok((sent.at(-1)?.at ?? Infinity) <= up + minute);
        assert.ok(sent.length <= 8 + 11, String(sent.length));
        const late = sent.filter(({ at }) => at > now + 2 * minute);
        for (const [n, { at }] of late.entries()) assert.ok(at - (late[n - 1]?.at ?? at) <= minute);
    });

    it("is given a message up after the three days of the schedule, not after some number of probes", () => {
        const sent = workOff([alertOf("lone")], () => down);
        const days = ((sent.at(-1)?.at ?? 0) - now) / (24 * 60 * minute);
        assert.ok(days > 3 && days < 3.2, String(days));
        assert.ok(sent.length > 4_000);
    });

    it("is asked at once after a restart, and all that waited for the next hours goes out when it is well", () => {
        const pending = severities.map((severity): Pending => {
            const alert = alertOf(severity, { severity });
            const message = compose("chat", [{ alert, sequence: 0, kind: "alert", by: "" }], now - 60 * minute);
            return { message, attempts: 9, nextAt: now + 90 * minute, since: now - 60 * minute };
        });
        const sent = workOff([], () => fine, { pending });
        assert.deepEqual(
            sent.map(({ message }) => message.alerts[0]?.severity),
            ["critical", "high", "medium", "low"],
        );
        assert.ok((sent.at(-1)?.at ?? Infinity) <= now + 10_000);
    });

    it("that takes all messages but one gets the others at once, and that one at its own times", () => {
        const alerts = Array.from({ length: 300 }, (_, n) =>
            alertOf(`a${String(n)}`, { entityId: `e${String(n)}`, raisedAt: now + n * 10_000 }),
        );
        const sent = workOff(alerts, (_at, { alerts: [alert] }) => (alert?.id === "a3" ? down : fine));
        const other = sent.filter(({ taken }) => taken);
        assert.equal(other.length, 299);
        for (const { at, message } of other) assert.ok(at <= (message.alerts[0]?.raisedAt ?? 0) + minute);
        const hour = sent.filter(({ taken, at }) => !taken && at < now + 50 * minute);
        // The fast ones, three that followed others' success, and those of the patient schedule.
        assert.ok(hour.length <= 8 + 3 + 10, String(hour.length));
    });

    it("gets a few alone, and many as digests within its limit", () => {
        const few = workOff(
            Array.from({ length: 8 }, (_, n) => alertOf(`f${String(n)}`, { entityId: `e${String(n)}` })),
            () => fine,
        );
        assert.deepEqual(new Set(few.map(({ message }) => message.kind)), new Set(["alert"]));
        const many = workOff(
            Array.from({ length: 50_000 }, (_, n) => alertOf(`m${String(n)}`)),
            () => fine,
        );
        assert.deepEqual(
            many.map(({ message }) => message.alerts.length),
            [10_000, 10_000, 10_000, 10_000, 10_000],
        );
        for (const [n, { at }] of many.entries()) assert.ok(at >= (many[n - 1]?.at ?? 0) + (n > 0 ? 999 : 0));
    });

    it("gets what comes together about one entity as one message, the most urgent first", () => {
        const about = (id: string, entityId: string, severity: Severity): Alert => alertOf(id, { entityId, severity });
        const sent = workOff(
            [
                ...[about("a1", "a", "medium"), about("b1", "b", "high"), about("a2", "a", "critical")],
                ...[about("c1", "c", "low"), about("a3", "a", "low")],
            ],
            () => fine,
        );
        assert.deepEqual(
            sent.map(({ message }) => `${message.kind} ${message.alerts.map(({ id }) => id).join()}`),
            ["digest a2,a1,a3", "alert b1", "alert c1"],
        );
    });

    it("that asks to be left alone is left alone, exactly so long", () => {
        let asked = 0;
        const sent = workOff([alertOf("a"), alertOf("b", { entityId: "bob" })], () =>
            (asked += 1) === 1 ? { kind: "passing", status: 429, error: "", retryAfterMs: 7_000 } : fine,
        );
        assert.equal((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0), 7_000);
    });

    it("that is gone is not asked again", () => {
        const alerts = ["a", "b", "c"].map((id) => alertOf(id, { entityId: id }));
        const sent = workOff(alerts, () => ({
            kind: "gone",
            status: 410,
            error: "",
        }));
        assert.equal(sent.length, 1);
    });
});
