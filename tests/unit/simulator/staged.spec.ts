// Proves: every scenario can be staged by its name at a given time, and the simulation ends a minute after it; an account takeover is over within two minutes and
// is played by somebody rules have known for a day; events are sent when their time has come, and what is past at once. Does not prove: that an alert and a message
// follow (tests/engine/simulator/alerts.spec.ts).
import assert from "node:assert/strict";
import { Delivery } from "../../../functions/shared/delivery";
import { type Message } from "../../../functions/shared/kafka";
import { createLog } from "../../../functions/shared/log";
import { repertoire, scenarioOf } from "../../../functions/simulator/scenarios";
import { type Scenario } from "../../../functions/simulator/scenarios/stage";
import { send } from "../../../functions/simulator/send";
import { type SimulationOptions } from "../../../functions/simulator/simulate";
import { play } from "./run";

const minuteMs = 60_000;
const start = Date.parse("2026-11-22T12:00:00Z");
const at = start + 3 * minuteMs;

const staging = (scenario: Scenario, seed = 1): SimulationOptions => ({
    ...{ seed, accounts: 1_000, start, minutes: scenario.minutes + 5, historyDays: 3, dormantDays: 28 },
    ...{ scenarios: {}, scores: false, staged: { scenario, at } },
});
const takeover = scenarioOf("account-takeover") ?? assert.fail();

describe("simulator: what is staged", function () {
    this.timeout(180_000);

    it("is found by its name, with hyphens as well, and by its alias", () => {
        for (const scenario of repertoire) {
            assert.equal(scenarioOf(scenario.name), scenario);
            assert.equal(scenarioOf(scenario.name.replaceAll("_", "-")), scenario);
        }
        assert.equal(takeover.name, "takeover_login");
        assert.equal(scenarioOf("takeover"), undefined);
    });

    for (const scenario of repertoire)
        it(`${scenario.name} begins when it is to, and a minute after its end all is over`, () => {
            const { events, rows, notes } = play(staging(scenario));
            assert.deepEqual(notes, []);
            const labels = rows("scenario_labels");
            assert.ok(labels.length > 0);
            for (const { scenario: name, started_at } of labels) {
                assert.equal(name, scenario.name);
                assert.equal(Date.parse(started_at ?? ""), at);
            }
            const ended = Math.max(...labels.map(({ ended_at }) => Date.parse(ended_at ?? "")));
            const last = Date.parse(events.at(-1)?.event.event_time ?? "");
            assert.ok(last > ended && last <= ended + minuteMs, `${String(last - ended)} ms after the end`);
        });

    for (const seed of [1, 2, 3, 4, 5])
        it(`an account takeover is over soon, and its victim is known (seed ${String(seed)})`, () => {
            const { rows } = play(staging(takeover, seed));
            const [label] = rows("scenario_labels").filter(({ entity_kind }) => entity_kind === "user");
            assert.ok(Date.parse(label?.["ended_at"] ?? "") <= at + 2 * minuteMs);
            const logins = rows("user_actions").filter(
                ({ user_id, action, event_time }) =>
                    user_id === label?.["entity_id"] &&
                    action === "login_succeeded" &&
                    Date.parse(event_time ?? "") <= at - 24 * 60 * minuteMs,
            );
            assert.ok(logins.length > 0);
        });

    it("is sent when its time has come, and what is past at once", async () => {
        const { events } = play(staging(takeover));
        const waitMs = 1_000;
        let due = 0;
        // The second one's time is set when it is asked for: however slow the machine is, it is not past by then.
        function* batches() {
            yield events.slice(0, 1);
            due = Date.now() + waitMs;
            const event_time = new Date(due).toISOString();
            yield events
                .slice(1, 2)
                .map(({ declaration, event }) => ({ declaration, event: { ...event, event_time } }));
        }
        const sent: { at: number; messages: readonly Message[] }[] = [];
        const sink = {
            send: (messages: readonly Message[]) => {
                sent.push({ at: Date.now(), messages });
                return Promise.resolve();
            },
            close: () => Promise.resolve(),
        };
        const never = new AbortController().signal;
        const options = { run: "run", rate: 0, live: true, stop: never, abandon: never, progress: () => undefined };
        await send(batches(), new Delivery(sink, createLog("test", "fatal")), options);
        const times = sent.map((each) => each.at);
        assert.ok(sent.length >= 2);
        // Before its time it must not go; how much later it goes, no test can say.
        assert.ok((times[1] ?? 0) >= due);
    });
});
