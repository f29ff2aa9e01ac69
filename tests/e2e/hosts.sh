#!/usr/bin/env bash
# Credential specs on Docker hosts, by SFTP to a real SSH server, and in folders: from nothing to specs on three hosts in
# one apply, then everything that goes wrong on hosts, each alone and with nothing lost.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_HOSTS_FOLDER:-} ]] || { echo "skipped: the lab has no hosts. Start them with './dev lab up hosts'."; exit 77; }

folder=$GMSACTL_LAB_HOSTS_FOLDER
specs() { printf '%s/%s/CredentialSpecs' "$folder" "$1"; }
# What the SSH server sees: this script may run in a mount namespace of its own.
server() { nsenter --mount --target "$(cut -d' ' -f1 "$GMSACTL_LAB_DIR/services/hosts.process")" "$@"; }
cleanup() {
  local host
  [[ ! ${SSH_AGENT_PID:-} ]] || kill "$SSH_AGENT_PID"
  for host in HOST01 HOST02 HOST03; do
    ! server mountpoint -q "$(specs "$host")" || server umount "$(specs "$host")"
    mkdir -p "$(specs "$host")"
    find "$(specs "$host")" -mindepth 1 -delete
  done
}

# target [EXTRA LINES of transport]
target() {
  manifest targets.yaml <<END
kind: SpecTarget
metadata: {name: docker}
spec:
  type: Docker
  hosts: ${hosts_of_target:-[{hostGroup: e2e-hosts-group\}]}
  path: $folder/{host}/CredentialSpecs
  transport:
    type: sftp
    knownHostsFile: ${known_hosts:-$GMSACTL_LAB_HOSTS_KNOWN_HOSTS}
    identityFile: ${identity:-$GMSACTL_LAB_HOSTS_KEY}
${1:-}
---
kind: SpecTarget
metadata: {name: flux}
spec:
  type: Directory
  path: $work/flux
  format: kubernetes
  bindings: [{namespace: shop, serviceAccount: web}]
END
}
# objects [NAME [DESCRIPTION]]: the account's sAMAccountName
objects() {
  manifest objects.yaml <<END
kind: HostGroup
metadata: {name: e2e-hosts-group}
spec: {members: [HOST01, HOST02, HOST03]}
---
kind: GMSA
metadata: {name: e2e-hosts}
spec:
  samAccountName: ${1:-e2e-hosts}
  servicePrincipalNames: [http/${1:-e2e-hosts}.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-hosts-group}]
  credentialSpec: {targets: [docker, flux]}
END
}
file() { printf '%s/contoso_%s.json' "$(specs "$1")" "${2:-e2e-hosts}"; }
# left_out TEXT...: a plan that leaves something out and says so, and nothing to do elsewhere
left_out() {
  plan
  assert_exit 4
  assert_err "$@"
  assert_out '0 to create, 0 to update'
}

fresh
environment
objects
target

step 'from nothing: group, account, three hosts, a folder'
apply_all
assert_out 'CredentialSpec/docker/e2e-hosts@HOST01: created' 'CredentialSpec/docker/e2e-hosts@HOST03: created' \
  'CredentialSpec/flux/e2e-hosts: created' 'Apply complete: 6 created'
converged
for host in HOST01 HOST02 HOST03; do
  [[ -s $(file "$host") ]] || failed "no spec on $host"
done
"$python" - "$(file HOST02)" "$(search "$base" base '(objectClass=*)' objectSid objectGUID | sed -n 's/^object[SG][a-zA-Z]*:: //p' | tr '\n' ' ')" <<'END' || failed 'the spec is not what the directory says'
import base64, json, struct, sys, uuid
spec = json.load(open(sys.argv[1]))
values = [base64.b64decode(v) for v in sys.argv[2].split()]
guid = next(v for v in values if len(v) == 16)
sid = next(v for v in values if len(v) == 24)
text = "S-1-%d-%s" % (int.from_bytes(sid[2:8], "big"), "-".join(str(n) for n in struct.unpack("<4I", sid[8:])))
join = spec["DomainJoinConfig"]
assert spec["CmsPlugins"] == ["ActiveDirectory"], spec
assert join == {"Sid": text, "MachineAccountName": "e2e-hosts", "Guid": str(uuid.UUID(bytes_le=guid)),
                "DnsTreeName": "contoso.com", "DnsName": "contoso.com", "NetBiosName": "CONTOSO"}, join
accounts = spec["ActiveDirectoryConfig"]["GroupManagedServiceAccounts"]
assert sorted((a["Name"], a["Scope"]) for a in accounts) == [("e2e-hosts", "CONTOSO"), ("e2e-hosts", "contoso.com")], accounts
END
grep -q 'kind: RoleBinding' "$work/flux/contoso_e2e-hosts.yaml" || failed 'no RoleBinding in the folder'

step 'a spec edited by hand is planned back alone, and what gmsactl does not know stays in it'
"$python" - "$(file HOST01)" <<'END'
import json, sys
spec = json.load(open(sys.argv[1]))
spec["DomainJoinConfig"]["Sid"] += "-1105"
spec["Remark"] = "by hand"
json.dump(spec, open(sys.argv[1], "w"))
END
plan -o json
assert_exit 0
assert_same "$(planned)" 'CredentialSpec/docker/e2e-hosts@HOST01 update DomainJoinConfig.Sid' 'the plan'
assert_out '"cause": "drift"'
apply_all
grep -q '"Remark": "by hand"' "$(file HOST01)" || failed 'an unknown key was lost'
converged

step 'a byte-order mark is no change'
printf '\xef\xbb\xbf%s' "$(<"$(file HOST02)")" >"$work/bom" && cp "$work/bom" "$(file HOST02)"
converged

step 'a file of ours that is no longer JSON is written anew'
echo '{ "half": ' >"$(file HOST03)"
plan
assert_exit 0
assert_out 'not a credential spec: it is not JSON at line 2'
apply_all
converged

step 'a spec that somebody made keeps its name, and is mended in place'
sed 's/CONTOSO/FABRIKAM/' "$(file HOST03)" >"$(specs HOST03)/webapp.json"
rm "$(file HOST03)" "$(specs HOST03)/.gmsactl.json"
plan -o json
assert_same "$(planned)" 'CredentialSpec/docker/e2e-hosts@HOST03 update DomainJoinConfig.NetBiosName,GroupManagedServiceAccounts' 'the plan'
apply_all
[[ ! -e $(file HOST03) ]] || failed 'a second file was made'
converged
rm "$(specs HOST03)/webapp.json" "$(specs HOST03)/.gmsactl.json"
apply_all

step "another account's spec in the wanted place is left alone, and the others go on"
sed 's/e2e-hosts/somebody/g' "$(file HOST02)" >"$work/foreign"
rm "$(specs HOST02)/.gmsactl.json" "$(file HOST01)"
cp "$work/foreign" "$(file HOST02)"
apply
assert_exit 6
assert_err 'warning[GMSA0239]' 'holds the spec of somebody' 'Move it away'
assert_out 'CredentialSpec/docker/e2e-hosts@HOST01: created'
cmp "$work/foreign" "$(file HOST02)" || failed 'the foreign spec was touched'
rm "$(file HOST02)"
apply_all
converged

step 'a damaged index loses nothing'
echo 'no index' >"$(specs HOST01)/.gmsactl.json"
plan --detailed-exitcode
assert_exit 0
assert_err 'warning[GMSA0231]'
rm "$(specs HOST01)/.gmsactl.json"

step 'renamed: the account first, then every file'
apply_all
rm "$(file HOST02)"
apply_all
sed -i 's/CONTOSO/Contoso/' "$(file HOST01)" # a change in case is none, so nothing is written
converged
objects e2e-renamed
plan
assert_exit 0
assert_out '> CredentialSpec/docker/e2e-hosts@HOST02' '"contoso_e2e-hosts.json" -> "contoso_e2e-renamed.json"'
apply_all
for host in HOST02 HOST03; do
  [[ -s $(file $host e2e-renamed) && ! -e $(file $host) ]] || failed "$host was not renamed"
done
grep -q e2e-renamed "$(specs HOST01)"/*.json || failed 'HOST01 was not brought up to date'
converged
objects
apply_all
converged

step 'a host that is down stops nothing but itself'
hosts_of_target='[{hostGroup: e2e-hosts-group}, nohost.contoso.com]' target
rm "$(file HOST03)"
plan --timeout 5s
assert_exit 4
assert_err 'warning[GMSA0230]' 'nohost.contoso.com' '1 credential spec is left out'
assert_out '+ CredentialSpec/docker/e2e-hosts@HOST03' '1 unreadable'
apply --timeout 5s
assert_exit 6
assert_out 'CredentialSpec/docker/e2e-hosts@HOST03: created'
target
converged

step 'a host key that is not the known one'
sed '/^host02/d' "$GMSACTL_LAB_HOSTS_KNOWN_HOSTS" >"$work/known"
known_hosts=$work/known target
left_out 'the key of host02.contoso.com is not in' 'ssh-keyscan'
ssh-keygen -q -t ed25519 -N '' -f "$work/other"
printf 'host02.contoso.com %s\n' "$(cut -d' ' -f1,2 "$work/other.pub")" >>"$work/known"
left_out 'the key of host02.contoso.com is not the one in'

step 'a key that the server does not take'
identity=$work/other target '    authentication: key'
plan
assert_exit 4
assert_err 'does not let root in (tried: key)' 'transport.identityFile'

step 'a key, an agent and a Kerberos ticket, each by itself'
target '    authentication: key'
converged
identity=$work/other target '    authentication: agent'
left_out 'does not let root in (tried: agent)'
eval "$(ssh-agent -a "$work/agent")" >/dev/null
ssh-add -q "$GMSACTL_LAB_HOSTS_KEY"
converged
kill "$SSH_AGENT_PID"
unset SSH_AUTH_SOCK SSH_AGENT_PID
identity=$work/other target '    authentication: kerberos'
converged

step 'a ticket of a user whom the server does not let in, and none at all'
environment "  directory:
    servers: [\"ldaps://$dc1\"]
    authentication: simple
    username: Administrator@contoso.com
    passwordFrom: {file: $GMSACTL_LAB_ADMIN_PASSWORD_FILE}
    tls: {caFile: $GMSACTL_LAB_CA}"
for cache in "$GMSACTL_LAB_READER_CCACHE" "FILE:$work/none"; do
  KRB5CCNAME=$cache left_out 'does not let root in (tried: Kerberos)' 'kinit'
done
environment
target

step 'a folder that may not be written to: nothing lost'
rm "$(file HOST01)"
server mount -t tmpfs -o ro,size=64k none "$(specs HOST01)"
apply
assert_exit 4
assert_out 'CredentialSpec/docker/e2e-hosts@HOST01: failed'
server umount "$(specs HOST01)"
apply_all

step 'a full disk: nothing lost, no part of a file left'
server mount -t tmpfs -o size=16k none "$(specs HOST02)"
server dd if=/dev/zero of="$(specs HOST02)/filler" bs=1k count=64 2>/dev/null || true
apply
assert_exit 4
assert_out 'no space is left there'
assert_same "$(server ls -A "$(specs HOST02)")" filler 'what is in the full folder'
server umount "$(specs HOST02)"
converged

step 'a folder that does not exist is made'
rm -r "$(specs HOST03)"
apply_all
[[ -s $(file HOST03) ]] || failed 'no spec on HOST03'
converged

step 'only one host by --target, with nothing else touched'
rm "$(file HOST01)" "$(file HOST02)"
apply_all --target 'CredentialSpec/docker/*@HOST01'
[[ -e $(file HOST01) && ! -e $(file HOST02) ]] || failed 'the target was not kept to'
apply_all
converged
done_well
