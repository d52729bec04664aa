// Proves, on the whole stack: a source that skips three sequence numbers, repeats ten and lies in one control total - `npm run reconcile` names
// exactly those, also after the repeated rows were merged away, and nothing of a source that did none of it; the warning view agrees.
// Does not prove: the cases the view must tell apart (differences.spec.ts here).
import assert from "node:assert/strict";
import { controlTotals, type Declaration, facts } from "../../../schema";
import { until } from "../../support/processes";
import { sharedStack, type TestStack } from "../../support/stack";
import { command } from "./command";

const started = Date.now();
/** The last whole hour, and one event every ten seconds in it. */
const hour = new Date(Math.floor(started / 3_600_000) * 3_600_000 - 3_600_000);
const next = new Date(hour.getTime() + 3_600_000);
const source = `engine/careless-${String(started)}`;
const honest = `engine/honest-${String(started)}`;
const orders = facts.find(({ name }) => name === "user_orders");
const deposits = facts.find(({ name }) => name === "user_deposits");

type Fields = Record<string, unknown>;

function message(
    declaration: Declaration | undefined,
    fields: Fields,
): { topic: string; messages: { key: string; value: string }[] } {
    assert.ok(declaration);
    const event = { origin: "live", ...fields };
    const value = JSON.stringify({ ...event, event_id: declaration.eventId(event) });
    assert.deepEqual(declaration.problems(JSON.parse(value)), []);
    return { topic: declaration.topic.name, messages: [{ key: declaration.kafkaKey(event), value }] };
}

const envelope = (sourceId: string, seq: number): Fields => ({
    ...{ source_id: sourceId, source_seq: String(seq) },
    event_time: new Date(hour.getTime() + seq * 10_000).toISOString(),
});

/** Orders of two symbols and, in between, deposits: one count over both facts. */
function event(sourceId: string, seq: number): ReturnType<typeof message> {
    const user = { user_id: "u", account_id: "a" };
    if (seq % 4 === 0)
        return message(deposits, {
            ...envelope(sourceId, seq),
            ...user,
            deposit_id: `${sourceId}-${String(seq)}`,
            state: "credited",
            asset: "USDT",
            amount: "10.25",
        });
    return message(orders, {
        ...{
            ...envelope(sourceId, seq),
            ...user,
            venue: "ours",
            symbol: seq % 2 === 0 ? "BTC" : "ETH",
            order_id: `${sourceId}-${String(seq)}`,
        },
        ...{
            revision: "1",
            state: "new",
            side: "buy",
            type: "limit",
            time_in_force: "gtc",
            price: "1",
            quantity: "0.1",
            filled_quantity: "0",
        },
    });
}

const total = (
    sourceId: string,
    fact: string,
    symbol: string,
    events: number,
    quantity: string,
): ReturnType<typeof message> =>
    message(controlTotals, {
        ...{ source_id: sourceId, event_time: new Date(next.getTime() + 1_000).toISOString(), fact, symbol },
        ...{ hour: hour.toISOString(), revision: "1", events: String(events), quantity },
    });

describe("npm run reconcile", function () {
    this.timeout(300_000);
    let stack: TestStack;
    const range = (from: number, to: number): number[] =>
        Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const skipped = [101, 102, 103];
    const sent = range(1, 200).filter((seq) => !skipped.includes(seq));
    const ordered = (): Promise<{ code: number; out: string; err: string }> =>
        command(
            "reconcile",
            "--clickhouse",
            stack.clickhouseUrl,
            "--brokers",
            stack.brokers,
            "--from",
            hour.toISOString(),
            "--until",
            new Date(next.getTime() + 60_000).toISOString(),
        );
    /** Rows of the careless source that another one replaces, as they are stored. */
    const repeats = (fact: string): Promise<number> =>
        stack.number(`SELECT count() - uniqExact(event_id) FROM facts.${fact} WHERE source_id = '${source}'`);
    /** The lines about one source. */
    const about = (out: string, sourceId: string): string[] => {
        const lines = out.split("\n");
        const start = lines.indexOf(sourceId);
        if (start === -1) return [];
        const end = lines.findIndex((line, index) => index > start && !line.startsWith("  "));
        return lines.slice(start + 1, end).map((line) => line.trim());
    };

    before(async () => {
        stack = await sharedStack();
        const producer = await stack.producer();
        const send = async (messages: ReturnType<typeof message>[]): Promise<void> => {
            for (const { topic, messages: list } of messages) await producer.send({ topic, acks: -1, messages: list });
        };
        // The same source repeats ten of its numbers, 120 to 129, orders and deposits, as the last thing its topics hold.
        await send(sent.map((seq) => event(source, seq)));
        await send(range(1, 100).map((seq) => event(honest, seq)));
        await send(range(120, 129).map((seq) => event(source, seq)));
        const count = (sourceId: string, last: number, symbol: string): number =>
            range(1, last).filter(
                (seq) =>
                    seq % 4 !== 0 &&
                    (symbol === "BTC") === (seq % 2 === 0) &&
                    (sourceId === honest || !skipped.includes(seq)),
            ).length;
        for (const [sourceId, last] of [
            [source, 200],
            [honest, 100],
        ] as const) {
            const btc = count(sourceId, last, "BTC");
            // The lie: one BTC order too many, with its quantity.
            const lie = sourceId === source ? 1 : 0;
            await send([
                total(sourceId, "user_orders", "BTC", btc + lie, ((btc + lie) / 10).toFixed(1)),
                total(
                    sourceId,
                    "user_orders",
                    "ETH",
                    count(sourceId, last, "ETH"),
                    (count(sourceId, last, "ETH") / 10).toFixed(1),
                ),
                total(sourceId, "user_deposits", "USDT", last / 4, (10.25 * (last / 4)).toFixed(2)),
            ]);
        }
        await producer.disconnect();
        for (const fact of ["user_orders", "user_deposits", "control_totals"])
            await until(`${fact} are written`, async () => (await stack.lag(fact)) === 0, 60_000);
        await until(
            "the totals",
            async () =>
                (await stack.number(
                    `SELECT count() FROM trading.control_totals WHERE source_id IN ('${source}', '${honest}')`,
                )) === 6,
            60_000,
        );
        // One that finds another merge at work does nothing, and says so to nobody.
        for (const fact of ["user_orders", "user_deposits"])
            await until(`repeats among ${fact} are merged away`, async () => {
                await stack.clickhouse.command({ query: `OPTIMIZE TABLE facts.${fact} FINAL` });
                return (await repeats(fact)) === 0;
            });
    });

    it("names the three skipped, the ten repeated and the one lie, exactly, with the repeated rows merged away", async () => {
        for (const fact of ["user_orders", "user_deposits"]) assert.equal(await repeats(fact), 0);
        const { code, out, err } = await ordered();
        assert.equal(code, 1, err);
        const btc = sent.filter((seq) => seq % 4 !== 0 && seq % 2 === 0).length;
        const shown = hour.toISOString().slice(0, 19).replace("T", " ");
        assert.deepEqual(about(out, source), [
            "3 numbers missing, 101 to 103",
            "10 numbers repeated, 120 to 129: the same events again",
            `user_orders BTC: control total of ${shown} says ${String(btc + 1)} events, sum ${String((btc + 1) / 10)}; the fact has ${String(btc)} events, sum ${String(btc / 10)}`,
        ]);
    });

    it("has nothing to say of the source that did none of it, and ends with 0 where there is nothing at all", async () => {
        const { out } = await ordered();
        assert.deepEqual(about(out, honest), []);
        const long = ["--from", "2001-01-01", "--until", "2001-01-02"];
        const nothing = await command(
            "reconcile",
            "--clickhouse",
            stack.clickhouseUrl,
            "--brokers",
            stack.brokers,
            ...long,
        );
        assert.equal(nothing.code, 0);
        assert.match(nothing.out, /^2001-01-01T00:00:00.000Z to 2001-01-02T00:00:00.000Z: nothing to compare, since /);
    });

    it("is silent again when what was missing is sent after all, and the total is corrected", async () => {
        const producer = await stack.producer();
        for (const seq of skipped) {
            const { topic, messages } = event(source, seq);
            await producer.send({ topic, acks: -1, messages });
        }
        const orders = range(1, 200).filter((seq) => seq % 4 !== 0);
        for (const symbol of ["BTC", "ETH"]) {
            const events = orders.filter((seq) => (symbol === "BTC") === (seq % 2 === 0)).length;
            const { topic, messages } = message(controlTotals, {
                ...{
                    source_id: source,
                    event_time: new Date(next.getTime() + 2_000).toISOString(),
                    fact: "user_orders",
                    symbol,
                },
                ...{
                    hour: hour.toISOString(),
                    revision: "2",
                    events: String(events),
                    quantity: (events / 10).toFixed(1),
                },
            });
            await producer.send({ topic, acks: -1, messages });
        }
        await producer.disconnect();
        await until(
            "the rest",
            async () =>
                (await stack.number(`SELECT count() FROM trading.control_totals WHERE source_id = '${source}'`)) === 5,
            60_000,
        );
        await until(
            "the orders",
            async () =>
                (await stack.number(`SELECT count() FROM trading.user_orders WHERE source_id = '${source}'`)) ===
                orders.length,
            60_000,
        );
        const { out } = await ordered();
        assert.deepEqual(
            about(out, source).filter((line) => !line.includes("repeated")),
            [],
        );
    });

    it("shows through the view of warnings what a stack should warn of", async () => {
        const rows = await stack.rows<{ kind: string }>(
            `SELECT kind FROM trading.source_warnings WHERE source_id = '${honest}'`,
        );
        assert.deepEqual(rows, []);
    });

    it("says in a line what it cannot do, with exit code 2", async () => {
        const away = await command("reconcile", "--clickhouse", "http://127.0.0.1:1", "--brokers", stack.brokers);
        assert.equal(away.code, 2);
        assert.match(away.err, /^reconcile: .*ECONNREFUSED[^\n]*; is the stack up\? make start\n$/);
        const wrong = await command("reconcile", "--from", "yesterday");
        assert.match(wrong.err, /must be a day or a time with its zone/);
    });
});
