#!/usr/bin/env bash
# Objects that Active Directory's tools protect from accidental deletion: an entry on the object that denies Everyone to delete
# it, and one on its container that denies Everyone to delete what is in it. A deletion, a replacement and a move are refused
# before anything is written, or by the server, and leave nothing behind; each says how to lift the protection.
. "$(dirname "$0")/lib.sh"
unit="OU=Protected,$ou"
elsewhere="OU=Elsewhere,$ou"
account="CN=e2e-protected,$unit"

# deny DN SDDL-RIGHTS: to everyone, by an entry of the object itself
deny() {
  run samba-tool dsacl set -H "ldap://$dc1" --use-kerberos=required --objectdn="$1" --sddl="(D;;$2;;;WD)"
  assert_exit 0
}
# allow DN RIGHTS: takes that entry away again
allow() {
  run samba-tool dsacl delete -H "ldap://$dc1" --use-kerberos=required --objectdn="$1" --sddl="(D;;$2;;;WD)"
  assert_exit 0
}
cleanup() {
  samba-tool dsacl delete -H "ldap://$dc1" --use-kerberos=required --objectdn="$account" --sddl='(D;;SDDT;;;WD)' || true
  samba-tool dsacl delete -H "ldap://$dc1" --use-kerberos=required --objectdn="$unit" --sddl='(D;;DC;;;WD)' || true
}
declared() {
  manifest objects.yaml <<END2
kind: HostGroup
metadata: {name: e2e-protected-hosts}
spec: {path: "$elsewhere", members: [HOST01]}
${1:+---
kind: GMSA
metadata: {name: e2e-protected\}
spec: $1}
END2
}
marker() { values "$account" adminDescription; }
with_readers='principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-protected-hosts}]'

( cleanup ) >/dev/null 2>&1 || true
remove_tree "$ou"
new_unit "$ou"
new_unit "$unit"
new_unit "$elsewhere"
environment
declared "{path: \"$unit\", $with_readers}"
apply_all
before=$(marker)

step 'protected: neither deleted nor moved nor replaced, and nothing is written'
deny "$account" SDDT
deny "$unit" DC
refused() {
  plan "$@"
  assert_exit 4
  assert_err 'error[GMSA0270]: Object protected from accidental deletion' "$account is protected" \
    "Set-ADObject -Identity '$account' -ProtectedFromAccidentalDeletion \$false"
  apply "$@"
  assert_exit 4
  assert_err 'Nothing was written.'
  assert_same "$(marker)" "$before" 'the marker'
  exists "$account" || failed 'it is gone'
}
declared ''
refused --prune
declared "{path: \"$elsewhere\", description: new, $with_readers}"
refused
declared "{path: \"$unit\", managedPasswordIntervalInDays: 7, $with_readers}"
refused --allow-replace GMSA/e2e-protected

step 'what does not take it away is applied'
declared "{path: \"$unit\", description: new, $with_readers}"
apply_all
converged
before=$(marker)

step 'protected after the plan was made: the server refuses, and the next plan calls it pending'
allow "$unit" DC
declared "{path: \"$elsewhere\", description: newer, $with_readers}"
plan --out "$work/move.plan"
assert_exit 0
allow "$account" SDDT
deny "$account" SDDT
asked yes "samba-tool dsacl set -H ldap://$dc1 --use-kerberos=required --objectdn='$unit' --sddl='(D;;DC;;;WD)'" \
  apply -f "$manifests"
((code == 4 || code == 6)) || failed "the exit code is $code"
grep -q 'protected from accidental deletion' "$work/out" "$work/err" || failed 'the protection is not named'
assert_same "$(marker)" "$before" 'the marker'
assert_values "$account" description new
plan -o json
assert_same "$("$python" -c 'import json,sys; print(sorted({c["cause"] for c in json.load(open(sys.argv[1]))["changes"]}))' "$work/out")" "['pending']" 'the cause'

step 'lifted: it moves, and goes'
allow "$unit" DC
allow "$account" SDDT
apply_all
converged
declared ''
apply_all --prune --allow-deletes 1
! exists "CN=e2e-protected,$elsewhere" || failed 'it is still there'
done_well
