// How this worker logs in to its Kafka: SCRAM-SHA-512 over TLS where its environment says so, and nothing where Kafka lets everybody in. Both clients read it here.
import { readFileSync } from "node:fs";

type Environment = Readonly<Record<string, string | undefined>>;

/** What a client is told of it. */
export interface KafkaLogin {
    username: string;
    password: string;
    /** The certificate that signs the brokers', in PEM; absent: no TLS. */
    ca?: string;
}

const given = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

/**
 * The login that goes with brokers: those of KAFKA_BROKERS. Others, a venue's own for one, are never told it. The certificate is read anew each time, for it is
 * renewed while workers run.
 * @throws Error when there is half a login, or its certificate cannot be read
 */
export function kafkaLogin(brokers: readonly string[], env: Environment = process.env): KafkaLogin | undefined {
    const own = (env["KAFKA_BROKERS"] ?? "").split(",").map((broker) => broker.trim());
    const username = given(env["KAFKA_USERNAME"]);
    const password = given(env["KAFKA_PASSWORD"]);
    const caFile = given(env["KAFKA_CA_FILE"]);
    if ((username === undefined && password === undefined) || !brokers.every((broker) => own.includes(broker)))
        return undefined;
    if (username === undefined || password === undefined)
        throw new Error(
            "kafka: KAFKA_USERNAME and KAFKA_PASSWORD go together, one of them is missing; set both, or none",
        );
    return { username, password, ...(caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") }) };
}
