// Proves, on the whole stack: among malformed messages every good row arrives exact, every bad line is a dead letter exactly once with its
// bytes and a reason, no feed stalls, and every offset is accounted for, also those the engine skips without a row.
// Does not prove: behaviour under crashes; tests/engine/stack/survival.spec.ts does.
import assert from "node:assert/strict";
import { marketTrades, type Event } from "../../../schema";
import { until } from "../../support/processes";
import { sharedStack, type TestStack } from "../../support/stack";

type Trade = Event<typeof marketTrades>;
type Json = Record<string, unknown>;

const venue = "malformed";
const now = Date.now();

function trade(id: number, change: Json = {}): Trade {
    const base = {
        ...{ event_time: new Date(now - id).toISOString(), source_id: "test", origin: "synthetic" as const, venue },
        ...{ symbol: "BTCUSDT", trade_id: String(id), price: `${String(id)}.000000000000000001`, quantity: "0.1" },
        taker_side: "buy" as const,
    };
    return { ...base, event_id: marketTrades.eventId(base), ...change };
}

const line = (value: Json): Buffer => Buffer.from(JSON.stringify(value));
const days = (n: number): string => new Date(now - n * 86_400_000).toISOString();

/** Bad lines, each with what the reason must say. */
function badLines(firstId: number): { raw: Buffer; reason: RegExp; class?: "late" }[] {
    let id = firstId;
    const bad = (change: Json, reason: RegExp): { raw: Buffer; reason: RegExp } => ({
        raw: line(trade(id++, change)),
        reason,
    });
    const required = [
        "event_id",
        "event_time",
        "source_id",
        "origin",
        "venue",
        "symbol",
        "trade_id",
        "price",
        "quantity",
        "taker_side",
    ];
    return [
        { raw: Buffer.from("not json at all"), reason: /not a JSON object/ },
        { raw: Buffer.from('{"event_id":"cut'), reason: /not a JSON object/ },
        { raw: Buffer.from("[1,2,3]"), reason: /not a JSON object/ },
        {
            raw: Buffer.concat([Buffer.from('{"event_id":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
            reason: /UTF-8/,
        },
        { raw: Buffer.from(JSON.stringify(trade(id++)).replace('"BTCUSDT"', '"BTC\xff"'), "latin1"), reason: /UTF-8/ },
        ...required.map((column) => bad({ [column]: undefined }, new RegExp(`^${column}: missing`))),
        ...required.map((column) => bad({ [column]: null }, new RegExp(`^${column}: missing`))),
        bad({ price: { nested: 1 } }, /^price: expected a string or a number, found/),
        bad({ price: ["1"] }, /^price: expected a string or a number, found/),
        bad({ price: true }, /^price: expected a string or a number, found/),
        bad({ price: "abc" }, /^price: not a Decimal\(38, 18\), found abc/),
        bad({ price: "" }, /^price: not a Decimal/),
        bad({ price: "1.1234567890123456789" }, /^price: not a Decimal\(38, 18\), found 1\.1234567890123456789/),
        bad({ price: "1e-5" }, /^price: not a Decimal\(38, 18\), found 1e-5/),
        bad({ price: "+1" }, /^price: not a Decimal\(38, 18\), found \+1/),
        bad({ price: "123456789012345678901" }, /^price: not a Decimal/),
        bad({ taker_side: "BUY" }, /^taker_side: not a Enum8/),
        bad({ source_seq: "18446744073709551616" }, /^source_seq: not a UInt64/),
        bad({ source_seq: "-1" }, /^source_seq: not a UInt64/),
        bad({ event_time: "2026-02-30T00:00:00Z" }, /^event_time: not a DateTime64/),
        bad({ event_time: "1970-01-01T00:00:00Z" }, /^event_time: before the year 2000/),
        bad({ event_time: "2100-01-01T00:00:00Z" }, /^event_time: more than 24 h ahead/),
        bad({ event_time: "2200-01-01T00:00:00Z" }, /^event_time: (not a|more than)/),
        { ...bad({ event_time: days(40) }, /^late: event_time is over 30 days old/), class: "late" },
        // Each thing that is wrong is said, and a line that is not only late is not called late.
        bad(
            { price: "1e-5", taker_side: "BUY" },
            /^price: not a Decimal\(38, 18\), found 1e-5; taker_side: not a Enum8/,
        ),
        bad({ price: true, symbol: undefined }, /^symbol: missing; price: expected a string or a number, found true$/),
        bad(
            { price: "abc", event_time: days(40) },
            /^price: not a Decimal\(38, 18\), found abc; late: event_time is over/,
        ),
        bad(
            { event_time: "1970-01-01T00:00:00Z", venue: "" },
            /^venue: not a String, found ; event_time: before[^;]*$/,
        ),
        {
            raw: Buffer.concat([Buffer.from('{"x":"'), Buffer.alloc(5 * 1024 * 1024, "x"), Buffer.from('"}')]),
            reason: /missing/,
        },
    ];
}

/** Messages of the test with what must come of them. */
function messages(): { values: (Buffer | null)[]; good: Trade[]; bad: { raw: Buffer; reason: RegExp }[] } {
    const good = Array.from({ length: 4_000 }, (_, id) => trade(id + 1));
    const single = badLines(100_000);
    const packed = badLines(200_000).filter(({ raw }) => raw.length < 100_000);
    const manyDays = Array.from({ length: 200 }, (_, day) => ({
        raw: line(trade(300_000 + day, { event_time: days(31 + day) })),
        reason: /^late: /,
    }));
    const values: (Buffer | null)[] = good.slice(0, 2_000).map(line);
    const inPacks = good.slice(2_000).map(line);
    single.forEach(({ raw }, index) => values.splice(index * 40, 0, raw));
    // One bad line costs only that line: each pack holds good lines before and after it.
    for (const { raw } of packed) values.push(join([...inPacks.splice(0, 7), raw, ...inPacks.splice(0, 7)]));
    while (inPacks.length > 0) values.push(join(inPacks.splice(0, 50)));
    values.push(...manyDays.map(({ raw }) => raw), Buffer.alloc(0), null, Buffer.from(" \n "));
    const empties = [/empty message/, /tombstone/, /empty message/].map((reason) => ({ raw: Buffer.alloc(0), reason }));
    return { values, good, bad: [...single, ...packed, ...manyDays, ...empties] };
}

const join = (lines: Buffer[]): Buffer =>
    Buffer.concat(lines.flatMap((each, index) => (index === 0 ? [each] : [Buffer.from("\n"), each])));

interface DeadLetter {
    offset: number;
    line: number;
    class: string;
    reason: string;
    raw: string;
}

describe("malformed messages", function () {
    this.timeout(300_000);
    const { values, good, bad } = messages();
    const topic = marketTrades.topic.name;
    let stack: TestStack;
    let first: number;
    let dead: DeadLetter[];

    const deadSince = (): Promise<DeadLetter[]> =>
        stack.rows<DeadLetter>(
            `SELECT offset, line, class, reason, hex(raw) AS raw FROM trading.dead_letters WHERE topic = {topic:String} AND offset >= {first:UInt64}`,
            { topic, first },
        );

    before(async () => {
        stack = await sharedStack();
        const admin = stack.kafka.admin();
        first = Number((await admin.fetchTopicOffsets(topic))[0]?.high);
        await admin.disconnect();
        const producer = await stack.producer();
        for (const value of values) await producer.send({ topic, acks: -1, messages: [{ key: "k", value }] });
        await producer.disconnect();
        dead = await until(
            `${String(bad.length)} dead letters`,
            async () => {
                const found = await deadSince();
                return found.length >= bad.length && found;
            },
            120_000,
        );
    });

    it("loses no good row and changes no digit", async () => {
        const rows = await stack.rows<{ trade_id: string; price: string; event_time: string }>(
            `SELECT trade_id, toString(price) AS price FROM trading.market_trades WHERE venue = '${venue}'`,
        );
        assert.equal(rows.length, good.length);
        const expected = new Map(good.map((event) => [event.trade_id, event.price]));
        for (const { trade_id, price } of rows) assert.equal(price, expected.get(trade_id), trade_id);
    });

    it("keeps each bad line exactly once, with its bytes and the reason", () => {
        assert.equal(dead.length, bad.length);
        const byBytes = new Map<string, DeadLetter[]>();
        for (const row of dead) byBytes.set(row.raw, [...(byBytes.get(row.raw) ?? []), row]);
        for (const { raw, reason } of bad) {
            const rows = byBytes.get(raw.toString("hex").toUpperCase()) ?? [];
            const match = rows.findIndex((row) => reason.test(row.reason));
            const shown = raw.subarray(0, 200).toString("latin1");
            assert.notEqual(
                match,
                -1,
                `${shown}: ${rows.map((row) => row.reason).join(" | ") || "no dead letter with these bytes"}`,
            );
            rows.splice(match, 1);
        }
    });

    it("calls an event late that is only older than the retention", () => {
        for (const row of dead)
            assert.equal(row.class, row.reason.startsWith("late: ") ? "late" : "refused", row.reason);
        assert.equal(dead.filter((row) => row.class === "late").length, 202);
    });

    it("accounts for every offset, the empty message and the tombstone included", async () => {
        const accounted = await stack.number(
            `SELECT uniqExact(o) FROM (SELECT _offset AS o FROM facts.market_trades WHERE _topic = '${topic}' AND _offset >= ${String(first)}
             UNION ALL SELECT offset FROM facts.dead_letters WHERE topic = '${topic}' AND offset >= ${String(first)})`,
        );
        assert.equal(accounted, values.length);
        const gaps = await stack.number(
            `SELECT count() FROM trading.gaps WHERE topic = '${topic}' AND kind = 'empty' AND first_offset >= ${String(first)}`,
        );
        assert.ok(gaps >= 1);
        assert.equal(
            await stack.number(
                `SELECT count() FROM trading.gaps WHERE topic = '${topic}' AND kind = 'lost' AND first_offset >= ${String(first)}`,
            ),
            0,
        );
    });

    it("has not stalled: the next good event arrives", async () => {
        const event = trade(999_999);
        const producer = await stack.producer();
        await producer.send({ topic, acks: -1, messages: [{ key: "k", value: line(event) }] });
        await producer.disconnect();
        await until(
            "the event after the bad ones",
            async () =>
                (await stack.number(
                    `SELECT count() FROM trading.market_trades WHERE event_id = '${event.event_id}'`,
                )) === 1,
        );
    });
});
