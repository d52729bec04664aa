#!/usr/bin/env bash
# `npm run smoke`: builds the collector, once for this machine, and runs the smoke tests on it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../../infra/cli/lib.sh"
. "$ROOT/infra/cli/toolchain.sh"

HERE=$ROOT/tests/smoke/otel-collector
BUILDER_VERSION=v0.149.0
# Another manifest is another collector.
BUILT_COLLECTOR=$CACHE/otelcol-$BUILDER_VERSION-$(cksum <"$HERE/builder.yaml" | cut -d ' ' -f 1)

# build_collector: with OpenTelemetry's own builder, from Go modules. Where Go has no module cache yet, the build leaves none behind.
build_collector() {
    local code=0 work=$CACHE/build.$$
    command -v go >/dev/null ||
        fail "the collector of the smoke tests must be built, which needs Go; install it: apt-get install golang-go, or https://go.dev/dl"
    remove_dead_builds
    mkdir -p "$work"
    trap 'stop_watched; rm -rf "$CACHE/build.$$"' EXIT
    export GOFLAGS="-modcacherw -buildvcs=false" GOWORK=off CGO_ENABLED=0
    if [ ! -d "$(go env GOMODCACHE)" ]; then export GOMODCACHE=$work/modules GOCACHE=$work/objects; fi
    say "OpenTelemetry collector ${BUILDER_VERSION#v}: building it from Go modules, once for this machine (3 to 6 minutes)"
    go_for_build "$work"
    cp "$HERE/builder.yaml" "$work"
    cd "$work"
    watch_step "collector build" 1800 nice -n 15 "$GO_COMMAND" run "go.opentelemetry.io/collector/cmd/builder@$BUILDER_VERSION" \
        --config builder.yaml --ldflags="-s -w" || code=$?
    ((code == 0)) || explain_failure "collector build" "$code"
    mkdir -p "$BUILT_COLLECTOR"
    mv -f out/otelcol "$BUILT_COLLECTOR/otelcol"
    cd "$ROOT"
    rm -rf "$work"
}

use_project_node
[ -x "$BUILT_COLLECTOR/otelcol" ] || build_collector
export COLLECTOR=$BUILT_COLLECTOR/otelcol
exec "$ROOT/node_modules/bats/bin/bats" "$HERE"
