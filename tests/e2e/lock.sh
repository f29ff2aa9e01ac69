#!/usr/bin/env bash
# The lock: one run at a time, the next is told by whom it is held or waits for it, and a lock whose run is gone holds
# nobody up.
. "$(dirname "$0")/lib.sh"
fresh
environment
lock="CN=gmsactl-lock-lab,$ou"
gmsa() { manifest objects.yaml <<<$'kind: GMSA\nmetadata: {name: e2e-lock}\nspec: {description: '"$1"$', principalsAllowedToRetrieveManagedPassword: [HOST01]}'; }
at() { "$python" -c 'import datetime, sys; print((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(sys.argv[1]))).strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ"))' "$1"; }
# held_by_another SECONDS: by a run on a machine of which nothing is known here, for that long
held_by_another() {
  printf 'dn: %s\nchangetype: add\nobjectClass: serviceConnectionPoint\nserviceBindingInformation: gmsactl-lock/1 id=0badcafe holder=anna host=build7 since=%s expires=%s url=https%%3A//ci.example/run/7 process=elsewhere/1/1\n' \
    "$lock" "$(at -5)" "$(at "$1")" | modify
}

# started ARGUMENTS...: an apply that is stopped (SIGSTOP) as soon as it holds the lock; $holder is its pid
started() {
  rm -f "$work/fifo"
  mkfifo "$work/fifo"
  "$gmsactl" apply -f "$manifests" --auto-approve -o json "$@" >"$work/held.json" 2>"$work/held.err" </dev/null &
  holder=$!
  until_true 'the lock' exists "$lock"
}

step 'nobody holds it; it is there only while a run writes'
gm lock status -f "$manifests"
assert_exit 0
assert_out_line 'Environment lab: not held.'
gmsa first
apply_all
! exists "$lock" || failed 'the lock is left behind'
gm lock status -f "$manifests" -o json
assert_out '"held": false'

step 'held by somebody else: 8, who that is, and nothing written'
held_by_another 600
gmsa second
apply
assert_exit 8
assert_err 'nothing was written to environment lab: another run holds the lock since' 'anna on build7, https://ci.example/run/7 (id 0badcafe, until' \
  'help: Wait for it with --lock-timeout, or, if that run is gone, gmsactl lock release --id 0badcafe.'
assert_values "CN=e2e-lock,$ou" description first
gm lock status -f "$manifests"
assert_exit 0
assert_out 'held by anna on build7 since' 'id 0badcafe' 'https://ci.example/run/7'

step 'plan asks nobody'
plan --detailed-exitcode
assert_exit 2

step '--lock-timeout is over'
apply --lock-timeout 1s
assert_exit 8
apply --lock-timeout nonsense
assert_exit 3

step 'released by its id, and by no other'
gm lock release -f "$manifests" --id 12345678
assert_exit 4
assert_err 'no lock of this environment has the id 12345678'
gm lock release -f "$manifests" --id 0badcafe
assert_exit 0
assert_out_line 'Environment lab: released.'
apply_all
converged

step 'its time is over: taken over'
held_by_another 1
gmsa third
apply --lock-timeout 60s
assert_exit 0
assert_values "CN=e2e-lock,$ou" description third
! exists "$lock" || failed 'the lock is left behind'

step 'it was held, and what was planned meanwhile was planned again: nothing is overwritten unseen'
held_by_another 600
gmsa fourth
: >"$work/out"; : >"$work/err" # before the background's own redirection: what an earlier run said must not be taken for this one's
"$gmsactl" apply -f "$manifests" --auto-approve --lock-timeout 60s >"$work/out" 2>"$work/err" </dev/null &
waiting=$!
until_true 'that it waits' grep -q '^Waiting for the lock: another run holds the lock since .* (id ' "$work/err"
grep -q '^Plan: ' "$work/out" || failed 'what is waited for is not shown'
printf 'dn: CN=e2e-lock,%s\nchangetype: modify\nreplace: description\ndescription: by anna\n' "$ou" | modify
ldap ldapdelete "$lock"
code=0
wait "$waiting" || code=$?
last_command='apply that waited'
assert_exit 5
assert_err 'is stale: what it is about changed after it was made' '"by anna"'
assert_values "CN=e2e-lock,$ou" description 'by anna'
apply_all

step 'killed while it writes: the next run on this machine takes over at once'
for ((n = 0; n < 40; n++)); do printf 'kind: GMSA\nmetadata: {name: e2e-lock%s}\nspec: {principalsAllowedToRetrieveManagedPassword: [HOST01]}\n---\n' "$n"; done | sed '$d' | manifest many.yaml
started --parallelism 1
kill -KILL "$holder"
wait "$holder" 2>/dev/null || true
exists "$lock" || failed 'it did not live to be killed'
began=$SECONDS
apply_all
((SECONDS - began < 20)) || failed "it took $((SECONDS - began)) s"
converged
! exists "$lock" || failed 'the lock is left behind'

step 'of a run that is alive, nobody takes it; released by force, that run goes on'
sed -i 's/\[HOST01\]/[HOST02]/' "$manifests/many.yaml"
started --parallelism 1
kill -STOP "$holder"
id=$(values "$lock" serviceBindingInformation | sed -n 's/.* id=\([0-9a-f]*\) .*/\1/p')
apply
assert_exit 8
assert_err "(id $id, until"
gm lock release -f "$manifests" --id "$id"
assert_exit 0
kill -CONT "$holder"
code=0
wait "$holder" || code=$?
last_command='apply whose lock was released'
assert_exit 0
converged

step 'no right to make one: a warning, and the run goes on'
printf 'dn: %s\nchangetype: modify\nreplace: description\ndescription: x\n' "CN=e2e-lock,$ou" | modify
sid=$("$python" - "$ou" <<'END'
import os, sys
from samba.samdb import SamDB
from samba.param import LoadParm
from samba.auth import system_session
from samba.credentials import Credentials, MUST_USE_KERBEROS
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
lp = LoadParm()
lp.load_default()
creds = Credentials()
creds.guess(lp)
creds.set_kerberos_state(MUST_USE_KERBEROS)
db = SamDB(url="ldap://" + os.environ["GMSACTL_LAB_DC1"], session_info=system_session(), credentials=creds, lp=lp)
import ldb
user = db.search(os.environ["GMSACTL_LAB_BASE_DN"], expression="(sAMAccountName=svc-gmsactl)", attrs=["objectSid"])[0]
sid = str(ndr_unpack(security.dom_sid, user["objectSid"][0]))
entry = db.search(sys.argv[1], scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=["sd_flags:1:4"])[0]
descriptor = ndr_unpack(security.descriptor, entry["nTSecurityDescriptor"][0])
domain = security.dom_sid(db.get_domain_sid())
more = security.descriptor.from_sddl(f"D:(OA;CI;CCDC;7b8b558a-93a5-4af7-adca-c017e67f1057;;{sid})(OA;CI;CCDC;bf967a9c-0de6-11d0-a285-00aa003049e2;;{sid})(A;CIIO;GA;;;{sid})", domain)
for ace in more.dacl.aces:
    descriptor.dacl_add(ace)
message = ldb.Message(ldb.Dn(db, sys.argv[1]))
message["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
db.modify(message, ["sd_flags:1:4"])
print(sid)
END
)
[[ $sid == S-1-5-* ]] || failed "no rights could be given: $sid"
KRB5CCNAME=$GMSACTL_LAB_SERVICE_CCACHE apply
assert_exit 0
assert_err 'no lock could be taken; going on without'
assert_out_line 'Apply complete: 0 created, 1 updated, 0 replaced, 0 deleted; 40 unchanged.'

step '--no-lock: neither taken nor heeded'
held_by_another 600
gmsa fifth
apply_all --no-lock
exists "$lock" || failed 'it was taken all the same'
ldap ldapdelete "$lock"

step 'of another version: not taken as long as it shows signs of life'
printf 'dn: %s\nchangetype: add\nobjectClass: serviceConnectionPoint\nserviceBindingInformation: gmsactl-lock/9 who=knows\n' "$lock" | modify
gmsa sixth
apply
assert_exit 8
assert_err "another run holds the lock, and what it says of itself can't be read: \"gmsactl-lock/9 who=knows\"" 'Wait for it with --lock-timeout'
ldap ldapdelete "$lock"
apply_all
done_well
