#!/usr/bin/env bash
# Unfinished work, paths of one machine, white space at line ends; warns of long files.
set -euo pipefail
exec python3 -B "$(dirname "$0")/text.py" "$@"
