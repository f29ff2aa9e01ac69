#!/usr/bin/env bash
# kill -9 at every request that writes: before each, which is after the one before, and with each under way. The plan has
# everything that is written: the lock, creations, changes, moves, a replacement, and deletions, which are marked first.
# Whatever was hit, the next run takes over the lock and converges, be it to what the killed one wanted or back: nothing is
# there twice, nothing is left marked, and a second plan is empty.
. "$(dirname "$0")/lib.sh"
command -v cc >/dev/null || { echo 'skipped: no C compiler'; exit 77; }
fresh
unit="OU=Elsewhere,$ou"
new_unit "$unit"
lock="CN=gmsactl-lock-kill,$ou"
audit=$work/audit.jsonl
cc -shared -fPIC -o "$work/kill_at.so" "$e2e/kill_at.c" -ldl -lldap

# estate NAME: each side lacks what the other has, places and names things otherwise, and so on
estate() {
  local here days
  manifests=$work/$1
  mkdir -p "$manifests"
  environment
  sed -i 's/name: lab/name: kill/' "$manifests/environment.yaml" # it prunes, and other scripts have objects on this lab
  if [[ $1 == left ]]; then here=$ou days=30; else here=$unit days=7; fi
  manifest objects.yaml <<END
kind: HostGroup
metadata: {name: e2e-kill-$1-hosts}
spec: {description: $1, members: [HOST01, HOST02]}
---
kind: HostGroup
metadata: {name: e2e-kill-moved-hosts}
spec: {path: "$here", description: $1, members: [HOST0$((days % 4 + 1)), HOST06]}
---
kind: GMSA
metadata: {name: e2e-kill-$1}
spec:
  description: $1
  servicePrincipalNames: [host/e2e-kill-$1, http/e2e-kill.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-kill-$1-hosts}]
---
kind: GMSA
metadata: {name: e2e-kill-moved}
spec:
  path: "$here"
  description: $1
  displayName: $1
  dnsHostName: e2e-kill-$1.contoso.com
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-kill-moved-hosts}]
---
kind: GMSA
metadata: {name: e2e-kill-again}
spec: {description: $1, managedPasswordIntervalInDays: $days, principalsAllowedToRetrieveManagedPassword: [HOST05]}
END
}
flags=(--prune --allow-deletes 3 --allow-replace GMSA/e2e-kill-again --parallelism 1 --audit-log "$audit")

# killed AT: what is in $manifests is applied, until the kill
killed() {
  : >"$work/sent"
  last_command="apply of ${manifests##*/}, killed at $1"
  code=0
  ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" KILL_AT=$1 KILL_COUNT=$work/sent LD_PRELOAD=$work/kill_at.so \
    "$gmsactl" apply -f "$manifests" --auto-approve "${flags[@]}" >"$work/out" 2>"$work/err" </dev/null || code=$?
}
# The shell would tell of each kill.
quietly() { { "$@"; } 2>/dev/null; }

# numbered N: the same request where a dead lock is in the way: adding one fails, and taking it over is one more
numbered() { if exists "$lock"; then echo $(($1 + 1)); else echo "$1"; fi; }

# recovered NAME: to that side, by one run
recovered() {
  manifests=$work/$1
  apply "${flags[@]}" --lock-timeout 5s
  assert_exit 0
  # Who has nothing to write takes no lock, so one that was killed releasing it leaves it to the next that has.
  if ! grep -q '^No changes' "$work/out" && exists "$lock"; then failed 'the lock is left behind'; fi
  converged "${flags[@]:0:5}"
  search "$ou" sub '(|(objectClass=group)(objectClass=msDS-GroupManagedServiceAccount))' cn description adminDescription servicePrincipalName >"$work/state"
  "$python" - "$work/state" "$1" <<'END' || failed "what is there is not what $1 declares"
import re, sys
entries = [dict(re.findall(r"^(\w+): (.*)$", entry, re.M)) for entry in open(sys.argv[1]).read().strip().split("\n\n")]
side = sys.argv[2]
names = sorted(entry["cn"] for entry in entries)
if names != sorted(["e2e-kill-" + side, f"e2e-kill-{side}-hosts", "e2e-kill-moved", "e2e-kill-moved-hosts", "e2e-kill-again"]):
    sys.exit(f"there are {names}")
for entry in entries:
    if re.search(r"\bd=1\b", entry["adminDescription"]):
        sys.exit(f"left marked: {entry}")
    if entry["description"] != side:
        sys.exit(f"left as it was: {entry}")
END
}
duplicates() { count_below "$base" '(|(cn=e2e-kill*\0ACNF:*)(sAMAccountName=$DUPLICATE*))'; }
other_of() { if [[ $1 == left ]]; then echo right; else echo left; fi; }

estate right
estate left
apply_all "${flags[@]}"

step 'what a run writes when nobody kills it'
manifests=$work/right
killed never
assert_exit 0
writes=$(wc -l <"$work/sent")
echo "  $writes requests: $(sort "$work/sent" | uniq -c | awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }')"
((writes >= 16)) || failed 'this is less than everything that can be written'
recovered right
now=right

kills=0 before_any=0
for mode in before sent; do
  step "killed $mode each of them, then run again"
  for ((n = 1; n <= writes; n++)); do
    wanted=$(other_of "$now")
    manifests=$work/$wanted
    quietly killed "$mode:$(numbered "$n")"
    assert_exit 137
    kills=$((kills + 1))
    if exists "$lock"; then
      # On another machine nobody can know that the run is gone: there the lock frees itself a minute after the last sign of life.
      [[ $(values "$lock" serviceBindingInformation) =~ since=(.*)\ expires=(.*)\ url= ]] || failed 'the lock does not tell its time'
      lives=$(("$("$python" -c 'import datetime, sys, urllib.parse as u; t = [datetime.datetime.fromisoformat(u.unquote(a).rstrip("Z")) for a in sys.argv[1:]]; print(int((t[1] - t[0]).total_seconds()))' "${BASH_REMATCH[@]:1:2}")"))
      ((lives <= 60)) || failed "the lock of a dead run lives for $lives s"
    else
      before_any=$((before_any + 1))
    fi
    recovered "$wanted"
    now=$wanted
  done
done

step 'killed before each of them, then back to what was before'
for ((n = 1; n <= writes; n++)); do
  manifests=$work/$(other_of "$now")
  quietly killed "before:$(numbered "$n")"
  assert_exit 137
  kills=$((kills + 1))
  recovered "$now"
done
assert_same "$(duplicates)" 0 'the number of duplicates'

step 'the audit log has no torn line, and lacks no more than the request that a run died with'
"$python" - "$audit" <<'END' || failed 'the audit log is not as expected'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
requests = [line for line in lines if line["type"] == "request"]
failures = [line for line in requests if line["result"]["code"] != 0]
if failures:
    sys.exit(f"requests that failed although nobody stood in the way: {failures}")
print(f"  {len(requests)} requests and {sum(line['type'] == 'change' for line in lines)} changes are in it")
END
echo "  $kills kills; $((kills - before_any)) left a lock behind"
done_well
