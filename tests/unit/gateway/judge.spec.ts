// Proves: an event is completed, tied to its key and its identity, and accepted or rejected by itself with bounded words; lines are cut at line
// feeds and nowhere else. Does not prove: what the catalogue's validators check; tests/unit/schema does.
import assert from "node:assert/strict";
import fc from "fast-check";
import { marketTrades } from "../../../schema";
import { limits } from "../../../schema/api";
import { Judge, type Verdict } from "../../../functions/gateway/judge";
import { lineOf, linesOf } from "../../../functions/gateway/lines";

const now = Date.parse("2026-11-22T14:40:00Z");
const judge = new Judge(marketTrades, "engine", {
    enrich: (_declaration, event) => event,
    futureHours: 24,
    now: () => now,
});
const trade = {
    ...{ event_time: "2026-11-22T14:40:00.123456Z", venue: "v", symbol: "BTCUSDT", trade_id: "7" },
    ...{ price: "1.5", quantity: "2", taker_side: "buy" },
};

function judged(text: string | Buffer): Verdict {
    const line = lineOf(Buffer.from(text));
    assert.ok(line);
    return judge.line(line);
}

const reasons = (verdict: Verdict): string[] => ("reasons" in verdict ? verdict.reasons : []);
const stored = (verdict: Verdict): Record<string, unknown> => {
    assert.ok("messages" in verdict, reasons(verdict).join("\n"));
    return JSON.parse(verdict.messages[0]?.value ?? "") as Record<string, unknown>;
};

describe("gateway: judging events", () => {
    it("fills in identity, source and origin, and nothing else", () => {
        const verdict = judged(JSON.stringify(trade));
        assert.deepEqual(stored(verdict), { ...trade, event_id: "v|BTCUSDT|7", source_id: "engine", origin: "live" });
        assert.deepEqual(
            [verdict.eventId, "messages" in verdict && verdict.messages[0]?.key],
            ["v|BTCUSDT|7", "v|BTCUSDT"],
        );
    });

    it("rejects what the feed would refuse for a time too far ahead, and nothing for another column's time or an old one", () => {
        const at = (time: string): string => JSON.stringify({ ...trade, event_time: time });
        for (const time of ["2026-11-23T14:40:00Z", "2019-01-01T00:00:00Z"])
            assert.deepEqual(reasons(judged(at(time))), []);
        const original = { ...trade, original_time: "2027-11-22T14:40:00Z" };
        assert.deepEqual(reasons(judged(JSON.stringify(original))), []);
        assert.deepEqual(reasons(judged(at("2026-11-23T14:40:00.001Z"))), [
            "event_time: more than 24 h ahead of the gateway's clock",
        ]);
    });

    it("takes what a producer says of these where it may", () => {
        const own = { ...trade, source_id: "engine/2", origin: "backfill", run_id: "r1", event_id: "v|BTCUSDT|7|r1" };
        assert.deepEqual(stored(judged(JSON.stringify(own))), own);
    });

    const faults: [what: string, own: Record<string, unknown>, fault: string, words: RegExp][] = [
        [
            "another identity than the event's",
            { event_id: "8" },
            "identity",
            /^event_id: must be "v\|BTCUSDT\|7" or left out, found "8"$/,
        ],
        [
            "another producer's name",
            { source_id: "ledger" },
            "source",
            /^source_id: this key speaks for engine and engine\/…, found "ledger"$/,
        ],
        ["a name that only begins like the producer's", { source_id: "engineer" }, "source", /found "engineer"$/],
        ["half a surrogate pair", { trade_id: "\ud800" }, "encoding", /surrogate/],
        ["a number where exactness wants a string", { price: 1.5 }, "fields", /^price: /],
        ["a field that is not declared", { fee: "1" }, "fields", /fee/],
    ];
    for (const [what, own, fault, words] of faults)
        it(`rejects ${what}`, () => {
            const verdict = judged(JSON.stringify({ ...trade, ...own }));
            assert.ok("fault" in verdict);
            assert.equal(verdict.fault, fault);
            assert.match(verdict.reasons[0] ?? "", words);
        });

    it("does not take an escaped backslash for half a surrogate pair", () => {
        const own = { ...trade, trade_id: "\\ud800 and \u{1f680}" };
        assert.equal(stored(judged(JSON.stringify(own)))["trade_id"], own.trade_id);
    });

    it("rejects a prototype in disguise as the unknown field it is", () => {
        const text = `${JSON.stringify(trade).slice(0, -1)},"__proto__":{"polluted":true}}`;
        assert.match(reasons(judged(text)).join(), /__proto__/);
        assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    });

    it("says what is wrong with what is no event at all", () => {
        const words: [text: string | Buffer, expected: RegExp][] = [
            ["[{}]", /found a list; send several events as application\/x-ndjson/],
            ["null", /expected an object, found null/],
            ["7", /expected an object, found a number/],
            ['{"a":', /^not JSON: /],
            [Buffer.from([0x7b, 0xff, 0x7d]), /^not valid UTF-8$/],
            [`{"venue":"${"x".repeat(limits.eventBytes)}"}`, /^1048588 bytes, an event may have 1048576$/],
        ];
        for (const [text, expected] of words) assert.match(reasons(judged(text))[0] ?? "", expected);
    });

    it("keeps its words short, however much is wrong", () => {
        const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`field${String(n)}`, n]));
        const words = reasons(judged(JSON.stringify(many)));
        assert.ok(words.length <= 6 && words.join("").length < 2_000, `${String(words.length)} reasons`);
    });

    it("judges any text and any bytes without failing, and stores only what the validator takes", () => {
        const anything = fc.oneof(
            fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
            fc.uint8Array(),
            fc.json(),
        );
        const property = fc.property(anything, (bytes) => {
            const line = lineOf(Buffer.from(bytes as Uint8Array));
            const verdict = line && judge.line(line);
            if (verdict !== undefined && "messages" in verdict)
                assert.deepEqual(marketTrades.problems(stored(verdict)), []);
        });
        fc.assert(property, { numRuns: 1_000 });
    });
});

describe("gateway: lines of a batch", () => {
    it("numbers lines as an editor does and leaves out blank ones", () => {
        const lines = linesOf(Buffer.from('{"a":1}\n\n  \r\n{"b":2}\r\n{"c":3}'), 10);
        assert.deepEqual(
            lines?.map(({ number, text }) => [number, text]),
            [
                [1, '{"a":1}'],
                [4, '{"b":2}\r'],
                [5, '{"c":3}'],
            ],
        );
    });

    it("marks the lines that are not UTF-8 and keeps the others", () => {
        const lines = linesOf(
            Buffer.concat([Buffer.from("good\n"), Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from("gut ü")]),
            10,
        );
        assert.deepEqual(
            lines?.map(({ text }) => text),
            ["good", undefined, "gut ü"],
        );
    });

    it("counts blank lines against the limit", () => {
        assert.equal(linesOf(Buffer.from("\n".repeat(11)), 10), undefined);
        assert.deepEqual(linesOf(Buffer.from("\n".repeat(10)), 10), []);
    });

    it("gives back every line that was joined", () => {
        const line = fc
            .string({ unit: "binary" })
            .filter((text) => !text.includes("\n") && text.trim() !== "" && text.isWellFormed());
        fc.assert(
            fc.property(fc.array(line), (texts) => {
                const found = linesOf(Buffer.from(texts.join("\n")), texts.length + 1);
                assert.deepEqual(
                    found?.map(({ text }) => text),
                    texts,
                );
            }),
        );
    });
});
