#!/usr/bin/env bash
# Changes made behind gmsactl's back, one managed field at a time: the plan shows that field and nothing else, apply puts
# it back, and the next plan is empty. What is not managed is nobody's business.
. "$(dirname "$0")/lib.sh"
fresh
environment
manifest objects.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-drift-hosts}
spec:
  commonName: Drift Hosts
  description: hosts of the drift test
  members: [HOST01, HOST02, {hostGroup: e2e-drift-inner}]
---
kind: HostGroup
metadata: {name: e2e-drift-inner}
spec: {members: [HOST03]}
---
kind: GMSA
metadata: {name: e2e-drift}
spec:
  description: the drift test's account
  displayName: Drift
  servicePrincipalNames: [host/e2e-drift, host/e2e-drift.contoso.com, http/e2e-drift-web.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-drift-hosts}, HOST04]
  trustedForDelegation: false
  trustedToAuthForDelegation: false
  accountNotDelegated: true
  allowedToDelegateTo: [host/e2e-drift-back.contoso.com]
---
kind: GMSA
metadata: {name: e2e-drift-quiet}
spec: {principalsAllowedToRetrieveManagedPassword: [HOST05]}
END
account="CN=e2e-drift,$ou"
group="CN=Drift Hosts,$ou"
apply_all
converged

# drift TITLE EXPECTED_PLAN: the change itself comes as LDIF on standard input. That the next one's plan shows that one's
# field alone says that this one's left nothing.
drift() {
  local title=$1 expected=$2
  step "$title"
  modify
  plan -o json --detailed-exitcode
  assert_exit 2
  assert_same "$(planned)" "$expected" 'the plan'
  apply_all
  assert_out_line "${3:-Apply complete: 0 created, 1 updated, 0 replaced, 0 deleted; 3 unchanged.}"
}
# replaced DN ATTRIBUTE VALUE...
replaced() {
  local value
  printf 'dn: %s\nchangetype: modify\nreplace: %s\n' "$1" "$2"
  for value in "${@:3}"; do printf '%s: %s\n' "$2" "$value"; done
}
host() { printf 'CN=%s,OU=Hosts,%s' "$1" "$base"; }
moved='Apply complete: 0 created, 0 updated, 1 moved, 0 replaced, 0 deleted; 3 unchanged.'

drift 'description' 'GMSA/e2e-drift update description' < <(replaced "$account" description other)
drift 'description removed' 'GMSA/e2e-drift update description' < <(replaced "$account" description)
drift 'displayName' 'GMSA/e2e-drift update displayName' < <(replaced "$account" displayName other)
drift 'dNSHostName' 'GMSA/e2e-drift update dnsHostName,servicePrincipalNames' < <(replaced "$account" dNSHostName other.contoso.com)
assert_values "$account" servicePrincipalName host/e2e-drift host/e2e-drift.contoso.com http/e2e-drift-web.contoso.com
drift 'an SPN added, as setspn -S does' 'GMSA/e2e-drift update servicePrincipalNames' < <(
  printf 'dn: %s\nchangetype: modify\nadd: servicePrincipalName\nservicePrincipalName: http/e2e-drift-extra\n' "$account")
drift 'an SPN removed, as setspn -D does' 'GMSA/e2e-drift update servicePrincipalNames' < <(
  printf 'dn: %s\nchangetype: modify\ndelete: servicePrincipalName\nservicePrincipalName: HTTP/e2e-drift-web.contoso.com\n' "$account")
drift 'all SPNs removed' 'GMSA/e2e-drift update servicePrincipalNames' < <(replaced "$account" servicePrincipalName)
drift 'RC4 allowed' 'GMSA/e2e-drift update kerberosEncryptionTypes' < <(replaced "$account" msDS-SupportedEncryptionTypes 28)
drift 'no encryption types' 'GMSA/e2e-drift update kerberosEncryptionTypes' < <(replaced "$account" msDS-SupportedEncryptionTypes)
drift 'account disabled' 'GMSA/e2e-drift update enabled' < <(replaced "$account" userAccountControl $((0x101002)))
drift 'trusted for delegation' 'GMSA/e2e-drift update trustedForDelegation' < <(replaced "$account" userAccountControl $((0x181000)))
drift 'protocol transition' 'GMSA/e2e-drift update trustedToAuthForDelegation' < <(replaced "$account" userAccountControl $((0x1101000)))
drift 'may be delegated' 'GMSA/e2e-drift update accountNotDelegated' < <(replaced "$account" userAccountControl $((0x1000)))
assert_values "$account" userAccountControl $((0x101000))
drift 'allowedToDelegateTo' 'GMSA/e2e-drift update allowedToDelegateTo' < <(replaced "$account" msDS-AllowedToDelegateTo host/other)
drift 'sAMAccountName' 'GMSA/e2e-drift update samAccountName,servicePrincipalNames' < <(replaced "$account" sAMAccountName 'e2e-drift-x$')
drift 'readers: none' 'GMSA/e2e-drift update principalsAllowedToRetrieveManagedPassword' < <(replaced "$account" msDS-GroupMSAMembership)
drift 'moved to another container' 'GMSA/e2e-drift move path' "$moved" < <(
  printf 'dn: %s\nchangetype: modrdn\nnewrdn: CN=e2e-drift\ndeleteoldrdn: 1\nnewsuperior: CN=Managed Service Accounts,%s\n' "$account" "$base")
drift 'renamed' 'GMSA/e2e-drift move name' "$moved" < <(
  printf 'dn: %s\nchangetype: modrdn\nnewrdn: CN=e2e-drift-renamed\ndeleteoldrdn: 1\n' "$account")
exists "$account" || failed "$account is not back in its place"

step 'readers, with samba-tool'
samba-tool service-account group-msa-membership add -H "ldap://$dc1" --use-kerberos=required --name=e2e-drift --principal='HOST06$' >/dev/null 2>"$work/samba.err" ||
  failed "samba-tool: $(<"$work/samba.err")"
plan -o json --detailed-exitcode
assert_exit 2
assert_same "$(planned)" 'GMSA/e2e-drift update principalsAllowedToRetrieveManagedPassword' 'the plan'
plan
assert_out '- "HOST06$"' '1 removed'
apply_all
converged

drift 'group: description' 'HostGroup/e2e-drift-hosts update description' < <(replaced "$group" description other)
drift 'group: a member added' 'HostGroup/e2e-drift-hosts update members' < <(
  printf 'dn: %s\nchangetype: modify\nadd: member\nmember: %s\n' "$group" "$(host HOST06)")
drift 'group: a member removed' 'HostGroup/e2e-drift-hosts update members' < <(
  printf 'dn: %s\nchangetype: modify\ndelete: member\nmember: %s\n' "$group" "$(host HOST02)")
drift 'group: the nested group removed, a user added' 'HostGroup/e2e-drift-hosts update members' < <(
  printf 'dn: %s\nchangetype: modify\ndelete: member\nmember: %s\n-\nadd: member\nmember: CN=reader,CN=Users,%s\n' "$group" "CN=e2e-drift-inner,$ou" "$base")
drift 'group: scope' 'HostGroup/e2e-drift-hosts update scope' < <(replaced "$group" groupType -2147483640)
drift 'group: no security group any more' 'HostGroup/e2e-drift-hosts update scope' < <(replaced "$group" groupType 4)
drift 'group: sAMAccountName' 'HostGroup/e2e-drift-hosts update samAccountName' < <(replaced "$group" sAMAccountName e2e-drift-other)
drift 'group: moved' 'HostGroup/e2e-drift-hosts move path' "$moved" < <(
  printf 'dn: %s\nchangetype: modrdn\nnewrdn: CN=Drift Hosts\ndeleteoldrdn: 1\nnewsuperior: CN=Users,%s\n' "$group" "$base")
drift 'group: renamed' 'HostGroup/e2e-drift-hosts move commonName' "$moved" < <(
  printf 'dn: %s\nchangetype: modrdn\nnewrdn: CN=Other Hosts\ndeleteoldrdn: 1\n' "$group")

step 'with samba-tool group'
samba-tool group addmembers e2e-drift-hosts 'HOST06$' -H "ldap://$dc1" --use-kerberos=required >/dev/null 2>"$work/samba.err" ||
  failed "samba-tool: $(<"$work/samba.err")"
plan
assert_out '~ HostGroup/e2e-drift-hosts' '- "HOST06$"'
apply_all
converged

step 'deleted behind its back: it is made anew, and whoever named it follows'
ldap ldapdelete "CN=e2e-drift-inner,$ou"
plan -o json
assert_same "$(planned)" 'HostGroup/e2e-drift-inner create samAccountName,commonName,path,scope,members
HostGroup/e2e-drift-hosts update members' 'the plan'
apply_all
converged

step 'what is not managed is no change'
modify < <(
  replaced "$account" info 'somebody wrote this'
  echo
  replaced "$account" msDS-SupportedEncryptionTypes $((0x20000 | 24))
  echo
  replaced "$group" info 'and this'
  echo
  replaced "CN=e2e-drift-quiet,$ou" description 'a text that the manifest leaves out'
  echo
  replaced "CN=e2e-drift-quiet,$ou" displayName 'a name that the manifest leaves out'
  echo
  replaced "CN=e2e-drift-quiet,$ou" userAccountControl $((0x81000))
  echo
  replaced "CN=e2e-drift-quiet,$ou" servicePrincipalName HOST/E2E-DRIFT-QUIET host/e2e-drift-quiet.contoso.com
  echo
  replaced "CN=e2e-drift-inner,$ou" description 'left out, too'
)
converged
done_well
