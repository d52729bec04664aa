// Proves, on the whole stack: rows that are gone although their offsets were committed (as after a power loss) are noticed after the next start
// of ClickHouse, named as a range, and read again from Kafka.
// Does not prove: what a real power loss takes; the rows are removed by hand here.
import assert from "node:assert/strict";
import { catalogue } from "../../../schema";
import { ends } from "../../support/topics";
import { kill9, until } from "../../support/processes";
import { sharedStack, type TestStack } from "../../support/stack";

const count = 1_000;

function deposits(): string[] {
    const declaration = catalogue.find(({ name }) => name === "user_deposits");
    assert.ok(declaration);
    return Array.from({ length: count }, (_, n) => {
        const event = {
            ...{ event_time: new Date(Date.now() - n).toISOString(), source_id: "test", origin: "synthetic" },
            ...{
                deposit_id: `repair-${String(n)}`,
                state: "credited",
                user_id: "u",
                account_id: "a",
                asset: "USDT",
                amount: "1.5",
            },
        };
        return JSON.stringify({ ...event, event_id: declaration.eventId(event) });
    });
}

describe("repair of lost rows", function () {
    this.timeout(180_000);
    let stack: TestStack;
    const topic = "trading.user_deposits.v1";
    const own = "startsWith(deposit_id, 'repair-')";

    /** Partitions that have grown, with the offset each began at. */
    async function grown(before: Map<number, number>): Promise<[partition: number, first: number][]> {
        const now = await ends(stack.kafka, topic);
        return [...before].filter(([partition, first]) => (now.get(partition) ?? 0) > first);
    }

    it("names the lost range and reads it again from Kafka", async () => {
        stack = await sharedStack();
        const began = await ends(stack.kafka, topic);
        const producer = await stack.producer();
        await producer.send({ topic, acks: -1, messages: deposits().map((value) => ({ key: "a", value })) });
        await producer.disconnect();
        const rows = (): Promise<number> => stack.number(`SELECT count() FROM trading.user_deposits WHERE ${own}`);
        await until("all rows", async () => (await rows()) === count, 60_000);
        const [[partition, first] = [0, 0]] = await grown(began);
        const audited = `SELECT max(next_offset) FROM ingest.audits WHERE topic = '${topic}' AND partition = ${String(partition)}`;
        const end = first + count;
        await until("the auditor has accounted for them", async () => (await stack.number(audited)) === end, 60_000);

        await stack.clickhouse.command({
            query: `ALTER TABLE facts.user_deposits DELETE WHERE ${own}`,
            clickhouse_settings: { mutations_sync: "1" },
        });
        assert.equal(await rows(), 0);
        const host = (await stack.supervisor.list()).find(({ name }) => name === "clickhouse");
        assert.ok(host?.pid);
        kill9(host.pid);

        await until("the rows are back", async () => (await rows()) === count, 120_000);
        const gaps = await until(
            "the finding",
            async () => {
                const found = await stack.rows(
                    `SELECT kind, first_offset, last_offset, repaired FROM trading.gaps WHERE topic = '${topic}' AND last_offset >= ${String(first)}`,
                );
                return found.length > 0 && found;
            },
            60_000,
        );
        assert.deepEqual(gaps, [{ kind: "lost", first_offset: first, last_offset: end - 1, repaired: true }]);
    });
});
