#!/usr/bin/env bash
# ./dev bench apply: how long `gmsactl apply` takes to create many accounts, beside ldapadd of the same entries; then both
# again, and changes too, at a distance of 20 ms.
set -euo pipefail
# shellcheck source=tests/bench/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'EOT'
usage: ./dev bench apply [--count N] [--rounds N] [--rtt MS]

  --count N    accounts to create (500)
  --rounds N   paired rounds without a delay; medians are given (3)
  --rtt MS     round-trip time of the delayed part (20)

  GMSACTL_BENCH_LAB   the lab to use (bench); what is made in it is removed again
  GMSACTL_BINARY      the program to measure; without it the everyday build (build/bin/gmsactl)
EOT
}

count=500 rounds=3 rtt=20
while (($#)); do
  case $1 in
    --count) count=${2:-}; shift 2 || die "--count needs a number" ;;
    --rounds) rounds=${2:-}; shift 2 || die "--rounds needs a number" ;;
    --rtt) rtt=${2:-}; shift 2 || die "--rtt needs a number of milliseconds" ;;
    -h | --help) usage; exit 0 ;;
    *) say "bench apply: unknown argument '$1'"; usage >&2; exit 2 ;;
  esac
done
[[ $count =~ ^[1-9][0-9]*$ && $rounds =~ ^[1-9][0-9]*$ && $rtt =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }

work=$(mktemp -d)
proxy_pid=''

tidy() {
  local status=$?
  trap - EXIT
  stop_proxy
  [[ ! ${unit:-} ]] || remove_unit || say "bench: $unit is left in the lab"
  rm -rf "$work"
  exit "$status"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# client PROGRAM ARGUMENT...: as Administrator at the first controller.
client() {
  local program=$1
  shift
  # shellcheck disable=SC2016  # expanded in the lab's environment
  in_lab sh -c 'exec "$0" -Q -N -Y GSSAPI -H "ldap://$GMSACTL_LAB_DC1" "$@"' "$program" "$@"
}

unit_exists() { client ldapsearch -LLL -s base -b "$unit" dn >/dev/null 2>&1; }

# With everything in it, in one request: the tree-delete control of Active Directory.
remove_unit() { ! unit_exists || client ldapdelete -e '!1.2.840.113556.1.4.805' "$unit"; }

fresh_unit() {
  remove_unit
  printf 'dn: %s\nobjectClass: organizationalUnit\n' "$unit" | client ldapadd >/dev/null
}

prepare_input() {
  local sid
  base=$(lab_variable GMSACTL_LAB_BASE_DN)
  dc=$(lab_variable GMSACTL_LAB_DC1)
  unit="OU=gmsactl-bench,$base"
  # ldapsearch gives the SID as base64; its text is what estate.py takes.
  sid=$(client ldapsearch -LLL -o ldif-wrap=no -b "$base" '(sAMAccountName=HOST01$)' objectSid |
    awk '$1 == "objectSid::" { print $2 }' | "$python" -c '
import base64, struct, sys
b = base64.b64decode(sys.stdin.read())
print("S-1-%d-%s" % (int.from_bytes(b[2:8], "big"), "-".join(str(n) for n in struct.unpack("<%dI" % b[1], b[8:]))))')
  "$python" "$bench_dir/estate.py" creations "$work/new" "$count" "$unit" HOST01 "$sid"
  for text in one two three; do
    "$python" "$bench_dir/estate.py" creations "$work/$text" "$count" "$unit" HOST01 "$sid" "changed $text"
  done
}

# seconds COMMAND: how long the one run took.
seconds() { in_lab "$python" "$bench_dir/measure.py" --rounds 1 --warm-up 0 "one=$1" | field one 2; }

apply_command() { printf '%q ' "$gmsactl" apply --auto-approve --quiet -f "$1" --server "$2" --parallelism "$3"; }
ldap_command() { printf '%q ' "$1" -Q -N -Y GSSAPI -H "$2" -f "$3"; }

# Median, minimum and maximum of the lines of a file.
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
spread() { sort -n "$1" | awk 'NR == 1 { min = $1 } { max = $1 } END { printf "%.2f to %.2f", min, max }'; }
rate() { awk -v n="$count" -v s="$1" 'BEGIN { printf "%.0f a second", n / s }'; }

near() {
  local round ratio url=ldap://$dc
  for ((round = 0; round < rounds; round++)); do
    fresh_unit
    seconds "$(apply_command "$work/new/manifests" "$url" 16)" >>"$work/near.gmsactl"
    fresh_unit
    seconds "$(ldap_command ldapadd "$url" "$work/new/entries.ldif")" >>"$work/near.ldapadd"
  done
  ratio=$(quotient "$(median "$work/near.gmsactl")" "$(median "$work/near.ldapadd")")
  heading "$count accounts created, no delay (median of $rounds, min to max; whole processes)"
  row "gmsactl apply (plan, write, read back)" "$(median "$work/near.gmsactl") s" "$(spread "$work/near.gmsactl")"
  row "ldapadd of the same entries" "$(median "$work/near.ldapadd") s" "$(spread "$work/near.ldapadd")"
  row "gmsactl / ldapadd" "$ratio" "goal 1.05 or less: $(verdict "$ratio" '<=' 1.05)"
}

# The proxy listens on the controller's own address, inside its network, so that the name that Kerberos checks is right.
start_proxy() {
  local state ip enter=() mode='' net='' deadline=$((SECONDS + 10))
  state=$(lab_variable GMSACTL_LAB_DIR)
  ip=$(lab_variable GMSACTL_LAB_DC1_IP)
  # shellcheck source=/dev/null
  . "$state/lab.conf"
  [[ $mode != netns ]] || enter=(nsenter "--net=/run/netns/gmsactl-$net-dc01")
  ${enter[@]+"${enter[@]}"} "$proxy" --listen "$ip:0" --to "$ip:389" --delay-ms "$((rtt / 2))" >"$work/proxy" &
  proxy_pid=$!
  until grep -q '^listening on ' "$work/proxy"; do
    kill -0 "$proxy_pid" 2>/dev/null || die "the delaying proxy did not start"
    ((SECONDS < deadline)) || die "the delaying proxy does not listen"
  done
  far_url=ldap://$dc:$(sed -n 's/^listening on .*://p' "$work/proxy")
}

stop_proxy() {
  [[ $proxy_pid ]] || return 0
  kill "$proxy_pid" 2>/dev/null || true
  wait "$proxy_pid" 2>/dev/null || true
  proxy_pid=''
}

# report_far WHAT WINDOWED SINGLE OTHER OTHER_TIME ALONE: three ways to do it at a distance. ALONE is what the other
# takes without a delay, which is the server's own time and bounds what pipelining can give.
report_far() {
  local what=$1 windowed=$2 single=$3 other=$4 other_time=$5 alone=$6 ratio
  ratio=$(quotient "$single" "$windowed")
  row "gmsactl apply" "$windowed s" "$(rate "$windowed")"
  row "gmsactl apply --parallelism 1" "$single s" "$(rate "$single")"
  row "$other" "$other_time s" "$(rate "$other_time")"
  row "$what, 16 at a time against one at a time" "$ratio" "goal 5 or more: $(verdict "$ratio" '>=' 5)"
  awk -v s="$alone" -v n="$count" -v rtt="$rtt" 'BEGIN {
    ms = s / n * 1000
    printf "  the server alone takes %.1f ms each, so at %d ms keeping requests under way gains at most %.1f times over one after the other\n", ms, rtt, (ms + rtt) / ms }'
}

far() {
  local windowed single other alone
  start_proxy
  heading "$count accounts created, $rtt ms round-trip time (one run each)"
  fresh_unit
  single=$(seconds "$(apply_command "$work/new/manifests" "$far_url" 1)")
  fresh_unit
  other=$(seconds "$(ldap_command ldapadd "$far_url" "$work/new/entries.ldif")")
  fresh_unit
  windowed=$(seconds "$(apply_command "$work/new/manifests" "$far_url" 16)")
  report_far creations "$windowed" "$single" ldapadd "$other" "$(median "$work/near.ldapadd")"

  heading "$count accounts changed (description), $rtt ms round-trip time (one run each)"
  alone=$(seconds "$(ldap_command ldapmodify "ldap://$dc" "$work/one/changes.ldif")")
  single=$(seconds "$(apply_command "$work/two/manifests" "$far_url" 1)")
  other=$(seconds "$(ldap_command ldapmodify "$far_url" "$work/three/changes.ldif")")
  windowed=$(seconds "$(apply_command "$work/one/manifests" "$far_url" 16)")
  report_far changes "$windowed" "$single" ldapmodify "$other" "$alone"
  stop_proxy
}

build_program delay_proxy
proxy=$build_folder/bin/delay_proxy
lab_up
prepare_input
describe_machine
near
far
say "the lab is left up for another run: ./dev lab down --name $lab_name"
