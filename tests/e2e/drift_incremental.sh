#!/usr/bin/env bash
# Whatever somebody does to the directory, and whatever a commit does to the manifests: a look at what changed finds what a
# look at everything finds, to the byte, and says what it was.
. "$(dirname "$0")/lib.sh"
cache=$work/cache
cleanup() { remove_tree "OU=e2e-inc-moved,$base"; }
fresh

# host NUMBER: one of this script's own computers
host() { printf 'CN=E2EINC0%s,%s' "$1" "$ou"; }
computer() {
  printf 'dn: %s\nchangetype: add\nobjectClass: computer\nsAMAccountName: E2EINC0%s$\nuserAccountControl: 4096\n\n' "$(host "$1")" "$1"
}
for number in 1 2 3 4 5 6; do computer "$number"; done | modify
sid_of() { search "$1" base '(objectClass=*)' objectSid | sed -n 's/^objectSid:: //p' | "$python" -c '
import base64, sys
from samba.dcerpc import security
from samba.ndr import ndr_unpack
print(ndr_unpack(security.dom_sid, base64.b64decode(sys.stdin.read())))'; }
sid=$(sid_of "$(host 4)")

# objects [DESCRIPTION [MORE YAML]]
objects() {
  manifest objects.yaml <<END
kind: SpecTarget
metadata: {name: folder}
spec: {type: Directory, path: $work/specs}
---
kind: HostGroup
metadata: {name: e2e-inc-hosts}
spec: {description: hosts, members: [E2EINC01, E2EINC02, {hostGroup: e2e-inc-inner}]}
---
kind: HostGroup
metadata: {name: e2e-inc-inner}
spec: {members: [E2EINC03]}
---
kind: HostGroup
metadata: {name: e2e-inc-some}
spec: {members: [E2EINC06], membership: additive}
---
kind: GMSA
metadata: {name: e2e-inc-a}
spec:
  description: ${1:-as declared}
  servicePrincipalNames: [host/e2e-inc-a, host/e2e-inc-a.contoso.com, http/e2e-inc-web.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-inc-hosts}]
  credentialSpec: {targets: [folder]}
---
kind: GMSA
metadata: {name: e2e-inc-b}
spec:
  principalsAllowedToRetrieveManagedPassword: ['CONTOSO\E2EINC05', '$sid', 'CN=E2EINC06,$ou']
---
kind: GMSA
metadata: {name: e2e-inc-c}
spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-inc-inner}], description: third}
${2-}
END
}

without_time() { sed 's/"\(createdAt\|digest\)": "[^"]*"/"\1": ""/' "$1"; }
# found WHAT CODE HOW [EXPECTED...]: looks by what changed (HOW: part) or at everything (HOW: why), and compares with a look
# at everything. EXPECTED are the lines of planned().
found() {
  local what=$1 expected_code=$2 how=$3 part_code
  shift 3
  gm drift -f "$manifests" --cache "$cache" -o json --log-level debug
  assert_err ' writes=0 '
  part_code=$code
  cp "$work/out" "$work/part"
  case $how in
    part) assert_err 'at=what changed ' ;;
    *) assert_err "at=everything ($how)" ;;
  esac
  assert_exit "$expected_code"
  if (($#)); then assert_same "$(planned)" "$(printf '%s\n' "$@")" "$what"; fi
  gm drift -f "$manifests" -o json
  assert_exit "$part_code"
  diff <(without_time "$work/part") <(without_time "$work/out") >"$work/diff" || failed "$what: what changed and everything differ
$(<"$work/diff")"
}
# drift WHAT CODE HOW [EXPECTED...]: after the LDIF on standard input
drift() {
  step "$1"
  modify
  found "$@"
}
in_order() {
  apply_all
  found "$1" 0 part
}
replaced() {
  local value
  printf 'dn: %s\nchangetype: modify\nreplace: %s\n' "$1" "$2"
  for value in "${@:3}"; do printf '%s: %s\n' "$2" "$value"; done
}
renamed() { printf 'dn: %s\nchangetype: modrdn\nnewrdn: %s\ndeleteoldrdn: 1\n%s' "$1" "$2" "${3:+newsuperior: $3
}"; }
deleted() { printf 'dn: %s\nchangetype: delete\n' "$1"; }
samba() {
  samba-tool "$@" -H "ldap://$dc1" --use-kerberos=required >/dev/null 2>"$work/samba.err" || failed "samba-tool: $(<"$work/samba.err")"
}
a="CN=e2e-inc-a,$ou" b="CN=e2e-inc-b,$ou" c="CN=e2e-inc-c,$ou" hosts="CN=e2e-inc-hosts,$ou" inner="CN=e2e-inc-inner,$ou"

environment
objects
mkdir "$work/specs"
apply_all

step 'the first look is at everything, the next at nothing'
found 'the first look' 0 'there was no look before'
gm drift -f "$manifests" --cache "$cache" --log-level info
assert_exit 0
assert_out_line 'Drift: 0 drifted, 0 pending, 0 both, 0 new; 0 accepted; 7 in sync.'
assert_err 'at=what changed changed=0 compared=0 '

drift 'an account, with ldapmodify' 2 part 'GMSA/e2e-inc-a update description' < <(replaced "$a" description other)
gm drift -f "$manifests" --cache "$cache" --log-level info
assert_exit 2
assert_err 'compared=1 '
assert_out 'drift    GMSA/e2e-inc-a' "description   drift: changed 20" " on $dc1, version 2" 'live "other", declared "as declared"'
drift 'put right by hand' 0 part < <(replaced "$a" description 'as declared')
drift 'SPNs' 2 part 'GMSA/e2e-inc-a update servicePrincipalNames' < <(replaced "$a" servicePrincipalName http/e2e-inc-other)
drift 'an SPN that was freed is taken elsewhere' 4 part 'GMSA/e2e-inc-a update servicePrincipalNames' < <(
  replaced "$(host 6)" servicePrincipalName http/e2e-inc-web.contoso.com)
drift 'and freed again' 2 part < <(replaced "$(host 6)" servicePrincipalName)
in_order 'SPNs put right by apply'
drift 'disabled' 2 part 'GMSA/e2e-inc-b update enabled' < <(replaced "$b" userAccountControl $((0x1002)))
in_order 'enabled'

step 'readers and members, with samba-tool'
samba service-account group-msa-membership add --name=e2e-inc-b --principal='HOST06$'
samba group addmembers e2e-inc-inner 'HOST06$'
found 'readers and members' 2 part 'HostGroup/e2e-inc-inner update members' 'GMSA/e2e-inc-b update principalsAllowedToRetrieveManagedPassword'
in_order 'readers and members put right'

drift 'an account renamed and moved' 2 part 'GMSA/e2e-inc-c move path,name' < <(
  renamed "$c" CN=e2e-inc-else "CN=Managed Service Accounts,$base")
drift 'and called otherwise, too' 2 part 'GMSA/e2e-inc-c update path,name,samAccountName,servicePrincipalNames' < <(
  replaced "CN=e2e-inc-else,CN=Managed Service Accounts,$base" sAMAccountName 'e2e-inc-x$')
in_order 'back in its place'
drift 'a group renamed' 2 part 'HostGroup/e2e-inc-inner update commonName,samAccountName' < <(
  renamed "$inner" CN=Else
  echo
  replaced "CN=Else,$ou" sAMAccountName e2e-inc-else)
in_order 'a group as it was'

drift 'a computer renamed: nobody has the name' 4 part < <(
  replaced "$(host 2)" sAMAccountName 'E2EINC09$')
drift 'another computer gets it' 2 part 'HostGroup/e2e-inc-hosts update members' < <(
  printf 'dn: CN=E2EINC02x,%s\nchangetype: add\nobjectClass: computer\nsAMAccountName: E2EINC02$\nuserAccountControl: 4096\n' "$ou")
drift 'and gives it back' 0 part < <(
  deleted "CN=E2EINC02x,$ou"
  echo
  replaced "$(host 2)" sAMAccountName 'E2EINC02$')
drift 'a computer moved: a DN is no longer its name' 4 part < <(renamed "$(host 6)" CN=E2EINC06 "CN=Computers,$base")
drift 'and back' 0 part < <(renamed "CN=E2EINC06,CN=Computers,$base" CN=E2EINC06 "$ou")
drift 'a member deleted, which is no change of its group' 4 part < <(deleted "$(host 3)")
drift 'and made anew, as another object' 2 part 'HostGroup/e2e-inc-inner update members' < <(computer 3)
in_order 'the new one is a member'
drift 'a reader deleted' 4 part < <(deleted "$(host 5)")
drift 'and made anew' 2 part 'GMSA/e2e-inc-b update principalsAllowedToRetrieveManagedPassword' < <(computer 5)
in_order 'the new one is a reader'

drift 'an account deleted' 2 part 'GMSA/e2e-inc-c create samAccountName,path,dnsHostName,servicePrincipalNames,principalsAllowedToRetrieveManagedPassword,managedPasswordIntervalInDays,kerberosEncryptionTypes,enabled,description' < <(deleted "$c")
in_order 'an account made anew'
drift 'a group deleted: whoever names it follows' 2 part < <(deleted "$inner")
in_order 'a group made anew'

step 'a credential spec that was edited, of an account that is not looked at'
spec=$(echo "$work"/specs/*.json)
cp "$spec" "$work/spec"
sed -i 's/"e2e-inc-a"/"e2e-inc-z"/' "$spec"
found 'a credential spec' 2 part
grep -q '"address": "CredentialSpec/folder/e2e-inc-a"' "$work/out" || failed 'it was not found'
gm drift -f "$manifests" --cache "$cache"
assert_out 'drift    CredentialSpec/folder/e2e-inc-a' '1 drifted, 0 pending, 0 both, 0 new; '
cp "$work/spec" "$spec"
found 'as it was' 0 part

step 'markers: taken away, overwritten, copied'
marker=$(values "$a" adminDescription)
drift 'marker taken away' 2 part 'GMSA/e2e-inc-a adopt owner' < <(replaced "$a" adminDescription)
drift 'marker overwritten' 7 part < <(replaced "$a" adminDescription "somebody's text")
drift 'marker of another declaration' 2 part 'GMSA/e2e-inc-a update metadata.name' < <(replaced "$a" adminDescription "${marker/e2e-inc-a/e2e-inc-b}")
drift 'marker as it was' 0 part < <(replaced "$a" adminDescription "$marker")
drift 'marker copied to another account' 0 part < <(
  printf 'dn: CN=e2e-inc-copy,%s\nchangetype: add\nobjectClass: msDS-GroupManagedServiceAccount\nsAMAccountName: e2e-inc-copy$\nuserAccountControl: 4096\nmsDS-ManagedPasswordInterval: 30\ndNSHostName: x\nadminDescription: %s\n' "$ou" "$marker")
grep -q GMSA0223 "$work/out" || failed 'the copy was not reported'
drift 'the copy carries a name that nobody declares' 0 part < <(
  replaced "CN=e2e-inc-copy,$ou" adminDescription "${marker/e2e-inc-a/e2e-inc-nobody}")
grep -q 'GMSA/e2e-inc-nobody' "$work/out" || failed 'what is left over was not reported'
found 'what is left over is reported again' 0 part
grep -q 'GMSA/e2e-inc-nobody' "$work/out" || failed 'what is left over was forgotten'
drift 'what is left over is deleted' 0 part < <(deleted "CN=e2e-inc-copy,$ou")
! grep -q 'GMSA0305' "$work/out" || failed 'what is gone was reported'

step 'the manifests: changed, declared no longer, declared anew'
objects 'changed in the manifest'
found 'pending' 2 part 'GMSA/e2e-inc-a update description'
gm drift -f "$manifests" --cache "$cache" --ignore-pending
assert_exit 0
assert_out 'pending  GMSA/e2e-inc-a' 'Drift: 0 drifted, 1 pending,'
modify < <(replaced "$a" description "somebody's")
gm drift -f "$manifests" --cache "$cache" --ignore-pending
assert_exit 2
assert_out 'both     GMSA/e2e-inc-a' 'Drift: 0 drifted, 0 pending, 1 both,'
in_order 'pending applied'
objects 'changed in the manifest' '---
kind: GMSA
metadata: {name: e2e-inc-new}'
found 'new' 2 part
in_order 'new applied'
objects 'changed in the manifest'
found 'declared no longer' 0 part
grep -q 'GMSA/e2e-inc-new' "$work/out" || failed 'what is declared no longer was not reported'
remove "CN=e2e-inc-new,$ou"
found 'and gone' 0 part

step 'accepted drift stays accepted'
environment "  directory: {servers: [\"ldap://$dc1\"]}
  drift: {ignore: [{address: GMSA/e2e-inc-a, field: description, reason: a test, until: \"2099-12-31\"}]}"
modify < <(replaced "$a" description accepted)
found 'other rules' 0 'the environment, the flags or gmsactl itself changed since the last look'
found 'accepted' 0 part
gm drift -f "$manifests" --cache "$cache"
assert_out_line 'Drift: 0 drifted, 0 pending, 0 both, 0 new; 1 accepted; 6 in sync.'
environment
modify < <(replaced "$a" description 'changed in the manifest')
found 'no rules' 0 'the environment, the flags or gmsactl itself changed since the last look'

step 'a unit renamed moves what is below it, which counts as unchanged'
modify < <(renamed "$ou" OU=e2e-inc-moved)
found 'a unit renamed' 4 'an organizational unit or container was changed, and what is below it with it'
modify < <(renamed "OU=e2e-inc-moved,$base" "${ou%%,*}")
found 'and back' 0 'an organizational unit or container was changed, and what is below it with it'
drift 'a new unit moves nothing' 0 part < <(printf 'dn: OU=e2e-inc,%s\nchangetype: add\nobjectClass: organizationalUnit\n' "$ou")

step 'a cache that is damaged, of another version or too old leads to a look at everything'
printf x >>"$cache/lab.drift"
found 'damaged' 0 'there was no look before'
printf 'gmsactl-drift 2\n' >"$cache/lab.drift"
found 'another version' 0 'there was no look before'
found 'as usual' 0 part
gm drift -f "$manifests" --cache "$cache" --full-every 1ms --log-level info
assert_err 'at=everything (everything was read last at 2'
gm drift -f "$manifests" --cache "$cache" --target 'GMSA/*' --log-level info
assert_err 'at=everything (the environment, the flags'
assert_out '5 in sync.' # the accounts, and the groups that they name
found 'all again' 0 'the environment, the flags or gmsactl itself changed since the last look'
gm drift -f "$manifests" --cache /proc/none --log-level info
assert_exit 0
assert_err 'cache could not be written'

step 'another user looks at everything; one who sees no deleted objects always does, and is told so'
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE gm drift -f "$manifests" --cache "$cache" --log-level info
assert_exit 0
assert_err "at=everything (another user looked last, or this one's groups changed)" 'GMSA0227' 'may not see deleted objects'
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE gm drift -f "$manifests" --cache "$cache" --log-level info
assert_err 'at=everything (there was no look before)' 'GMSA0227'
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE gm drift -f "$manifests" --log-level info
assert_not_err 'GMSA0227'
done_well
