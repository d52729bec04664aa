# Second step of `make start`: the dependencies of package-lock.json, the Node that runs everything, and the Pulumi CLI (found, fetched or built). Sourced after lib.sh.

PULUMI_VERSION=3.250.0
MINIMUM_PULUMI=3.200.0
BUILT_PULUMI=$CACHE/pulumi-$PULUMI_VERSION
OFFICIAL_PULUMI_HOME=$CACHE/official
OFFICIAL_PULUMI=$OFFICIAL_PULUMI_HOME/versions/$PULUMI_VERSION/bin
# The Go that the CLI's module asks for, and the first Go that fetches such a toolchain by itself.
WANTED_GO=1.25.11
FIRST_GO_WITH_TOOLCHAINS=1.21

# dependencies_differ: succeeds, and says how, when node_modules is not what package-lock.json says.
dependencies_differ() {
    ! node "$ROOT/infra/cli/dependencies.js" "$ROOT" 2>/dev/null
}

install_dependencies() {
    local difference code=0
    if difference=$(dependencies_differ); then
        say "dependencies: ${difference:-not installed}; npm ci (about a minute)"
        cd "$ROOT"
        watch_step "npm ci" 1200 npm ci --no-audit --no-fund --loglevel=http || code=$?
        ((code == 0)) || explain_failure "npm ci" "$code"
    fi
    use_project_node
    say "dependencies: installed, Node $(node --version)"
}

# The Node that npm brought goes first on PATH: the provider and the workers start as `node`.
use_project_node() {
    local folder
    [ -d "$ROOT/node_modules/tsx" ] || not_installed
    for folder in "$ROOT"/node_modules/node-linux-*/bin; do
        if [ -x "$folder/node" ] && "$folder/node" --version >/dev/null 2>&1; then PATH=$folder:$PATH; fi
    done
    export PATH NODE_COMPILE_CACHE=$CACHE/node
    version_at_least 22.22 "$(node --version | tr -d v)" || is_installing ||
        fail "Node 22.22 or later is needed, $(node --version) found, and npm brings none for this platform; install it: https://nodejs.org"
}

# not_installed: the end of a command that came too early.
not_installed() {
    is_installing || fail "nothing is installed yet; run first: make start"
}

# is_installing: ends the command when another one is at it; false otherwise.
is_installing() {
    local holder
    holder=$(holder_of_project) && [ "$holder" != "$$" ] || return 1
    fail "another 'make' (process $holder) is still installing; wait for it"
}

# usable_pulumi <path>: sets PULUMI and PULUMI_FOUND_VERSION when that CLI is new enough.
usable_pulumi() {
    local version
    [ -x "$1" ] || return 1
    version=$(PULUMI_SKIP_UPDATE_CHECK=1 "$1" version 2>/dev/null) || return 1
    version_at_least "$MINIMUM_PULUMI" "${version#v}" || return 1
    PULUMI=$1
    PULUMI_FOUND_VERSION=${version#v}
}

# known_pulumi <path>: the same for a CLI in the cache, whose folder tells its version: asking it would take 0.2 s of every command.
known_pulumi() {
    [ -x "$1" ] || return 1
    PULUMI=$1
    PULUMI_FOUND_VERSION=$PULUMI_VERSION
}

# find_pulumi: on PATH, else fetched before, else built before. Looked for once.
PULUMI=""
find_pulumi() {
    [ -n "$PULUMI" ] || usable_pulumi "$(command -v pulumi || true)" || known_pulumi "$OFFICIAL_PULUMI/pulumi" || known_pulumi "$BUILT_PULUMI/pulumi"
}

official_pulumi_reachable() {
    if command -v curl >/dev/null; then
        curl -fsS -m 5 -o /dev/null https://get.pulumi.com/install.sh 2>/dev/null
    else
        node -e 'fetch("https://get.pulumi.com/install.sh", { signal: AbortSignal.timeout(5000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' 2>/dev/null
    fi
}

# The npm package `pulumi` fetches the official CLI when it is first run.
fetch_pulumi() {
    official_pulumi_reachable || return 1
    say "Pulumi CLI $PULUMI_VERSION: fetching the official one"
    PULUMI_HOME=$OFFICIAL_PULUMI_HOME watch_step "pulumi fetch" 600 npm exec --yes --package="pulumi@$PULUMI_VERSION" -- pulumi version || return 1
    usable_pulumi "$OFFICIAL_PULUMI/pulumi"
}

go_version() {
    (cd / && GOTOOLCHAIN=local go version) | sed -nE 's/.* go([0-9.]+).*/\1/p'
}

# go_for_build <work folder>: sets GO_COMMAND to a Go that can build the CLI. An old Go cannot switch toolchains by
# itself but can fetch one as the module it is; modules keep no execute bits, so they are set.
go_for_build() {
    local version toolchain code=0
    version=$(go_version)
    GO_COMMAND=go
    if ! version_at_least "$WANTED_GO" "$version"; then export GOTOOLCHAIN=auto; fi
    version_at_least "$FIRST_GO_WITH_TOOLCHAINS" "$version" && return 0
    say "Go $version is too old: fetching Go $WANTED_GO from the module proxy"
    mkdir -p "$1/empty" # outside any module: an old Go cannot read this one's go.mod
    toolchain=golang.org/toolchain@v0.0.1-go$WANTED_GO.$(go env GOOS)-$(go env GOARCH)
    watch_step "go toolchain" 600 bash -c 'cd "$1" && exec go mod download "$2"' - "$1/empty" "$toolchain" || code=$?
    ((code == 0)) || explain_failure "go toolchain" "$code"
    toolchain=$(go env GOMODCACHE)/$toolchain
    chmod -R u+w "$toolchain"
    chmod -R a+x "$toolchain/bin" "$toolchain/pkg/tool"
    unset GOROOT
    GO_COMMAND=$toolchain/bin/go
}

remove_dead_builds() {
    local folder
    for folder in "$CACHE"/build.*; do
        if [ -d "$folder" ] && ! kill -0 "${folder##*.}" 2>/dev/null; then rm -rf "$folder"; fi
    done
}

# build_pulumi: from Go modules, into the cache that all clones share. Where Go has no module cache yet, the build
# leaves none behind.
build_pulumi() {
    local code=0 work=$CACHE/build.$$
    command -v go >/dev/null || fail "the Pulumi CLI must be built, which needs Go; run: make start"
    # Of builds that were killed; one that runs has its folder's number.
    remove_dead_builds
    mkdir -p "$work" "$BUILT_PULUMI"
    trap 'stop_watched; release_project; rm -rf "$CACHE/build.$$"' EXIT
    export GOFLAGS="-mod=readonly -modcacherw -buildvcs=false" GOWORK=off CGO_ENABLED=0
    if [ ! -d "$(go env GOMODCACHE)" ]; then export GOMODCACHE=$work/modules GOCACHE=$work/objects; fi
    say "Pulumi CLI $PULUMI_VERSION: building it from Go modules, once for this machine (4 to 8 minutes)"
    go_for_build "$work"
    watch_step "go build of the Pulumi CLI" 2400 "$GO_COMMAND" -C "$ROOT/infra/cli/tools" build -v -trimpath \
        -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$PULUMI_VERSION" \
        -o "$work/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi || code=$?
    if ((code == 0)); then install_built_pulumi "$work/pulumi"; fi
    rm -rf "$work"
    ((code == 0)) || explain_failure "go build of the Pulumi CLI" "$code"
    usable_pulumi "$BUILT_PULUMI/pulumi" || fail "the Pulumi CLI was built but does not run; remove $BUILT_PULUMI and run the same command again."
}

# A built CLI looks for the language host beside itself; what stands there leads to the one of the project that runs it.
install_built_pulumi() {
    cat >"$BUILT_PULUMI/pulumi-language-nodejs" <<'HOST'
#!/bin/sh
exec "${TRADING_LANGUAGE_HOST:?this Pulumi CLI is to be started through infra/cli/pulumi.sh}" "$@"
HOST
    chmod +x "$BUILT_PULUMI/pulumi-language-nodejs"
    mv -f "$1" "$BUILT_PULUMI/pulumi"
}

require_pulumi() {
    find_pulumi || fetch_pulumi || build_pulumi
    use_pulumi_environment
}

# leave_out_command_logs: Pulumi 3.250 keeps a debug log of each command with every property of every resource, which no setting leaves out and which is a
# fifth of a preview's CPU. It does without where the folder cannot be made; `pulumi -v=9 --logtostderr` tells the same when it is wanted.
leave_out_command_logs() {
    mkdir -p "$PULUMI_HOME"
    [ -e "$PULUMI_HOME/logs" ] || ln -s /dev/null "$PULUMI_HOME/logs" 2>/dev/null || true
}

# use_pulumi_environment: everything a `pulumi` command of this project needs; what is already set holds.
use_pulumi_environment() {
    export PULUMI
    export PULUMI_BACKEND_URL=${PULUMI_BACKEND_URL:-file://$STATE/pulumi}
    if [ -z "${PULUMI_HOME:-}" ]; then
        export PULUMI_HOME=$STATE/pulumi-home
        leave_out_command_logs
    fi
    export PULUMI_SKIP_UPDATE_CHECK=true
    if [ -z "${PULUMI_CONFIG_PASSPHRASE_FILE:-}" ]; then export PULUMI_CONFIG_PASSPHRASE=${PULUMI_CONFIG_PASSPHRASE-trading-dev}; fi
    if [ "$PULUMI" = "$BUILT_PULUMI/pulumi" ]; then
        export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true TRADING_LANGUAGE_HOST=$ROOT/infra/cli/language-host/pulumi-language-nodejs
    fi
    if [[ $PULUMI_BACKEND_URL == file:///* ]]; then mkdir -p "${PULUMI_BACKEND_URL#file://}"; fi
    mkdir -p "$PULUMI_HOME"
}
