// The only place where the kubernetes target's versions are pinned, but for those of pages, which are docker's: a new one is one line here, and what runs it is rolled in the next `up`.

import { images as pages } from "../docker/images";

/** Kafka, as Strimzi 1.2 runs it; the metadata version goes up after the version has proven itself, and never down. */
export const kafkaVersion = { version: "4.2.1", metadataVersion: "4.2-IV1" } as const;

/** Images of others. */
export const images = {
    // The line of the embedded engine (chdb 3.4.0 is ClickHouse 26.7), so that all targets take the same SQL.
    clickhouse: "clickhouse/clickhouse-server:26.7",
    keeper: "clickhouse/clickhouse-keeper:26.7",
    // One of the versions whose exporter to ClickHouse is to be had as a Go module too.
    collector: "otel/opentelemetry-collector-contrib:0.149.0",
    mongodb: pages.mongodb,
    hyperdx: pages.hyperdx,
    grafana: pages.grafana,
} as const;
