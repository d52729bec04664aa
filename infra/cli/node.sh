#!/usr/bin/env bash
# A TypeScript program of this project on the Node that npm brought, whichever is on PATH: infra/cli/node.sh <file> [arguments]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/infra/cli/toolchain.sh"

load_environment
use_project_node
exec node --require tsx/cjs "$@"
