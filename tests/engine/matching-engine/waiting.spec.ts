// Proves, on the real process with a real broker: a mapping whose topic does not exist waits for it, is named with topic and brokers in the log and
// at /healthz, and stops no other mapping; what came from the standard input is delivered when Kafka comes, and where it does not come before
// the stop, the exit code is 1 and the lines left are named. Does not prove: brokers that go away while a foreign topic is read.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { freePort, removeFolder, temporaryFolder, until } from "../../support/processes";
import { sharedStack, type TestStack } from "../../support/stack";
import { rowsOf } from "./rows";
import { FeedWorker } from "./worker";

const run = String(Date.now());
const record = (id: string): string => JSON.stringify({ id, t: Date.now(), u: "user", asset: "USDT", q: "1.5" });
const mappingText = (source: string, input: string): string => `version: 1
source: { id: ${source} }
input: ${input}
format: { type: json }
events:
  - fact: user_deposits
    set: { event_time: { field: t, time: milliseconds }, deposit_id: id, state: { const: credited }, user_id: u, account_id: u, asset: asset, amount: q }
`;

/** Lets connections to a port through to a broker that knows nothing of it. */
async function forward(port: number, broker: string): Promise<Server> {
    const server = createServer((client) => {
        const there = connect(Number(broker.split(":").at(-1)), "127.0.0.1");
        for (const [from, to] of [
            [client, there],
            [there, client],
        ] as const)
            from.pipe(to).once("error", () => from.destroy());
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
}

describe("a feed that waits", function () {
    this.timeout(120_000);
    const folder = temporaryFolder("feed-waits");
    let stack: TestStack;

    function mapping(name: string, input: string): string {
        const file = join(folder, `${name}.yaml`);
        writeFileSync(file, mappingText(`${name}-${run}`, input));
        return file;
    }
    const piped = async (brokers: string): Promise<FeedWorker> => {
        const lines = ["a", "b", "c"].map((id) => record(`${id}-${run}`)).join("\n");
        const env = { KAFKA_BROKERS: brokers, MAPPINGS: mapping("piped", "{ stdin: {} }") };
        const worker = FeedWorker.start(env, lines);
        await until(`the end of its input\n${worker.output}`, () => worker.output.includes("input has ended, waiting"));
        return worker;
    };

    before(async () => {
        stack = await sharedStack();
    });
    after(() => removeFolder(folder));

    it("for a topic that does not exist says so, and reads the others meanwhile", async () => {
        const topic = `waiting.${run}`;
        const [wanting, reading] = [mapping("wanting", `{ kafka: { topics: ${topic} } }`), join(folder, "reading.log")];
        writeFileSync(reading, `${record(`beside-${run}`)}\n`);
        const files = [wanting, mapping("beside", `{ file: { path: ${reading} } }`)];
        const worker = FeedWorker.start({ KAFKA_BROKERS: stack.brokers, MAPPINGS: files.join(","), DATA_DIR: folder });
        try {
            const health = async (): Promise<{ status: number; reasons: string[] }> => {
                const answer = await fetch(`http://127.0.0.1:${String(worker.port)}/healthz`);
                const { reasons } = (await answer.json()) as { reasons: string[] };
                return { status: answer.status, reasons };
            };
            const words = `${wanting}: input.kafka: cannot read ${topic} at ${stack.brokers}: there is no topic ${topic}; create it, or correct input.kafka.topics`;
            await until(`the error\n${worker.output}`, () => worker.output.includes(`"why":"${words}"`), 30_000);
            const { status, reasons } = await health();
            assert.equal(status, 503);
            assert.deepEqual(
                reasons.map((reason) => reason.replace(/; since .*/, "")),
                [`input (wanting-${run}): ${words}`],
            );
            await until(
                "the row beside",
                async () => (await rowsOf(stack, "user_deposits", `beside-${run}`)).size === 1,
            );
            const admin = stack.kafka.admin();
            await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
            await admin.disconnect();
            const producer = await stack.producer();
            await producer.send({ topic, acks: -1, messages: [{ value: record(`wanted-${run}`) }] });
            await producer.disconnect();
            await until(
                "the row",
                async () => (await rowsOf(stack, "user_deposits", `wanting-${run}`)).size === 1,
                40_000,
            );
            assert.deepEqual(await health().then((now) => [now.status, now.reasons]), [200, []]);
        } finally {
            assert.equal(await worker.stop(), 0, worker.output);
        }
    });

    it("for Kafka delivers what came from its standard input before it ends, with 0", async () => {
        const port = await freePort();
        const worker = await piped(`127.0.0.1:${String(port)}`);
        const door = await forward(port, stack.brokers);
        try {
            assert.equal(await worker.ended(), 0, worker.output);
            await until("the rows", async () => (await rowsOf(stack, "user_deposits", `piped-${run}`)).size === 3);
        } finally {
            door.close();
        }
    });

    it("for Kafka in vain, and is stopped, names the lines that are not delivered, and ends with 1", async () => {
        const worker = await piped(`127.0.0.1:${String(await freePort())}`);
        assert.equal(await worker.stop(), 1, worker.output);
        assert.match(
            worker.output,
            /"level":"error".*"msg":"3 lines of the standard input .* lines 1 to 3; run it again/,
        );
    });
});
