#!/usr/bin/env bash
# Keys of manifests are described in their schemas and on the pages of their kinds.
set -euo pipefail
exec python3 -B "$(dirname "$0")/schemas.py" "$@"
