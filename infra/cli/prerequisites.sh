# First step of `make start`: finds all that the machine lacks and names it at once, with the command that installs it. Sourced after lib.sh and toolchain.sh.

MINIMUM_JAVA=17
# npm runs on this Node; the services run on the Node 24 that npm brings (see use_project_node).
MINIMUM_NODE=18
GIGABYTES_FIRST=5
GIGABYTES_LATER=1

missing=()  # what to tell the user
packages=() # what Debian calls it
found=()    # what is there, for one line

# install_hint <Debian packages> <Homebrew packages> <where to look>: the command that installs something on this machine.
install_hint() {
    if command -v apt-get >/dev/null; then
        printf 'sudo apt-get install -y %s' "$1"
    elif command -v brew >/dev/null; then
        printf 'brew install %s' "$2"
    else
        printf '%s' "$3"
    fi
}

# lacks <what> <what was found> <Debian packages> <Homebrew packages> <where to look>
lacks() {
    local package
    missing+=("$1: $2; install it: $(install_hint "$3" "$4" "$5")")
    for package in $3; do packages+=("$package"); done
}

check_java() {
    local version
    version=$(java -version 2>&1 | sed -nE 's/.* version "([0-9.]+).*/\1/p' | head -n 1 || true)
    if [ -n "$version" ] && version_at_least "$MINIMUM_JAVA" "$version"; then
        found+=("Java $version")
    else
        lacks "Java $MINIMUM_JAVA or later" "${version:-none} found" default-jre-headless openjdk https://adoptium.net
    fi
}

check_node() {
    local version=""
    if command -v node >/dev/null; then version=$(node --version 2>/dev/null || true); fi
    version=${version#v}
    if [ -z "$version" ] || ! version_at_least "$MINIMUM_NODE" "$version"; then
        lacks "Node $MINIMUM_NODE or later" "${version:-none} found" "nodejs npm" node https://nodejs.org
    elif ! command -v npm >/dev/null; then
        lacks "npm" "Node $version has none" npm node https://nodejs.org
    else
        found+=("Node $version")
    fi
}

# Maven fetches Kafka's jars, once for this machine.
check_maven() {
    local version
    version=$(sed -nE 's/^ *"version": *"([^"]+)".*/\1/p' "$ROOT/infra/embedded/kafka/kafka.lock.json" 2>/dev/null | head -n 1 || true)
    if [ -n "$version" ] && [ -d "$CACHE/kafka-$version" ]; then
        found+=("Kafka $version")
    elif command -v mvn >/dev/null; then
        found+=("Maven to fetch Kafka")
    else
        lacks "Maven, to fetch Kafka" "none found" maven maven https://maven.apache.org
    fi
}

# Go is wanted only where the Pulumi CLI must be built.
check_pulumi_source() {
    if find_pulumi; then
        found+=("Pulumi $PULUMI_FOUND_VERSION")
    elif official_pulumi_reachable; then
        found+=("Pulumi CLI to be fetched")
    elif command -v go >/dev/null; then
        found+=("Go $(go_version) to build the Pulumi CLI")
    else
        lacks "Pulumi CLI, or Go to build it" "neither found, and get.pulumi.com cannot be reached" golang-go go https://go.dev/dl
    fi
}

check_disk() {
    local folder need=$GIGABYTES_LATER free
    if dependencies_differ >/dev/null || ! find_pulumi; then need=$GIGABYTES_FIRST; fi
    for folder in "$ROOT" "$CACHE"; do
        free=$(free_megabytes "$folder")
        if ((free < need * 1024)); then
            missing+=("$need GB of disk at $folder: $free MB free; free some")
            return
        fi
    done
    found+=("$(($(free_megabytes "$ROOT") / 1024)) GB free")
}

# listening_process <port>: prints the process that listens on the port (empty when it cannot be told); fails when the port is free.
listening_process() {
    local inode
    if [ -r /proc/net/tcp ]; then
        inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && index($2, port) == length($2) - 4 { print $10; exit }' || true)
        [ -n "$inode" ] || return 1
        ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v socket="socket:[$inode]" '
            /^\/proc\// { split($1, path, "/"); process = path[3] }
            index($0, socket) { print process; exit }' || true
    elif command -v lsof >/dev/null; then
        lsof -nP -t -iTCP:"$1" -sTCP:LISTEN 2>/dev/null | head -n 1 | grep .
    else
        return 1
    fi
}

# belongs_to_stack <process>: whether the stack's supervisor runs it, or its command line names the stack's folder.
belongs_to_stack() {
    grep -qE "\"pid\": *$1\\b" "$STATE/$STACK/supervisor/pids.json" 2>/dev/null ||
        ps -ww -o args= -p "$1" 2>/dev/null | grep -qF "$STATE/$STACK/"
}

check_ports() {
    local key port holder free=() change
    for key in $(config_keys '[a-z]Port'); do
        port=$(config_value "$key")
        [[ $port =~ ^[1-9][0-9]*$ ]] || continue
        # gatewayPort is used only where gatewayEnabled says so.
        if [ "$(config_value "${key%Port}Enabled")" = false ]; then continue; fi
        change="make pulumi STACK=$STACK ARGS=\"config set $key <a free port>\""
        if ! holder=$(listening_process "$port"); then
            free+=("$port")
        elif [ -z "$holder" ]; then
            missing+=("port $port ($key): in use by a process of another user; end it, or: $change")
        elif ! belongs_to_stack "$holder"; then
            missing+=("port $port ($key): in use by process $holder, '$(ps -o args= -p "$holder" | cut -c 1-80)'; end it (kill $holder), or: $change")
        fi
    done
    if ((${#free[@]} > 0)); then found+=("ports ${free[*]} free"); fi
}

# check_all start|work|end: ports matter to a start only; to end something must be possible on a full disk too.
check_all() {
    missing=() packages=() found=()
    check_node
    check_pulumi_source
    if [ "$1" = end ]; then return; fi
    check_disk
    if [ "$(config_value target)" = embedded ]; then
        check_java
        check_maven
        if [ "$1" = start ]; then check_ports; fi
    fi
}

join_with_commas() {
    local text
    text=$(printf ', %s' "$@")
    printf '%s' "${text:2}"
}

# On Debian as root what is missing is installed, and said.
install_packages() {
    local code=0
    say "installing on this machine (Debian, root): apt-get install ${packages[*]}"
    watch_step "apt-get update" 300 apt-get update -q || say "apt-get update failed; going on with the lists there are"
    watch_step "apt-get install" 900 env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}" || code=$?
    ((code == 0)) || explain_failure "apt-get install" "$code"
    hash -r
}

# require_prerequisites start|work|end
require_prerequisites() {
    check_all "$1"
    if ((${#packages[@]} > 0)) && [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
        install_packages
        check_all "$1"
    fi
    if ((${#missing[@]} > 0)); then
        fail "this machine lacks:$(printf '\n  - %s' "${missing[@]}")
Then run the same command again."
    fi
    say "prerequisites: $(join_with_commas "${found[@]}")"
}

# Elsewhere, as on Ubuntu, the package may be a stub that only a snap fills.
runs_debian() {
    grep -qx 'ID=debian' /etc/os-release 2>/dev/null
}

# wanted_by_tests <what is said without it> <Debian package> <Homebrew package> <where to look> <program>...: tests that need a program of the machine are left out
# where there is none. In CI, which is to leave nothing out, it is installed where that can be done.
wanted_by_tests() {
    local said=$1 brewed=$3 site=$4 name packages=("$2")
    shift 4
    for name in "$@"; do
        if command -v "$name" >/dev/null; then return; fi
    done
    if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && runs_debian; then
        if (install_packages); then return; fi
    fi
    say "$said; install it: $(install_hint "${packages[0]}" "$brewed" "$site")"
}

find_browser() {
    wanted_by_tests "no Chromium here: tests in a browser are skipped" \
        chromium chromium https://www.chromium.org chromium chromium-browser google-chrome
}

# For other users than root Debian's is not on the PATH.
find_nginx() {
    wanted_by_tests "no nginx here: tests of the proxy before the pages are skipped" \
        nginx-light nginx https://nginx.org nginx /usr/sbin/nginx
}
