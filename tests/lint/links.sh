#!/usr/bin/env bash
# Links between pages lead somewhere.
set -euo pipefail
exec python3 -B "$(dirname "$0")/links.py" "$@"
