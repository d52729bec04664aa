// Proves, on the real engine: which messages that were read again count as lost, also in a page of 5,000 of them; that a suspect is open until it
// is settled, so that a page of suspects always brings new ones.
// Does not prove: how the auditor uses it with Kafka; tests/engine/stack does.
import assert from "node:assert/strict";
import { Ledger } from "../../../functions/auditor/ledger";
import { marketTrades } from "../../../schema";
import { createTable, databases, deadLetters, qualified, suspects, tableOf } from "../../../schema/ddl";
import { useClickHouseHost } from "../../support/clickhouse";

const topic = marketTrades.topic.name;
const partition = { fact: marketTrades.name, topic, partition: 0 };

describe("auditor: ledger", function () {
    this.timeout(60_000);
    const host = useClickHouseHost();
    let ledger: Ledger;

    const insert = (table: string, values: Record<string, unknown>[]): Promise<unknown> =>
        host.client.insert({ table, values, format: "JSONEachRow" });

    /** Rows of the fact: an event each, by id, with the offset it came at. */
    const rows = (events: [id: string, offset: number][]): Promise<unknown> =>
        insert(
            qualified(databases.facts, marketTrades.name),
            events.map(([event_id, _offset]) => ({
                ...{
                    event_id,
                    _offset,
                    event_time: "2026-11-22 10:00:00",
                    venue: "v",
                    symbol: "s",
                    trade_id: event_id,
                },
                ...{ _topic: topic, _partition: 0, version: String(2n ** 64n - 1n - BigInt(_offset)) },
            })),
        );

    before(async () => {
        for (const name of Object.values(databases)) await host.client.command({ query: `CREATE DATABASE ${name}` });
        for (const table of [{ ...tableOf(marketTrades, 3_650) }, deadLetters(30), suspects(30)])
            await host.client.command({ query: createTable(table) });
        ledger = new Ledger(host.client);
    });

    it("counts a message as lost when one of its events has no other row, and a resend not", async () => {
        await rows([["resent", 1]]);
        await rows([
            ["resent", 7],
            ["gone", 8],
            ["resent", 9],
            ["gone too", 9],
            ["twice", 10],
            ["twice", 11],
        ]);
        const lost = await ledger.newlyStored(partition, [7n, 8n, 9n, 10n, 11n, 12n]);
        assert.deepEqual(
            lost
                .map(Number)
                .sort((a, b) => a - b)
                .slice(0, 2),
            [8, 9],
        );
        // Copies of an event that was there under none of its offsets: one row is left of them.
        assert.ok(lost.some((offset) => offset === 10n || offset === 11n));
        assert.ok(!lost.includes(12n));
    });

    it("takes a page of 5,000 messages at once, and leaves other partitions alone", async () => {
        await rows(Array.from({ length: 5_000 }, (_, n) => [`page-${String(n)}`, 1_000_000 + n]));
        const page = Array.from({ length: 5_000 }, (_, n) => BigInt(1_000_000 + n));
        assert.equal((await ledger.newlyStored(partition, page)).length, 5_000);
        assert.deepEqual(await ledger.newlyStored({ ...partition, partition: 1 }, page), []);
        assert.deepEqual(await ledger.newlyStored(partition, []), []);
    });

    it("keeps a suspect open until it is settled", async () => {
        const received_at = "2026-11-22 10:00:00.123";
        const suspect = (offset: number): Record<string, unknown> => ({
            ...{ fact: marketTrades.name, topic, partition: 0, offset, received_at },
        });
        await insert("ingest.suspects", [3, 4, 5].map(suspect));
        await insert("facts.dead_letters", [
            { fact: marketTrades.name, topic, partition: 0, offset: 4, line: 0, class: "refused", received_at },
        ]);
        const first = await ledger.suspects(topic, 2);
        assert.deepEqual(
            first.map(({ offset, answered }) => [offset, answered]),
            [
                [3n, false],
                [4n, true],
            ],
        );
        await ledger.settle(first);
        assert.deepEqual(
            (await ledger.suspects(topic, 2)).map(({ offset }) => offset),
            [5n],
        );
        assert.deepEqual((await ledger.state()).suspectTopics, [topic]);
        await ledger.settle(await ledger.suspects(topic, 2));
        assert.deepEqual(await ledger.suspects(topic, 2), []);
        assert.deepEqual((await ledger.state()).suspectTopics, []);
        // The feed read the message once more after a crash.
        await insert("ingest.suspects", [suspect(3)]);
        assert.deepEqual(
            (await ledger.suspects(topic, 2)).map(({ offset }) => offset),
            [3n],
        );
    });
});
