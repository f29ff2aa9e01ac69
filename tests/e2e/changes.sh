#!/usr/bin/env bash
# Changes that take more than one request, or that the server answers with changes of its own: renames, moves, the SPN
# rewrite, scope conversions, nesting, and groups beyond what a controller returns in one piece.
. "$(dirname "$0")/lib.sh"
fresh
new_unit "OU=elsewhere,$ou"
environment
# objects NAME DNS SPNS [EXTRA]
objects() {
  manifest objects.yaml <<END
kind: HostGroup
metadata: {name: e2e-chg-hosts}
spec: {members: [HOST01]}
---
kind: GMSA
metadata: {name: e2e-chg}
spec:
  samAccountName: $1
  dnsHostName: $2
  servicePrincipalNames: [$3]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-chg-hosts}]
  ${4:-}
END
}
account="CN=e2e-chg,$ou"
objects e2e-chg-a a.contoso.com 'host/e2e-chg-a, host/a.contoso.com, http/a.contoso.com, "MSSQLSvc/a.contoso.com:1433"'
apply_all
converged
sid=$(bytes "$account" objectSid)

step 'dNSHostName changes: the rewrite is predicted, and the SPNs are right afterwards'
objects e2e-chg-a b.contoso.com 'host/e2e-chg-a, host/b.contoso.com, http/keep.contoso.com'
plan --explain
assert_exit 0
assert_err 'warning[GMSA0210]: Server rewrites SPNs'
assert_out 'because dNSHostName differs' 'because the server itself rewrites SPNs that hold the old name: ' 'host/a.contoso.com -> host/b.contoso.com' 'declared at '
apply_all
assert_values "$account" dNSHostName b.contoso.com
assert_values "$account" servicePrincipalName host/e2e-chg-a host/b.contoso.com http/keep.contoso.com
converged

step 'the prediction is what the server does'
search "$account" base '(objectClass=*)' servicePrincipalName >/dev/null
printf 'dn: %s\nchangetype: modify\nreplace: dNSHostName\ndNSHostName: c.contoso.com\n' "$account" | modify
assert_values "$account" servicePrincipalName host/e2e-chg-a host/c.contoso.com http/keep.contoso.com
apply_all
assert_values "$account" servicePrincipalName host/e2e-chg-a host/b.contoso.com http/keep.contoso.com
converged

step 'sAMAccountName and dNSHostName change together, with SPNs that the server would rewrite'
objects e2e-chg-d d.contoso.com 'host/e2e-chg-d, host/d.contoso.com'
plan --explain
assert_out 'host/e2e-chg-a -> host/e2e-chg-d' 'host/b.contoso.com -> host/d.contoso.com'
apply_all
assert_values "$account" sAMAccountName 'e2e-chg-d$'
assert_values "$account" servicePrincipalName host/e2e-chg-d host/d.contoso.com
converged

step 'a name kept as an SPN although the account is called otherwise now'
objects e2e-chg-e e.contoso.com 'host/e2e-chg-d, host/d.contoso.com, host/e.contoso.com'
apply_all
assert_values "$account" servicePrincipalName host/e2e-chg-d host/d.contoso.com host/e.contoso.com
converged

step 'moved and changed in one run: the same object still'
objects e2e-chg-e e.contoso.com host/e.contoso.com "path: \"OU=elsewhere,$ou\""
plan
assert_out '~ GMSA/e2e-chg' 'path' 'servicePrincipalNames'
apply_all
account="CN=e2e-chg,OU=elsewhere,$ou"
assert_same "$(bytes "$account" objectSid)" "$sid" 'the SID'
converged

step 'an SPN goes from one account to another in one run'
manifest pair.yaml <<'END'
kind: GMSA
metadata: {name: e2e-chg-p}
spec: {servicePrincipalNames: [host/e2e-chg-p, http/e2e-chg-shared], principalsAllowedToRetrieveManagedPassword: [HOST01]}
---
kind: GMSA
metadata: {name: e2e-chg-q}
spec: {servicePrincipalNames: [host/e2e-chg-q], principalsAllowedToRetrieveManagedPassword: [HOST01]}
END
apply_all
sed -i 's/, http\/e2e-chg-shared//; s/\[host\/e2e-chg-q/[http\/e2e-chg-shared, host\/e2e-chg-q/' "$manifests/pair.yaml"
plan --explain
assert_out 'because http/e2e-chg-shared is freed by GMSA/e2e-chg-p first' 'after GMSA/e2e-chg-p'
apply_all
assert_values "CN=e2e-chg-q,$ou" servicePrincipalName host/e2e-chg-q http/e2e-chg-shared
converged

step 'group scopes, each into each'
group="CN=e2e-chg-hosts,$ou"
for scope in Global:2 Universal:8 DomainLocal:4 Universal:8 Global:2 DomainLocal:4; do
  sed -i "s/^spec: {.*members: \[HOST01\]}/spec: {scope: ${scope%:*}, members: [HOST01]}/" "$manifests/objects.yaml"
  plan -o json
  assert_same "$(planned)" 'HostGroup/e2e-chg-hosts update scope' 'the plan'
  apply_all
  assert_values "$group" groupType $((${scope#*:} - 2147483648))
  converged
done

step 'groups in groups in groups, made in the order that they need'
rm "$manifests"/{objects,pair}.yaml
manifest nested.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-chg-n1}
spec: {members: [{hostGroup: e2e-chg-n2}, {hostGroup: e2e-chg-n3}]}
---
kind: HostGroup
metadata: {name: e2e-chg-n2}
spec: {members: [{hostGroup: e2e-chg-n3}, HOST02]}
---
kind: HostGroup
metadata: {name: e2e-chg-n3}
spec: {members: [HOST03]}
---
kind: GMSA
metadata: {name: e2e-chg-n}
spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-chg-n1}]}
END
apply_all
converged
kinit -k -t "$GMSACTL_LAB_HOST_KEYTABS/HOST03.keytab" -c "FILE:$work/host" "HOST03\$@$GMSACTL_LAB_REALM" >/dev/null
(($(KRB5CCNAME="FILE:$work/host" search "CN=e2e-chg-n,$ou" base '(objectClass=*)' msDS-ManagedPassword | wc -c) > 340)) ||
  failed 'a host three groups deep got no password'

step 'a group of 1,700 members, more than a controller returns at once'
rm "$manifests/nested.yaml"
new_unit "OU=crowd,$ou"
for ((n = 1; n <= 1700; n++)); do
  printf 'dn: CN=e2e-crowd-%s,OU=crowd,%s\nobjectClass: group\nsAMAccountName: e2e-crowd-%s\n\n' "$n" "$ou" "$n"
done | ldap ldapadd >/dev/null
# crowd FIRST LAST
crowd() {
  {
    printf 'kind: HostGroup\nmetadata: {name: e2e-chg-crowd}\nspec:\n  members:\n'
    for ((n = $1; n <= $2; n++)); do printf '    - e2e-crowd-%s\n' "$n"; done
  } | manifest crowd.yaml
}
crowd 1 1650
apply_all
converged
crowd 51 1700
plan -o json
assert_same "$("$python" -c 'import json, sys; f = json.load(open(sys.argv[1]))["changes"][0]["fields"][0]; print(len(f["added"]), len(f["removed"]))' "$work/out")" '50 50' 'the plan'
apply_all
converged
assert_same "$(search "$base" sub "(memberOf=CN=e2e-chg-crowd,$ou)" 1.1 | grep -c '^dn')" 1650 'the number of members'
done_well
