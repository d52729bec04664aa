#!/usr/bin/env bash
# What the Makefile calls: infra/cli/make.sh <goal> [arguments]. Brings the machine to where TypeScript can take over (stack.ts).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/infra/cli/toolchain.sh"
. "$ROOT/infra/cli/prerequisites.sh"

# ready [ports]: everything that a goal needs, in place; with the stack's ports when it is to be started.
ready() {
    hold_project
    require_prerequisites "$@"
    install_dependencies
    require_pulumi
    say "Pulumi CLI: $PULUMI_FOUND_VERSION ($PULUMI)"
}

typescript() {
    exec node --require tsx/cjs "$@"
}

main() {
    local goal=${1:-help}
    shift || true
    cd "$ROOT"
    load_environment
    export STACK
    case $goal in
    start) ready ports && typescript infra/cli/stack.ts start ;;
    stop | clean)
        [ -d "$STATE" ] || { say "nothing to $goal: this project has no $STATE" && exit 0; }
        ready && typescript infra/cli/stack.ts "$goal"
        ;;
    preview) ready && exec "$PULUMI" preview --diff --stack "$STACK" "$@" ;;
    status) use_project_node && typescript infra/cli/status.ts "$@" ;;
    run) ready && release_project && exec npm run --silent "$@" ;;
    *) fail "there is no goal '$goal'; see: make help" ;;
    esac
}

main "$@"
