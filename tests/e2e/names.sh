#!/usr/bin/env bash
# Names that have a meaning in DNs, filters, YAML, C strings and terminals: right on a real domain controller, found
# again by the second plan, and printed harmlessly.
. "$(dirname "$0")/lib.sh"
fresh
accounts_path='OU=Sales\\, EMEA \\+ \\\"Ops\\\"\\; ünïts 漢字,'$ou
groups_path='OU=\\#1 groups *()\\\\ \\<x\\>\\=y,'$ou
environment
groups_path_plain='OU=\#1 groups *()\\ \<x\>\=y,'$ou
accounts_path_plain='OU=Sales\, EMEA \+ \"Ops\"\; ünïts 漢字,'$ou
cat >>"$manifests/environment.yaml" <<<'  createPaths: true'
manifest objects.yaml <<'END'
kind: HostGroup
metadata: {name: comma}
spec:
  samAccountName: e2e-n-comma
  commonName: Hosts, first + "second"
  description: 'a, b + c; d # e "f" <g> \ *()'
  members: [HOST01]
---
kind: HostGroup
metadata: {name: hash}
spec: {samAccountName: e2e-n-hash, commonName: '#hash = x; <y>', members: [{hostGroup: comma}]}
---
kind: HostGroup
metadata: {name: space}
spec: {samAccountName: 'e2e n (x) & !', commonName: 'star *()| & ! back\slash', members: [{hostGroup: hash}]}
---
kind: HostGroup
metadata: {name: unicode}
spec: {samAccountName: e2e-n-ünïcode, commonName: Größe Ä 漢字 ß, description: '漢字 – “quoted” ✓', members: [{hostGroup: space}, HOST02]}
---
kind: GMSA
metadata: {name: e2e-n-plain}
spec:
  description: ' leading and trailing '
  displayName: 'Käse, "Brot" + 漢 *()\'
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: unicode}, {hostGroup: hash}]
---
kind: GMSA
metadata: {name: e2e-n-ünï}
spec:
  dnsHostName: e2e-n-uni.contoso.com
  servicePrincipalNames: [host/e2e-n-uni.contoso.com]
  principalsAllowedToRetrieveManagedPassword: ["CN=Hosts\\, first \\+ \\\"second\\\",OU=\\#1 groups *()\\\\ \\<x\\>\\=y,OUDN"]
END
# The last account names a group by its DN, which exists only after the first run: it joins in the second.
sed -i "s/OUDN/$ou/" "$manifests/objects.yaml"
mv "$manifests/objects.yaml" "$work/all.yaml"
sed '/^metadata: {name: e2e-n-ünï}/,$d' "$work/all.yaml" | sed '$d' | sed '$d' | sed '$d' >"$manifests/objects.yaml"

step 'names with , + " ; # < > = \ * ( ) and beyond ASCII are created and found again'
apply_all
assert_out_line 'Apply complete: 7 created, 0 updated, 0 replaced, 0 deleted; 0 unchanged.'
converged
assert_out 'No changes.'
cp "$work/all.yaml" "$manifests/objects.yaml"
apply_all
assert_out_line 'Apply complete: 1 created, 0 updated, 0 replaced, 0 deleted; 5 unchanged.'
converged

step 'the controller has them as they were meant'
exists "$accounts_path_plain" || failed "no container $accounts_path_plain"
exists "$groups_path_plain" || failed "no container $groups_path_plain"
comma=$(dn_of '(sAMAccountName=e2e-n-comma)')
assert_values "$comma" cn 'Hosts, first + "second"'
assert_values "$comma" description 'a, b + c; d # e "f" <g> \ *()'
hash=$(dn_of '(sAMAccountName=e2e-n-hash)')
assert_values "$hash" cn '#hash = x; <y>'
assert_values "$(dn_of '(sAMAccountName=e2e n \28x\29 & !)')" cn 'star *()| & ! back\slash'
unicode=$(search "$base" sub '(sAMAccountName=e2e-n-ünïcode)' 1.1 | sed -n 's/^dn:: //p' | base64 -d)
assert_values "$unicode" cn 'Größe Ä 漢字 ß'
assert_values "$unicode" description '漢字 – “quoted” ✓'
plain="CN=e2e-n-plain,$accounts_path_plain"
assert_values "$plain" displayName 'Käse, "Brot" + 漢 *()\'
assert_values "$plain" description ' leading and trailing '
assert_values "CN=e2e-n-ünï,$accounts_path_plain" sAMAccountName 'e2e-n-ünï$'

step 'drift of them is seen and put back'
printf 'dn:: %s\nchangetype: modify\ndelete: member\n' "$(printf '%s' "$unicode" | base64 -w0)" | modify
printf 'dn:: %s\nchangetype: modrdn\nnewrdn:: %s\ndeleteoldrdn: 1\n' "$(printf '%s' "$hash" | base64 -w0)" \
  "$(printf '%s' 'CN=other\, name' | base64 -w0)" | modify
plan -o json --detailed-exitcode
assert_exit 2
assert_same "$(planned)" 'HostGroup/hash move commonName
HostGroup/unicode update members' 'the plan'
apply_all
converged

step 'terminal escapes in live values and manifests are shown, not obeyed'
printf 'dn:: %s\nchangetype: modify\nreplace: description\ndescription:: %s\n' "$(printf '%s' "$plain" | base64 -w0)" \
  "$(printf '\033]0;owned\007\033[31mred\r\n\302\233overwritten\342\200\256' | base64 -w0)" | modify
plan --color never
assert_exit 0
assert_out '~ GMSA/e2e-n-plain'
if LC_ALL=C grep -q -P '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$work/out"; then failed 'control characters reached the output'; fi
apply_all
if LC_ALL=C grep -q -P '[\x00-\x08\x0b-\x1f\x7f]' "$work/out" "$work/err"; then failed 'control characters reached the output'; fi
converged

step 'names that would be filters match nothing but themselves'
manifest objects.yaml <<END
kind: HostGroup
metadata: {name: filter}
spec:
  samAccountName: e2e-n-filter
  members: ['HOST01)', '(HOST01', 'HOST01)(cn', 'CN=*,OU=Hosts,$base']
END
plan
assert_exit 4
for name in 'HOST01)' '(HOST01' 'HOST01)(cn' "CN=*,OU=Hosts,$base"; do
  assert_err "\"$name\" is no computer, group, user or managed service account in contoso.com."
done
assert_not_err 'Ambiguous'
sed -i "s/members: .*/members: ['*', 'HOST0?', 'H*']/" "$manifests/objects.yaml"
plan
assert_exit 3
assert_err "'*' contains '*', which account names can't have."

step 'one principal by every form that names it is one member'
# sid_text HEX: [MS-DTYP] 2.4.2.2
sid_text() {
  local hex=$1 at
  local text=S-1-$((16#${hex:4:12}))
  for ((at = 16; at < ${#hex}; at += 8)); do
    text+=-$((16#${hex:at+6:2}${hex:at+4:2}${hex:at+2:2}${hex:at:2}))
  done
  printf '%s' "$text"
}
sid=$(sid_text "$(bytes "CN=HOST01,OU=Hosts,$base" objectSid)")
manifest objects.yaml <<END
kind: HostGroup
metadata: {name: forms}
spec:
  samAccountName: e2e-n-forms
  members: [HOST01, 'CONTOSO\\HOST02', 'contoso.com\\HOST03', HOST04@contoso.com, 'CN=HOST05,OU=Hosts,$base', '$sid']
END
apply_all
converged
assert_same "$(values "$(dn_of '(sAMAccountName=e2e-n-forms)')" member | wc -l)" 5 'the number of members'

step 'a SID of no domain of the forest is a foreign security principal, by its SID and by its DN'
foreign=S-1-5-21-1004336348-1177238915-682003330-1104
sed -i "s/members: .*/members: ['$foreign', 'CN=S-1-5-11,CN=ForeignSecurityPrincipals,$base']/" "$manifests/objects.yaml"
apply_all --allow-deletes 5
converged
assert_values "$(dn_of '(sAMAccountName=e2e-n-forms)')" member "CN=$foreign,CN=ForeignSecurityPrincipals,$base" \
  "CN=S-1-5-11,CN=ForeignSecurityPrincipals,$base"
sed -i "s/members: .*/members: ['CN=$foreign,CN=ForeignSecurityPrincipals,$base', S-1-5-11]/" "$manifests/objects.yaml"
converged

step 'domains that are neither of the forest nor trusted are named as such'
sed -i "s/members: .*/members: ['NOWHERE\\\\HOST01']/" "$manifests/objects.yaml"
plan
assert_exit 4
assert_err 'NOWHERE is no domain of the forest contoso.com'

step 'live groups are nested by their scopes only'
printf 'dn: CN=e2e-n-local,%s\nchangetype: add\nobjectClass: group\nsAMAccountName: e2e-n-local\ngroupType: -2147483644\n' "$ou" | modify
manifest objects.yaml <<END
kind: HostGroup
metadata: {name: nested}
spec: {samAccountName: e2e-n-nested, scope: Global, members: [e2e-n-local, 'CN=Administrators,CN=Builtin,$base']}
END
plan
assert_exit 4
assert_err 'error[GMSA0265]' 'which is a DomainLocal group' 'which is a built-in group'
sed -i 's/, scope: Global//; s/, .CN=Administrators[^]]*//' "$manifests/objects.yaml"
apply_all
converged

step 'another spelling of a name is no change'
manifest objects.yaml <<'END'
kind: GMSA
metadata: {name: e2e-n-école}
spec: {dnsHostName: e2e-n-ecole.contoso.com, servicePrincipalNames: [], principalsAllowedToRetrieveManagedPassword: [HOST01]}
END
apply_all
sed -i 's/name: e2e-n-école/name: E2E-N-ÉCOLE/' "$manifests/objects.yaml"
converged
assert_out 'No changes.'
done_well
