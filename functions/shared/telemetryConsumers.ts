// Consumers that go on with the traces of what they read: around whatever a worker does with a batch.
import { type Consumer, type ConsumerRunConfig, type EachBatchPayload, type Kafka } from "kafkajs";
import { type Telemetry } from "./telemetry";

function traceparents({ batch: { messages } }: EachBatchPayload): string[] {
    return messages.flatMap(({ headers }) => {
        const found = headers?.["traceparent"];
        return found === undefined || Array.isArray(found) ? [] : [found.toString()];
    });
}

function traced(consumer: Consumer, tracing: Telemetry): Consumer {
    const run = consumer.run.bind(consumer);
    consumer.run = (config: ConsumerRunConfig = {}) => {
        const { eachBatch, ...others } = config;
        if (eachBatch === undefined) return run(config);
        return run({
            ...others,
            eachBatch: (payload) =>
                tracing.receiving(payload.batch.topic, traceparents(payload), () => eachBatch(payload)),
        });
    };
    return consumer;
}

/** Traces every consumer of batches that this client makes. */
export function traceConsumers(kafka: Kafka, tracing: Telemetry): Kafka {
    const make = kafka.consumer.bind(kafka);
    kafka.consumer = (config) => traced(make(config), tracing);
    return kafka;
}
