# Before the first test and after the last: ClickHouse, the collector, and what the tests know of them.

setup_suite() {
    VARIABLES=$BATS_SUITE_TMPDIR/variables
    export VARIABLES
    local seconds=0
    node --require tsx/cjs "$BATS_TEST_DIRNAME/serve.ts" "$COLLECTOR" "$VARIABLES" >"$BATS_SUITE_TMPDIR/serve.log" 2>&1 3>&- &
    echo $! >"$BATS_SUITE_TMPDIR/pid"
    until [ -f "$VARIABLES" ]; do
        if ! kill -0 "$(cat "$BATS_SUITE_TMPDIR/pid")" 2>/dev/null || ((seconds >= 120)); then
            cat "$BATS_SUITE_TMPDIR/serve.log" >&2
            return 1
        fi
        sleep 1
        seconds=$((seconds + 1))
    done
}

teardown_suite() {
    local pid
    pid=$(cat "$BATS_SUITE_TMPDIR/pid")
    kill "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
}
