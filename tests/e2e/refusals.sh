#!/usr/bin/env bash
# What the directory holds against the manifests is said before any write, with the exit code that pipelines rely on.
. "$(dirname "$0")/lib.sh"
other="OU=e2e-refusals-other,$base"
cleanup() { remove_tree "$other"; }
fresh
new_unit "$other"
environment
account="CN=e2e-ref,$ou"

# gmsa [EXTRA LINES of spec]
gmsa() {
  {
    printf 'kind: GMSA\nmetadata: {name: e2e-ref}\nspec:\n  principalsAllowedToRetrieveManagedPassword: [HOST01]\n'
    if (($#)); then printf '  %s\n' "$@"; fi
  } | manifest objects.yaml
}
# refused CODE DIAGNOSTIC TEXT...: by plan and by apply alike, and nothing is written
refused() {
  local expected=$1 before after
  shift
  before=$(search "$ou" sub '(objectClass=*)' '*' | sort)
  plan "${flags[@]}"
  assert_exit "$expected"
  assert_err "$@"
  apply "${flags[@]}"
  assert_exit "$expected"
  assert_err "$@" 'Nothing was written.'
  after=$(search "$ou" sub '(objectClass=*)' '*' | sort)
  assert_same "$after" "$before" "what is below $ou"
}
flags=()

step 'a computer has the account name'
printf 'dn: CN=other,%s\nchangetype: add\nobjectClass: computer\nsAMAccountName: e2e-ref$\nuserAccountControl: 4096\n' "$other" | modify
gmsa
refused 4 'error[GMSA0207]: Name held by another object' \
  "sAMAccountName e2e-ref\$ is taken by the computer CN=other,$other, so GMSA/e2e-ref can't have it. gmsactl never takes over an object of another kind." \
  'help: Choose another name, or remove or rename that object first.'
ldap ldapdelete "CN=other,$other"

step 'a user has the group name'
printf 'dn: CN=other,%s\nchangetype: add\nobjectClass: user\nsAMAccountName: e2e-ref-hosts\n' "$other" | modify
manifest objects.yaml <<<$'kind: HostGroup\nmetadata: {name: e2e-ref-hosts}\nspec: {members: [HOST01]}'
refused 4 "sAMAccountName e2e-ref-hosts is taken by the user CN=other,$other, so HostGroup/e2e-ref-hosts can't have it."
ldap ldapdelete "CN=other,$other"

step 'another kind of object stands in the place'
printf 'dn: %s\nchangetype: add\nobjectClass: container\n' "$account" | modify
gmsa
refused 4 'error[GMSA0207]' "The name $account is taken by the container $account, so GMSA/e2e-ref can't have it."
ldap ldapdelete "$account"

step 'a user whose name lacks the $ is no obstacle'
printf 'dn: CN=other,%s\nchangetype: add\nobjectClass: user\nsAMAccountName: e2e-ref\n' "$other" | modify
gmsa
plan
assert_exit 0
ldap ldapdelete "CN=other,$other"

# holder SPN: a computer that holds it
holder() {
  printf 'dn: CN=holder,%s\nchangetype: add\nobjectClass: computer\nsAMAccountName: E2EHOLDER$\nuserAccountControl: 4096\nservicePrincipalName: %s\n' "$other" "$1" | modify
}
step 'an SPN is held by another object'
holder http/e2e-ref-web.contoso.com
gmsa 'servicePrincipalNames: [host/e2e-ref, HTTP/e2e-ref-web.contoso.com]'
refused 4 'error[GMSA0205]: SPN held by another object' \
  "e2e-ref-web.contoso.com, declared for GMSA/e2e-ref, is registered on CN=holder,$other. An SPN belongs to one object in the forest." \
  'E2EHOLDER$), or declare another name.' 'objects.yaml:6:'
ldap ldapdelete "CN=holder,$other"

step 'http/x where a computer has host/x'
holder host/e2e-ref-web.contoso.com
gmsa 'servicePrincipalNames: [http/e2e-ref-web.contoso.com]'
refused 4 "error[GMSA0206]: SPN answered by another object's alias" \
  "http/e2e-ref-web.contoso.com for GMSA/e2e-ref means the same service as host/e2e-ref-web.contoso.com, which CN=holder,$other holds"
ldap ldapdelete "CN=holder,$other"

step 'host/x where a computer has http/x'
holder http/e2e-ref-web.contoso.com
gmsa 'servicePrincipalNames: [host/e2e-ref-web.contoso.com]'
refused 4 'error[GMSA0206]' \
  "host/e2e-ref-web.contoso.com for GMSA/e2e-ref means the same service as http/e2e-ref-web.contoso.com, which CN=holder,$other holds"
ldap ldapdelete "CN=holder,$other"

step 'an SPN class that is no alias of HOST is no obstacle'
holder host/e2e-ref-web.contoso.com
gmsa 'servicePrincipalNames: ["MSSQLSvc/e2e-ref-web.contoso.com:1433"]'
plan
assert_exit 0
ldap ldapdelete "CN=holder,$other"

step 'unknown members and readers, all of them in one run'
domain_sid=$("$gmsactl" plan -f "$manifests" -o json 2>/dev/null | "$python" -c 'import json, sys; print(json.load(sys.stdin)["domainSid"])')
manifest objects.yaml <<END
kind: HostGroup
metadata: {name: e2e-ref-hosts}
spec: {members: [HOST01, HOST99, 'CONTOSO\NOBODY', $domain_sid-999999, OTHER\HOST01]}
---
kind: GMSA
metadata: {name: e2e-ref}
spec: {principalsAllowedToRetrieveManagedPassword: [HOST98]}
END
refused 4 'error[GMSA0201]: Unknown principal' '"HOST99" is no computer, group, user or managed service account in contoso.com.' \
  '"CONTOSO\NOBODY" is no computer' "\"$domain_sid-999999\" is no computer" \
  "\"OTHER\\HOST01\" can't be looked up here: OTHER is no domain of the forest contoso.com, and no domain that contoso.com trusts." '"HOST98" is no computer' \
  'help: Join the host to the domain first, or correct the name.'

step 'a name that a computer and a user have'
printf 'dn: CN=other,%s\nchangetype: add\nobjectClass: user\nsAMAccountName: HOST01\n' "$other" | modify
manifest objects.yaml <<<$'kind: HostGroup\nmetadata: {name: e2e-ref-hosts}\nspec: {members: [HOST01]}'
plan
# An exact sAMAccountName is no guess; where it names the computer or both are told apart, the plan says which.
if ((code == 4)); then
  assert_err 'error[GMSA0202]: Ambiguous principal' "CN=HOST01,OU=Hosts,$base (computer)" "CN=other,$other (user)"
else
  assert_exit 0
  assert_out '+ "HOST01'
fi
sed -i 's/HOST01\]/HOST01$]/' "$manifests/objects.yaml"
plan
assert_exit 0
ldap ldapdelete "CN=other,$other"

step 'a container that does not exist'
accounts_path="OU=missing,$ou" environment
gmsa
refused 4 'error[GMSA0208]: Container does not exist' "OU=missing,$ou, where GMSA/e2e-ref belongs, does not exist." \
  'help: Create it, correct the path, or set createPaths: true in the Environment.'

step 'a domain that is another than the server'"'"'s'
environment
sed -i 's/domain: .*/domain: fabrikam.com/; s/DC=contoso,DC=com/DC=fabrikam,DC=com/' "$manifests/environment.yaml"
refused 4 "error: environment lab could not be planned: ldap://$dc1: the server is of another domain: it holds DC=contoso,DC=com, the Environment is of fabrikam.com" \
  'help: Correct domain or directory.servers of Environment lab.'
environment

step 'the password interval is set at creation only'
gmsa
apply_all
sid=$(bytes "$account" objectSid)
gmsa 'managedPasswordIntervalInDays: 7'
refused 7 'error[GMSA0301]: Immutable field changed' \
  "managedPasswordIntervalInDays of GMSA/e2e-ref is 30 and can't become 7: the domain sets it at creation only. Replacing the account gives it a new SID" \
  'help: Write managedPasswordIntervalInDays: 30 to keep the account, or pass --allow-replace GMSA/e2e-ref to replace it.'
plan --allow-replace GMSA/e2e-ref
assert_exit 0
assert_out '-/+ GMSA/e2e-ref'
assert_out_line 'Plan: 0 to create, 0 to update, 1 to replace, 0 to delete; 0 unchanged.'
apply_all --allow-replace GMSA/e2e-ref
assert_out_line 'Apply complete: 0 created, 0 updated, 1 replaced, 0 deleted; 0 unchanged.'
assert_values "$account" msDS-ManagedPasswordInterval 7
[[ $(bytes "$account" objectSid) != "$sid" ]] || failed 'the replaced account kept its SID'
converged
gmsa
refused 7 'error[GMSA0301]' 'is 7 and can'"'"'t become 30'

step 'a user without rights may plan, and is told before apply writes anything'
remove_tree "$account"
gmsa
before=$(search "$ou" sub '(objectClass=*)' 1.1)
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE plan
assert_exit 0
assert_err 'warning[GMSA0250]: Permission missing'
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE apply
assert_exit 4
assert_err 'error[GMSA0250]: Permission missing' "This user may not create msDS-GroupManagedServiceAccount objects in $ou" 'Nothing was written.'
assert_same "$(search "$ou" sub '(objectClass=*)' 1.1)" "$before" "what is below $ou"

step 'the same for a single attribute'
apply_all
gmsa 'servicePrincipalNames: [http/e2e-ref.contoso.com]' 'description: more'
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE apply
assert_exit 4
assert_err "This user may not write adminDescription, description, servicePrincipalName in $ou, which GMSA/e2e-ref needs." 'dsacls'
assert_values "$account" description

step 'the delegated user works in its unit, and is refused outside'
managed="OU=Managed,$base"
cleanup() {
  remove_tree "$other"
  remove_tree "CN=e2e-ref-in,$managed"
  remove_tree "CN=e2e-ref-hosts,$managed"
}
cleanup
admin_ccache=$KRB5CCNAME
export KRB5CCNAME=$GMSACTL_LAB_SERVICE_CCACHE
accounts_path=$managed groups_path=$managed environment
manifest objects.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-ref-hosts}
spec: {members: [HOST01]}
---
kind: GMSA
metadata: {name: e2e-ref-in}
spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-ref-hosts}]}
END
apply_all
converged
sed -i 's/members: .*/description: changed, members: [HOST02]}/' "$manifests/objects.yaml"
sed -i 's/e2e-ref-hosts}\]/e2e-ref-hosts}], servicePrincipalNames: [host\/e2e-ref-in], description: changed/' "$manifests/objects.yaml"
apply_all
converged
groups_path=$managed environment
manifest mixed.yaml <<END
kind: GMSA
metadata: {name: e2e-ref-out}
spec: {path: "$ou", principalsAllowedToRetrieveManagedPassword: [HOST01]}
END
accounts_path=$managed groups_path=$managed environment
sed -i 's/HOST02/HOST03/' "$manifests/objects.yaml"
apply
assert_exit 4
assert_err "This user may not create msDS-GroupManagedServiceAccount objects in $ou, which GMSA/e2e-ref-out needs." 'Nothing was written.'
exists "CN=e2e-ref-out,$ou" && failed 'it was written all the same'
assert_values "CN=e2e-ref-hosts,$managed" member "CN=HOST02,OU=Hosts,$base"

step 'what the server refuses all the same leaves the rest as it is'
manifest mixed.yaml <<END
kind: GMSA
metadata: {name: e2e-ref-out}
spec: {trustedForDelegation: true, principalsAllowedToRetrieveManagedPassword: [HOST01]}
END
apply
assert_exit 6
assert_out 'Written, and it stands:' 'HostGroup/e2e-ref-hosts: updated' 'Not finished:' 'GMSA/e2e-ref-out: failed, nothing written' \
  'insufficientAccessRights (50)' 'Apply incomplete: 1 failed; 0 created, 1 updated, 0 replaced, 0 deleted; 1 unchanged.'
exists "CN=e2e-ref-out,$managed" && failed 'it was written all the same'
rm "$manifests/mixed.yaml"
converged
KRB5CCNAME=$admin_ccache
done_well
