#!/usr/bin/env bash
# What access control keeps from the user who plans is never taken for absent: the address is unreadable, the attribute
# and the missing right are named, and nothing is planned for it. Who may read by default sees no finding.
. "$(dirname "$0")/lib.sh"
account="CN=e2e-hid,$ou"
group="CN=e2e-hid-hosts,$ou"
cleanup() { ! exists "$ou" || clear_denials "$ou"; }

as_reader() { KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE "$@"; }
reader_sid=$("$python" - "$(bytes "$(dn_of '(sAMAccountName=reader)')" objectSid)" <<'END_PYTHON'
import sys
from samba.dcerpc import security
from samba.ndr import ndr_unpack
print(ndr_unpack(security.dom_sid, bytes.fromhex(sys.argv[1])))
END_PYTHON
)

# permissions ADD|REMOVE DN [RIGHT [ATTRIBUTE]]: one entry that denies the reader RP, LC …, or all such entries removed
permissions() {
  "$python" - "$dc1" "$reader_sid" "$@" <<'END_PYTHON'
import re
import sys
import ldb
from samba.auth import system_session
from samba.credentials import MUST_USE_KERBEROS, Credentials
from samba.dcerpc import misc, security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

server, sid, action, dn, *what = sys.argv[1:]
parameters = LoadParm()
credentials = Credentials()
credentials.guess(parameters)
credentials.set_kerberos_state(MUST_USE_KERBEROS)
directory = SamDB("ldap://" + server, session_info=system_session(), credentials=credentials, lp=parameters)
flags = ["sd_flags:1:4"]
found = directory.search(dn, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=flags)
descriptor = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0])
if action == "add":
    kind = ""
    if len(what) > 1 and "-" in what[1] and len(what[1]) == 36:
        kind = what[1]
    elif len(what) > 1:
        schema = directory.search(directory.get_schema_basedn(), expression=f"(lDAPDisplayName={what[1]})",
                                  attrs=["schemaIDGUID"])
        kind = str(ndr_unpack(misc.GUID, schema[0]["schemaIDGUID"][0]))
    entry = f"(OD;;{what[0]};{kind};;{sid})" if kind else f"(D;;{what[0]};;;{sid})"
    for ace in security.descriptor.from_sddl("D:" + entry, security.dom_sid(directory.get_domain_sid())).dacl.aces:
        descriptor.dacl_add(ace, 0)
else:
    domain_sid = security.dom_sid(directory.get_domain_sid())
    text = re.sub(r"\([^()]*;" + re.escape(sid) + r"\)", "", descriptor.as_sddl(domain_sid))
    descriptor = security.descriptor.from_sddl(text, domain_sid)
message = ldb.Message(ldb.Dn(directory, dn))
message["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
directory.modify(message, controls=flags)
END_PYTHON
}
deny() { permissions add "$@"; }
clear_denials() { permissions remove "$1"; }

declared() {
  manifest objects.yaml <<END_YAML
kind: HostGroup
metadata: {name: e2e-hid-hosts}
spec: {members: [HOST01, HOST02]}
---
kind: GMSA
metadata: {name: e2e-hid}
spec:
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-hid-hosts}]
  servicePrincipalNames: [HTTP/e2e-hid.contoso.com]
  ${1-}
END_YAML
}
# unreadable ADDRESS TEXT...: by plan and by apply; nothing is planned for it, and nothing is written
unreadable() {
  local address=$1 before
  shift
  before=$(search "$ou" sub '(objectClass=*)' '*' | sort)
  as_reader plan "${flags[@]}"
  assert_exit 4
  assert_err 'error[GMSA0209]' "$address" "$@"
  assert_not_err GMSA0303
  as_reader plan -o json "${flags[@]}"
  assert_exit 4
  ! planned | grep -qF "$address " || failed "a change of $address is planned: $(planned)"
  as_reader apply "${flags[@]}"
  assert_exit 4
  assert_err 'Nothing was written.'
  assert_same "$(search "$ou" sub '(objectClass=*)' '*' | sort)" "$before" "what is below $ou"
}
flags=()

fresh
environment
declared
apply_all

step 'who has the default rights reads everything'
as_reader plan --detailed-exitcode
assert_exit 0
assert_out_line 'No changes. Live state matches the manifests.'
assert_not_err GMSA0209

step 'what is absent is absent for him too'
declared 'description: new'
as_reader plan -o json
assert_exit 0
assert_same "$(planned)" 'GMSA/e2e-hid update description' 'the plan'
declared

step 'an attribute that is hidden and managed'
deny "$account" RP servicePrincipalName
unreadable GMSA/e2e-hid "of $account this was not read: servicePrincipalName (" \
  "dsacls \"$account\" /G \"DOMAIN\\USER:RP;servicePrincipalName\""
clear_denials "$account"

step 'one that nobody manages'
deny "$account" RP description
as_reader plan --detailed-exitcode
assert_exit 0
assert_not_err GMSA0209

step 'until somebody does, be it to clear it'
declared 'description: null'
unreadable GMSA/e2e-hid description
declared
clear_denials "$account"

step 'the marker'
deny "$account" RP adminDescription
unreadable GMSA/e2e-hid adminDescription
flags=(--adopt)
unreadable GMSA/e2e-hid adminDescription
flags=()
clear_denials "$account"

step 'a property set that the class is in' # Public-Information, [MS-ADTS] 3.1.1.2.3.3
deny "$account" RP e48d0154-bcf8-11d1-8702-00c04fb96050
unreadable GMSA/e2e-hid "$account has its name, and too little of it is readable to tell what it is"
clear_denials "$account"

step 'the members of a group' # by their property set, Membership
deny "$group" RP bc0ac240-79a9-11d0-9020-00c04fc2d4cf
unreadable HostGroup/e2e-hid-hosts member
step 'and of one that is declared no longer'
mv "$manifests/objects.yaml" "$work"
manifest other.yaml <<<$'kind: HostGroup\nmetadata: {name: e2e-hid-other}\nspec: {}'
flags=(--prune)
unreadable HostGroup/e2e-hid-hosts member
flags=()
rm "$manifests/other.yaml"
mv "$work/objects.yaml" "$manifests"
clear_denials "$group"

step 'the name, so that no filter finds it'
deny "$account" RP sAMAccountName
unreadable GMSA/e2e-hid sAMAccountName
clear_denials "$account"

step 'everything but that it is there'
deny "$account" RP
unreadable GMSA/e2e-hid "$account exists, and this user may read too little of it to tell what it is"
clear_denials "$account"

step 'what stands in the unit'
deny "$ou" LC
unreadable GMSA/e2e-hid "this user may not list $ou"
clear_denials "$ou"

step 'a reader and a member whom nobody declares any more, and who cannot be seen'
unit="OU=hosts,$ou"
new_unit "$unit"
ldap ldapmodify >/dev/null <<END_LDIF
dn: CN=E2EHIDX,$unit
changetype: add
objectClass: computer
sAMAccountName: E2EHIDX\$
userAccountControl: 4096
END_LDIF
with_host() { # HOST ORPHANS
  manifest objects.yaml <<END_YAML
kind: HostGroup
metadata: {name: e2e-hid-hosts}
spec: {members: [HOST01, HOST02$1], orphanedMembers: $2}
---
kind: GMSA
metadata: {name: e2e-hid}
spec:
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-hid-hosts}$1]
  orphanedPrincipals: $2
  servicePrincipalNames: [HTTP/e2e-hid.contoso.com]
END_YAML
}
with_host ', E2EHIDX' keep
apply_all
# unseen ADDRESS: neither kept nor removed
unseen() {
  as_reader plan
  assert_exit 4
  assert_err 'error[GMSA0285]' "this user may not list $unit" "$1 is left as it is"
  as_reader plan -o json
  assert_exit 4
  assert_same "$(planned)" '' 'the plan'
}
for orphans in keep remove; do
  with_host '' $orphans
  as_reader plan -o json
  assert_exit 0
  assert_same "$(planned | sort)" "GMSA/e2e-hid update principalsAllowedToRetrieveManagedPassword
HostGroup/e2e-hid-hosts update members" 'the plan of who sees everything'
  deny "$unit" LC
  unseen GMSA/e2e-hid
  unseen HostGroup/e2e-hid-hosts
  clear_denials "$unit"
done

step 'deleted, the host may still exist out of sight'
remove "CN=E2EHIDX,$unit"
deny "$unit" LC
for orphans in keep remove; do
  with_host '' $orphans
  unseen GMSA/e2e-hid
done

step 'but not for who sees everything: the domain has no other blind spot'
clear_denials "$unit"
as_reader plan -o json
assert_exit 0
assert_same "$(planned)" 'GMSA/e2e-hid update principalsAllowedToRetrieveManagedPassword' 'the plan'
with_host '' keep
as_reader plan --detailed-exitcode
assert_exit 0
assert_err 'warning[GMSA0214]'
assert_not_err GMSA0285
with_host '' remove
apply_all
declared
apply_all

step 'somebody whom nobody declares, added since the last apply and out of sight, is drift and no orphan'
ldap ldapmodify >/dev/null <<END_LDIF
dn: CN=E2EHIDY,$unit
changetype: add
objectClass: computer
sAMAccountName: E2EHIDY\$
userAccountControl: 4096
END_LDIF
# The markers remember what is declared, and are then as they were before he came.
with_host ', HOST03' keep
apply_all
with_host '' keep
apply_all
declare -A marker
for dn in "$account" "$group"; do marker[$dn]=$(values "$dn" adminDescription); done
with_host ', E2EHIDY' keep
apply_all
for dn in "$account" "$group"; do
  printf 'dn: %s\nchangetype: modify\nreplace: adminDescription\nadminDescription: %s\n' "$dn" "${marker[$dn]}" | modify
done
deny "$unit" LC
for orphans in keep remove; do
  with_host '' $orphans
  as_reader gm drift -f "$manifests"
  assert_exit 2
  assert_out "+ \"CN=E2EHIDY,$unit\"   not declared" '+ "S-1-5-21-' 'Drift: 2 drifted'
  assert_not_err GMSA0285
done
clear_denials "$unit"
apply_all

step 'and everything is as it was'
as_reader plan --detailed-exitcode
assert_exit 0
done_well
