// The feed's environment: every variable it understands, with its default.
import { z } from "zod";
import { commonEnv, kafkaEnv, list, port, readEnv } from "../shared/env";

const schema = z.object({
    ...commonEnv,
    ...kafkaEnv,
    /** Port of /healthz, /livez and /metrics on 127.0.0.1; 0 takes a free one. */
    METRICS_PORT: port.default(0),
    /** Mapping files, comma-separated; one source each. */
    MAPPINGS: list,
    /** Folder for the places to read on from in followed files. */
    DATA_DIR: z.string().default("."),
    /** Login of the schema registry, for mappings of Avro and Protobuf. */
    SCHEMA_REGISTRY_USERNAME: z.string().optional(),
    SCHEMA_REGISTRY_PASSWORD: z.string().optional(),
});

/** The feed's settings. */
export type FeedEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export const readFeedEnv = (env?: Readonly<Record<string, string | undefined>>): FeedEnv =>
    readEnv("matching-engine", schema, env);
