# Proves: the collector finds the rendered configurations valid, and one that is not, not. Without its Kafka receiver, which is not in this build.

load helpers
setup_file() { load_variables; }

validate() {
    OTLP_TOKEN=t CLICKHOUSE_USER=u CLICKHOUSE_PASSWORD='p$w:/@' HOST_NAME=h "$COLLECTOR" validate --config "$1"
}

@test "the configuration of these tests" {
    validate "$CONFIG"
}

@test "the committed configuration of a gateway before a cluster" {
    validate "$BATS_TEST_DIRNAME/../../golden/collector/gateway.yaml"
}

@test "one with a wrong setting is refused" {
    sed 's/max_size:/max_sice:/' "$CONFIG" >"$BATS_TEST_TMPDIR/wrong.yaml"
    run validate "$BATS_TEST_TMPDIR/wrong.yaml"
    [ "$status" -ne 0 ]
    [[ $output == *max_sice* ]]
}
