#!/usr/bin/env bash
# An empty domain, and the quickstart's prod environment: what is there afterwards is what the contract says, byte for
# byte, and a host of the group gets the password that a host outside it doesn't.
. "$(dirname "$0")/lib.sh"

accounts="CN=Managed Service Accounts,$base"
users="CN=Users,$base"
manifests=$root/examples/quickstart

cleanup() {
  local name
  for name in WebApp01 LogAgentSvc; do remove "CN=$name,$accounts"; done
  for name in 'WebApp01 Authorized Hosts' LogAgentHosts; do remove "CN=$name,$users"; done
  remove_tree "OU=gMSA-dev,$base"
}
cleanup

sid_hex() { bytes "$1" objectSid; }

step 'prod: the plan of an empty domain creates two accounts and two groups'
plan -e prod
assert_exit 0
assert_out '+ HostGroup/WebApp01Hosts' '+ HostGroup/LogAgentHosts' '+ GMSA/WebApp01' '+ GMSA/LogAgentSvc'
assert_out_line 'Plan: 4 to create, 0 to update, 0 to replace, 0 to delete; 0 unchanged.'
exists "CN=WebApp01,$accounts" && failed 'plan wrote'

step 'prod: apply, and the second plan is empty'
apply_all -e prod
assert_out 'HostGroup/WebApp01Hosts: created' 'GMSA/LogAgentSvc: created'
assert_out_line 'Apply complete: 4 created, 0 updated, 0 replaced, 0 deleted; 0 unchanged.'
plan -e prod --detailed-exitcode
assert_exit 0
assert_out_line 'No changes. Live state matches the manifests.'
apply_all -e prod

step 'prod: exactly the attributes of the contract'
webapp="CN=WebApp01,$accounts"
group="CN=WebApp01 Authorized Hosts,$users"
assert_values "$webapp" objectClass computer msDS-GroupManagedServiceAccount organizationalPerson person top user
assert_values "$webapp" sAMAccountName 'WebApp01$'
assert_values "$webapp" userAccountControl 4096
assert_values "$webapp" msDS-ManagedPasswordInterval 30
assert_values "$webapp" msDS-SupportedEncryptionTypes 24
assert_values "$webapp" dNSHostName WebApp01.contoso.com
assert_values "$webapp" servicePrincipalName host/WebApp01 host/WebApp01.contoso.com http/mysite.contoso.com
assert_values "$webapp" description 'Web application 01 (prod)'
assert_values "$webapp" displayName
assert_values "$webapp" msDS-AllowedToDelegateTo
assert_same "$(bytes "$webapp" msDS-GroupMSAMembership)" \
  "01000480140000000000000000000000240000000102000000000005200000002002000004002c000100000000002400ff010f00$(sid_hex "$group")" \
  'the security descriptor of who may read the password'
logagent="CN=LogAgentSvc,$accounts"
assert_values "$logagent" servicePrincipalName host/LogAgentSvc host/LogAgentSvc.contoso.com
assert_values "$logagent" dNSHostName LogAgentSvc.contoso.com

step 'prod: the groups'
assert_values "$group" groupType -2147483644
assert_values "$group" sAMAccountName WebApp01Hosts
assert_values "$group" description 'Container hosts that run WebApp01'
assert_values "$group" member "CN=HOST01,OU=Hosts,$base" "CN=HOST02,OU=Hosts,$base"
assert_values "CN=LogAgentHosts,$users" member "$group" "CN=HOST03,OU=Hosts,$base"

# retrieves HOST ACCOUNT: whether the host, with a ticket of its own, is given the password. Its bytes go nowhere.
retrieves() {
  local length
  kinit -k -t "$GMSACTL_LAB_HOST_KEYTABS/$1.keytab" -c "FILE:$work/$1.ccache" "$1\$@$GMSACTL_LAB_REALM" >/dev/null ||
    failed "no ticket for $1"
  length=$(KRB5CCNAME="FILE:$work/$1.ccache" search "$2" base '(objectClass=*)' msDS-ManagedPassword 2>"$work/retrieve.err" |
    sed -n 's/^msDS-ManagedPassword:: //p' | wc -c)
  # A managed password is 256 bytes in a structure of its own ([MS-ADTS] 2.2.19).
  ((length > 340))
}

step 'a host of the group retrieves the password with its own ticket, others do not'
retrieves HOST01 "$webapp" || failed 'HOST01 is a member and got no password'
retrieves HOST02 "$webapp" || failed 'HOST02 is a member and got no password'
! retrieves HOST03 "$webapp" || failed 'HOST03 is no member and got the password'
retrieves HOST03 "$logagent" || failed 'HOST03 is a member and got no password'
retrieves HOST01 "$logagent" || failed 'HOST01 is a member through the nested group and got no password'
! retrieves HOST04 "$logagent" || failed 'HOST04 is no member and got the password'

step 'dev: its own units are made first, and its names stand beside those of prod'
plan -e dev
assert_exit 0
assert_out_line 'Plan: 7 to create, 0 to update, 0 to replace, 0 to delete; 0 unchanged.'
apply_all -e dev
assert_out_line 'Apply complete: 7 created, 0 updated, 0 replaced, 0 deleted; 0 unchanged.'
plan -e dev --detailed-exitcode
assert_exit 0
dev="CN=WebApp01,OU=Accounts,OU=gMSA-dev,$base"
assert_values "$dev" sAMAccountName 'WebApp01-dev$'
assert_values "$dev" servicePrincipalName host/WebApp01-dev host/WebApp01-dev.contoso.com http/mysite-dev.contoso.com
assert_values "CN=WebApp01 Authorized Hosts,OU=Groups,OU=gMSA-dev,$base" member "CN=HOST04,OU=Hosts,$base"
retrieves HOST04 "$dev" || failed 'HOST04 is a member in dev and got no password'
! retrieves HOST01 "$dev" || failed 'HOST01 is no member in dev and got the password'

step 'additive: a host that developers added stays, and is no change'
printf 'dn: CN=WebApp01 Authorized Hosts,OU=Groups,OU=gMSA-dev,%s\nchangetype: modify\nadd: member\nmember: CN=HOST06,OU=Hosts,%s\n' "$base" "$base" | modify
plan -e dev --detailed-exitcode
assert_exit 0

step 'several environments in one run'
gm plan -f "$manifests" -e prod -e dev --detailed-exitcode
assert_exit 0
assert_out_line "Environment prod: domain $GMSACTL_LAB_DOMAIN, server $dc1"
assert_out_line "Environment dev: domain $GMSACTL_LAB_DOMAIN, server $dc1"
done_well
