#!/usr/bin/env bash
# ./dev bench hosts: how long gmsactl takes to plan and write credential specs on many hosts by SFTP, beside the sftp
# program doing the same one host after the other.
set -euo pipefail
# shellcheck source=tests/bench/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'EOT'
usage: ./dev bench hosts [--hosts N] [--specs N]

  --hosts N   how many hosts; one real SSH server answers for all of them (1000)
  --specs N   credential specs on each (5)
EOT
}

hosts=1000 specs=5
while (($#)); do
  case $1 in
    --hosts) hosts=${2:-}; shift 2 || die "--hosts needs a number" ;;
    --specs) specs=${2:-}; shift 2 || die "--specs needs a number" ;;
    -h | --help) usage; exit 0 ;;
    *) say "bench hosts: unknown argument '$1'"; usage >&2; exit 2 ;;
  esac
done
[[ $hosts =~ ^[1-9][0-9]*$ && $specs =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"; lab down >/dev/null 2>&1 || true' EXIT
lab_name=bench-hosts
build_program
describe_machine
export GMSACTL_LAB_MORE_HOSTS=$hosts
lab down >/dev/null 2>&1 || true
lab up hosts >&2
folder=$(lab_variable GMSACTL_LAB_HOSTS_FOLDER)
key=$(lab_variable GMSACTL_LAB_HOSTS_KEY)
known=$(lab_variable GMSACTL_LAB_HOSTS_KNOWN_HOSTS)

cp "$root/examples/quickstart/directory.ldif" "$work/directory.ldif"
{
  printf 'apiVersion: gmsactl/v1\nkind: Environment\nmetadata: {name: bench}\nspec: {domain: contoso.com, owner: bench, directory: {servers: ["ldif:directory.ldif"]}}\n'
  printf -- '---\napiVersion: gmsactl/v1\nkind: SpecTarget\nmetadata: {name: docker}\nspec:\n  type: Docker\n  path: %s/{host}/CredentialSpecs\n' "$folder"
  printf '  transport: {type: sftp, authentication: key, identityFile: %s, knownHostsFile: %s}\n  hosts:\n' "$key" "$known"
  seq -f '    - BENCH%04g' 1 "$hosts"
  for ((i = 1; i <= specs; i++)); do
    printf -- '---\napiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {name: bench%d}\nspec: {principalsAllowedToRetrieveManagedPassword: [HOST01], credentialSpec: {targets: [docker]}}\n' "$i"
  done
} >"$work/bench.yaml"
in_lab "$gmsactl" apply -f "$work/bench.yaml" --auto-approve --quiet --exclude 'CredentialSpec/*' >/dev/null
in_lab "$gmsactl" spec render bench1 -f "$work/bench.yaml" >"$work/spec.json"

# The same by hand: written beside, then renamed; one connection a host.
{
  # shellcheck disable=SC2016  # for the script that is written
  printf '#!/bin/bash\nset -e\nfor name in $(seq -f "bench%%04g" 1 %d); do\n' "$hosts"
  printf '  sftp -q -b "%s/batch" -i "%s" -o UserKnownHostsFile="%s" -o IdentitiesOnly=yes "$name.contoso.com:%s/${name^^}" >/dev/null\ndone\n' \
    "$work" "$key" "$known" "$folder"
} >"$work/plain"
for ((i = 1; i <= specs; i++)); do
  printf 'put %s/spec.json .t%d\nrename .t%d by-hand-%d.json\n' "$work" "$i" "$i" "$i"
done >"$work/batch"
chmod +x "$work/plain"

once() { in_lab "$python" "$bench_dir/measure.py" --rounds 1 --warm-up 0 "one=$1" | field one 2; }
per_host() { awk -v t="$1" -v n="$hosts" 'BEGIN { printf "%.1f ms a host", 1000 * t / n }'; }
plan_new=$(once "$gmsactl plan -f $work/bench.yaml --quiet")
apply_new=$(once "$gmsactl apply -f $work/bench.yaml --quiet --auto-approve")
plan_same=$(once "$gmsactl plan -f $work/bench.yaml --quiet --detailed-exitcode")
plain=$(once "$work/plain")

heading "$hosts hosts, $specs credential specs each, by SFTP (one run)"
row "gmsactl plan, nothing there yet" "$plan_new s" "$(per_host "$plan_new")"
row "gmsactl apply: plan, write, read back" "$apply_new s" "$(per_host "$apply_new")"
row "gmsactl plan, nothing to change" "$plan_same s" "$(per_host "$plan_same")"
row "sftp -b, one host after the other, writing only" "$plain s" "$(per_host "$plain")"
ratio=$(quotient "$apply_new" "$plain")
row "apply / sftp" "$ratio" "goal 0.5 or less: $(verdict "$ratio" '<=' 0.5)"
