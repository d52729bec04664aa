// Proves, on the real engine: every rule finds in its golden cases exactly the alerts it should, and nothing in the decoys; so too when a duplicate or
// a late event comes; its evidence holds the rows that prove it; the alerts are the same judged at once, in pieces, and as events come, with
// the ranges left out that the evaluator leaves out.
// Does not prove: how often it is right on other people's markets (the cases are ours), and what the evaluator makes of it.
import assert from "node:assert/strict";
import { rules } from "../../../schema/rules";
import { at } from "../../../schema/rules/cases/build";
import { type Built, type Case, type Expected, goldenCases } from "../../../schema/rules/cases";
import { startClickHouseHost, type TestClickHouse } from "../../support/clickhouse";
import { type Found, moment, RuleBench } from "./harness";

const all = rules.flatMap((rule) => (goldenCases[rule.id] ?? []).map((golden) => ({ rule, golden })));
type Entry = (typeof all)[number];

const whole = ({ rule, golden }: Entry): string => `${rule.id}: ${golden.name}`;
const live = (entry: Entry): string => `${whole(entry)} (live)`;
const timeOf = ({ event }: Built): string => String(event["event_time"]);
/** Rules asked at the same time. */
const together = 4;
/** Pieces the range is judged in, beside at once. */
const pieces = 3;

/** Times of a case's events in order, each once, up to its as_of; and a moment before them all. */
function times({ events, asOf }: Case): { begin: string; moments: string[]; end: string } {
    const moments = [...new Set(events.filter(({ declaration }) => declaration.kind === "fact").map(timeOf))].sort();
    const first = Date.parse(moments[0] ?? at(0));
    return { begin: new Date(first - 1).toISOString(), moments, end: at(asOf) };
}

/** Where the live run stops to judge: in the middle, and just before the end. */
const stops = ({ moments, end }: ReturnType<typeof times>): string[] =>
    [moments[Math.floor(moments.length / 2)] ?? end, moments.at(-2) ?? end, end].sort();

/** Events that come in a step of the live run; in the last one all that are left. */
function cameIn(golden: Case, step: number): Built[] {
    const ends = stops(times(golden));
    const [from, to] = [step === 0 ? "" : (ends[step - 1] ?? ""), ends[step] ?? ""];
    return golden.events.filter((event) => timeOf(event) > from && (timeOf(event) <= to || step === 2));
}

/** What makes alerts the same; the run is in the identities of events. */
const shown = (found: readonly Found[], run: string): string[] =>
    found
        .map(({ entity_id, trigger_key, event_time }) => `${entity_id} ${event_time} ${trigger_key.replace(run, "")}`)
        .sort();

function assertAlerts(found: readonly Found[], expected: readonly Expected[]): void {
    const sorted = [...expected].sort((a, b) => a.at - b.at || a.entity.localeCompare(b.entity));
    assert.deepEqual(
        found.map(({ entity_id, event_time }) => `${entity_id} at ${event_time}`),
        sorted.map((one) => `${one.entity} at ${moment(at(one.at))}`),
    );
    found.forEach(({ trigger_key, score, window_from, event_time }, index) => {
        assert.ok(trigger_key.includes(sorted[index]?.trigger ?? ""), `trigger ${trigger_key}`);
        assert.ok(score >= 0 && score <= 100, `score ${String(score)}`);
        assert.ok(window_from <= event_time);
    });
}

describe("golden cases of the rules", function () {
    this.timeout(300_000);
    let host: TestClickHouse;
    let bench: RuleBench;
    /** What the live runs found, piece by piece. */
    const asTheyCame = new Map<string, Found[]>();
    const early = new Map<string, Found[]>();

    async function liveStep(entry: Entry, step: number): Promise<void> {
        const run = live(entry);
        const span = times(entry.golden);
        const [since, until] = [
            step === 0 ? span.begin : (stops(span)[step - 1] ?? span.end),
            stops(span)[step] ?? span.end,
        ];
        asTheyCame.set(run, [...(asTheyCame.get(run) ?? []), ...(await bench.judge(entry.rule, run, since, until))]);
    }

    before(async () => {
        host = await startClickHouseHost();
        bench = new RuleBench(host.url);
        await bench.create();
        // All cases go through each step together: one block a fact and one refresh of the rollups for all of them.
        await bench.store(new Map(all.map((entry) => [whole(entry), entry.golden.events])));
        await bench.store(new Map(all.map((entry) => [whole(entry), entry.golden.again ?? []])));
        for (const step of [0, 1, 2]) {
            await bench.store(new Map(all.map((entry) => [live(entry), cameIn(entry.golden, step)])));
            await bench.refresh();
            const alive = all.filter(({ golden }) => golden.late === undefined);
            while (alive.length > 0) await Promise.all(alive.splice(0, together).map((entry) => liveStep(entry, step)));
        }
        const late = all.filter(({ golden }) => golden.late !== undefined);
        for (const entry of late) {
            const { begin, end } = times(entry.golden);
            early.set(whole(entry), await bench.call(entry.rule, whole(entry), begin, end));
        }
        await bench.store(new Map(late.map((entry) => [whole(entry), entry.golden.late ?? []])));
        await bench.refresh();
    });
    after(async () => {
        await bench.close();
        await host.stop();
    });

    async function assertEvidence({ rule, golden }: Entry, found: Found): Promise<void> {
        const run = whole({ rule, golden });
        const rows = await bench.evidence(rule, run, found);
        assert.ok(rows.length > 0, "no evidence");
        for (const { row } of rows) assert.equal(typeof JSON.parse(row), "object");
        const ids = new Set(rows.map(({ event_id }) => event_id));
        const isIt = ({ entity, at: minute }: Expected): boolean =>
            entity === found.entity_id && moment(at(minute)) === found.event_time;
        for (const { declaration, event } of golden.expected.find(isIt)?.proof ?? []) {
            const place = `${declaration.name} at ${String(event["event_time"])}`;
            assert.ok(ids.has(declaration.eventId({ ...event, run_id: run })), `${place} is not in the evidence`);
        }
    }

    for (const rule of rules)
        describe(rule.id, () => {
            it("has five cases, among them a decoy", () => {
                const kinds = (goldenCases[rule.id] ?? []).map(({ kind }) => kind);
                assert.ok(kinds.length >= 5, `${String(kinds.length)} cases`);
                for (const kind of ["positive", "negative", "boundary", "late", "duplicate", "decoy"] as const)
                    assert.ok(kinds.includes(kind), `no ${kind} case`);
            });

            for (const golden of goldenCases[rule.id] ?? []) {
                const entry = { rule, golden };
                it(`${golden.kind}: ${golden.name}`, async () => {
                    const { begin, end, moments } = times(golden);
                    const run = whole(entry);
                    const found = await bench.call(rule, whole(entry), begin, end);
                    if (golden.late !== undefined)
                        assertAlerts(early.get(whole(entry)) ?? [], golden.expectedEarly ?? []);
                    assertAlerts(found, golden.expected);
                    // In pieces that end at events.
                    const every = Math.ceil(moments.length / pieces);
                    const cuts = [begin, ...moments.filter((_, index) => index % every === 0), end];
                    const inPieces = await Promise.all(
                        cuts.slice(1).map((until, index) => bench.judge(rule, run, cuts[index] ?? begin, until)),
                    );
                    assert.deepEqual(shown(inPieces.flat(), run), shown(found, run), "judged in pieces");
                    if (golden.late === undefined)
                        assert.deepEqual(
                            shown(asTheyCame.get(live(entry)) ?? [], live(entry)),
                            shown(found, run),
                            "judged as events came",
                        );
                    for (const one of found) await assertEvidence(entry, one);
                });
            }
        });
});
