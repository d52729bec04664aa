// Proves, on the whole stack: a feed in a convention of its own, committed as a sample, is live with its mapping file alone - every record's
// row equals the input field by field, none is missing, none is added, and what is no event leaves no row.
// Does not prove: crashes (restart.spec.ts here), other formats (formats.spec.ts here).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/processes";
import { repository } from "../../support/pulumi";
import { sharedStack, type TestStack } from "../../support/stack";
import { factOf, normalised, rowsOf } from "./rows";
import { FeedWorker } from "./worker";

const samples = join(repository, "functions/matching-engine/samples");
const source = "engine/nordwind";
type Fields = Record<string, unknown>;

/** The sample moved to now: facts take no events older than their retention. Nanoseconds keep all their digits. */
function shiftedSample(): string[] {
    const lines = readFileSync(join(samples, "nordwind.ndjson"), "utf8").trim().split("\n");
    const times = lines.map((line) => BigInt(/"t":(\d+)/.exec(line)?.[1] ?? "0"));
    const shift = BigInt(Date.now() - 60_000) * 1_000_000n - (times[0] ?? 0n);
    return lines.map((line, index) => line.replace(/"t":\d+/, `"t":${String((times[index] ?? 0n) + shift)}`));
}

interface Order {
    book: string;
    no: number;
    step: number;
    ref: string | null;
    stage: number;
    why: number;
    form: string;
    life: string;
    tick: number | null;
    dp: number;
    lots: number;
    left: number;
    repl?: number;
}
interface Level {
    p: number;
    q: number;
}
interface Journal {
    ev: string;
    book: string;
    dp: number;
    ord: Order;
    who: { client: string; acct: string; key: string | null };
    top: [number, number] | null;
    agg: { no: number; client: string; acct: string; dir: number };
    fills: {
        id: string;
        tick: number;
        lots: number;
        rest: { no: number; client: string; acct: string };
        fee: [string, string];
        ccy: string;
    }[];
    full: number;
    v: [number, number];
    bid: Level[];
    ask: Level[];
}

/** Units of 10^-digits in plain notation, written apart from the code under test. */
const units = (count: number, digits: number): string => {
    const text = String(Math.abs(count)).padStart(digits + 1, "0");
    return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
};

const states = ["new", "partially_filled", "filled", "cancelled", "rejected", "amended", "expired"];
const reasons = [null, "user", "self_trade_prevention", "expiry", "liquidation", "admin", "insufficient_balance"];
const types: Record<string, string> = { LIM: "limit", MKT: "market", STL: "stop_limit", PST: "post_only" };
const lives: Record<string, string> = { G: "gtc", I: "ioc", D: "day" };

function order({ ord, who, top }: Journal): Fields {
    const price = (tick: number | null | undefined): string | null => (tick == null ? null : units(tick, ord.dp));
    return {
        ...{ symbol: ord.book, order_id: `${ord.book}#${String(ord.no)}`, client_order_id: ord.ref },
        ...{ revision: String(ord.step), state: states[ord.stage], reason: reasons[ord.why] },
        replaced_order_id: ord.repl === undefined ? null : `${ord.book}#${String(ord.repl)}`,
        ...{ user_id: who.client, account_id: who.acct, api_key_id: who.key },
        ...{ side: ord.lots < 0 ? "sell" : "buy", type: types[ord.form], time_in_force: lives[ord.life] },
        ...{ price: price(ord.tick), quantity: units(ord.lots, 4) },
        filled_quantity: units(Math.abs(ord.lots) - ord.left, 4),
        ...{ best_bid: price(top?.[0]), best_ask: price(top?.[1]) },
    };
}

const trades = ({ book, dp, agg, fills }: Journal): Fields[] =>
    fills.map((fill) => ({
        ...{ symbol: book, trade_id: fill.id, trade_version: "1", status: "executed" },
        ...{ price: units(fill.tick, dp), quantity: units(fill.lots, 4), taker_side: agg.dir > 0 ? "buy" : "sell" },
        ...{ maker_user_id: fill.rest.client, maker_account_id: fill.rest.acct },
        maker_order_id: `${book}#${String(fill.rest.no)}`,
        ...{ maker_fee: fill.fee[0], maker_fee_asset: fill.ccy, taker_user_id: agg.client, taker_account_id: agg.acct },
        ...{ taker_order_id: `${book}#${String(agg.no)}`, taker_fee: fill.fee[1], taker_fee_asset: fill.ccy },
    }));

function book({ book: symbol, dp, full, v, bid, ask }: Journal): Fields {
    const levels = (side: Level[]): string[][] => side.map(({ p, q }) => [units(p, dp), units(q, 4)]);
    const ids = { first_update_id: String(v[0]), final_update_id: String(v[1]) };
    return { symbol, kind: full === 1 ? "snapshot" : "delta", ...ids, bids: levels(bid), asks: levels(ask) };
}

/** What the journal says, by fact and event id. */
function expected(lines: readonly string[]): Map<string, Map<string, Fields>> {
    const facts = new Map(
        ["user_orders", "user_trades", "order_book_ticks"].map((fact) => [fact, new Map<string, Fields>()]),
    );
    for (const line of lines) {
        const journal = JSON.parse(line) as Journal;
        const nanoseconds = BigInt(/"t":(\d+)/.exec(line)?.[1] ?? "0");
        const micros = String((nanoseconds / 1000n) % 1_000_000n).padStart(6, "0");
        const time = `${new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19)}.${micros}Z`;
        const put = (fact: string, fields: Fields): void => {
            const event = { source_id: source, origin: "live", venue: "nordwind", event_time: time, ...fields };
            const declaration = factOf(fact);
            const id = declaration.eventId(event);
            facts.get(fact)?.set(id, normalised(declaration, { ...event, event_id: id }));
        };
        if (journal.ev === "O") put("user_orders", order(journal));
        if (journal.ev === "X") for (const trade of trades(journal)) put("user_trades", trade);
        if (journal.ev === "B") put("order_book_ticks", book(journal));
    }
    return facts;
}

describe("a foreign feed, live with a mapping file alone", function () {
    this.timeout(300_000);
    const lines = shiftedSample();
    const wanted = expected(lines);
    let stack: TestStack;
    let worker: FeedWorker;

    before(async () => {
        stack = await sharedStack();
        const admin = stack.kafka.admin();
        await admin.createTopics({ topics: [{ topic: "nordwind.journal", numPartitions: 1 }] });
        await admin.disconnect();
        const producer = await stack.producer();
        await producer.send({ topic: "nordwind.journal", acks: -1, messages: lines.map((value) => ({ value })) });
        await producer.disconnect();
        worker = FeedWorker.start({ KAFKA_BROKERS: stack.brokers, MAPPINGS: join(samples, "nordwind.yaml") });
    });
    after(async () => {
        assert.equal(await worker.stop(), 0, worker.output);
    });

    for (const [fact, events] of wanted)
        it(`brings ${String(events.size)} rows of ${fact}, equal to the input field by field`, async () => {
            const found = await until(
                `${fact} of ${source}\n${worker.output}`,
                async () => {
                    const rows = await rowsOf(stack, fact, source);
                    return rows.size >= events.size && rows;
                },
                60_000,
            );
            assert.deepEqual([...found.keys()].sort(), [...events.keys()].sort());
            for (const [id, event] of events) assert.deepEqual(found.get(id), event, id);
        });

    it("commits the foreign topic's offsets, all of them, and has nothing to complain of", async () => {
        const admin = stack.kafka.admin();
        const committed = await until("the commit", async () => {
            const [offsets] = await admin.fetchOffsets({
                groupId: "trading-monitoring.engine-nordwind",
                topics: ["nordwind.journal"],
            });
            return offsets?.partitions.find(({ offset }) => offset === String(lines.length));
        });
        await admin.disconnect();
        assert.ok(committed);
        assert.equal(await stack.number(`SELECT count() FROM trading.source_notices WHERE source_id = '${source}'`), 0);
    });

    it("takes records that come later", async () => {
        const last = (lines.at(-2) ?? "").replace(/"step":\d+/, '"step":99').replace(/"j":\d+/, '"j":41026');
        const producer = await stack.producer();
        await producer.send({ topic: "nordwind.journal", acks: -1, messages: [{ value: last }] });
        await producer.disconnect();
        await until("the order's 99th state", async () =>
            (await rowsOf(stack, "user_orders", source)).has("nordwind|BTC/USDT|BTC/USDT#7003|99"),
        );
    });
});
