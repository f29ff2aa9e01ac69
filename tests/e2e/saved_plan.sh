#!/usr/bin/env bash
# A plan in a file is carried out exactly, or not at all: whatever managed attribute of what it touches changes meanwhile,
# it is refused before the first write, with a table of what moved. What it does not touch may change.
. "$(dirname "$0")/lib.sh"
fresh
environment
saved=$work/plan.json
# objects TEXT [OF_GROUP]: the estate, with that text as the description of the account and of the group
objects() {
  manifest objects.yaml <<END
kind: HostGroup
metadata: {name: e2e-sav-hosts}
spec:
  commonName: Saved Hosts
  description: "${2-$1}"
  members: [HOST01, HOST02]
---
kind: GMSA
metadata: {name: e2e-sav}
spec:
  description: "$1"
  displayName: Saved
  servicePrincipalNames: [host/e2e-sav, host/e2e-sav.contoso.com, http/e2e-sav-web.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-sav-hosts}, HOST04]
  trustedForDelegation: false
  trustedToAuthForDelegation: false
  accountNotDelegated: true
  allowedToDelegateTo: [host/e2e-sav-back.contoso.com]
---
kind: GMSA
metadata: {name: e2e-sav-other}
spec: {description: another, principalsAllowedToRetrieveManagedPassword: [HOST05]}
END
}
account="CN=e2e-sav,$ou"
group="CN=Saved Hosts,$ou"
# replaced DN ATTRIBUTE VALUE...
replaced() {
  local value
  printf 'dn: %s\nchangetype: modify\nreplace: %s\n' "$1" "$2"
  for value in "${@:3}"; do printf '%s: %s\n' "$2" "$value"; done
}
edited() { printf 'dn: %s\nchangetype: modify\n%s: %s\n%s: %s\n' "$1" "$2" "$3" "$3" "$4"; }
moved_to() { printf 'dn: %s\nchangetype: modrdn\nnewrdn: %s\ndeleteoldrdn: 1\n' "$1" "$2"; [[ ! ${3-} ]] || printf 'newsuperior: %s\n' "$3"; }
host() { printf 'CN=%s,OU=Hosts,%s' "$1" "$base"; }
state() { search "$base" sub '(|(cn=e2e-sav*)(cn=Saved Hosts*))' '*' | sort; }
apply_saved() { gm apply "$saved" "$@"; }
plan_to_file() {
  rm -f "$saved"
  plan --out "$saved" "$@"
  assert_exit 0
}

round=0
objects 'as declared 0'
apply_all

# stale TITLE TEXT...: LDIF on standard input is applied between plan and apply
stale() {
  local title=$1 before
  shift
  step "$title"
  round=$((round + 1))
  objects "as declared $round"
  plan_to_file
  modify
  before=$(state)
  apply_saved
  assert_exit 5
  assert_err 'is stale: what it is about changed after it was made' '      planned  ' '      live     ' "$@" \
    'help: Plan again and review the difference.' 'Nothing was written.'
  assert_same "$(state)" "$before" 'what is live'
  apply_all
}
stale 'description' GMSA/e2e-sav description "\"as declared 0\"" '"other"' < <(replaced "$account" description other)
stale 'description removed' GMSA/e2e-sav description < <(replaced "$account" description)
stale 'displayName' GMSA/e2e-sav displayName '"other"' < <(replaced "$account" displayName other)
stale 'dNSHostName' GMSA/e2e-sav dnsHostName '"other.contoso.com"' < <(replaced "$account" dNSHostName other.contoso.com)
stale 'an SPN added' GMSA/e2e-sav servicePrincipalNames http/e2e-sav-extra < <(edited "$account" add servicePrincipalName http/e2e-sav-extra)
stale 'an SPN removed' GMSA/e2e-sav servicePrincipalNames < <(edited "$account" delete servicePrincipalName http/e2e-sav-web.contoso.com)
stale 'RC4 allowed' GMSA/e2e-sav kerberosEncryptionTypes RC4 < <(replaced "$account" msDS-SupportedEncryptionTypes 28)
stale 'disabled' GMSA/e2e-sav enabled < <(replaced "$account" userAccountControl $((0x101002)))
stale 'trusted for delegation' GMSA/e2e-sav trustedForDelegation < <(replaced "$account" userAccountControl $((0x181000)))
stale 'protocol transition' GMSA/e2e-sav trustedToAuthForDelegation < <(replaced "$account" userAccountControl $((0x1101000)))
stale 'may be delegated' GMSA/e2e-sav accountNotDelegated < <(replaced "$account" userAccountControl $((0x1000)))
stale 'allowedToDelegateTo' GMSA/e2e-sav allowedToDelegateTo host/other < <(replaced "$account" msDS-AllowedToDelegateTo host/other)
stale 'sAMAccountName' GMSA/e2e-sav samAccountName 'e2e-sav-x' < <(replaced "$account" sAMAccountName 'e2e-sav-x$')
stale 'readers' GMSA/e2e-sav principalsAllowedToRetrieveManagedPassword < <(replaced "$account" msDS-GroupMSAMembership)
stale 'moved' GMSA/e2e-sav path < <(moved_to "$account" CN=e2e-sav "CN=Managed Service Accounts,$base")
stale 'renamed' GMSA/e2e-sav name < <(moved_to "$account" CN=e2e-sav-renamed)
stale 'group: description' HostGroup/e2e-sav-hosts description '"other"' < <(replaced "$group" description other)
stale 'group: a member added' HostGroup/e2e-sav-hosts members HOST06 < <(edited "$group" add member "$(host HOST06)")
stale 'group: a member removed' HostGroup/e2e-sav-hosts members < <(edited "$group" delete member "$(host HOST02)")
stale 'group: scope' HostGroup/e2e-sav-hosts scope < <(replaced "$group" groupType -2147483640)
stale 'group: sAMAccountName' HostGroup/e2e-sav-hosts samAccountName < <(replaced "$group" sAMAccountName e2e-sav-x)
stale 'group: moved' HostGroup/e2e-sav-hosts path < <(moved_to "$group" 'CN=Saved Hosts' "CN=Users,$base")
stale 'group: renamed' HostGroup/e2e-sav-hosts commonName < <(moved_to "$group" 'CN=Saved Hosts Renamed')
stale 'deleted' GMSA/e2e-sav object "$account" < <(printf 'dn: %s\nchangetype: delete\n' "$account")

step 'the marker is another owner'"'"'s now'
round=$((round + 1))
objects "as declared $round"
plan_to_file
text=$(values "$account" adminDescription)
replaced "$account" adminDescription 'gmsactl/1 o=them e=lab n=GMSA/e2e-sav g=1 p=0 f=' | modify
before=$(state)
apply_saved
assert_exit 5
assert_err 'error[GMSA0304]: Object belongs to somebody else' 'Nothing was written.'
assert_same "$(state)" "$before" 'what is live'
replaced "$account" adminDescription "$text" | modify

step 'what is not managed, and what the plan does not touch, may change'
apply_all
objects 'to be seen' "as declared $round"
plan_to_file --target GMSA/e2e-sav
replaced "$account" info 'nobody manages this' | modify
replaced "$account" msDS-SupportedEncryptionTypes $((0x20000 | 24)) | modify
replaced "CN=e2e-sav-other,$ou" description 'drifted' | modify
edited "$group" add member "$(host HOST06)" | modify
mv "$manifests" "$work/elsewhere" # the plan holds all that it needs
apply_saved
assert_exit 0
mv "$work/elsewhere" "$manifests"
assert_out_line 'Apply complete: 0 created, 1 updated, 0 replaced, 0 deleted; 0 unchanged.'
assert_values "$account" description 'to be seen'
assert_values "CN=e2e-sav-other,$ou" description drifted
values "$group" member | grep -q HOST06 || failed 'the group was touched'

step 'applied twice: there is nothing left to do'
before=$(state)
apply_saved
assert_exit 0
assert_out_line 'Environment lab: already applied.'
assert_same "$(state)" "$before" 'what is live'

step 'the manifests have changed since: it is not what they say any more'
objects 'planned'
plan_to_file
objects 'changed since'
before=$(state)
apply_saved
assert_exit 5
assert_err "the manifests in $manifests declare HostGroup/e2e-sav-hosts otherwise than when the plan was made" 'Nothing was written.'
assert_same "$(state)" "$before" 'what is live'
apply_all

step 'half of it was carried out before'
objects 'both halves'
plan_to_file
"$gmsactl" apply -f "$manifests" --auto-approve --target HostGroup/e2e-sav-hosts >/dev/null
apply_saved
assert_exit 0
assert_out '~ GMSA/e2e-sav'
assert_not_out '~ HostGroup/e2e-sav-hosts'
converged

step 'what it would create has been created meanwhile'
manifest new.yaml <<'END'
kind: GMSA
metadata: {name: e2e-sav-new}
spec: {description: made, principalsAllowedToRetrieveManagedPassword: [HOST05]}
END
plan_to_file
cp "$saved" "$work/create.json"
apply_saved
assert_exit 0
gm apply "$work/create.json"
assert_exit 0
assert_out_line 'Environment lab: already applied.'
ldap ldapdelete "CN=e2e-sav-new,$ou"
printf 'dn: CN=e2e-sav-new,%s\nchangetype: add\nobjectClass: computer\nsAMAccountName: e2e-sav-new$\nuserAccountControl: 4096\n' "$ou" | modify
gm apply "$work/create.json"
assert_exit 5
assert_err 'error[GMSA0207]: Name held by another object' 'Nothing was written.'
ldap ldapdelete "CN=e2e-sav-new,$ou"
apply_saved
assert_exit 0

step 'a deletion, and somebody who wants it back'
rm "$manifests/new.yaml"
plan_to_file --prune --allow-deletes 1
replaced "CN=e2e-sav-new,$ou" description 'still needed' | modify
apply_saved
assert_exit 5
assert_err GMSA/e2e-sav-new description '"made"' '"still needed"' 'Nothing was written.'
exists "CN=e2e-sav-new,$ou" || failed 'it was deleted'
plan_to_file --prune --allow-deletes 1
apply_saved
assert_exit 0
! exists "CN=e2e-sav-new,$ou" || failed 'it is there'

step 'a file that was changed, cut, is of another version or too old: nothing is written'
objects 'never to be seen'
# refused CODE TEXT...
refused() {
  local expected=$1
  shift
  last_command="apply of: $current_step"
  before=$(state)
  apply_saved
  assert_exit "$expected"
  assert_err "$@"
  assert_same "$(state)" "$before" 'what is live'
}
# change PYTHON: on the document d
change() {
  cp "$work/good.json" "$saved"
  "$python" - "$saved" "$1" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(d, open(sys.argv[1], "w"), indent=2)
END
}
plan_to_file
cp "$saved" "$work/good.json"
change 'd["changes"][0]["fields"][0]["after"] = "changed on the way"'
refused 3 'digest'
change 'd["createdAt"] = "2027-01-31T12:00:00Z"' # and so good for longer
refused 3 'digest'
change '
import hashlib
d["createdAt"] = "9999-12-31T23:59:59Z"
rest = {key: value for key, value in d.items() if key != "digest"}
text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
d["digest"] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()'
refused 5 'which is in the future for this machine' 'Set the clock'
change 'd["digest"] = "sha256:" + "0" * 64'
refused 3 'digest'
change 'del d["digest"]'
refused 3 'digest'
change 'd["formatVersion"] = "2.0"'
refused 3 'formatVersion' '2.0'
change 'del d["formatVersion"]'
refused 3 'formatVersion'
head -c 1000 "$work/good.json" >"$saved"
refused 3 'JSON'
: >"$saved"
refused 3 "$saved"
rm "$saved"
refused 3 "$saved" 'No such file'
change 'del d["inputs"]'
refused 3 'digest'
change 'pass' # other white space, the same document
apply_saved
assert_exit 0
plan_to_file --valid-for 1s
"$python" - "$saved" <<'END'
import datetime, json, sys, time
document = json.load(open(sys.argv[1]))
made = datetime.datetime.fromisoformat(document["createdAt"].replace("Z", "+00:00"))
valid = datetime.timedelta(seconds=document["inputs"]["validForSeconds"])
while datetime.datetime.now(datetime.timezone.utc) <= made + valid + datetime.timedelta(seconds=1):
    time.sleep(0.05)
END
refused 5 'to be carried out within 1 second, and that time is over' 'Plan again and review the difference.'

step 'a plan with an error can be saved and shown, not applied'
manifest wrong.yaml <<'END'
kind: GMSA
metadata: {name: e2e-sav-wrong}
spec: {principalsAllowedToRetrieveManagedPassword: [NOBODY99]}
END
plan --out "$saved"
assert_exit 4
gm show "$saved"
assert_exit 0
assert_out '? GMSA/e2e-sav-wrong' 'a principal that it names cannot be resolved'
assert_err 'error[GMSA0201]: Unknown principal'
refused 4 'error[GMSA0201]: Unknown principal' "can't be carried out: it was made with errors" 'Nothing was written.'
rm "$manifests/wrong.yaml"

step 'show: the same as plan said'
objects 'shown'
plan_to_file
cp "$work/out" "$work/planned"
gm show "$saved"
assert_exit 0
assert_same "$(grep -v '^Made at' "$work/out")" "$(grep -v '^Saved' "$work/planned")" 'what is shown'
gm show "$saved" -o json
assert_same "$(<"$work/out")" "$(<"$saved")" 'the document'
done_well
