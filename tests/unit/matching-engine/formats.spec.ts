// Proves: each format's messages are read whole and exact, or refused with a reason; the committed sample of each feed becomes the events
// written down here; Avro and Protobuf by a server that speaks the schema registry's protocol, with its failures.
// Does not prove: a real schema registry (its image cannot be had here), nor the way through Kafka (tests/engine/matching-engine).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readFix } from "../../../functions/matching-engine/formats/fix";
import { UnreadableError } from "../../../functions/matching-engine/formats/json";
import { createReader, type Reader } from "../../../functions/matching-engine/formats/reader";
import { RegistryAwayError } from "../../../functions/matching-engine/formats/registry";
import { loadMapping } from "../../../functions/matching-engine/mapping/load";
import { Mapper } from "../../../functions/matching-engine/mapping/mapper";
import { FakeServer } from "../../support/fakes/server";

const samples = join(__dirname, "../../../functions/matching-engine/samples");
type Fields = Record<string, unknown>;

/** Every event of a committed sample, by fact. */
async function eventsOf(name: string, sample: string): Promise<{ outcomes: string[]; events: Map<string, Fields[]> }> {
    const mapping = loadMapping(join(samples, `${name}.yaml`));
    const reader = createReader(mapping.format);
    const mapper = new Mapper(mapping);
    const outcomes: string[] = [];
    const events = new Map<string, Fields[]>();
    for (const line of readFileSync(join(samples, sample), "utf8").trimEnd().split("\n")) {
        const reading = await reader(Buffer.from(line));
        if (reading === undefined || reading.housekeeping) {
            outcomes.push("passed over");
            continue;
        }
        const mapped = mapper.map(reading.record, { partition: "p", resume: "", at: "" });
        assert.deepEqual(mapped.problems, []);
        outcomes.push(mapped.outcome);
        for (const { declaration, event } of mapped.events)
            events.set(declaration.name, [...(events.get(declaration.name) ?? []), event]);
    }
    return { outcomes, events };
}

/** Some columns of events, one line each. */
const table = (events: readonly Fields[] | undefined, ...columns: string[]): string[] =>
    (events ?? []).map((event) => columns.map((column) => String(event[column])).join(" "));

const trade = [
    ...["trade_id", "trade_version", "status", "price", "quantity", "taker_side", "maker_user_id", "maker_account_id"],
    ...["maker_order_id", "maker_fee", "maker_fee_asset", "taker_user_id", "taker_account_id", "taker_order_id"],
    ...["taker_fee", "taker_fee_asset"],
];

describe("the committed samples", () => {
    it("FIX 4.4 drop copy: the life of four orders, a trade of two reports and its bust", async () => {
        const { outcomes, events } = await eventsOf("fix44-drop-copy", "fix44-drop-copy.log");
        assert.equal(outcomes.filter((outcome) => outcome === "passed over").length, 2, "logon and heartbeat");
        assert.equal(outcomes.filter((outcome) => outcome === "ignored").length, 1, "pending new");
        const columns = [
            "revision",
            "client_order_id",
            "state",
            "reason",
            "side",
            "type",
            "time_in_force",
            "price",
            "quantity",
            "filled_quantity",
        ];
        assert.deepEqual(table(events.get("user_orders"), "order_id", ...columns, "user_id", "event_time"), [
            "O-1 E-1 mm-1 new null sell limit gtc 95121.00 1.5000 0 C-901 2026-11-22T14:20:00.500123Z",
            "O-2 E-2 null new null buy limit ioc 95121.00 1.0001 0 C-17 2026-11-22T14:20:01.500123Z",
            "O-2 E-3 null filled null buy limit ioc 95121.00 1.0001 1.0001 C-17 2026-11-22T14:20:01.500123Z",
            "O-1 E-4 mm-1 partially_filled null sell limit gtc 95121.00 1.5000 1.0001 C-901 2026-11-22T14:20:01.500123Z",
            "O-3 E-6 c-9 rejected risk_limit buy market day null 0.5000 0 C-18 2026-11-22T14:20:31.500123Z",
            "O-1 E-7 mm-1b amended null sell limit gtc 95122.00 1.6000 1.0001 C-901 2026-11-22T14:20:32.500123Z",
            "O-1 E-8 mm-1b cancelled user sell limit gtc 95122.00 1.6000 1.0001 C-901 2026-11-22T14:20:33.500123Z",
            "O-4 E-9 p-1 new null buy post_only gtc 94000.5 0.0100 0 C-19 2026-11-22T14:20:34.500123Z",
        ]);
        assert.deepEqual(table(events.get("user_trades"), ...trade), [
            "T-500001 1 executed 95121.00 1.0001 buy C-901 A-31 O-1 -0.95130512 USDT C-17 A-77 O-2 19.02610242 USDT",
            "T-500001 3 busted 95121.00 1.0001 buy C-901 A-31 O-1 0 USDT C-17 A-77 O-2 0 USDT",
        ]);
    });

    it("FIX 4.2 drop copy: fills by ExecType 1 and 2, status answers passed over", async () => {
        const { outcomes, events } = await eventsOf("fix42-drop-copy", "fix42-drop-copy.log");
        assert.equal(outcomes.filter((outcome) => outcome === "ignored").length, 1);
        assert.deepEqual(
            table(events.get("user_orders"), "order_id", "revision", "state", "filled_quantity", "user_id"),
            [
                "E42-1 X-1 new 0 C-901",
                "E42-2 X-2 new 0 C-17",
                "E42-2 X-3 filled 4 C-17",
                "E42-1 X-4 partially_filled 4 C-901",
                "E42-1 X-6 cancelled 4 C-901",
            ],
        );
        assert.deepEqual(table(events.get("user_trades"), ...trade), [
            "M-77 1 executed 3123.45 4 buy C-901 A-31 E42-1 0 USD C-17 A-77 E42-2 2.4987600 USD",
        ]);
    });

    it("Binance executionReport: states, self-trade prevention, the cancelled order's own id, a trade of two reports", async () => {
        const { outcomes, events } = await eventsOf("binance-execution-report", "binance-execution-report.ndjson");
        assert.equal(outcomes.filter((outcome) => outcome === "ignored").length, 1, "account position");
        const columns = [
            "order_id",
            "revision",
            "client_order_id",
            "state",
            "reason",
            "side",
            "type",
            "stop_price",
            "filled_quantity",
            "account_id",
        ];
        assert.deepEqual(table(events.get("user_orders"), ...columns), [
            "4293153 8641984 c1 new null sell limit null 0.00000000 A-31",
            "4293154 8641985 t1 new null buy limit null 0.00000000 A-77",
            "4293154 8641986 t1 filled null buy limit null 1.00010000 A-77",
            "4293153 8641987 c1 partially_filled null sell limit null 1.00010000 A-31",
            "4293155 8641990 s1 expired self_trade_prevention buy limit null 0.00000000 A-31",
            "4293153 8641991 c1 cancelled user sell limit null 1.00010000 A-31",
            "4293156 8641992 st new null sell stop_limit 90500.00000000 0.00000000 A-77",
        ]);
        assert.deepEqual(table(events.get("user_trades"), ...trade), [
            "500001 1 executed 95121.00000000 1.00010000 buy C-901 A-31 4293153 -0.95130512 USDT C-17 A-77 4293154 19.02610242 USDT",
        ]);
    });

    it("Debezium: change events with and without the schema envelope, precise decimals, an outbox, a deletion and its tombstone", async () => {
        const { outcomes, events } = await eventsOf("debezium-ledger", "debezium-ledger.ndjson");
        assert.deepEqual(outcomes, ["mapped", "mapped", "mapped", "mapped", "ignored", "passed over"]);
        assert.deepEqual(
            table(
                events.get("user_deposits"),
                "deposit_id",
                "state",
                "amount",
                "balance_after",
                "event_time",
                "source_id",
            ),
            [
                "9001 detected 1234567890.12345678 null 2026-11-22T14:20:00.123456Z ledger/debezium/deposits",
                "9001 credited 1234567890.12345678 2234567890.12345678 2026-11-22T14:20:01.123456Z ledger/debezium/deposits",
            ],
        );
        assert.deepEqual(
            table(
                events.get("user_withdrawals"),
                "withdrawal_id",
                "state",
                "amount",
                "fee",
                "ip",
                "transaction_hash",
                "event_time",
            ),
            [
                "w-1 requested 0.50000000 0.00010000 203.0.113.9 null 2026-11-22T14:20:05.123Z",
                "w-1 sent 0.50000000 0.00010000 203.0.113.9 ab12 2026-11-22T14:25:05.123Z",
            ],
        );
    });
});

describe("JSON behind Kafka Connect's converters", () => {
    const read = async (text: string | null, parse: string[] = []): Promise<Fields | undefined> => {
        const reader = createReader({ type: "json", unwrap: "debezium", parse });
        return (await reader(text === null ? null : Buffer.from(text)))?.record;
    };

    it("is unwrapped from its schema, from a JSON string, and from both, as the outbox event router leaves it", async () => {
        const payload = { id: "w-1", amount: 1 };
        const read1 = { id: "w-1", amount: "1" };
        const wrapped = (inner: unknown): string => JSON.stringify({ schema: { type: "string" }, payload: inner });
        assert.deepEqual(await read(JSON.stringify(payload)), read1);
        assert.deepEqual(await read(JSON.stringify(JSON.stringify(payload))), read1);
        assert.deepEqual(await read(wrapped(payload)), read1);
        assert.deepEqual(await read(wrapped(JSON.stringify(payload))), read1);
        assert.deepEqual(await read(JSON.stringify({ schema: 1, payload: 2, more: 3 })), {
            schema: "1",
            payload: "2",
            more: "3",
        });
    });

    it("passes tombstones over and refuses what is no object, or no JSON inside", async () => {
        for (const tombstone of [null, "null", JSON.stringify({ schema: null, payload: null })])
            assert.equal(await read(tombstone), undefined);
        await assert.rejects(read("[1]"), /expected an object, found a list/);
        await assert.rejects(read(JSON.stringify({ a: "{" }), ["a"]), UnreadableError);
        assert.deepEqual(await read(JSON.stringify({ a: { b: '{"c":1}' } }), ["a.b"]), { a: { b: { c: "1" } } });
    });

    it("refuses bytes that are no UTF-8", () => {
        const reader = createReader({ type: "json" });
        assert.throws(() => reader(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not valid UTF-8/);
    });
});

describe("FIX", () => {
    const body = "8=FIX.4.4|9=30|35=8|55=BTC|58=a=b|";
    const sum = [...Buffer.from(body.replaceAll("|", "\x01"))].reduce((total, byte) => total + byte, 0) % 256;
    const whole = `${body}10=${String(sum).padStart(3, "0")}|`;

    it("is read with any separator, behind whatever the log writes first", () => {
        const expected = { record: { "35": "8", "55": "BTC", "58": "a=b", parties: {} }, housekeeping: false };
        for (const separator of ["|", "\x01", "^A"])
            assert.deepEqual(readFix(`2026-11-22 INFO > ${whole.replaceAll("|", separator)}`, "verify"), expected);
    });

    it("is refused when it is cut off, changed, or no FIX; masked logs can say that checksums do not hold", () => {
        assert.throws(() => readFix(whole.slice(0, -8), "verify"), /cut off/);
        assert.throws(
            () => readFix(whole.replace("BTC", "ETH"), "verify"),
            /checksum is \d{3}, the message says \d{3}/,
        );
        assert.throws(() => readFix("hello", "verify"), /no begin string/);
        assert.throws(() => readFix("8=FIX.4.4|oops|", "ignore"), /"oops" is not tag=value/);
        assert.equal(readFix(whole.replace("BTC", "***"), "ignore").record["55"], "***");
    });

    it("keeps repeated tags as a list and finds parties by their role", () => {
        const message = "8=FIX.4.4|35=8|453=2|448=A|447=D|452=1|448=B|447=D|452=3|801=x|801=y|";
        assert.deepEqual(readFix(message, "ignore").record, {
            "35": "8",
            "801": ["x", "y"],
            parties: { "1": "A", "3": "B" },
        });
    });
});

describe("Avro and Protobuf with a schema registry", () => {
    const avroSchema = {
        ...{ type: "record", name: "Order", namespace: "venue" },
        fields: [
            { name: "id", type: "long" },
            { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 20, scale: 4 } },
            { name: "note", type: ["null", "string"], default: null },
            { name: "seq", type: ["null", "long"], default: null },
            { name: "side", type: { type: "enum", name: "Side", symbols: ["BUY", "SELL"] } },
        ],
    };
    const protoSchema = `syntax = "proto3";
package venue;
message Order { int64 id = 1; string price = 2; Side side = 3; repeated Fill fills = 4; bytes raw = 5; }
message Fill { uint64 no = 1; double px = 2; }
enum Side { BUY = 0; SELL = 1; }`;
    let server: FakeServer;
    let avro: Reader;
    let protobuf: Reader;

    beforeEach(async () => {
        server = await new FakeServer().start();
        server.on("/schemas/ids/1", () => ({ body: JSON.stringify({ schema: JSON.stringify(avroSchema) }) }));
        server.on("/schemas/ids/2", () => ({ body: JSON.stringify({ schemaType: "PROTOBUF", schema: protoSchema }) }));
        server.on("/schemas/ids/4", () => ({ body: JSON.stringify({ schema: '{"type":"record"}' }) }));
        const login = { username: "reader", password: "secret" };
        avro = createReader({ type: "avro", registry: server.origin }, login);
        protobuf = createReader({ type: "protobuf", registry: server.origin });
    });
    afterEach(() => server.stop());

    const head = (id: number): Buffer => Buffer.from([0, 0, 0, 0, id]);
    const varint = (value: bigint): number[] =>
        value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
    const zigzag = (value: bigint): number[] => varint(value >= 0n ? value << 1n : (-value << 1n) - 1n);
    /** An order as Avro's binary encoding has it. */
    const order = (id: bigint, units: number[], side: 0 | 1): Buffer =>
        Buffer.concat([
            head(1),
            Buffer.from([
                ...zigzag(id),
                ...zigzag(BigInt(units.length)),
                ...units,
                0,
                ...zigzag(1n),
                ...zigzag(-5n),
                ...zigzag(BigInt(side)),
            ]),
        ]);

    it("Avro: 64-bit numbers and decimals keep every digit; one schema is asked for once, with the login", async () => {
        const expected = { id: "9223372036854775807", price: "-0.0200", note: null, seq: "-5", side: "SELL" };
        const message = order(9223372036854775807n, [0xff, 0x38], 1);
        for (let time = 0; time < 2; time += 1) assert.deepEqual((await avro(message))?.record, expected);
        const asked = server.asked("/schemas/ids/1");
        assert.equal(asked.length, 1);
        assert.equal(asked[0]?.headers["authorization"], `Basic ${Buffer.from("reader:secret").toString("base64")}`);
    });

    it("Protobuf: 64-bit numbers, enum words, repeated messages, bytes as base64", async () => {
        // The message's fields 1 to 5, and 1 and 2 of the inner one, as protoc writes them.
        const fill = [8, ...varint(18446744073709551615n), 17, ...Buffer.from(new Float64Array([0.1]).buffer)];
        const body = [
            8,
            ...varint(9007199254740993n),
            18,
            8,
            ...Buffer.from("95000.10"),
            24,
            1,
            34,
            fill.length,
            ...fill,
            42,
            2,
            ...Buffer.from("hi"),
        ];
        assert.deepEqual((await protobuf(Buffer.concat([head(2), Buffer.from([0, ...body])])))?.record, {
            ...{ id: "9007199254740993", price: "95000.10", side: "SELL", raw: "aGk=" },
            fills: [{ no: "18446744073709551615", px: "0.1" }],
        });
    });

    it("refuses what is no registry's message, an unknown schema, a broken one, cut bytes, a second message type", async () => {
        const cases: [reader: Reader, message: Buffer, reason: RegExp][] = [
            [avro, Buffer.from('{"id":1}'), /expected a schema registry's message .* found 7b226964223a/],
            [avro, Buffer.from([0, 0]), /expected a schema registry's message/],
            [avro, Buffer.concat([head(3), Buffer.from([2])]), /schema 3: not in the registry/],
            [avro, Buffer.concat([head(4), Buffer.from([2])]), /schema 4: /],
            [avro, order(1n, [1], 0).subarray(0, 8), /^avro: /],
            [protobuf, Buffer.concat([head(2), Buffer.from([2, 2, 8, 1])]), /not the first one of its schema/],
        ];
        for (const [reader, message, reason] of cases)
            await assert.rejects(
                async () => reader(message),
                (error: Error) => {
                    assert.ok(error instanceof UnreadableError, String(error));
                    assert.match(error.message, reason);
                    return true;
                },
            );
    });

    it("tells a registry that is away from a bad message, so that nothing is thrown away meanwhile", async () => {
        server.fail(...Array.from({ length: 4 }, () => ({ kind: "status", status: 503 }) as const));
        await assert.rejects(async () => avro(order(1n, [1], 0)), RegistryAwayError);
        assert.equal((await avro(order(1n, [1], 0)))?.record["id"], "1");
        await server.stop();
        const unreachable = createReader({ type: "avro", registry: "http://127.0.0.1:1" });
        await assert.rejects(async () => unreachable(order(1n, [1], 0)), RegistryAwayError);
    }).timeout(60_000);
});
