// How fast our way into Kafka is (outbox, packing, kafkajs; acks=all), beside Kafka's own Java producer on the same broker with the same bytes.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { Registry } from "prom-client";
import { KafkaSink } from "../../functions/shared/kafka";
import { Outbox } from "../../functions/shared/outbox";
import { Packer, packetValue } from "../../functions/shared/packing";
import { kafkaTool } from "../../infra/embedded/kafka/java";
import { type Declaration, marketTrades } from "../../schema";
import { startKafka } from "../support/kafka";
import { removeFolder, temporaryFolder } from "../support/processes";
import { Topics } from "../support/topics";
import { type Pair } from "./drain";
import { trades } from "./samples";

const tool = "org.apache.kafka.tools.ProducerPerformance";
/** Between two messages of the payload file: they hold lines. */
const delimiter = "\u001e";
/** Messages of the payload file, from which the Java side draws. */
const payloads = 20_000;
/** What our side holds at most, so that it is paced by Kafka as a collector is by its venue. */
const heldBytes = 16 * 1024 * 1024;
/** Bytes of a batch, as our side sends them. */
const batchBytes = 1024 * 1024;

/** The fact as if it were not packed, as business events are not. */
const unpacked = Object.fromEntries(Object.entries(marketTrades).filter(([member]) => member !== "packing"));
const facts = { packed: marketTrades as Declaration, single: unpacked as unknown as Declaration };

/** Values of the messages the outbox makes of these events. */
function messagesOf(fact: Declaration, count: number): string[] {
    const packer = new Packer();
    const packets = [...trades(count, Date.now())].flatMap((event) => {
        const line = JSON.stringify(event);
        return packer.add(fact, event, line, Buffer.byteLength(line));
    });
    return [...packets, ...packer.takeDue(true)].map(packetValue);
}

/** Messages a second of the Java producer once it is warm; each of its runs is a process of its own. */
async function javaRate(
    brokers: readonly string[],
    fact: Declaration,
    file: string,
    messages: number,
): Promise<number> {
    const producer = [`bootstrap.servers=${brokers.join(",")}`, "acks=all", `batch.size=${String(batchBytes)}`];
    const counts = ["--num-records", String(messages * 2), "--warmup-records", String(messages), "--throughput", "-1"];
    const payload = ["--payload-file", file, "--payload-delimiter", delimiter];
    const args = ["--topic", fact.topic.name, ...counts, ...payload, "--command-property", ...producer];
    const [java = "", ...command] = await kafkaTool(tool, args);
    const { stdout } = await promisify(execFile)(java, command);
    const steady = /steady state records sent, ([\d.]+) records\/sec/.exec(stdout)?.[1];
    if (steady === undefined) throw new Error(`${tool} told no rate of its steady state:\n${stdout}`);
    return Number(steady);
}

/** Events a second through the outbox, from the first one published to the last one acknowledged. */
async function outboxRate(outbox: Outbox, fact: Declaration, events: number): Promise<number> {
    const all = [...trades(events, Date.now())];
    const began = process.hrtime.bigint();
    for (const event of all) {
        outbox.publish(fact, event);
        while (outbox.heldBytes > heldBytes) await new Promise(setImmediate);
    }
    await outbox.flush();
    return events / (Number(process.hrtime.bigint() - began) / 1e9);
}

/** Events a second of both sides over `rounds`, as messages of 100 events or of one; who goes first alternates. */
export async function producerPath(kind: "packed" | "single", rounds: number): Promise<Pair[]> {
    const fact = facts[kind];
    const folder = temporaryFolder("bench-producer");
    const kafka = await startKafka({ dir: folder });
    const topics = await Topics.connect(kafka.brokers);
    await topics.create([fact]);
    const log = pino({ level: "silent" });
    const sink = new KafkaSink("bench", kafka.brokers, log);
    const outbox = new Outbox({ sink, log, registry: new Registry(), sourceId: "bench", maxBytes: 4 * heldBytes });
    const file = join(folder, "payloads");
    const perMessage = fact.packing?.maxEvents ?? 1;
    writeFileSync(file, messagesOf(fact, Math.min(payloads * perMessage, 500_000)).join(delimiter));
    const events = kind === "packed" ? 1_000_000 : 300_000;
    const sides = {
        ours: () => outboxRate(outbox, fact, events),
        theirs: async () => perMessage * (await javaRate(kafka.brokers, fact, file, events / perMessage)),
    };
    const pairs: Pair[] = [];
    try {
        // The first round warms both sides up and is not counted.
        for (let round = 0; round <= rounds; round += 1) {
            const pair: Pair = { ours: 0, theirs: 0 };
            const order = round % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const);
            for (const side of order) pair[side] = await sides[side]();
            pairs.push(pair);
        }
        return pairs.slice(1);
    } finally {
        await outbox.close(5_000);
        await topics.close();
        await kafka.stop();
        removeFolder(folder);
    }
}
