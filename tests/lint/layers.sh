#!/usr/bin/env bash
# Who may include whom: the table in docs/architecture.md against every #include.
set -euo pipefail
exec python3 -B "$(dirname "$0")/layers.py" "$@"
