#!/usr/bin/env bash
# What the Makefile calls: infra/cli/make.sh <goal> [arguments]. Brings the machine to where TypeScript can take over (stack.ts).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/infra/cli/toolchain.sh"
. "$ROOT/infra/cli/prerequisites.sh"

# ready start|work|end: everything that such a goal needs, in place.
ready() {
    hold_project
    require_prerequisites "$1"
    install_dependencies
    require_pulumi
    say "Pulumi CLI: $PULUMI_FOUND_VERSION ($PULUMI)"
}

# require_stack: one that has neither a file nor data is misspelt; `dev` needs no file.
require_stack() {
    [ "$STACK" = dev ] || [ -f "Pulumi.$STACK.yaml" ] || [ -d "$STATE/$STACK" ] ||
        fail "there is no stack '$STACK', only: $(ls Pulumi.*.yaml | sed 's/^Pulumi\.//; s/\.yaml$//' | tr '\n' ' '); a new one: make pulumi ARGS=\"stack init $STACK --copy-config-from dev\""
}

# typescript [node options] <file> [arguments]
typescript() {
    exec node --require tsx/cjs "$@"
}

main() {
    local goal=${1:-help}
    shift || true
    cd "$ROOT"
    load_environment
    [[ $STACK =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || fail "STACK='$STACK': the name of a stack is made of letters, digits, '-', '_' and '.'"
    export STACK
    case $goal in
    install) ready work ;;
    start) require_stack && ready start && typescript infra/cli/stack.ts start ;;
    # A preview changes nothing that another command relies on.
    preview) require_stack && ready work && release_project && typescript infra/cli/stack.ts preview "$@" ;;
    stop | clean)
        [ -d "$STATE" ] || { say "nothing to $goal: this project has no $STATE" && exit 0; }
        [ "$goal" = clean ] || require_stack
        ready end && typescript infra/cli/stack.ts "$goal"
        ;;
    # A killed run leaves nothing that a next one minds; a restore stops workers, which no other command is to start meanwhile.
    backup) require_stack && ready work && release_project && typescript --disable-warning=TimeoutNegativeWarning infra/cli/backup.ts "$@" ;;
    restore) require_stack && ready work && typescript --disable-warning=TimeoutNegativeWarning infra/cli/restore.ts "$@" ;;
    status)
        # kafkajs sets timers into the past, which Node 24 reports; what that costs ends with this command.
        use_project_node && typescript --disable-warning=TimeoutNegativeWarning infra/cli/status.ts "$@"
        ;;
    replay | demo | simulate) require_stack && ready work && release_project && typescript "infra/cli/$goal.ts" "$@" ;;
    run)
        ready work
        if [ "$1" = test ]; then find_browser && find_nginx; fi
        release_project && exec npm run --silent "$@"
        ;;
    *) fail "there is no goal '$goal'; see: make help" ;;
    esac
}

main "$@"
