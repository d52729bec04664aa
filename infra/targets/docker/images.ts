// The only place where the docker target's images are pinned: a new version is one line here, and one container replaced in the next preview.

/** Images that are pulled, by the service that runs them. */
export const images = {
    kafka: "apache/kafka:4.2.1",
    // The line of the embedded engine (chdb 3.4.0 is ClickHouse 26.7), so that both targets take the same SQL.
    clickhouse: "clickhouse/clickhouse-server:26.7",
} as const;
