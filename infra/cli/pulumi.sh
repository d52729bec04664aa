#!/usr/bin/env bash
# Any pulumi command with this project's environment, in the folder it is called from: infra/cli/pulumi.sh <arguments>
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/infra/cli/toolchain.sh"

load_environment
use_project_node
require_pulumi >&2
exec "$PULUMI" "$@"
