// The only place where the docker target's images are pinned: a new version is one line here, and one container replaced in the next preview.

/** Images that are pulled, by the service that runs them. Config `images` names others, such as were made on the host where none can be pulled. */
export const images = {
    kafka: "apache/kafka:4.2.1",
    // The line of the embedded engine (chdb 3.4.0 is ClickHouse 26.7), so that both targets take the same SQL.
    clickhouse: "clickhouse/clickhouse-server:26.7",
    // What HyperDX itself is run and tested with; any later one needs a CPU with AVX as this one does.
    mongodb: "mongo:5.0.32-focal",
    // The API that infra/provider/hyperdx is written for, and was observed in.
    hyperdx: "hyperdx/hyperdx:2.36.0",
    // The version whose dashboards' schema tests check against (@grafana/schema).
    grafana: "grafana/grafana:13.2.3",
    // Kafka's metrics are in this distribution alone; the version is the one of the collector that tests build.
    collector: "otel/opentelemetry-collector-contrib:0.149.0",
    nginx: "nginxinc/nginx-unprivileged:1.28.0-alpine",
} as const;

/** A service that is pulled. */
export type Service = keyof typeof images;
