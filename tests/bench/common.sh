# shellcheck shell=bash
# What plan.sh and apply.sh share: the program, the lab, tables. Sourced; expects set -euo pipefail.

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$bench_dir/../.." && pwd)
python=/usr/bin/python3
lab_name=${GMSACTL_BENCH_LAB:-bench}
gmsactl=${GMSACTL_BINARY:-}

say() { printf '%s\n' "$*" >&2; }
die() { say "bench: $*"; exit 1; }

# The everyday build is an optimised one. GMSACTL_BENCH_BUILD names another build folder.
build_folder=$root/${GMSACTL_BENCH_BUILD:-build}

# build_program [TARGET...]: gmsactl, unless another binary is named, and what else is needed.
build_program() {
  "$root/tests/lab/packages.sh" build lab
  [[ -e $build_folder/build.ninja ]] || cmake -S "$root" --preset dev -B "$build_folder" >&2
  [[ $gmsactl ]] || { gmsactl=$build_folder/bin/gmsactl; set -- gmsactl "$@"; }
  (($# == 0)) || cmake --build "$build_folder" --target "$@" >&2
}

lab() {
  local verb=$1
  shift
  "$root/dev" lab "$verb" --name "$lab_name" "$@"
}

# Runs a command with the lab's names and tickets.
in_lab() { lab run -- "$@"; }

lab_variable() {
  # shellcheck disable=SC2016  # expanded in the lab's environment
  in_lab sh -c 'eval "printf %s \"\$$1\""' sh "$1"
}

lab_up() {
  if ! lab status >/dev/null 2>&1; then
    say "starting the lab '$lab_name' …"
    lab up >&2
  fi
}

measure() { "$python" "$bench_dir/measure.py" "$@"; }

# field NAME COLUMN: of measure's lines on standard input.
field() { awk -F'\t' -v name="$1" -v column="$2" '$1 == name { print $column }'; }

# verdict VALUE OPERATOR LIMIT
verdict() { awk -v v="$1" -v op="$2" -v l="$3" 'BEGIN { ok = op == "<=" ? v <= l : op == "<" ? v < l : v >= l; print (ok ? "reached" : "NOT reached") }'; }

quotient() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

heading() { printf '\n%s\n' "$1"; }
row() { printf '  %-58s %10s   %s\n' "$1" "$2" "${3:-}"; }

describe_machine() {
  printf 'gmsactl %s, %s, %s processors, Samba %s on the same machine\n' "$("$gmsactl" version | cut -d' ' -f2)" \
    "$(uname -sm)" "$(nproc)" "$(dpkg-query -W -f '${Version}' samba-ad-dc 2>/dev/null || echo '?')"
  printf 'load average before: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
}
