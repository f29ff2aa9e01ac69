#!/usr/bin/env bash
# ./dev bench plan: how long `gmsactl plan` takes on a big estate, beside a raw read of the same data.
set -euo pipefail
# shellcheck source=tests/bench/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'EOT'
usage: ./dev bench plan [--accounts N] [--rounds N] [--growth live|offline|none]

  --accounts N   the estate measured in the lab: N accounts, N groups, 10 N memberships (5000)
  --rounds N     measured rounds; medians are given (5)
  --growth HOW   how time grows from 1,000 to 10,000 accounts: offline on LDIF files (the default), live as well
                 (fills the lab anew for each size, which takes minutes), or not at all

  GMSACTL_BENCH_LAB   the lab to use (bench); one with another estate in it is reset
  GMSACTL_BINARY      the program to measure; without it the everyday build (build/bin/gmsactl)
EOT
}

accounts=5000 rounds=5 growth=offline
while (($#)); do
  case $1 in
    --accounts) accounts=${2:-}; shift 2 || die "--accounts needs a number" ;;
    --rounds) rounds=${2:-}; shift 2 || die "--rounds needs a number" ;;
    --growth) growth=${2:-}; shift 2 || die "--growth needs live, offline or none" ;;
    -h | --help) usage; exit 0 ;;
    *) say "bench plan: unknown argument '$1'"; usage >&2; exit 2 ;;
  esac
done
[[ $accounts =~ ^[1-9][0-9]*$ && $rounds =~ ^[1-9][0-9]*$ && $growth =~ ^(live|offline|none)$ ]] || { usage >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Makes the lab hold exactly the estate of N accounts.
load_estate() {
  local state
  lab_up
  state=$(lab_variable GMSACTL_LAB_DIR)
  [[ ! -s $state/estate-$1/directory.ldif ]] || return 0
  if compgen -G "$state/estate-*" >/dev/null; then lab reset >&2; fi
  say "loading $1 accounts …"
  lab load "$1" >&2
}

# The attributes that gmsactl reads, and no others, by three searches one after the other. With the name of a host that
# is already resolved and a ticket that is already there, as gmsactl has them.
write_raw_read() {
  cat >"$work/raw" <<'EOT'
#!/bin/sh
set -e
read_all() {
  unit=$1 class=$2
  shift 2
  ldapsearch -LLL -Q -N -Y GSSAPI -o ldif-wrap=no -E pr=1000/noprompt -H "ldap://$GMSACTL_LAB_DC1" \
    -b "OU=$unit,OU=Estate,$GMSACTL_LAB_BASE_DN" -s one "(objectClass=$class)" "$@"
}
accounts() {
  read_all Accounts msDS-GroupManagedServiceAccount objectClass objectGUID objectSid sAMAccountName dNSHostName \
    servicePrincipalName msDS-GroupMSAMembership msDS-ManagedPasswordInterval msDS-SupportedEncryptionTypes \
    userAccountControl description displayName msDS-AllowedToDelegateTo adminDescription
}
groups() { read_all Groups group objectClass objectGUID objectSid sAMAccountName groupType description member adminDescription; }
hosts() { read_all Nodes computer objectClass objectGUID objectSid sAMAccountName; }
case $1 in
  serial) accounts; groups; hosts ;;
  together) accounts & groups & hosts & wait ;;
esac >/dev/null
EOT
  chmod +x "$work/raw"
}

check_empty() {
  local out
  out=$(in_lab "$gmsactl" plan -f "$1" --color never 2>"$work/err") || { cat "$work/err" >&2; die "the plan failed"; }
  [[ $out == *'No changes.'* ]] || { printf '%s\n' "$out" | tail -n 20 >&2; die "the plan of the loaded estate is not empty"; }
}

measure_live() {
  local n=$1 estate lines offline ratio
  load_estate "$n"
  estate=$(lab_variable GMSACTL_LAB_DIR)/estate-$n
  write_raw_read
  check_empty "$estate/manifests"
  in_lab "$gmsactl" plan -f "$estate/manifests" --log-level debug >/dev/null 2>"$work/log"
  lines=$(in_lab "$python" "$bench_dir/measure.py" --rounds "$rounds" \
    "plan=$gmsactl plan -f $estate/manifests" "raw=$work/raw serial" "together=$work/raw together")
  offline=$(measure --rounds "$rounds" \
    "validate=$gmsactl validate -f $estate/manifests" \
    "plan=$gmsactl plan -f $estate/manifests --server ldif:$estate/directory.ldif")
  ratio=$(quotient "$(field plan 2 <<<"$lines")" "$(field raw 2 <<<"$lines")")

  heading "No changes, $n accounts, $n groups, $((n * 10)) memberships (median of $rounds, min to max)"
  row "gmsactl plan, live" "$(field plan 2 <<<"$lines") s" "$(field plan 3 <<<"$lines") to $(field plan 4 <<<"$lines")"
  row "  of it processor time of gmsactl" "$(field plan 6 <<<"$lines") s"
  row "ldapsearch of the same, one after the other" "$(field raw 2 <<<"$lines") s" "$(field raw 3 <<<"$lines") to $(field raw 4 <<<"$lines")"
  row "ldapsearch of the same, three at once" "$(field together 2 <<<"$lines") s" "$(field together 3 <<<"$lines") to $(field together 4 <<<"$lines")"
  row "plan / ldapsearch one after the other" "$ratio" "goal 1.0 or less: $(verdict "$ratio" '<=' 1.0)"
  row "peak memory, live" "$(field plan 5 <<<"$lines") MiB" "goal under 200: $(verdict "$(field plan 5 <<<"$lines")" '<' 190.7)"
  row "LDAP requests" "" "$(grep -o 'searches=.*' "$work/log" | tail -n 1)"
  row "gmsactl plan, offline on the LDIF export ($(du -m "$estate/directory.ldif" | cut -f1) MiB)" "$(field plan 2 <<<"$offline") s" \
    "$(field plan 3 <<<"$offline") to $(field plan 4 <<<"$offline"); goal under 1.5: $(verdict "$(field plan 2 <<<"$offline")" '<' 1.5)"
  row "  of it processor time" "$(field plan 6 <<<"$offline") s" ""
  row "peak memory, offline" "$(field plan 5 <<<"$offline") MiB" "goal under 200: $(verdict "$(field plan 5 <<<"$offline")" '<' 190.7)"
  row "reading the manifests alone (gmsactl validate)" "$(field validate 2 <<<"$offline") s" "$(field validate 3 <<<"$offline") to $(field validate 4 <<<"$offline"); processor $(field validate 6 <<<"$offline")"
}

# fit FILE: lines of "accounts seconds"; slope in a log-log fit: 1 is linear, 2 quadratic.
fit() {
  awk '{ x = log($1); y = log($2); n++; sx += x; sy += y; sxx += x * x; sxy += x * y }
       END { e = (n * sxy - sx * sy) / (n * sxx - sx * sx); printf "%.2f", e }' "$1"
}

report_growth() {
  local exponent
  exponent=$(fit "$1")
  row "exponent of the growth (1: linear)" "$exponent" "goal linear, 1.1 or less: $(verdict "$exponent" '<=' 1.1)"
}

growth_offline() {
  local n line
  heading "Growth, offline on LDIF made by estate.py (median of $rounds)"
  for n in 1000 2000 5000 10000; do
    "$python" "$bench_dir/estate.py" offline "$work/estate-$n" "$n"
    line=$(measure --rounds "$rounds" "plan=$gmsactl plan -f $work/estate-$n/manifests --server ldif:$work/estate-$n/directory.ldif")
    row "$n accounts" "$(field plan 2 <<<"$line") s" "$(field plan 3 <<<"$line") to $(field plan 4 <<<"$line"); processor $(field plan 6 <<<"$line"); $(field plan 5 <<<"$line") MiB"
    printf '%s %s\n' "$n" "$(field plan 2 <<<"$line")" >>"$work/offline"
    rm -rf "$work/estate-$n"
  done
  report_growth "$work/offline"
}

growth_live() {
  local n line estate
  heading "Growth, live (median of $rounds)"
  for n in 1000 10000 5000; do
    load_estate "$n"
    estate=$(lab_variable GMSACTL_LAB_DIR)/estate-$n
    check_empty "$estate/manifests"
    line=$(in_lab "$python" "$bench_dir/measure.py" --rounds "$rounds" "plan=$gmsactl plan -f $estate/manifests")
    row "$n accounts" "$(field plan 2 <<<"$line") s" "$(field plan 3 <<<"$line") to $(field plan 4 <<<"$line"); processor $(field plan 6 <<<"$line"); $(field plan 5 <<<"$line") MiB"
    printf '%s %s\n' "$n" "$(field plan 2 <<<"$line")" >>"$work/live"
  done
  report_growth "$work/live"
}

build_program
describe_machine
measure_live "$accounts"
[[ $growth == none ]] || growth_offline
[[ $growth != live ]] || growth_live
say "the lab is left up for another run: ./dev lab down --name $lab_name"
