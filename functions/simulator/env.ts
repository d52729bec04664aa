// The simulator's environment: where its events go, and whether they may.
import { z } from "zod";
import { baseUrl, commonEnv, kafkaEnv, readEnv } from "../shared/env";

const schema = z.object({
    ...commonEnv,
    ...kafkaEnv,
    /** ClickHouse HTTP interface; asked by --verify only. */
    CLICKHOUSE_URL: baseUrl("http:", "https:").prefault("http://127.0.0.1:8123"),
    /** The stack takes synthetic events (config allowSynthetic). Without it the simulator sends nothing: no invented trade among real ones. */
    ALLOW_SYNTHETIC: z.literal("true", "must be true: this stack does not take synthetic events"),
});

/** The simulator's settings. */
export type SimulatorEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export const readSimulatorEnv = (env?: Readonly<Record<string, string | undefined>>): SimulatorEnv =>
    readEnv("simulator", schema, env);
