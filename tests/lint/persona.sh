#!/usr/bin/env bash
# The behaviours of the Windows persona are documented as they are tried.
set -euo pipefail
exec python3 -B "$(dirname "$0")/persona.py" "$@"
