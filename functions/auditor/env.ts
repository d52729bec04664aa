// What the auditor is told.
import { z } from "zod";
import { baseUrl, commonEnv, kafkaEnv, port } from "../shared/env";

/** Variables of the auditor; the program that deploys it sets them. */
export const auditorEnv = z.object({
    ...commonEnv,
    ...kafkaEnv,
    /** ClickHouse HTTP interface. */
    CLICKHOUSE_URL: baseUrl("http:", "https:").prefault("http://127.0.0.1:8123"),
    /** Port of /healthz and /metrics on loopback; 0 takes a free one. */
    METRICS_PORT: port.default(0),
    /** Pause between two rounds while events flow, milliseconds. */
    AUDIT_INTERVAL_MS: z.coerce.number().int().min(100).default(5_000),
});
