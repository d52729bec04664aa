#!/usr/bin/env bash
# Any pulumi command with this project's environment, in the folder it is called from: infra/cli/pulumi.sh <arguments>
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/infra/cli/toolchain.sh"

# copied_stack <arguments>: the name after --copy-config-from, if there is one.
copied_stack() {
    local argument before=""
    for argument in "$@"; do
        case $argument in --copy-config-from=*) printf '%s' "${argument#*=}" ;; esac
        if [ "$before" = --copy-config-from ]; then printf '%s' "$argument"; fi
        before=$argument
    done
}

load_environment
# It may be the first command of all: `stack init`, before the first `make start`.
[ -d "$ROOT/node_modules/tsx" ] || "$ROOT/infra/cli/make.sh" install >&2
use_project_node
require_pulumi >&2
# Pulumi copies from stacks that were made already; of one that has only been committed, its file is enough.
copied=$(copied_stack "$@")
if [ -n "$copied" ] && [ -f "$ROOT/Pulumi.$copied.yaml" ]; then "$PULUMI" stack select --create "$copied" >/dev/null; fi
exec "$PULUMI" "$@"
