/**
 * Proves, with the real broker, that kafkajs can produce and consume, that an acknowledged message survives kill -9, that storage is
 * formatted once, and that wrong starts are refused in words. Does not prove durability over a power loss (page cache; see properties.ts).
 */
import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { kafkaTool } from "../../../infra/embedded/kafka/java";
import { kafkaProcess } from "../../../infra/embedded/kafka/process";
import { type BrokerPlace, brokerFiles } from "../../../infra/embedded/kafka/properties";
import { PROJECT_DIR } from "../../../infra/embedded/supervisor/paths";
import { type TestKafka, startKafka } from "../../support/kafka";
import { freePort, removeFolder, temporaryFolder, until } from "../../support/processes";

describe("kafka: the embedded broker", function () {
    this.timeout(120_000);
    let dir: string;
    let kafka: TestKafka;
    before(async function () {
        this.timeout(400_000);
        dir = temporaryFolder("kafka");
        kafka = await startKafka({ dir: path.join(dir, "broker") });
    });
    after(async () => {
        await kafka.stop();
        removeFolder(dir);
    });

    function client(): Kafka {
        const retry = { retries: 20, initialRetryTime: 50, maxRetryTime: 1_000 };
        return new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING, retry });
    }

    async function makeTopic(topic: string, numPartitions = 1): Promise<void> {
        const admin = client().admin();
        await admin.connect();
        await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, replicationFactor: 1 }] });
        await admin.disconnect();
    }

    async function countMessages(topic: string): Promise<number> {
        const admin = client().admin();
        await admin.connect();
        const offsets = await admin.fetchTopicOffsets(topic);
        await admin.disconnect();
        return offsets.reduce((sum, { high }) => sum + Number(high), 0);
    }

    async function consume(topic: string, count: number): Promise<string[]> {
        const consumer = client().consumer({ groupId: `read-${topic}` });
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
        const values: string[] = [];
        await new Promise<void>((resolve, reject) => {
            const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
                values.push(message.value?.toString() ?? "");
                if (values.length >= count) resolve();
                return Promise.resolve();
            };
            consumer.run({ eachMessage }).catch(reject);
        });
        await consumer.disconnect();
        return values;
    }

    it("takes and gives messages through kafkajs, with order kept per key", async () => {
        await makeTopic("order", 3);
        const producer = client().producer({ idempotent: true });
        await producer.connect();
        const messages = Array.from({ length: 300 }, (_, index) => ({
            key: `k${index % 5}`,
            value: `${index % 5}:${index}`,
        }));
        await producer.send({ topic: "order", acks: -1, messages });
        await producer.disconnect();
        const values = await consume("order", 300);
        for (const key of ["0", "1", "2", "3", "4"]) {
            const own = values.filter((value) => value.startsWith(`${key}:`)).map((value) => Number(value.slice(2)));
            assert.deepEqual(
                own,
                [...own].sort((a, b) => a - b),
            );
            assert.equal(own.length, 60);
        }
    });

    it("makes no topic by itself", async () => {
        const producer = new Kafka({
            brokers: kafka.brokers,
            logLevel: logLevel.NOTHING,
            retry: { retries: 0 },
        }).producer();
        await producer.connect();
        await assert.rejects(
            producer.send({ topic: "misspelt", messages: [{ value: "x" }] }),
            /does not host this topic-partition/,
        );
        await producer.disconnect();
    });

    it("loses no acknowledged message to kill -9, and starts again on its data", async () => {
        await makeTopic("killed");
        const producer = client().producer();
        await producer.connect();
        const acknowledged: string[] = [];
        const stop = new AbortController();
        const producing = (async () => {
            for (let next = 0; !stop.signal.aborted; next += 50) {
                const values = Array.from({ length: 50 }, (_, index) => String(next + index));
                const send = () =>
                    producer.send({ topic: "killed", acks: -1, messages: values.map((value) => ({ value })) });
                while (
                    !(await send().then(
                        () => true,
                        () => false,
                    ))
                ); // Until acknowledged, so a batch may be there twice.
                acknowledged.push(...values);
            }
        })();
        for (let kills = 0; kills < 2; kills += 1) {
            const before = acknowledged.length;
            await until("2,000 acknowledged messages", () => acknowledged.length >= before + 2_000, 60_000);
            await kafka.kill9();
            await kafka.restart();
        }
        stop.abort();
        await producing;
        await producer.disconnect();
        const found = await consume("killed", await countMessages("killed"));
        assert.ok(acknowledged.length >= 4_000);
        assert.deepEqual([...new Set(found)], acknowledged, "each once or more, in order");
    });

    it("stops in good order while clients are connected", async () => {
        const producer = client().producer();
        await producer.connect();
        await kafka.stop();
        assert.ok(existsSync(path.join(brokerFiles(kafka.place.dir).data, ".kafka_cleanshutdown")));
        await producer.disconnect();
        await kafka.restart();
    });

    it("formats its storage once, and completes a format that was interrupted with the same cluster id", async () => {
        const { meta } = brokerFiles(kafka.place.dir);
        const before = readFileSync(meta, "utf8");
        await kafka.restart();
        assert.equal(readFileSync(meta, "utf8"), before);

        const other = await startKafka({ dir: path.join(dir, "interrupted") });
        await other.kill9();
        const files = brokerFiles(other.place.dir);
        const id = readFileSync(files.clusterId, "utf8");
        rmSync(files.data, { recursive: true });
        mkdirSync(files.data);
        await other.restart();
        assert.ok(readFileSync(files.meta, "utf8").includes(`cluster.id=${id}`));
        await other.stop();
    });

    it("refuses a second broker on the same folder", async () => {
        const place = { ...kafka.place, port: await freePort(), controllerPort: await freePort() };
        const said = await refusal(place);
        assert.equal(
            said,
            `kafka: a folder serves one broker, found pid ${kafka.pid} running on ${place.dir} with port ${kafka.place.port}; stop it or use another folder`,
        );
    });

    it("says which port is in use", async () => {
        const server = createServer();
        const port = await freePort();
        await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
        try {
            const place = { dir: path.join(dir, "other"), port: await freePort(), controllerPort: port };
            assert.match(
                await refusal(place),
                new RegExp(
                    `^kafka: it shall listen on 127.0.0.1:${port}, found that port in use; .*kafkaControllerPort`,
                ),
            );
        } finally {
            server.close();
        }
    });

    it("says what to install when there is no Java, or no Maven to fetch the jars", async () => {
        const place = { dir: path.join(dir, "bare"), port: await freePort(), controllerPort: await freePort() };
        const bin = path.join(dir, "bin");
        mkdirSync(bin);
        assert.match(
            await refusal(place, { PATH: bin }),
            /^kafka: `java -version` cannot be run; install Java 17 or newer/,
        );
        const java = (await promisify(execFile)("/bin/sh", ["-c", "command -v java"])).stdout.trim();
        const env = { PATH: bin, JAVA_HOME: await javaHome(java), XDG_CACHE_HOME: path.join(dir, "empty-cache") };
        assert.match(
            await refusal(place, env),
            /kafka: Maven fetches Kafka's jars, and `mvn` cannot be run; install it/,
        );
    });

    it("has the tools that measure a producer and list consumer groups", async () => {
        await makeTopic("measured");
        const properties = [`bootstrap.servers=${kafka.brokers[0] ?? ""}`, "acks=all"];
        const perf = await run(
            await kafkaTool("org.apache.kafka.tools.ProducerPerformance", [
                ...["--topic", "measured", "--num-records", "1000", "--record-size", "100", "--throughput", "-1"],
                ...["--command-property", ...properties],
            ]),
        );
        assert.match(perf, /1000 records sent/);
        await consume("measured", 1000);
        const groups = await run(
            await kafkaTool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", [
                ...["--bootstrap-server", kafka.brokers[0] ?? "", "--list"],
            ]),
        );
        assert.ok(groups.split("\n").includes("read-measured"));
    });
});

/** Launches a broker that must not start, and returns the last line it said. */
async function refusal(
    place: BrokerPlace,
    env: Record<string, string> = { PATH: process.env["PATH"] ?? "" },
): Promise<string> {
    const [, ...args] = kafkaProcess(place, {}).command;
    try {
        await promisify(execFile)(process.execPath, args, { cwd: PROJECT_DIR, env, timeout: 60_000 });
    } catch (error) {
        const { code, stderr } = error as { code: number; stderr: string };
        assert.equal(code, 1);
        return stderr.trim().split("\n").at(-1) ?? "";
    }
    throw new Error("it started, which it must not");
}

async function run([file = "", ...args]: string[]): Promise<string> {
    return (await promisify(execFile)(file, args)).stdout;
}

async function javaHome(java: string): Promise<string> {
    const settings = await promisify(execFile)(java, ["-XshowSettings:properties", "-version"]);
    return /java\.home = (\S+)/.exec(settings.stderr)?.[1] ?? "";
}
