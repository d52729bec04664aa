# Proves: spans land with what links them, metrics of each kind in the table where HyperDX looks for it, the machine's own metrics under its name, and all
# tables keep what they have for as long as the configuration says.

load helpers
setup_file() { load_variables && export DATA; }

@test "spans land with attributes, events, links, and the parent they had" {
    emit_admitted traces traces
    wait_for_rows otel_traces 2 traces
    same_as_snapshot traces
    wait_for "SELECT count() = 1 FROM otel.otel_traces_trace_id_ts WHERE TraceId = '0af7651916cd43dd8448eb211c80319c'"
}

@test "metrics land in the table of their kind" {
    emit_admitted metrics metrics
    for kind in gauge sum histogram exponential_histogram summary; do
        wait_for_rows "otel_metrics_$kind" 1 metrics
    done
    same_as_snapshot metrics
}

@test "the machine's metrics land under its name" {
    for family in cpu memory filesystem network disk paging; do
        wait_for "SELECT count() > 0 FROM merge('otel', '^otel_metrics_(gauge|sum)$')
            WHERE MetricName LIKE 'system.$family.%' AND ResourceAttributes['host.name'] = 'smoke-host'"
    done
}

@test "every table forgets after thirty days" {
    local kept
    kept=$(query "SELECT name FROM system.tables WHERE database = 'otel' AND engine LIKE '%MergeTree' AND engine_full LIKE '%toIntervalDay(30)%' ORDER BY name")
    diff -u <(printf 'otel_%s\n' logs metrics_{exponential_histogram,gauge,histogram,sum,summary} traces{,_trace_id_ts}) <(echo "$kept")
}
