# Shared by the scripts behind the Makefile: where things are, how progress and errors look, how a long step is watched. Sourced, never run.
# Works with bash 3.2 (macOS); needs no Node, for it runs before there is one.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
STACK=${STACK:-dev}
STATE=$ROOT/.trading
LOGS=$STATE/logs
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/trading-system-monitoring
# Seconds since 1970 of the beginning: the TypeScript part of the same command counts on from here.
export TRADING_STARTED=${TRADING_STARTED:-$(date +%s)}

# say <text>: one line of progress, with the seconds since the command began.
say() {
    printf '%5ss  %s\n' "$(($(date +%s) - TRADING_STARTED))" "$*"
}

# fail <text>: the end of the command, with what is wrong and what to do.
fail() {
    printf '\nerror: %s\n' "$*" >&2
    exit 1
}

# version_at_least <wanted> <found>: compares numbers part by part; what follows the numbers is ignored.
version_at_least() {
    local wanted found part
    IFS=. read -r -a wanted <<<"${1%%[!0-9.]*}"
    IFS=. read -r -a found <<<"${2%%[!0-9.]*}"
    for part in 0 1 2; do
        ((10#${found[part]:-0} > 10#${wanted[part]:-0})) && return 0
        ((10#${found[part]:-0} < 10#${wanted[part]:-0})) && return 1
    done
    return 0
}

# free_megabytes <folder>: the room on the disk of the folder, or of its nearest parent that exists.
free_megabytes() {
    local folder=$1
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    df -Pm "$folder" | awk 'NR == 2 { print $4 }'
}

# The watched step in progress: a process group, so that an interrupt or a time limit ends all of it, at the latest by force.
watched=""
stop_watched() {
    [ -n "$watched" ] || return 0
    kill -TERM -- "-$watched" 2>/dev/null || return 0
    { sleep 5 && kill -KILL -- "-$watched"; } >/dev/null 2>&1 &
    wait "$watched" 2>/dev/null || true
    kill "$!" 2>/dev/null || true
    kill -KILL -- "-$watched" 2>/dev/null || true # what outlived its leader
}
interrupted() {
    printf '\ninterrupted: what was done is kept; run the same command again to go on\n' >&2
    exit 130
}
trap stop_watched EXIT
trap interrupted INT TERM

# show_progress <label> <seconds> <log>: on a terminal a line that renews itself, elsewhere a line every ten seconds.
show_progress() {
    local last
    last=$(grep -v '^npm warn' "$3" 2>/dev/null | tail -n 1 | tr -d '\r\033' | cut -c 1-90) || true
    if [ -t 1 ]; then
        last=${last:0:70}
        printf '\r%5ss  %s: %s\033[K' "$2" "$1" "$last"
    elif (($2 % 10 == 0)); then
        say "  … $1, $2 s: $last"
    fi
}

# watch_step <label> <limit in seconds> <command…>: runs the command with its output in a log, shows progress, and
# ends it at the limit. Returns its exit code (124 at the limit); explain_failure says why.
watch_step() {
    local label=$1 limit=$2 seconds=0 code=0
    local log=$LOGS/${label%% *}.log
    shift 2
    mkdir -p "$LOGS"
    set -m # a process group of its own, so that all of it can be ended
    "$@" >"$log" 2>&1 </dev/null &
    watched=$!
    set +m
    while kill -0 "$watched" 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        show_progress "$label" "$seconds" "$log"
        if ((seconds >= limit)); then
            stop_watched
            code=124
            break
        fi
    done
    ((code == 124)) || wait "$watched" || code=$?
    watched=""
    if [ -t 1 ]; then printf '\r\033[K'; fi
    return "$code"
}

# telling_lines <log>: the first lines that name an error, else the last ones.
telling_lines() {
    grep -iE 'error|fatal|missing|cannot|not found' "$1" | grep -vE '^ +at |^npm (http|verbose)' | head -n 10 | grep . || tail -n 10 "$1"
}

# explain_failure <label> <exit code>: the end of a watched step's log in a message that says what to do.
explain_failure() {
    local log=$LOGS/${1%% *}.log reason="it ended with exit code $2"
    if [ "$2" = 124 ]; then reason="it did not end in time"; fi
    if grep -qE 'ENOSPC|[Nn]o space left' "$log"; then
        fail "$1: the disk is full ($(free_megabytes "$ROOT") MB free at $ROOT, $(free_megabytes "$CACHE") MB at $CACHE); free some and run the same command again."
    fi
    telling_lines "$log" | cut -c 1-200 | sed 's/^/    /' >&2
    fail "$1: $reason; the whole log is $log. Run the same command again when its cause is gone."
}

# holder_of_project: prints the process that changes the project; false when there is none.
holder_of_project() {
    local holder
    holder=$(readlink "$STATE/driver.lock") && ps -o args= -p "$holder" 2>/dev/null | grep -q 'infra/cli/' && printf '%s' "$holder"
}

# One command at a time changes a project: the lock is a link that names its holder's process.
hold_project() {
    local lock=$STATE/driver.lock holder
    mkdir -p "$STATE" || fail "$STATE cannot be made; check the disk and the rights of $ROOT."
    if ! ln -s "$$" "$lock" 2>/dev/null; then
        if holder=$(holder_of_project); then
            fail "another 'make' (process $holder) is changing this project; wait for it, or end it with: kill $holder"
        fi
        rm -f "$lock" # its holder was killed
        ln -s "$$" "$lock" || fail "the lock $lock cannot be made; check the disk and the rights of $STATE."
    fi
    trap 'stop_watched; release_project' EXIT
}

release_project() {
    rm -f "$STATE/driver.lock"
}

# load_environment: what .env names and the environment does not already hold.
load_environment() {
    local line name
    [ -f "$ROOT/.env" ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        name=${line%%=*}
        if [[ $line == *=* && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ && -z ${!name+set} ]]; then
            export "$name=${line#*=}"
        fi
    done <"$ROOT/.env"
}

# config_keys <suffix>: the config keys of Pulumi.yaml that end so.
config_keys() {
    sed -nE "s/^ +([a-z-]+:)?([A-Za-z0-9]*$1): *(\{.*)?\$/\2/p" "$ROOT/Pulumi.yaml" 2>/dev/null
}

# config_value <key>: a plain value of this stack's config, else its default in Pulumi.yaml.
config_value() {
    local value
    value=$(sed -nE "s/^ +[a-z-]+:$1: *[\"']?([^\"']*)[\"']? *\$/\1/p" "$ROOT/Pulumi.$STACK.yaml" 2>/dev/null || true)
    [ -n "$value" ] || value=$(awk -v key="$1" '
        $0 ~ "^ +([a-z-]+:)?" key ":" { inside = 1 }
        inside && match($0, /default: */) {
            value = substr($0, RSTART + RLENGTH); gsub(/["'"'"' }]|,.*/, "", value); print value; exit
        }' "$ROOT/Pulumi.yaml" 2>/dev/null || true)
    printf '%s' "$value"
}
