#!/usr/bin/env bash
# Every GMSAnnnn in the sources is in docs/diagnostics*, and the other way round.
set -euo pipefail
exec python3 -B "$(dirname "$0")/diagnostics.py" "$@"
