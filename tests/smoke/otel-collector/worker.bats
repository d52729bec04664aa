# Proves: what a worker of ours sends is taken by a real collector, and stands in ClickHouse as it was meant: severities, one trace from a send to what it led
# to, the log line written meanwhile, the registry's numbers; nothing of a person. The worker is tests/support/telemetryEmitter.ts.

load helpers
setup_file() {
    load_variables && export DATA
    OTEL_EXPORTER_OTLP_ENDPOINT=$OTLP OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20$TOKEN" OTEL_TRACES_SAMPLER_ARG=1 \
        node --require tsx/cjs "$BATS_TEST_DIRNAME/../../support/telemetryEmitter.ts" >"$BATS_FILE_TMPDIR/log"
}

@test "its log" {
    # Nothing was refused: that would be said, when it is too late to be sent.
    [ "$(grep -c "not delivered" "$BATS_FILE_TMPDIR/log")" = 0 ]
    wait_for_rows otel_logs "$(wc -l <"$BATS_FILE_TMPDIR/log")" emitter
    same_as_snapshot worker/log
    [ "$(query "SELECT count() FROM otel.otel_logs WHERE ServiceName = 'emitter' AND toString((Body, LogAttributes)) LIKE '%4711%'")" = 0 ]
}

@test "its trace" {
    wait_for_rows otel_traces 3 emitter
    wait_for_rows otel_logs "$(wc -l <"$BATS_FILE_TMPDIR/log")" emitter
    same_as_snapshot worker/trace
}

@test "its numbers" {
    wait_for_rows otel_metrics_histogram 1 emitter
    wait_for_rows otel_metrics_sum 1 emitter
    wait_for_rows otel_metrics_gauge 1 emitter
    same_as_snapshot worker/metrics
}
