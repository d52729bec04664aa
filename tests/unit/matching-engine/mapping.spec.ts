// Proves: a mapping file is refused with file, line, path and value for everything wrong in it; and what each word of the language does to a
// record, sound or not. Does not prove: real feeds (samples.spec.ts here), nor that events arrive (tests/engine/matching-engine).
import assert from "node:assert/strict";
import { loadMapping, MappingError, readMapping } from "../../../functions/matching-engine/mapping/load";
import { Mapper } from "../../../functions/matching-engine/mapping/mapper";
import { depositMapping, depositText, mapOne, pairMapping, recordOf } from "./support";

const record = (fields: Record<string, unknown>): string =>
    JSON.stringify({ t: 1795357200000, id: "d1", u: "u1", a: "a1", x: "1.5", ...fields });

/** The one event of a record. */
async function event(set: string, fields: Record<string, unknown>, more?: string): Promise<Record<string, unknown>> {
    const { events, problems } = await mapOne(depositMapping(set, more), record(fields));
    assert.deepEqual(problems, []);
    assert.equal(events.length, 1);
    return events[0]?.event ?? {};
}

/** The reason why a record is refused. */
async function reason(set: string, fields: Record<string, unknown>): Promise<string> {
    const { problems, outcome } = await mapOne(depositMapping(set), record(fields));
    assert.equal(outcome, "rejected");
    return problems.map((problem) => problem.reason).join("\n");
}

function refusal(run: () => unknown): string {
    try {
        run();
    } catch (error) {
        assert.ok(error instanceof MappingError, String(error));
        return error.message;
    }
    throw new assert.AssertionError({ message: "the mapping was accepted" });
}

describe("a mapping file that does not fit", () => {
    const cases: [what: string, set: string, complaint: RegExp][] = [
        [
            "an unknown column",
            "colour: c",
            /test\.yaml:16: events\[0\]\.set\.colour: user_deposits has no such column to fill; it has event_time, /,
        ],
        [
            "a word the catalogue does not have",
            "state: { field: s, map: { A: booked } }",
            /test\.yaml:11: events\[0\]\.set\.state\.map\.A: must be one of detected, .*, found "booked"/,
        ],
        [
            "a constant the catalogue does not have",
            "state: { const: done }",
            /events\[0\]\.set\.state\.const: must be one of .*, found "done"/,
        ],
        [
            "a word inside alternatives",
            "state: { first: [s, { const: done }] }",
            /events\[0\]\.set\.state\.first\[1\]\.const: must be one of/,
        ],
        [
            "an unknown time unit",
            "event_time: { field: t, time: fortnights }",
            /events\[0\]\.set\.event_time\.time: Invalid option: .*"nanoseconds".*, found "fortnights"/,
        ],
        [
            "an unknown word of the language",
            "network: { feild: n }",
            /events\[0\]\.set\.network: Unrecognized key: "feild", found \{"feild":"n"\}/,
        ],
        [
            "an expression that says nothing",
            "network: { default: tron }",
            /events\[0\]\.set\.network: must say where the value is from: one of const, field/,
        ],
        [
            "an expression that says it twice",
            "network: { const: x, field: y }",
            /events\[0\]\.set\.network: must say where the value is from/,
        ],
        [
            "levels where none belong",
            "network: { levels: l, price: p, quantity: q }",
            /events\[0\]\.set\.network: levels are only for order books/,
        ],
        [
            "a switch that is none",
            "amount: { field: x, absolute: maybe }",
            /events\[0\]\.set\.amount\.absolute: must be true or left out, found "maybe"/,
        ],
    ];
    for (const [what, set, complaint] of cases)
        it(`is refused: ${what}`, () =>
            assert.match(
                refusal(() => depositMapping(set)),
                complaint,
            ));

    it("is refused: a required column nothing fills", () => {
        const text = depositText().replace("      amount: x\n", "");
        const complaint = /m\.yaml:9: events\[0\]\.set: user_deposits needs amount, which no expression fills/;
        assert.match(
            refusal(() => readMapping(text, "m.yaml")),
            complaint,
        );
    });

    it("is refused: a fact the catalogue does not have, an input that is two, another version", () => {
        const other = depositText()
            .replace("version: 1", "version: 2")
            .replace("stdin: {}", "stdin: {}, file: { path: x }");
        const both = refusal(() => readMapping(other, "m.yaml"));
        assert.match(both, /m\.yaml:1: version: this program reads version 1, found "2"/);
        assert.match(both, /m\.yaml:3: input: must be one of kafka, file, stdin/);
        const unknown = depositText().replace("user_deposits", "deposits");
        const complaint = /m\.yaml:7: events\[0\]\.fact: no such fact; the catalogue has .*, found "deposits"/;
        assert.match(
            refusal(() => readMapping(unknown, "m.yaml")),
            complaint,
        );
    });

    it("is refused with errors of its form and of its facts at once", () => {
        const text = depositText()
            .replace("id: test/feed", 'id: "a b"')
            .replace("events:", "events:\n  - { fact: deposits, wen: x }\n  - { fact: user_orders, set: { pric: p } }");
        const complaints = refusal(() => readMapping(text, "m.yaml"));
        for (const complaint of [
            /m\.yaml:2: source\.id: must be letters, /,
            /m\.yaml:7: events\[0\]: Unrecognized key: "wen"/,
            /m\.yaml:7: events\[0\]\.fact: no such fact; .*, found "deposits"/,
            /m\.yaml:8: events\[1\]\.set\.pric: user_orders has no such column/,
            /m\.yaml:8: events\[1\]\.set: user_orders needs order_id, /,
        ])
            assert.match(complaints, complaint);
        assert.doesNotMatch(complaints, /events\[2\]/);
    });

    it("is refused with up to twenty complaints, and the number of the others", () => {
        const columns = (count: number): string =>
            Array.from({ length: count }, (_, index) => `colour_${String(index)}: c`).join("\n");
        const lines = (count: number): string[] =>
            refusal(() => depositMapping(columns(count)))
                .split("\n")
                .slice(1);
        assert.equal(lines(20).filter((line) => line.includes("no such column")).length, 20);
        assert.equal(lines(20).length, 20);
        assert.deepEqual(lines(23).slice(20), ["  and 3 more"]);
    });

    it("is refused: text that is no YAML, with the line, and a file that is not there", () => {
        assert.match(
            refusal(() => readMapping("version: 1\nsource: {", "m.yaml")),
            /m\.yaml:2: /,
        );
        assert.match(
            refusal(() => loadMapping("/nowhere/m.yaml")),
            /cannot read \/nowhere\/m\.yaml/,
        );
    });

    it("keeps what looks like another type as it is written", async () => {
        const { network, asset } = await event("network: { const: 1.10 }\naddress: { const: no }", {});
        assert.deepEqual({ network, asset }, { network: "1.10", asset: "USDT" });
    });
});

describe("the words of a mapping", () => {
    it("finds fields in lists and objects, behind dots in names, and the first of several that is there", async () => {
        const found = await event("network: [no.such, chain.list.1]\naddress: 'a\\.b'", {
            chain: { list: ["x", "tron"] },
            "a.b": "addr",
        });
        assert.equal(found["network"], "tron");
        assert.equal(found["address"], "addr");
    });

    it("keeps the digits of JSON numbers, also those a JavaScript number cannot hold", async () => {
        const text = `{"t":1795357200000,"id":90071992547409931,"u":"u","a":"a","x":0.123456789012345678}`;
        const { events } = await mapOne(depositMapping(""), text);
        const { deposit_id: id, amount } = (events[0]?.event ?? {}) as Record<string, unknown>;
        assert.deepEqual([id, amount], ["90071992547409931", "0.123456789012345678"]);
    });

    const amounts: [expression: string, fields: Record<string, unknown>, amount: string][] = [
        ["{ field: v, scale: 2 }", { v: 12345 }, "123.45"],
        ["{ field: v, scale: dp }", { v: 12345, dp: 4 }, "1.2345"],
        ["{ field: v, scale: -3 }", { v: "1.5" }, "1500"],
        ["{ field: v, absolute: true }", { v: "-0.5" }, "0.5"],
        ["{ field: v }", { v: "1.5e-3" }, "0.0015"],
        ["{ field: v, base64: true, scale: 2 }", { v: Buffer.from([0xff, 0x38]).toString("base64") }, "-2.00"],
        ["{ sum: [v, { field: w, scale: 1 }] }", { v: "1.25", w: 5 }, "1.75"],
        ["{ difference: [v, w] }", { v: "10", w: "0.000000000000000001" }, "9.999999999999999999"],
        ["{ field: v, absent: 0, default: '7' }", { v: "0.000" }, "7"],
        ["{ first: [{ when: { k: big }, const: '9' }, v] }", { v: "3", k: "big" }, "9"],
        ["{ first: [{ when: { k: big }, const: '9' }, v] }", { v: "3", k: "small" }, "3"],
    ];
    for (const [expression, fields, amount] of amounts)
        it(`${expression} of ${JSON.stringify(fields)} is ${amount}`, async () => {
            const { events, problems } = await mapOne(depositMapping(`amount: ${expression}`), record(fields));
            assert.deepEqual(problems, []);
            assert.equal(events[0]?.event["amount"], amount);
        });

    it("joins the parts of an id, and refuses one with a part missing", async () => {
        const set = "transaction_hash: { join: [chain, n], with: ':' }";
        assert.equal((await event(set, { chain: "eth", n: 5 }))["transaction_hash"], "eth:5");
        assert.match(await reason(set, { chain: "eth" }), /transaction_hash: n: missing, and part of a joined value/);
    });

    it("gives words for codes and signs; a code without a word is named, or becomes `else`", async () => {
        const set = "network: { field: c, map: { 1: tron, 2: eth } }";
        assert.equal((await event(set, { c: 2 }))["network"], "eth");
        const { problems } = await mapOne(depositMapping(set), record({ c: 3 }));
        assert.match(problems[0]?.reason ?? "", /network: c: "3" is in no map; it names 1, 2/);
        assert.deepEqual(
            problems[0]?.words.map(({ field, word }) => [field, word]),
            [["c", "3"]],
        );
        assert.equal(
            (await event("network: { field: c, map: { 1: tron }, else: other }", { c: 3 }))["network"],
            "other",
        );
        assert.equal(
            (await event("network: { field: c, sign: { negative: out, positive: in } }", { c: "-0.1" }))["network"],
            "out",
        );
        assert.match(
            await reason("network: { field: c, sign: { negative: out, positive: in } }", { c: 0 }),
            /expected a number other than 0, found "0"/,
        );
    });

    const refusals: [set: string, fields: Record<string, unknown>, complaint: RegExp][] = [
        ["", { x: "1.2345678901234567891" }, /amount: not a Decimal\(38, 18\)/],
        ["", { x: "abc" }, /amount: not a Decimal/],
        ["", { x: { units: 1 } }, /amount: x: expected a single value, found \{"units":"1"\}/],
        ["", { x: undefined }, /amount: nothing found, and user_deposits needs it/],
        ["", { t: "noon" }, /event_time: t: expected a time in milliseconds, found "noon"/],
        [
            "balance_after: { field: v, scale: 2 }",
            { v: "ten" },
            /balance_after: v: expected a number to scale by "2" digits, found "ten"/,
        ],
        ["balance_after: { sum: [v, w] }", { v: "1" }, /expected numbers, found v "1", w nothing/],
        ["network: n", { n: "\ud800" }, /network: half of a surrogate pair/],
    ];
    for (const [set, fields, complaint] of refusals)
        it(`refuses ${JSON.stringify(fields)}${set === "" ? "" : ` for ${set}`}, naming the field and the value`, async () => {
            assert.match(await reason(set, fields), complaint);
        });

    it("names everything wrong in a record at once", async () => {
        const all = await reason("", { t: "noon", x: undefined, u: undefined });
        for (const column of ["event_time", "amount", "user_id"]) assert.ok(all.includes(`${column}: `), all);
    });

    it("reads what Kafka says of a message", async () => {
        const kafka = {
            topic: "t",
            partition: "3",
            offset: "9",
            timestamp: "1795357200000",
            key: "agg-1",
            headers: { id: "row-7" },
        };
        const { events } = await mapOne(
            depositMapping("network: $kafka.key\naddress: $kafka.headers.id"),
            record({}),
            kafka,
        );
        const { network, address } = (events[0]?.event ?? {}) as Record<string, unknown>;
        assert.deepEqual([network, address], ["agg-1", "row-7"]);
    });

    it("ignores what is to be ignored, and tells what no rule matches", async () => {
        const ignoring = depositMapping("", "ignore: { kind: [ping, pong] }");
        assert.equal((await mapOne(ignoring, record({ kind: "ping" }))).outcome, "ignored");
        assert.equal((await mapOne(ignoring, record({ kind: "deposit" }))).outcome, "mapped");
        const asking = readMapping(
            `version: 1
source: { id: s }
input: { stdin: {} }
format: { type: json }
events:
  - fact: user_deposits
    when: [{ kind: deposit, void: { exists: false } }, { kind: { not: [withdrawal, other] }, sure: "true" }]
    set: { event_time: { field: t, time: milliseconds }, deposit_id: id, state: { const: credited }, user_id: u, account_id: a, asset: { const: X }, amount: x }
`,
            "t.yaml",
        );
        const outcome = async (fields: Record<string, unknown>): Promise<string> =>
            (await mapOne(asking, record(fields))).outcome;
        assert.equal(await outcome({ kind: "deposit" }), "mapped");
        assert.equal(await outcome({ kind: "deposit", void: true }), "unmatched");
        assert.equal(await outcome({ kind: "deposit", void: true, sure: true }), "mapped");
        assert.equal(await outcome({ kind: "withdrawal", sure: true }), "unmatched");
    });
});

describe("records that make one event together", () => {
    const half = (m: string, r: "M" | "T", t: number): string =>
        JSON.stringify({
            m,
            r,
            t,
            s: "X",
            p: "1",
            q: "2",
            side: "buy",
            u: `u${r}`,
            a: `a${r}`,
            o: `o${r}`,
            f: "0.1",
            fa: "X",
        });
    const at = (offset: number, partition = "p"): { partition: string; resume: string; at: string } => ({
        ...{ partition, resume: String(offset), at: `${partition}@${String(offset)}` },
    });

    it("waits for the other half in either order, and makes the same event of both", async () => {
        const events = [];
        for (const order of [
            ["M", "T"],
            ["T", "M"],
        ] as const) {
            const mapper = new Mapper(pairMapping);
            const [first, second] = order.map((side) => half("1", side, side === "T" ? 1795357200000 : 1795357200009));
            assert.equal(mapper.map(await recordOf(first ?? ""), at(1)).outcome, "waiting");
            const { events: made } = mapper.map(await recordOf(second ?? ""), at(2));
            assert.equal(mapper.waiting, 0);
            events.push(made[0]?.event);
        }
        assert.deepEqual(events[0], events[1]);
        const [{ maker_user_id: maker, event_time: time } = {}] = events as Record<string, unknown>[];
        assert.deepEqual([maker, time], ["uM", "2026-11-22T14:20:00.000Z"]);
    });

    it("holds the place of the first half that waits, in its own partition, and takes a repeated half as the same", async () => {
        const mapper = new Mapper(pairMapping);
        mapper.map(await recordOf(half("1", "M", 1)), at(5));
        mapper.map(await recordOf(half("2", "M", 1)), at(6));
        mapper.map(await recordOf(half("1", "M", 1)), at(7));
        mapper.map(await recordOf(half("3", "M", 1)), at(1, "other"));
        assert.equal(mapper.held("p")?.resume, "5");
        mapper.map(await recordOf(half("1", "T", 1)), at(8));
        assert.equal(mapper.held("p")?.resume, "6");
        assert.equal(mapper.held("other")?.resume, "1");
        assert.deepEqual(
            mapper.expire(true).map(({ key }) => key),
            ["2", "3"],
        );
        assert.equal(mapper.held("p"), undefined);
    });

    it("gives up the oldest halves when more wait than it may hold", async () => {
        const mapper = new Mapper(pairMapping);
        for (let n = 0; n < 10_003; n += 1) mapper.map(await recordOf(half(String(n), "T", 1)), at(n));
        assert.deepEqual(
            mapper.expire().map(({ key, fact }) => [fact, key]),
            [0, 1, 2].map((n) => ["user_trades", String(n)]),
        );
        assert.equal(mapper.waiting, 10_000);
    });
});
