#!/usr/bin/env bash
# Credential specs on a host that is reached by SMB, with a Kerberos ticket, on a real file server: from nothing to a
# converged folder, then everything that goes wrong with shares, tickets and files, with nothing lost.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_HOSTS_SMB:-} ]] || { echo "skipped: the lab has no hosts. Start them with './dev lab up hosts'."; exit 77; }

drive=$GMSACTL_LAB_HOSTS_FOLDER/HOST07
specs=$drive/ProgramData/docker/CredentialSpecs
spec=$specs/contoso_e2e-smb.json
smbd=$(cut -d' ' -f1 "$GMSACTL_LAB_DIR/services/hosts-smb.process")
# What the file server sees: this script may run in a mount namespace of its own.
server() { nsenter --mount --target "$smbd" "$@"; }
cleanup() {
  kill -CONT "$smbd"
  ! server mountpoint -q "$specs" || server umount "$specs"
  rm -rf "$drive/other"
  mkdir -p "$specs"
  find "$specs" -mindepth 1 -delete
}

# target [LINES of spec]
target() {
  manifest targets.yaml <<END
kind: SpecTarget
metadata: {name: docker}
spec:
  type: Docker
  hosts: ${hosts_of_target:-[HOST07]}
${1-  transport: {type: smb\}}
END
}
# objects [NAME]: the account's sAMAccountName
objects() {
  manifest objects.yaml <<END
kind: GMSA
metadata: {name: e2e-smb}
spec:
  samAccountName: ${1:-e2e-smb}
  servicePrincipalNames: [http/${1:-e2e-smb}.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [HOST07]
  credentialSpec: {targets: [docker]}
END
}
# left_out TEXT...: a plan that leaves the host out and says so
left_out() {
  plan --timeout 20s
  assert_exit 4
  assert_err 'warning[GMSA0230]' "$@"
  assert_out '0 to create, 0 to update'
}
files() { (cd "$specs" && ls -A | tr '\n' ' '); }

fresh
environment
objects
target

step 'from nothing: the folder of Docker on C$'
apply_all
assert_out 'CredentialSpec/docker/e2e-smb@HOST07: created' 'Apply complete: 2 created'
assert_same "$(files)" '.gmsactl.json contoso_e2e-smb.json ' 'what is in the folder'
grep -q '"MachineAccountName": "e2e-smb"' "$spec" || failed 'not the spec'
converged

step 'what is where'
gm spec list -f "$manifests"
assert_exit 0
assert_out 'docker@host07' 'contoso_e2e-smb.json' 'current'

step 'a spec edited by hand is planned back alone, and what gmsactl does not know stays in it'
sed -i 's/"CONTOSO"/"FABRIKAM"/; s/"DomainJoinConfig"/"Remark": "by hand",\n  &/' "$spec"
plan -o json
assert_same "$(planned)" 'CredentialSpec/docker/e2e-smb@HOST07 update DomainJoinConfig.NetBiosName,GroupManagedServiceAccounts' 'the plan'
apply_all
grep -q '"Remark": "by hand"' "$spec" || failed 'an unknown key was lost'
converged

step 'a byte-order mark is no change'
printf '\xef\xbb\xbf%s' "$(<"$spec")" >"$work/bom" && cp "$work/bom" "$spec"
converged

step 'a file of ours that is no longer JSON is written anew'
echo '{ "half": ' >"$spec"
plan
assert_exit 0
assert_out 'not a credential spec: it is not JSON at line 2'
apply_all
converged

step 'foreign specs are left alone, whatever they are called'
for name in theirs.json 'their $(touch "; spec).json' $'mul\tti.json' "quo'te.json"; do
  sed 's/e2e-smb/somebody/g' "$spec" >"$specs/$name"
done
find "$specs" -type f ! -name "$(basename "$spec")" ! -name .gmsactl.json -exec cksum {} + | sort >"$work/before"
echo >>"$spec"
sed -i 's/"CONTOSO"/"FABRIKAM"/' "$spec"
apply_all
find "$specs" -type f ! -name "$(basename "$spec")" ! -name .gmsactl.json -exec cksum {} + | sort | cmp - "$work/before" ||
  failed 'a foreign file was touched'
converged
find "$specs" -type f ! -name "$(basename "$spec")" ! -name .gmsactl.json -delete

step "another account's spec in the wanted place is left alone"
sed 's/e2e-smb/somebody/g' "$spec" >"$work/foreign"
cp "$work/foreign" "$spec"
rm "$specs/.gmsactl.json"
apply
assert_exit 4
assert_err 'warning[GMSA0239]' 'holds the spec of somebody'
cmp "$work/foreign" "$spec" || failed 'the foreign spec was touched'
rm "$spec"
apply_all
converged

step 'renamed: the account first, then the file'
objects e2e-smb-new
plan
assert_out '> CredentialSpec/docker/e2e-smb@HOST07' '"contoso_e2e-smb.json" -> "contoso_e2e-smb-new.json"'
apply_all
assert_same "$(files)" '.gmsactl.json contoso_e2e-smb-new.json ' 'what is in the folder'
converged
objects
apply_all
converged

step 'a folder that does not exist is made'
rm -r "$specs"
apply_all
converged

step 'another folder and another share'
mkdir -p "$drive/other"
target '  path: other/{host}
  transport: {type: smb, share: C$, port: 445}'
apply_all
[[ -s $drive/other/HOST07/contoso_e2e-smb.json ]] || failed 'no spec in the other folder'
converged
target '  path: /
  transport: {type: smb, share: CredentialSpecs}'
converged
rm "$spec" "$specs/.gmsactl.json"
apply_all
[[ -s $spec ]] || failed 'no spec on the share of the folder'
target '  transport: {type: smb, share: "Locked$"}'
converged
rm "$spec"
apply
assert_exit 4
assert_out 'CredentialSpec/docker/e2e-smb@HOST07: failed' 'permission denied'
target
apply_all

step 'a share that there is not'
target '  transport: {type: smb, share: "None$"}'
left_out 'there is no such share' 'transport.share'
target

step 'hosts that are down stop nothing but themselves'
# The first is no name, at the second nothing listens.
hosts_of_target='[HOST07, nohost.contoso.com, HOST01]' target
rm "$spec"
plan --timeout 20s
assert_exit 4
assert_err 'there is no host nohost.contoso.com' "host01.contoso.com can't be reached by SMB: nothing answers there"
assert_out '+ CredentialSpec/docker/e2e-smb@HOST07' '2 unreadable'
apply --timeout 20s
assert_exit 6
assert_out 'CredentialSpec/docker/e2e-smb@HOST07: created'
target
converged

step 'a host that is silent'
kill -STOP "$smbd"
plan --timeout 2s
kill -CONT "$smbd"
assert_exit 4
assert_err "host07.contoso.com can't be reached by SMB: no answer in 2000 ms"
converged

step 'a folder that may not be written to: nothing lost'
cp "$spec" "$work/kept"
server mount --bind -o ro "$specs" "$specs"
objects e2e-smb-new
apply
assert_exit 6
assert_out 'CredentialSpec/docker/e2e-smb@HOST07: failed'
server umount "$specs"
cmp "$work/kept" "$spec" || failed 'the spec was lost'
apply_all
objects
apply_all
converged

step 'a full disk: nothing lost, no part of a file left'
server mount -t tmpfs -o size=16k none "$specs"
server dd if=/dev/zero of="$specs/filler" bs=1k count=64 2>/dev/null || true
apply
assert_exit 4
assert_out 'no space is left there' 'nothing was changed'
assert_same "$(server ls -A "$specs")" filler 'what is in the full folder'
server umount "$specs"
converged

step 'a user who may log in, and not read the folder'
environment "  directory:
    servers: [\"ldaps://$dc1\"]
    authentication: simple
    username: Administrator@contoso.com
    passwordFrom: {file: $GMSACTL_LAB_ADMIN_PASSWORD_FILE}
    tls: {caFile: $GMSACTL_LAB_CA}"
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE left_out 'permission denied' 'Kerberos ticket'

step 'a user whom the host does not know, no ticket, one that ran out'
kinit -k -t "$GMSACTL_LAB_HOST_KEYTABS/HOST05.keytab" -c "FILE:$work/host05" 'HOST05$'
KRB5CCNAME=FILE:$work/host05 left_out 'host07.contoso.com does not take the Kerberos ticket' 'klist'
KRB5CCNAME=FILE:$work/none left_out 'no Kerberos ticket for cifs/host07.contoso.com can be had' 'kinit'
kinit -l 1s -k -t "$GMSACTL_LAB_KEYTABS/administrator.keytab" -c "FILE:$work/short" Administrator
until_true 'the end of the ticket' not klist -s -c "FILE:$work/short"
KRB5CCNAME=FILE:$work/short left_out 'Kerberos ticket' 'kinit'
converged

step 'no smbclient on this machine'
run env "PATH=$work" "$gmsactl" plan -f "$manifests"
assert_exit 4
assert_err 'the program smbclient is not installed' 'apt-get install smbclient'

step 'killed at any moment: no program stays, and the next run converges'
for delay in 0.05 0.15 0.25 0.35 0.5; do
  sed -i 's/"CONTOSO"/"FABRIKAM"/' "$spec"
  "$gmsactl" apply -f "$manifests" --auto-approve >/dev/null 2>&1 &
  pid=$!
  timeout "$delay" tail --pid="$pid" -f /dev/null || true
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  "$python" -m json.tool "$spec" >/dev/null || failed 'half a spec'
done
until_true 'the end of every smbclient' not pgrep -f "^smbclient .*//host07.contoso.com/"
apply_all
converged
done_well
