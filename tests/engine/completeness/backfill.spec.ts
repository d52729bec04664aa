// Proves, on the whole stack: `npm run backfill` brings every sound line of a file into the fact, marked backfill, field by field; tells each refused
// line with its number; run again it changes nothing; an event that is there live stays the live one.
// Does not prove: files larger than memory (the file is read in parts of 256 KiB).
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { facts } from "../../../schema";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { sharedStack, type TestStack } from "../../support/stack";
import { normalised, rowsOf } from "../matching-engine/rows";
import { command } from "./command";

const source = `history/${String(Date.now())}`;
const dayAgo = Date.now() - 86_400_000;

const deposit = (id: number): Record<string, unknown> => ({
    ...{
        event_time: new Date(dayAgo + id).toISOString(),
        source_id: source,
        source_seq: String(id),
        deposit_id: `${source}-${String(id)}`,
    },
    ...{
        state: "credited",
        user_id: "u",
        account_id: "a",
        asset: "USDT",
        amount: `${String(id)}.000000000000000001`,
        network: "tron",
    },
});

describe("npm run backfill", function () {
    this.timeout(300_000);
    const folder = temporaryFolder("backfill");
    const file = join(folder, "deposits.ndjson");
    const count = 3_000;
    let stack: TestStack;

    const load = (): ReturnType<typeof command> =>
        command("backfill", "--fact", "user_deposits", "--file", file, "--brokers", stack.brokers);
    const rows = (): Promise<Map<string, Record<string, unknown>>> => rowsOf(stack, "user_deposits", source);

    before(async () => {
        stack = await sharedStack();
        const lines = Array.from({ length: count }, (_, id) => JSON.stringify(deposit(id)));
        lines.splice(10, 0, "oops", "");
        lines.splice(
            2_000,
            0,
            JSON.stringify({ ...deposit(1), amount: 1.5 }),
            JSON.stringify({ ...deposit(2), origin: "synthetic" }),
        );
        writeFileSync(file, `${lines.join("\n")}\n`);
    });
    after(() => removeFolder(folder));

    it("brings the sound lines, names the others, and marks what it brought", async () => {
        const { code, out, err } = await load();
        assert.equal(code, 1, err);
        assert.equal(out, `user_deposits: ${String(count)} events sent, 3 lines refused\n`);
        assert.match(err, /^line 11: not JSON: /m);
        assert.match(err, /^line 2001: amount: /m);
        assert.match(err, /^line 2002: origin: history is live or backfill, found "synthetic"$/m);
        const found = await until(
            "the rows",
            async () => {
                const stored = await rows();
                return stored.size >= count && stored;
            },
            60_000,
        );
        assert.equal(found.size, count);
        const declaration = facts.find(({ name }) => name === "user_deposits");
        assert.ok(declaration);
        for (let id = 0; id < count; id += 1) {
            const event = { ...deposit(id), origin: "backfill" };
            const eventId = declaration.eventId(event);
            assert.deepEqual(found.get(eventId), normalised(declaration, { ...event, event_id: eventId }), eventId);
        }
    });

    it("changes nothing when it is run again", async () => {
        const before = await rows();
        await load();
        await until("the resent events are read", async () => (await stack.lag("user_deposits")) === 0, 60_000);
        assert.deepEqual(await rows(), before);
    });

    it("leaves an event that is there live as it is", async () => {
        const live = { ...deposit(count), origin: "live" };
        const declaration = facts.find(({ name }) => name === "user_deposits");
        assert.ok(declaration);
        const eventId = declaration.eventId(live);
        const producer = await stack.producer();
        await producer.send({
            topic: declaration.topic.name,
            acks: -1,
            messages: [{ key: "a", value: JSON.stringify({ ...live, event_id: eventId }) }],
        });
        await producer.disconnect();
        await until("the live event", async () => (await rows()).has(eventId), 60_000);
        writeFileSync(file, `${JSON.stringify(deposit(count))}\n`);
        assert.equal((await load()).code, 0);
        await until("the resent event is read", async () => (await stack.lag("user_deposits")) === 0, 60_000);
        assert.equal((await rows()).get(eventId)?.["origin"], "live");
    });

    it("says in a line what it cannot do, with exit code 2 or the usage", async () => {
        const missing = await command(
            "backfill",
            "--fact",
            "user_deposits",
            "--file",
            "/nowhere",
            "--brokers",
            stack.brokers,
        );
        assert.deepEqual([missing.code, missing.err.split("\n").length], [2, 2]);
        const unknown = await command("backfill", "--fact", "deposits", "--file", file);
        assert.match(unknown.err, /there is none of this name; the catalogue has .*user_deposits/);
    });
});
