# What the smoke tests are made of: emit, wait, compare. Each case is a folder under data/, and the service's name in what it sends.

# setup_file of every file: where things are.
load_variables() {
    . "$VARIABLES"
    DATA=$BATS_TEST_DIRNAME/data
}

# query <SQL>: what ClickHouse answers.
query() {
    curl -sS --fail-with-body "$CLICKHOUSE/" --data-binary "$1"
}

# emit <logs|traces|metrics> <case> [curl arguments]: sends the case's input, with times of now (nanoseconds; @NOW+n@: n later), and prints the HTTP status.
emit() {
    local now
    now=$(date +%s)
    sed -E "s/@NOW\+([0-9]{9})@/$now\1/g; s/@NOW@/${now}000000000/g" "$DATA/$2/input.json" |
        curl -sS -o /dev/null -w '%{http_code}' -H 'content-type: application/json' "${@:3}" "$OTLP/v1/$1" --data-binary @-
}

# emit_admitted <logs|traces|metrics> <case>
emit_admitted() {
    [ "$(emit "$1" "$2" -H "authorization: Bearer $TOKEN")" = 200 ]
}

# wait_for <SQL that gives 1 in the end>: two minutes at most, far longer than the collector holds anything back.
wait_for() {
    local tries
    for ((tries = 0; tries < 240; tries++)); do
        [ "$(query "$1")" = 1 ] && return 0
        sleep 0.5
    done
    echo "waited in vain for: $1" >&2
    return 1
}

# wait_for_rows <table> <rows> <case>
wait_for_rows() {
    wait_for "SELECT count() >= $2 FROM otel.$1 WHERE ServiceName = '$3'"
}

# same_as_snapshot <case>: what the case's query gives is what was committed.
same_as_snapshot() {
    diff -u "$DATA/$1/expected.snap" <(query "$(cat "$DATA/$1/assert.sql")")
}
