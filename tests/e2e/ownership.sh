#!/usr/bin/env bash
# Whose objects are, and what may be taken from them: adopting and releasing, another's objects, and each reason for
# which --prune refuses. Refused means by plan and by apply, with 7, and nothing is written.
. "$(dirname "$0")/lib.sh"
elsewhere="CN=e2e-own-moved,CN=Managed Service Accounts,$base"
cleanup() { remove "$elsewhere"; }
fresh

# environment_with OWNER NAME [LINES of spec]
environment_with() {
  environment "  directory: {servers: [\"ldap://$dc1\"]}
${3-}"
  sed -i "s/name: lab/name: $2/; s/owner: e2e/owner: $1/" "$manifests/environment.yaml"
}
# declare NAME...: one account and one group for each
declare_all() {
  local name
  for name; do
    printf 'kind: HostGroup\nmetadata: {name: e2e-own-%s-hosts}\nspec: {members: [HOST01]}\n---\n' "$name"
    printf 'kind: GMSA\nmetadata: {name: e2e-own-%s}\nspec:\n  description: as declared\n' "$name"
    printf '  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-own-%s-hosts}]\n---\n' "$name"
  done | sed '$d' | manifest objects.yaml
}
state() { search "$ou" sub '(objectClass=*)' '*' | sort; }
# refused FLAG... -- TEXT...
refused() {
  local flags=() before
  while [[ $1 != -- ]]; do
    flags+=("$1")
    shift
  done
  shift
  before=$(state)
  plan "${flags[@]}"
  assert_exit 7
  assert_err "$@"
  apply "${flags[@]}"
  assert_exit 7
  assert_err "$@" 'Nothing was written.'
  assert_same "$(state)" "$before" "what is below $ou"
}
marker() { values "CN=$1,$ou" adminDescription; }
assert_marker() { [[ $(marker "$1") == "$2"* ]] || failed "the marker of $1 is: $(marker "$1")"; }

step 'made by gmsactl: ours from the first request on'
environment_with e2e lab
declare_all one two
apply_all
converged
assert_marker e2e-own-one 'gmsactl/1 o=e2e e=lab n=GMSA/e2e-own-one g=1 p=0 f='
assert_marker e2e-own-one-hosts 'gmsactl/1 o=e2e e=lab n=HostGroup/e2e-own-one-hosts g=1 p=0 f='

step 'forget: the text goes, all else stays'
before=$(search "$ou" sub '(cn=e2e-own-two*)' '*' | grep -vE '^(adminDescription|whenChanged|uSNChanged)' | sort)
gm forget -f "$manifests" --auto-approve 'GMSA/e2e-own-two' HostGroup/e2e-own-two-hosts
assert_exit 0
assert_out '~ GMSA/e2e-own-two' 'owner'
assert_same "$(search "$ou" sub '(cn=e2e-own-two*)' '*' | grep -vE '^(adminDescription|whenChanged|uSNChanged)' | sort)" "$before" 'what is left'
assert_same "$(marker e2e-own-two)" '' 'the marker'
gm forget -f "$manifests" --auto-approve GMSA/e2e-own-two
assert_exit 4
assert_err 'error[GMSA0225]: Nothing to release' 'No object that environment lab manages has the address GMSA/e2e-own-two.'

step 'not managed: named, and taken over only where that is asked for'
refused -- 'error[GMSA0303]: Object is not managed yet' "CN=e2e-own-two,$ou, which GMSA/e2e-own-two means, exists and carries no ownership marker" '--adopt'
ldap ldapmodify <<<"dn: CN=e2e-own-two,$ou
changetype: modify
replace: description
description: made by hand" >/dev/null
gm adopt -f "$manifests" --auto-approve
assert_exit 0
assert_out '= GMSA/e2e-own-two' '= HostGroup/e2e-own-two-hosts'
assert_marker e2e-own-two 'gmsactl/1 o=e2e e=lab n=GMSA/e2e-own-two g=1 p=0 f='
assert_values "CN=e2e-own-two,$ou" description 'made by hand'
gm adopt -f "$manifests" --auto-approve
assert_exit 0
plan
assert_out '~ GMSA/e2e-own-two' 'description' 'Plan: 0 to create, 1 to update'

step 'adopt with --adopt: as declared, in one request'
gm forget -f "$manifests" --auto-approve '*own-two*'
assert_exit 0
plan --adopt -o json
assert_same "$(planned)" 'HostGroup/e2e-own-two-hosts adopt owner
GMSA/e2e-own-two adopt owner,description' 'the plan'
apply_all --adopt
assert_values "CN=e2e-own-two,$ou" description 'as declared'
converged

step 'another owner, another environment, some other text: refused, with --adopt too'
environment_with someone-else lab
refused -- 'error[GMSA0304]: Object belongs to somebody else' 'is managed by "e2e" as GMSA/e2e-own-one of environment lab.'
refused --adopt -- 'error[GMSA0304]'
environment_with e2e other
refused --adopt -- 'error[GMSA0304]' 'is managed as GMSA/e2e-own-one of environment lab.'
environment_with e2e lab
text=$(marker e2e-own-one)
# mark VALUE
mark() { printf 'dn: CN=e2e-own-one,%s\nchangetype: modify\nreplace: adminDescription\nadminDescription: %s\n' "$ou" "$1" | modify; }
mark 'see ticket 4711'
refused --adopt -- 'error[GMSA0304]' 'holds a text that is no ownership marker: "see ticket 4711"'
mark "gmsactl/1 o=e2e e=lab n=GMSA/e2e-own-one g=x"
refused --adopt -- 'error[GMSA0304]' 'holds a text that is no ownership marker'
mark "$text"
converged

step 'a marker that was copied to another object: that one is left alone'
printf 'dn: CN=e2e-own-copy,%s\nchangetype: add\nobjectClass: group\nsAMAccountName: e2e-own-copy\nadminDescription: %s\n' "$ou" "$(marker e2e-own-one-hosts)" | modify
plan --prune
assert_exit 0
assert_err 'warning[GMSA0223]: Two objects carry one marker' "CN=e2e-own-copy,$ou carries the marker of HostGroup/e2e-own-one-hosts"
ldap ldapdelete "CN=e2e-own-copy,$ou"

step 'declared no longer: a warning, and nothing more'
declare_all one
plan --detailed-exitcode
assert_exit 0
assert_err 'warning[GMSA0305]: Managed objects are declared no longer' '2 objects: GMSA/e2e-own-two, HostGroup/e2e-own-two-hosts.'
apply_all
exists "CN=e2e-own-two,$ou" || failed 'it was deleted'

step '--prune with --target'
refused --prune --target 'GMSA/*' -- 'error[GMSA0306]: Pruning refused' 'Run it without them.'

step '--prune with manifests that declare nothing'
rm "$manifests/objects.yaml"
refused --prune -- 'error[GMSA0306]: Pruning refused' 'declare no account and no group, so everything managed would go: GMSA/e2e-own-one, GMSA/e2e-own-two,'

step '--prune leaves what has no marker, another owner or another environment'
declare_all one two foreign
apply_all
declare_all one two
owner=$(marker e2e-own-foreign)
for other in '' "${owner/o=e2e/o=someone}" "${owner/e=lab/e=other}"; do
  printf 'dn: CN=e2e-own-foreign,%s\nchangetype: modify\nreplace: adminDescription\n%s\n' "$ou" "${other:+adminDescription: $other}" | modify
  plan --prune -o json
  assert_same "$(planned)" 'HostGroup/e2e-own-foreign-hosts delete samAccountName,scope,members' 'the plan'
done

step 'more than policy.maxDeletes'
declare_all one
printf 'dn: CN=e2e-own-foreign,%s\nchangetype: modify\nreplace: adminDescription\nadminDescription: %s\n' "$ou" "$owner" | modify
refused --prune -- 'error[GMSA0308]: Too many deletions' \
  'This plan deletes 4 of 6 managed objects (66 %); policy.maxDeletes is 3 and policy.maxDeletePercent 20.' \
  'pass --allow-deletes 4 for this run, or raise policy.maxDeletes and policy.maxDeletePercent'
refused --prune --allow-deletes 3 -- 'This plan deletes 4 of 6 managed objects (66 %); --allow-deletes is 3.'

step '--exclude keeps what is declared no longer, and must mean something'
plan --prune --allow-deletes 9 --exclude 'GMSA/e2e-own-two' --exclude 'HostGroup/e2e-own-two-*' -o json
assert_exit 0
assert_same "$(planned)" 'GMSA/e2e-own-foreign delete samAccountName,dnsHostName,servicePrincipalNames,principalsAllowedToRetrieveManagedPassword,managedPasswordIntervalInDays,kerberosEncryptionTypes,enabled,description
HostGroup/e2e-own-foreign-hosts delete samAccountName,scope,members' 'the plan'
refused --prune --allow-deletes 9 --exclude 'GMSA/e2e-own-tow' -- 'error[GMSA0306]: Pruning refused' \
  '--exclude "GMSA/e2e-own-tow" matches no address of environment lab, neither declared nor declared no longer'
plan --exclude 'GMSA/e2e-own-two'
assert_exit 3
assert_err '--exclude "GMSA/e2e-own-two" matches no address of the chosen environments'
step 'an account that stays keeps the group that it reads through'
refused --prune --allow-deletes 9 --exclude 'GMSA/e2e-own-two' -- 'error[GMSA0310]: Object to be deleted is still named' \
  "CN=e2e-own-two-hosts,$ou is to be deleted, and GMSA/e2e-own-two reads its password through it, and stays."

step 'more than policy.maxDeletePercent, with few enough of them'
environment_with e2e lab '  policy: {maxDeletes: 100}'
refused --prune -- 'error[GMSA0308]' 'policy.maxDeletes is 100 and policy.maxDeletePercent 20.'
environment_with e2e lab

step 'protected: the declaration goes, the protection stays'
declare_all one two foreign
sed -i 's/{name: e2e-own-two}/{name: e2e-own-two, protect: true}/' "$manifests/objects.yaml"
apply_all
assert_marker e2e-own-two 'gmsactl/1 o=e2e e=lab n=GMSA/e2e-own-two g=2 p=1 '
declare_all one foreign
refused --prune --allow-deletes 9 -- 'error[GMSA0307]: Protected object' "CN=e2e-own-two,$ou is declared no longer and protected, so it is not deleted." 'It takes two steps'
declare_all one two foreign
apply_all
declare_all one foreign
plan --prune --allow-deletes 2
assert_exit 0
assert_out '- GMSA/e2e-own-two' '- HostGroup/e2e-own-two-hosts' 'Plan: 0 to create, 0 to update, 0 to replace, 2 to delete; 4 unchanged.'

step 'a group that another declaration still names'
manifest more.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-own-outer}
spec: {members: [e2e-own-two-hosts]}
END
refused --prune --allow-deletes 9 -- 'error[GMSA0310]: Object to be deleted is still named' "CN=e2e-own-two-hosts,$ou is to be deleted, and a declaration still names it"
rm "$manifests/more.yaml"

step 'marked first: whoever changes it in between keeps it'
cat >"$work/meddle" <<END
dn: CN=e2e-own-two,$ou
changetype: modify
replace: adminDescription
adminDescription: mine now
END
asked yes "ldapmodify -Q -N -Y GSSAPI -H ldap://$dc1 -f $work/meddle" apply -f "$manifests" --prune --allow-deletes 2
((code == 5 || code == 6)) || failed "the exit code is $code"
assert_out 'changed by somebody else meanwhile' 'so it was not deleted' 'it requires GMSA/e2e-own-two, which was not applied'
exists "CN=e2e-own-two,$ou" || failed 'it was deleted'
exists "CN=e2e-own-two-hosts,$ou" || failed 'its group went, although the account that reads through it stays'
printf 'dn: CN=e2e-own-two,%s\nchangetype: modify\nreplace: adminDescription\nadminDescription: %s\n' "$ou" "$(sed 's/-hosts//; s/HostGroup/GMSA/' <<<"$(marker e2e-own-two-hosts)")" | modify

step 'deleted: the account before its group, by GUID'
apply --prune --allow-deletes 2 --audit-log "$work/audit"
assert_exit 0
assert_out_line 'Apply complete: 0 created, 0 updated, 0 replaced, 2 deleted; 4 unchanged.'
for name in e2e-own-two e2e-own-two-hosts; do ! exists "CN=$name,$ou" || failed "$name is there"; done
converged
"$python" - "$work/audit" <<'END' || failed 'the audit log is not as expected'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
requests = [line["operation"] for line in lines if line["type"] == "request"]
deleted = [line["address"] for line in lines if line["type"] == "change" and line["action"] == "delete"]
if requests != ["modify", "delete", "modify", "delete"]:  # each marked first
    sys.exit(str(requests))
if deleted != ["GMSA/e2e-own-two", "HostGroup/e2e-own-two-hosts"]:
    sys.exit(str(deleted))
END

step 'moved, renamed, known by its marker'
printf 'dn: CN=e2e-own-one,%s\nchangetype: modrdn\nnewrdn: CN=e2e-own-moved\ndeleteoldrdn: 1\nnewsuperior: CN=Managed Service Accounts,%s\n' "$ou" "$base" | modify
printf 'dn: %s\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: e2e-own-moved$\n' "$elsewhere" | modify
plan -o json
assert_same "$(planned)" 'GMSA/e2e-own-one update path,name,samAccountName,servicePrincipalNames' 'the plan'
apply_all
converged
done_well
