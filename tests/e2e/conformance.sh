#!/usr/bin/env bash
# Everything that gmsactl assumes of a domain controller, tried on the lab's: which checks it keeps, which units are
# refused, and that nothing stays behind.
. "$(dirname "$0")/lib.sh"
elsewhere="OU=e2e-$script-managed,$base"
cleanup() { remove_tree "$elsewhere"; }
fresh
new_unit "$elsewhere"
accounts_path=$elsewhere groups_path=$elsewhere
environment
everything() { search "$base" sub '(objectClass=*)' 1.1 | grep '^dn' | sort; }
conformance() { gm conformance -f "$manifests" --in "$ou" "$@"; }

step 'without --in, without an approval, with nonsense: nothing is tried'
gm conformance -f "$manifests" --auto-approve
assert_exit 3
conformance
assert_exit 3
assert_err 'Add --auto-approve.'
gm conformance -f "$manifests" --in nonsense --auto-approve
assert_exit 3

step 'units that are refused before any write'
everything >"$work/before"
for unit in "$base" "CN=Users,$base" "OU=Domain Controllers,$base" "$elsewhere"; do
  gm conformance -f "$manifests" --in "$unit" --auto-approve
  assert_exit 7
  assert_err 'nothing was written: the unit is refused'
done
gm conformance -f "$manifests" --in "OU=nobody,$base" --auto-approve
assert_exit 4
everything >"$work/after"
cmp "$work/before" "$work/after" || failed 'something was written'

step 'the controller of the lab keeps every assumption'
conformance --auto-approve -o json
cp "$work/out" "$work/result.json"
assert_exit 0
"$python" - "$work/result.json" <<'END' || failed 'a check is different, or too few were tried'
import json, sys
document = json.load(open(sys.argv[1]))
for check in document["checks"]:
    if check["result"] != "as assumed":
        print(check["id"], check["result"], *check["evidence"], sep="\n  ")
summary = document["summary"]
sys.exit(summary["different"] != 0 or summary["as assumed"] < 45 or document["leftBehind"] != [])
END
everything >"$work/after"
cmp "$work/before" "$work/after" || failed 'something was left behind'

step 'the table says the same'
conformance --auto-approve
assert_exit 0
assert_out 'Controller dc01.contoso.com, Samba Team' 'as assumed' 'swap.userAccountControl' 'Conformance: '

step 'a user without rights learns what he may not try, and that is no difference'
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE conformance --auto-approve
assert_exit 0
assert_out 'not allowed to try'
everything >"$work/after"
cmp "$work/before" "$work/after" || failed 'something was written'

step 'interrupted: what was made is removed'
containers() { search "$ou" one '(ou=gmsactl-conformance-*)' 1.1 | sed -n 's/^dn: //p'; }
# conformance_in_background SIGNAL: once there is something in its container
conformance_in_background() {
  GMSACTL_LOG_LEVEL=error "$gmsactl" conformance -f "$manifests" --in "$ou" --auto-approve >"$work/out" 2>"$work/err" &
  local pid=$!
  until_true 'an object in a container' eval "search '$ou' sub '(|(objectClass=group)(objectClass=user))' 1.1 | grep -q '^dn'"
  kill "-$1" "$pid"
  code=0
  wait "$pid" || code=$?
}
conformance_in_background INT
assert_exit 130
everything >"$work/after"
cmp "$work/before" "$work/after" || failed 'something was left behind'

step 'killed: the next run says what was left, and removes it'
conformance_in_background KILL
assert_exit 137
container=$(containers)
[[ $container == "OU=gmsactl-conformance-"*",$ou" ]] || failed 'the killed run left no container'
question='Only "yes" is accepted: ' asked no : conformance -f "$manifests" --in "$ou"
assert_exit 7
assert_out "and first what earlier runs left there: $container. Go on?"
assert_same "$(containers)" "$container" 'what is left before somebody agrees'
conformance --auto-approve -o json
assert_exit 0
assert_err "Removed $container, which an earlier run had left"
assert_same "$("$python" -c 'import json,sys; print(*json.load(open(sys.argv[1]))["removedOfEarlierRuns"])' "$work/out")" "$container" 'removedOfEarlierRuns'
everything >"$work/after"
cmp "$work/before" "$work/after" || failed 'something was left behind'

step 'a forest where modifications are permissive: plans say it and apply refuses'
settings="CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,$base"
heuristics=$(values "$settings" dSHeuristics)
restore() {
  if [[ $heuristics ]]; then
    printf 'dn: %s\nchangetype: modify\nreplace: dSHeuristics\ndSHeuristics: %s\n' "$settings" "$heuristics"
  else
    printf 'dn: %s\nchangetype: modify\nreplace: dSHeuristics\n' "$settings"
  fi | ldap ldapmodify >/dev/null
}
cleanup() {
  restore
  remove_tree "$elsewhere"
}
printf 'dn: %s\nchangetype: modify\nreplace: dSHeuristics\ndSHeuristics: 00001\n' "$settings" | modify
manifest objects.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-conformance-hosts}
spec: {members: [HOST01]}
END
for command in plan apply; do
  $command
  assert_exit 4
  assert_err 'error[GMSA0280]: The forest makes every modification permissive'
done
exists "CN=e2e-conformance-hosts,$elsewhere" && failed 'it was written all the same'
conformance --auto-approve
assert_exit 2
assert_out 'different' 'forest.heuristics'
restore
apply_all
done_well
