// A worker of the smallest kind, run as a process of its own: sends one message to `relay-in`, reads it as our consumers do, sends what follows from it to
// `relay-out`, and stops. It reads with kafkajs and sends with the workers' own sink.
import { KafkaSink } from "../../../functions/shared/kafka";
import { createKafka } from "../../../functions/shared/kafkajs";
import { createLog } from "../../../functions/shared/log";
import { Shutdown } from "../../../functions/shared/shutdown";

async function main(brokers: string[]): Promise<void> {
    const log = createLog("relay");
    const sink = new KafkaSink("relay", brokers, log);
    await sink.send(["a", "b"].map((key) => ({ topic: "relay-in", key, value: "{}" })));
    const consumer = createKafka({ clientId: "relay", brokers }).consumer({ groupId: "relay", maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: "relay-in", fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
        const eachBatch = (): Promise<void> => sink.send([{ topic: "relay-out", key: "c", value: "{}" }]).then(resolve);
        consumer.run({ eachBatch }).catch(reject);
    });
    await consumer.disconnect();
    await sink.close();
    await new Shutdown(log).run("done");
}

main((process.env["KAFKA_BROKERS"] ?? "").split(",")).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
