// How fast our way into Kafka is (acks=all), beside Kafka's own Java producer on the same broker with the same bytes: the sink with finished
// messages, as the Java side has them, and the whole way from events (outbox: JSON, packing, metrics, bounded memory).
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { Registry } from "prom-client";
import { KafkaSink, type Message } from "../../functions/shared/kafka";
import { Outbox } from "../../functions/shared/outbox";
import { type AnyEvent } from "../../functions/shared/publisher";
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
/** Events that all sides draw from, over and over. */
const payloads = 20_000;
/** What our side holds at most, so that it is paced by Kafka as a collector is by its venue. */
const heldBytes = 16 * 1024 * 1024;
/** Bytes of a batch, as our side sends them. */
const batchBytes = 1024 * 1024;

/** The fact as if it were not packed, as business events are not. */
const unpacked = Object.fromEntries(Object.entries(marketTrades).filter(([member]) => member !== "packing"));
const facts = { packed: marketTrades as Declaration, single: unpacked as unknown as Declaration };

/** Values of the messages the outbox makes of these events. */
function messagesOf(fact: Declaration, events: readonly AnyEvent[]): string[] {
    const packer = new Packer();
    const packets = events.flatMap((event) => {
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

/** Events a second through the outbox, from the first one published to the last one acknowledged; drawn from a few, as the Java side draws payloads. */
async function outboxRate(
    outbox: Outbox,
    fact: Declaration,
    drawn: readonly AnyEvent[],
    events: number,
): Promise<number> {
    const began = process.hrtime.bigint();
    for (let sent = 0; sent < events; sent += drawn.length) {
        for (const event of drawn) {
            outbox.publish(fact, event);
            while (outbox.heldBytes > heldBytes) await new Promise(setImmediate);
        }
    }
    await outbox.flush();
    return events / (Number(process.hrtime.bigint() - began) / 1e9);
}

/** Events a second through the sink, finished messages in batches as the outbox hands them over. */
async function sinkRate(sink: KafkaSink, batches: readonly Message[][], events: number, each: number): Promise<number> {
    const began = process.hrtime.bigint();
    for (let sent = 0; sent < events; sent += each) for (const batch of batches) await sink.send(batch);
    return events / (Number(process.hrtime.bigint() - began) / 1e9);
}

/** Finished messages in batches of about `batchBytes`. */
function batchesOf(fact: Declaration, values: readonly string[]): Message[][] {
    const size = Math.max(1, Math.floor(batchBytes / (values[0]?.length ?? 1)));
    const messages = values.map((value, n) => ({ topic: fact.topic.name, key: `key-${String(n % 8)}`, value }));
    return Array.from({ length: Math.ceil(values.length / size) }, (_, n) => messages.slice(n * size, (n + 1) * size));
}

/** Events a second over `rounds`, each way beside the Java producer. */
export interface ProducerFigures {
    sink: Pair[];
    outbox: Pair[];
}

/** Measures all three, as messages of 100 events or of one; who goes first changes from round to round. */
export async function producerPath(kind: "packed" | "single", rounds: number): Promise<ProducerFigures> {
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
    const events = kind === "packed" ? 1_000_000 : 300_000;
    const drawn = [...trades(payloads, Date.now())];
    const values = messagesOf(fact, drawn);
    const batches = batchesOf(fact, values);
    writeFileSync(file, values.join(delimiter));
    const sides = {
        sink: () => sinkRate(sink, batches, events, drawn.length),
        outbox: () => outboxRate(outbox, fact, drawn, events),
        java: async () => perMessage * (await javaRate(kafka.brokers, fact, file, events / perMessage)),
    };
    const figures: ProducerFigures = { sink: [], outbox: [] };
    const order = ["sink", "outbox", "java"] as const;
    try {
        // The first round warms all sides up and is not counted.
        for (let round = 0; round <= rounds; round += 1) {
            const rates = { sink: 0, outbox: 0, java: 0 };
            for (const n of order.keys()) {
                const side = order[(n + round) % order.length] ?? "java";
                rates[side] = await sides[side]();
            }
            if (round === 0) continue;
            figures.sink.push({ ours: rates.sink, theirs: rates.java });
            figures.outbox.push({ ours: rates.outbox, theirs: rates.java });
        }
        return figures;
    } finally {
        await outbox.close(5_000);
        await topics.close();
        await kafka.stop();
        removeFolder(folder);
    }
}
