// The one place that makes kafkajs clients, with its idle connections made idle.
import { createRequire } from "node:module";
import { type Admin, Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { type Position, positions } from "../../schema/positions";
import { kafkaLogin } from "./kafkaLogin";
import { telemetry } from "./telemetry";
import { traceConsumers } from "./telemetryConsumers";

/** The part of kafkajs's request queue that is mended here. */
interface RequestQueue {
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
}

// Without waiting requests kafkajs 2.2.4 sets its timer into the past, so again and again after 1 ms: 4% of a core for each connection that
// does nothing. What is pushed later sets the timer itself, and an answered request looks at the queue anyway.
const load = createRequire(__filename);
const { prototype } = load("kafkajs/src/network/requestQueue") as { prototype: RequestQueue };
// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the queue as `this` below
const schedule = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
};

/** The login as kafkajs wants it. */
function access(brokers: readonly string[]): Pick<KafkaConfig, "sasl" | "ssl"> {
    const login = kafkaLogin(brokers);
    if (login === undefined) return {};
    const { username, password, ca } = login;
    const sasl = { mechanism: "scram-sha-512", username, password } as const;
    return ca === undefined ? { sasl } : { sasl, ssl: { ca: [ca] } };
}

/**
 * A kafkajs client; it logs nothing by itself unless told to. To the worker's own brokers it logs in as the environment says; its consumers go on with traces where
 * there is telemetry.
 */
export function createKafka(config: KafkaConfig & { brokers: string[] }): Kafka {
    const kafka = new Kafka({ logLevel: logLevel.NOTHING, ...access(config.brokers), ...config });
    const tracing = telemetry();
    return tracing === undefined ? kafka : traceConsumers(kafka, tracing);
}

/** Positions of a topic's partitions as its feed's consumer group sees them; `admin` must be connected. */
export async function feedPositions(admin: Admin, topic: string, groupId: string): Promise<Position[]> {
    const [ends, groups] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId, topics: [topic] }),
    ]);
    return positions(ends, groups);
}
