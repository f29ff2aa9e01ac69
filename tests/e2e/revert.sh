#!/usr/bin/env bash
# Taking back what an apply has done: a plan from its result, through the same gates, and what can't be taken back is said.
. "$(dirname "$0")/lib.sh"
fresh
environment
echo "  policy: {maxReadersRemovedPercent: 100}" >>"$manifests/environment.yaml"
before() {
  manifest objects.yaml <<END
kind: HostGroup
metadata: {name: e2e-rev-hosts}
spec: {description: before, members: [HOST01, HOST02]}
---
kind: GMSA
metadata: {name: e2e-rev}
spec:
  description: 'before: \$\${not a variable}'
  servicePrincipalNames: [host/e2e-rev, host/e2e-rev.contoso.com, http/e2e-rev-stale.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-rev-hosts}, HOST04]
  trustedToAuthForDelegation: false
  allowedToDelegateTo: [host/e2e-rev-back.contoso.com]
---
kind: GMSA
metadata: {name: e2e-rev-quiet}
spec: {description: quiet, principalsAllowedToRetrieveManagedPassword: [HOST05]}
END
}
after() {
  manifest objects.yaml <<END
kind: HostGroup
metadata: {name: e2e-rev-hosts}
spec: {commonName: Reverted Hosts, scope: Universal, members: [HOST01, HOST03]}
---
kind: HostGroup
metadata: {name: e2e-rev-new-hosts}
spec: {members: [HOST06]}
---
kind: GMSA
metadata: {name: e2e-rev}
spec:
  description: after
  displayName: after
  dnsHostName: e2e-rev-web.contoso.com
  servicePrincipalNames: [host/e2e-rev, http/e2e-rev-fresh.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-rev-hosts}, {hostGroup: e2e-rev-new-hosts}, HOST05]
  kerberosEncryptionTypes: [AES256]
  enabled: false
  trustedToAuthForDelegation: true
  allowedToDelegateTo: []
---
kind: GMSA
metadata: {name: e2e-rev-new}
spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-rev-new-hosts}]}
---
kind: GMSA
metadata: {name: e2e-rev-quiet}
spec: {description: quiet, principalsAllowedToRetrieveManagedPassword: [HOST05]}
END
}
# What gmsactl manages, and who may read the passwords; not the marker, and nothing the server counts.
state() { search "$ou" sub '(cn=*)' '*' msDS-GroupMSAMembership | grep -vE '^(adminDescription|whenChanged|uSNChanged|msDS-(ManagedPassword|RevealedDSAs|KeyVersion))' | sort; }
revert() { gm revert "$work/result.json" -f "$manifests" "$@"; }

step 'everything back as it was'
before
apply_all
was=$(state)
after
apply -o json
assert_exit 0
cp "$work/out" "$work/result.json"
converged
revert --detailed-exitcode --allow-deletes 2 --out "$work/back.json"
assert_exit 2
assert_out '~ HostGroup/e2e-rev-hosts' '~ GMSA/e2e-rev' '- GMSA/e2e-rev-new' '- HostGroup/e2e-rev-new-hosts' \
  'Plan: 0 to create, 2 to update, 0 to replace, 2 to delete; 0 unchanged.'
assert_not_out e2e-rev-quiet
assert_not_err 'note['
gm apply "$work/back.json"
assert_exit 0
assert_same "$(state)" "$was" 'what is live'
before
converged

step 'taken back twice: nothing is left to do'
gm apply "$work/back.json"
assert_exit 0
assert_out_line 'Environment lab: already applied.'
revert --detailed-exitcode
assert_exit 0
assert_out_line 'No changes. Live state matches the manifests.'

step 'the gates: deletions, protection, somebody else'"'"'s change'
after
apply -o json
assert_exit 0
cp "$work/out" "$work/result.json"
revert
assert_exit 7
assert_err 'error[GMSA0308]: Too many deletions' '--allow-deletes 2'
printf 'dn: CN=e2e-rev,%s\nchangetype: modify\nreplace: description\ndescription: by somebody else\n' "$ou" | modify
rm -f "$work/back.json"
revert --allow-deletes 2 --out "$work/back.json"
assert_exit 5
assert_err "environment lab can't be taken back: somebody changed it after the apply" GMSA/e2e-rev description '"after"' '"by somebody else"'
[[ ! -e $work/back.json ]] || failed 'a plan was saved all the same'
apply_all
printf 'dn: CN=Reverted Hosts,%s\nchangetype: modify\nadd: member\nmember: CN=HOST07,OU=Hosts,DC=contoso,DC=com\n' "$ou" | modify
revert --allow-deletes 2
assert_exit 0
assert_out '- "HOST03$"'
assert_not_out HOST07 # what somebody added beside it stays
apply_all
sed -i 's/{name: e2e-rev-new}/{name: e2e-rev-new, protect: true}/' "$manifests/objects.yaml"
apply_all
revert --allow-deletes 2
assert_exit 7
assert_err 'error[GMSA0307]: Protected object'
sed -i 's/, protect: true//' "$manifests/objects.yaml"
apply_all

step 'what came after the apply and still needs what it created'
manifest later.yaml <<'END'
kind: GMSA
metadata: {name: e2e-rev-later}
spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-rev-new-hosts}]}
END
apply_all
revert --allow-deletes 2
assert_exit 7
assert_err 'error[GMSA0310]: Object to be deleted is still named' 'GMSA/e2e-rev-later'
rm "$manifests/later.yaml"
apply_all --prune --allow-deletes 1

step 'what was deleted or replaced does not come back'
before
apply --prune --allow-deletes 2 -o json
assert_exit 0
cp "$work/out" "$work/result.json"
revert
assert_exit 7
assert_err "error[GMSA0226]: Can't be undone" 'GMSA/e2e-rev-new was deleted, and its SID does not come back by itself.' 'AD Recycle Bin' '--exclude leaves an address'
revert --exclude '*/e2e-rev-new*' --detailed-exitcode
assert_exit 4
assert_err 'error[GMSA0201]: Unknown principal' 'e2e-rev-new-hosts'

step 'a declaration that got another name'
manifest named.yaml <<'END'
kind: GMSA
metadata: {name: e2e-rev-old}
spec: {samAccountName: e2e-rev-same, description: before, principalsAllowedToRetrieveManagedPassword: [HOST05]}
END
apply_all
was=$(state)
sed -i 's/e2e-rev-old/e2e-rev-renamed/; s/description: before/description: after/' "$manifests/named.yaml"
apply -o json
assert_exit 0
cp "$work/out" "$work/result.json"
revert --detailed-exitcode --out "$work/back.json"
assert_exit 2
assert_out '~ GMSA/e2e-rev-old' 'metadata.name' '"e2e-rev-renamed" -> "e2e-rev-old"' 'Plan: 0 to create, 1 to update, 0 to replace, 0 to delete; 0 unchanged.'
gm apply "$work/back.json"
assert_exit 0
assert_same "$(state)" "$was" 'what is live'
revert --detailed-exitcode
assert_exit 0
assert_out_line 'No changes. Live state matches the manifests.'
rm "$manifests/named.yaml"
apply_all --prune --allow-deletes 1

step 'a file that is no result'
plan --out "$work/result.json"
revert
assert_exit 3
assert_err 'this is no result of an apply that gmsactl can read' 'gmsactl apply writes one with -o json'

step 'show: what an apply has done'
after
apply --report "json=$work/result.json"
assert_exit 0
gm show "$work/result.json"
assert_exit 0
assert_out 'GMSA/e2e-rev-new: created' 'Apply complete: 2 created, 2 updated' 'Applied from '
for format in jsonl markdown html junit sarif prometheus github; do
  gm show "$work/result.json" -o "$format"
  assert_exit 0
  [[ $format == prometheus || $format == github ]] || assert_out GMSA/e2e-rev-new
done
done_well
