#!/usr/bin/env bash
# A domain of two controllers, in a lab of this script's own since it stops and kills them: a run stays on one, goes to the
# other before its first write and never after it, and says what was written when its controller dies.
. "$(dirname "$0")/lib.sh"
lab=("$root/tests/lab/lab.sh")
if [[ ! ${GMSACTL_E2E_OWN_LAB:-} ]]; then
  ((EUID == 0)) || { echo 'skipped: a lab of its own needs root'; exit 77; }
  [[ -d /run/netns ]] || { echo 'skipped: two controllers need network namespaces, which are not permitted here'; exit 77; }
  # Beside the lab that was given: unlike a folder of a new name each time, what a killed run left is found and cleared.
  export GMSACTL_LAB_DIR=$GMSACTL_LAB_DIR-own
  trap '"${lab[@]}" down --name e2e-own >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
  "${lab[@]}" down --name e2e-own >/dev/null 2>&1 || true
  step 'starting two controllers'
  "${lab[@]}" up --name e2e-own --second-dc >"$work/up.log" 2>&1 || failed "$(cat "$work/up.log")"
  echo "  (${SECONDS} s)"
  "${lab[@]}" run --name e2e-own -- env GMSACTL_E2E_OWN_LAB=1 "$0"
  exit
fi

dc2=$GMSACTL_LAB_DC2
net=$(sed -n 's/^net=//p' "$GMSACTL_LAB_DIR/lab.conf")
count=10
GMSACTL_E2E_PATIENCE=${GMSACTL_E2E_PATIENCE:-180} # two controllers start and replicate on what the machine has left
both="  directory: {servers: [\"ldap://$dc1\", \"ldap://$dc2\"]}"
export GMSACTL_DNS_SERVERS=$GMSACTL_LAB_DC2_IP,$GMSACTL_LAB_DC1_IP

# --- controllers by their short names ---------------------------------------------------------------------------------------
processes() { ip netns pids "gmsactl-$net-$1"; }
signal_all() { processes "$2" | xargs -r kill "-$1" 2>/dev/null || true; }
kill_dc() {
  signal_all KILL "$1"
  until_true "the end of $1" gone "$1"
}
gone() { [[ -z $(processes "$1") ]]; }
answers() { ldap_server=$1.$GMSACTL_LAB_DOMAIN search "$base" base '(objectClass=*)' dn; }
await_dc() { until_true "$1 answering" answers "$1"; }
start_dc() {
  rm -f "$GMSACTL_LAB_DIR/$1/pid"/*.pid
  setsid nsenter --net="/run/netns/gmsactl-$net-$1" unshare --mount --uts --pid --fork --kill-child --mount-proc \
    "$root/tests/lab/dc-init.sh" "$GMSACTL_LAB_DIR" "$1" samba --foreground --no-process-group \
    -s "$GMSACTL_LAB_DIR/$1/etc/smb.conf" </dev/null >"$GMSACTL_LAB_DIR/log/$1.out" 2>&1 7<&- &
  # As the lab itself notes it, so that it goes on knowing what runs.
  printf '%s %s\n' "$!" "$(sed 's/.*) //' "/proc/$!/stat" | cut -d' ' -f20)" >"$GMSACTL_LAB_DIR/$1/process"
  disown
  await_dc "$1"
}
replicate() {
  nsenter --net="/run/netns/gmsactl-$net-$1" unshare --mount --uts "$root/tests/lab/dc-init.sh" "$GMSACTL_LAB_DIR" "$1" \
    samba-tool drs replicate "$1.$GMSACTL_LAB_DOMAIN" "$2.$GMSACTL_LAB_DOMAIN" "$base" -s "$GMSACTL_LAB_DIR/$1/etc/smb.conf" -P >/dev/null 2>&1
}
cleanup() {
  local dc
  for dc in dc01 dc02; do
    if gone "$dc"; then start_dc "$dc"; else signal_all CONT "$dc"; fi
  done
}

# originators SERVER: how many objects below the unit were first written where, by replPropertyMetaData
originators() {
  ldap_server=$1 search "$ou" sub '(|(objectClass=group)(objectClass=msDS-GroupManagedServiceAccount))' replPropertyMetaData >"$work/meta"
  "$python" - "$work/meta" <<'END'
import base64, collections, re, sys
from samba.dcerpc import drsblobs
from samba.ndr import ndr_unpack
seen = collections.Counter()
for blob in re.findall(r"^replPropertyMetaData:: (\S+)$", open(sys.argv[1]).read(), re.M):
    metadata = ndr_unpack(drsblobs.replPropertyMetaDataBlob, base64.b64decode(blob))
    seen[",".join(sorted({str(one.originating_invocation_id) for one in metadata.ctr.array}))] += 1
for invocations, number in sorted(seen.items()):
    print(invocations, number)
END
}
invocation_of() {
  local settings
  settings=$(ldap_server=$1 search '' base '(objectClass=*)' dsServiceName | sed -n 's/^dsServiceName: //p')
  ldap_server=$1 search "$settings" base '(objectClass=*)' invocationId | sed -n 's/^invocationId:: //p' |
    "$python" -c 'import base64, sys, uuid; print(uuid.UUID(bytes_le=base64.b64decode(sys.stdin.read())))'
}

estate() {
  local n
  for ((n = 1; n <= count; n++)); do
    printf 'kind: HostGroup\nmetadata: {name: e2e-two-g%s}\nspec: {description: "%s", members: [HOST01]}\n---\n' "$n" "$1"
    printf 'kind: GMSA\nmetadata: {name: e2e-two-a%s}\nspec:\n  description: "%s"\n  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-two-g%s}]\n---\n' "$n" "$1" "$n"
  done | sed '$d' | manifest objects.yaml
}
is_empty_at() {
  "$gmsactl" plan -f "$manifests" --server "ldap://$1" --detailed-exitcode >"$work/out" 2>"$work/err"
}
# caught_up AT FROM: a plan at one controller is empty once replication has brought what the other has. Asked for, since
# on a busy machine the controllers' own schedule can take minutes.
caught_up() {
  replicate "$1" "$2" || true
  until_true "an empty plan at $1" is_empty_at "$1.$GMSACTL_LAB_DOMAIN"
}
replicated_unit() { ldap_server=$1 exists "$ou"; }
fresh_on_both() {
  fresh
  replicate dc02 dc01 || true
  until_true "the unit at $dc2" replicated_unit "$dc2"
  until_true "the empty unit at $dc2" is_new_at "$dc2"
}
is_new_at() { [[ $(ldap_server=$1 count_below "$ou" '(objectClass=*)') == 1 ]]; }

# applying AT COMMAND [FLAG...]: applies, and runs the command when AT changes have been reported
applying() {
  local at=$1 action=$2 pid line seen=0
  shift 2
  last_command="apply $*, with $action after $at changes"
  rm -f "$work/fifo"
  mkfifo "$work/fifo"
  "$gmsactl" apply -f "$manifests" --auto-approve "$@" >"$work/fifo" 2>"$work/err" </dev/null &
  pid=$!
  : >"$work/out"
  exec 7<"$work/fifo"
  while IFS= read -r line <&7; do
    printf '%s\n' "$line" >>"$work/out"
    case $line in
      *': created' | *': updated') seen=$((seen + 1)); ((seen != at)) || $action ;;
    esac
  done
  exec 7<&-
  code=0
  wait "$pid" || code=$?
}
last_line_sum() {
  local sum=0 number
  for number in $(tail -n1 "$work/out" | sed 's/; [0-9]* unchanged.*//' | grep -o '[0-9]\+'); do sum=$((sum + number)); done
  echo "$sum"
}

fresh_on_both
id1=$(invocation_of "$dc1") id2=$(invocation_of "$dc2")

step 'a run stays on one controller'
environment "  directory: {servers: [\"ldap://$dc2\", \"ldap://$dc1\"]}"
estate first
apply_all
assert_out "server $dc2"
assert_same "$(originators "$dc2")" "$id2 $((2 * count))" 'where the objects were written'

step 'the second plan at the other one is empty once replication has caught up'
caught_up dc01 dc02
assert_out "server $dc1" 'No changes.'

step 'by SRV records each run goes to the PDC emulator, so the next one sees what it has written and meets its lock'
environment ''
estate second
apply_all
assert_out "server $dc1"
for _ in 1 2 3 4 5 6; do
  converged
  assert_out "server $dc1"
done
caught_up dc02 dc01

step 'drift stays at the controller that it looked at before, says where something was changed, and reads all at another one'
gm drift -f "$manifests" --cache "$work/cache" --server "ldap://$dc2" --log-level info
assert_exit 0
assert_err 'at=everything (there was no look before)'
gm drift -f "$manifests" --cache "$work/cache" --log-level info
assert_exit 0
assert_err "server=ldap://$dc2" 'at=what changed'
printf 'dn: CN=e2e-two-a1,%s\nchangetype: modify\nreplace: description\ndescription: by hand\n' "$ou" | modify
caught_up_to() { [[ $(ldap_server=$dc2 values "CN=e2e-two-a1,$ou" description) == 'by hand' ]]; }
replicate dc02 dc01 || true
until_true 'the change at the other controller' caught_up_to
gm drift -f "$manifests" --cache "$work/cache" --log-level info
assert_exit 2
assert_err "server=ldap://$dc2" 'at=what changed'
assert_out "on $dc1, version "
gm drift -f "$manifests" --cache "$work/cache" --server "ldap://$dc1" --log-level info
assert_exit 2
assert_err "at=everything (the last look was at $dc2, and another controller counts otherwise)"
apply_all
caught_up dc01 dc02
caught_up dc02 dc01

step 'the first controller does not answer: the run goes to the second'
environment "$both"
signal_all STOP dc01
estate third
plan --timeout 2s
assert_exit 0
assert_out "server $dc2"
signal_all CONT dc01
await_dc dc01

step 'the first controller is down: named servers and SRV records lead to the second'
kill_dc dc01
apply_all
assert_out "server $dc2"
environment ''
converged
environment "$both"
converged

step 'no controller is up'
signal_all STOP dc02
plan --timeout 2s
assert_exit 4
assert_err "no domain controller of contoso.com could be used; ldap://$dc1: " "; ldap://$dc2: "
signal_all CONT dc02
start_dc dc01
await_dc dc02
caught_up dc01 dc02

step 'the controller dies between plan and first write: the other one, which gives the same plan, is written to'
estate fourth
asked yes "kill -KILL $(processes dc01 | tr '\n' ' ') 2>/dev/null; while [[ \$(ip netns pids gmsactl-$net-dc01) ]]; do :; done" \
  apply -f "$manifests"
assert_exit 0
assert_out "server $dc1" "Apply complete: 0 created, $((2 * count)) updated"
start_dc dc01
caught_up dc01 dc02

step 'the controller dies halfway: what was written is said, and the other one is left alone'
fresh_on_both
estate fifth
applying 5 'kill_dc dc01' --parallelism 1
assert_exit 6
assert_out 'Written, and it stands:' 'Not finished:' 'Apply incomplete: '
assert_same "$(last_line_sum)" $((2 * count)) 'the sum of the last line'
assert_not_out "$dc2"
written=$(grep -c '^  [A-Z].*: created' "$work/out")
((written >= 5)) || failed "only $written changes are said to stand"
[[ $(originators "$dc2") != *"$id2"* ]] || failed "the run wrote to $dc2 too"
start_dc dc01
there=$(count_below "$ou" '(|(objectClass=group)(objectClass=msDS-GroupManagedServiceAccount))')
unknown=$(grep -c '^  [A-Z].*: outcome unknown' "$work/out" || true)
((written <= there && there <= written + unknown)) || failed "$there objects are there; $written were reported and $unknown unknown"
apply_all
converged
caught_up dc02 dc01

step 'the controller stops answering halfway'
estate sixth
SECONDS_BEFORE=$SECONDS
applying 4 'signal_all STOP dc01' --parallelism 2 --timeout 2s
echo "  (ended after $((SECONDS - SECONDS_BEFORE)) s)"
assert_exit 6
assert_out 'Written, and it stands:' 'outcome unknown' 'the last request may have been carried out: plan again' 'Apply incomplete: '
assert_same "$(last_line_sum)" $((2 * count)) 'the sum of the last line'
signal_all CONT dc01
await_dc dc01
[[ $(ldap_server=$dc1 count_below "$ou" '(description=sixth)') -ge $(grep -c '^  [A-Z].*: updated' "$work/out") ]] || failed 'less is written than was reported'
apply_all
converged

# Last, since the lab goes away with the key.
step 'a back-dated root key is refused where another controller would not have it yet'
fresh_on_both
keys="CN=Master Root Keys,CN=Group Key Distribution Service,CN=Services,CN=Configuration,$base"
search "$keys" one '(objectClass=msKds-ProvRootKey)' 1.1 | sed -n 's/^dn: //p' | while IFS= read -r dn; do ldap ldapdelete "$dn"; done
estate seventh
environment "  directory: {servers: [\"ldap://$dc1\"]}
  kdsRootKey: {create: true, effective: immediately}"
for command in plan apply; do
  $command
  assert_exit 7
  assert_err 'error[GMSA0302]: Back-dated KDS root key refused' "and $GMSACTL_LAB_DOMAIN has 2 domain controllers" 'help: Write effective: after10h.'
done
assert_err 'Nothing was written.'
assert_same "$(count_below "$keys" '(objectClass=msKds-ProvRootKey)') $(count_below "$ou" '(objectClass=group)')" '0 0' 'how many keys and groups there are'

step 'environments of one domain use one controller, and no run writes to two'
rm -f "$manifests"/*
two() { # SERVERS OF A, SERVERS OF B
  local name servers=$1
  for name in a b; do
    cat <<END
kind: Environment
metadata: {name: two-$name}
spec:
  domain: $GMSACTL_LAB_DOMAIN
  owner: e2e
  accountsPath: "$ou"
  hostGroupsPath: "$ou"
  directory: {$servers}
---
kind: HostGroup
metadata: {name: e2e-two-$name, environments: [two-$name]}
spec: {members: [HOST01]}
---
END
    servers=$2
  done | sed '$d' | manifest two.yaml
}
two "servers: [\"ldap://$dc1\"]" "servers: [\"ldap://$dc2\"]"
plan --all-envs
assert_exit 4
assert_err 'error[GMSA0286]' "was read from $dc2" "from $dc1"
apply --all-envs
assert_exit 4
assert_err 'Nothing was written.'
for dc in "$dc1" "$dc2"; do
  assert_same "$(ldap_server=$dc count_below "$ou" '(objectClass=group)')" 0 "the number of groups at $dc"
done
apply_all --env two-a
plan --all-envs
assert_exit 0
assert_err 'warning[GMSA0286]'
remove "CN=e2e-two-a,$ou"

# servers_of: which controllers the plans of -o json are from
servers_of() { grep -o '"server": *"[^"]*"' "$work/out" | sort -u | sed 's/.*"server": *//' | tr -d '"'; }
for servers in "servers: [\"ldap://$dc1\", \"ldap://$dc2\"]|servers: [\"ldap://$dc2\", \"ldap://$dc1\"]" \
  "servers: [\"ldap://$dc2\"]|" "|servers: [\"ldap://$dc2\", \"ldap://$dc1\"]" '|'; do
  two "${servers%%|*}" "${servers#*|}"
  plan --all-envs -o json
  assert_exit 0
  assert_not_err GMSA0286
  assert_same "$(servers_of | wc -l)" 1 'the number of controllers'
done
two '' ''
apply_all --all-envs
done_well
