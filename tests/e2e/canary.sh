#!/usr/bin/env bash
# A canary in every place where a secret comes in, and a search for each of them in everything that goes out: output, logs at
# the finest level, plans, reports in every format, the audit log, the cache of drift, the lock, the ownership marker, the
# index beside delivered specs, core and temporary files, and the command lines of the programs that are started.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_HOSTS_SMB:-} && ${GMSACTL_LAB_SWARM_TLS:-} && ${GMSACTL_LAB_KUBECONFIG_ADMIN:-} ]] ||
  { echo "skipped: the lab lacks services. Start them with './dev lab up hosts swarm kubernetes'."; exit 77; }
specs_of() { case $1 in HOST07) echo "$GMSACTL_LAB_HOSTS_FOLDER/$1/ProgramData/docker/CredentialSpecs" ;; *) echo "$GMSACTL_LAB_HOSTS_FOLDER/$1/CredentialSpecs" ;; esac; }
swarm() { DOCKER_HOST=unix://$GMSACTL_LAB_SWARM_SOCKET docker "$@"; }
kube() { KUBECONFIG=$GMSACTL_LAB_KUBECONFIG_ADMIN kubectl "$@"; }
cleanup() {
  local id host
  for id in $(swarm config ls --format '{{.Name}}' | grep e2e-canary); do swarm config rm "$id"; done
  kube delete gmsacredentialspecs,clusterroles e2e-canary gmsactl-e2e-canary --ignore-not-found
  for host in HOST01 HOST07; do
    mkdir -p "$(specs_of "$host")"
    find "$(specs_of "$host")" -name '*e2e-canary*' -delete
    rm -f "$(specs_of "$host")/.gmsactl.json"
  done
}
command -v cc >/dev/null || { echo 'skipped: no C compiler'; exit 77; }
fresh
seen=$work/seen
mkdir -p "$seen/tmp" "$seen/cores" "$work/bin" "$work/canaries"
export TMPDIR=$seen/tmp

# canary NAME: a new secret, in $value; what is found of it later is a leak
canary() {
  value="canary-$1-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')"
  printf '%s' "$value" >"$work/canaries/$1"
}
# real NAME TEXT: a secret that works
real() { printf '%s' "$2" >"$work/canaries/$1"; }
# body FILE: a line of a PEM file that no other has
body() { grep -v -- '-----' "$1" | sed -n 2p; }

# Everything that a run says is kept.
runs=0
gm() {
  runs=$((runs + 1))
  run "$gmsactl" "$@"
  cp "$work/out" "$seen/run$runs.out"
  cp "$work/err" "$seen/run$runs.err"
}
# Programs that are started write down how, and are run then.
for program in smbclient ssh ssh-keygen gpg; do
  path=$(command -v "$program" || true)
  [[ $path ]] || continue
  printf '#!/bin/sh\ntr "\\0" " " <"/proc/$$/cmdline" >>"%s/command-lines"\necho >>"%s/command-lines"\nexec "%s" "$@"\n' "$seen" "$seen" "$path" >"$work/bin/$program"
  chmod +x "$work/bin/$program"
done
export PATH=$work/bin:$PATH

# Nobody asked gmsactl to look at these.
canary github-token
export GITHUB_TOKEN=$value
canary aws-key
export AWS_SECRET_ACCESS_KEY=$value

real bind-variable "$(<"$GMSACTL_LAB_ADMIN_PASSWORD_FILE")"
E2E_PASSWORD=$(<"$GMSACTL_LAB_ADMIN_PASSWORD_FILE")
export E2E_PASSWORD
real bind-file "$(<"$GMSACTL_LAB_SERVICE_PASSWORD_FILE")"
real ssh-key "$(body "$GMSACTL_LAB_HOSTS_KEY")"
real docker-tls-key "$(body "$GMSACTL_LAB_SWARM_TLS/swarm-user.key")"
real kube-token "$GMSACTL_LAB_KUBERNETES_TOKEN"
"$python" - "$GMSACTL_LAB_KEYTABS/administrator.keytab" "$work/canaries" <<'END'
import re, subprocess, sys
keys = re.findall(r"\(0x([0-9a-f]+)\)", subprocess.run(["klist", "-K", "-k", sys.argv[1]], capture_output=True, text=True, check=True).stdout)
for number, key in enumerate(sorted(set(keys))):
    open(f"{sys.argv[2]}/keytab-{number}", "w").write(key)
    open(f"{sys.argv[2]}/keytab-bytes-{number}", "wb").write(bytes.fromhex(key))
assert keys
END

# simple [PASSWORD SOURCE [URL [CA]]]
simple() {
  environment "  directory:
    servers: [\"${2:-ldaps://$dc1}\"]
    authentication: simple
    username: ${bind_user:-Administrator}@$GMSACTL_LAB_DOMAIN
    passwordFrom: ${1:-{env: E2E_PASSWORD\}}
    tls: {caFile: \"${3:-$GMSACTL_LAB_CA}\"}"
  sed -i 's/name: lab/name: canary/' "$manifests/environment.yaml"
}
# kubeconfig USER...: lines of the user, and FIELDS of the cluster in $cluster_fields
kubeconfig() {
  {
    sed '/^users:/,$d' "$GMSACTL_LAB_KUBECONFIG_ADMIN"
    printf 'users:\n- name: admin\n  user:\n'
    printf '    %s\n' "$@"
    printf 'contexts:\n- name: lab\n  context: {cluster: lab, user: admin}\n'
  } >"$work/kubeconfig"
}
plug_in() {
  printf '#!/bin/sh\n%s\n' "$1" >"$work/plug-in"
  chmod +x "$work/plug-in"
  kubeconfig 'exec:' '  apiVersion: client.authentication.k8s.io/v1' '  command: ./plug-in' '  interactiveMode: Never' "${@:2}"
}
exec_credential() { printf '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": %s}' "$1"; }
# targets [SWARM ENDPOINT [KEY FILE]]
targets() {
  manifest targets.yaml <<END
kind: SpecTarget
metadata: {name: files}
spec: {type: Directory, path: "$seen/specs"}
---
kind: SpecTarget
metadata: {name: ssh}
spec:
  type: Docker
  hosts: [HOST01]
  path: $GMSACTL_LAB_HOSTS_FOLDER/{host}/CredentialSpecs
  transport: {type: sftp, knownHostsFile: $GMSACTL_LAB_HOSTS_KNOWN_HOSTS, identityFile: ${identity:-$GMSACTL_LAB_HOSTS_KEY}}
---
kind: SpecTarget
metadata: {name: smb}
spec: {type: Docker, hosts: [HOST07], transport: {type: smb}}
---
kind: SpecTarget
metadata: {name: swarm}
spec:
  type: Swarm
  endpoint: ${1:-$GMSACTL_LAB_SWARM_TCP}
  tls: {caFile: $GMSACTL_LAB_CA, certFile: $GMSACTL_LAB_SWARM_TLS/swarm-user.pem, keyFile: ${2:-$GMSACTL_LAB_SWARM_TLS/swarm-user.key}}
---
kind: SpecTarget
metadata: {name: cluster}
spec: {type: Kubernetes, kubeconfig: "$work/kubeconfig"}
END
}
# objects [DESCRIPTION [PLUG-IN INPUT]]
objects() {
  manifest objects.yaml <<END
kind: GMSA
metadata: {name: e2e-canary}
spec:
  description: ${1:-first}
  principalsAllowedToRetrieveManagedPassword: [HOST01]
  credentialSpec:
    targets: [files, ssh, smb, swarm, cluster]
    hostAccountConfig: {pluginGuid: 859E1386-BDB4-49E8-85C7-3070B13920E1, pluginInput: '${2:-arn:aws:secretsmanager:eu-west-1:1:secret:x}'}
END
}
mkdir "$seen/specs"
trace=(--log-level trace)
reports=()
for format in text json jsonl markdown html junit sarif prometheus github; do reports+=(--report "$format=$seen/report.$format"); done

step 'everything that works: by password, keytab, key, certificate, token and plug-in'
simple
targets
kubeconfig "token: $GMSACTL_LAB_KUBERNETES_TOKEN"
objects
plan "${trace[@]}" --explain "${reports[@]}" --out "$seen/plan.json"
assert_exit 0
apply "${trace[@]}" --log-format json --audit-log "$seen/audit" "${reports[@]}"
assert_exit 0
objects second
canary plug-in-variable
plug_in "$(printf "cat <<'END'\n%s\nEND" "$(exec_credential "{\"token\": \"$GMSACTL_LAB_KUBERNETES_TOKEN\"}")")" '  env:' "  - {name: SECRET, value: $value}"
export KRB5_CLIENT_KTNAME=FILE:$GMSACTL_LAB_KEYTABS/administrator.keytab
environment
sed -i 's/name: lab/name: canary/' "$manifests/environment.yaml"
plan "${trace[@]}" --out "$seen/by-keytab.json"
assert_exit 0
assert_out '~ GMSA/e2e-canary'
bind_user=svc-gmsactl simple "{file: \"$GMSACTL_LAB_SERVICE_PASSWORD_FILE\"}"
plan "${trace[@]}" --log-format json -o json
assert_exit 0
gm drift -f "$manifests" "${trace[@]}" --cache "$seen/cache" "${reports[@]}"
assert_exit 2
gm drift -f "$manifests" "${trace[@]}" --cache "$seen/cache"
simple
apply_all "${trace[@]}" --audit-log "$seen/audit" -o json
gm show "$seen/plan.json" -o html
assert_exit 0
cp "$work/out" "$seen/result.json"
search "$ou" sub '(objectClass=*)' >"$seen/directory"
for host in HOST01 HOST07; do cat "$(specs_of "$host")"/*e2e-canary* "$(specs_of "$host")/.gmsactl.json" >>"$seen/delivered"; done
kube get gmsacredentialspec e2e-canary -o yaml >>"$seen/delivered"

step 'while it waits for the lock, and when it dies then'
at() { "$python" -c 'import datetime, sys; print((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(sys.argv[1]))).strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ"))' "$1"; }
lock="CN=gmsactl-lock-canary,$ou"
printf 'dn: %s\nchangetype: add\nobjectClass: serviceConnectionPoint\nserviceBindingInformation: gmsactl-lock/1 id=0badcafe holder=anna host=build7 since=%s expires=%s url= process=elsewhere/1/1\n' \
  "$lock" "$(at -5)" "$(at 600)" | modify
objects third
(
  cd "$seen/cores" || exit
  ulimit -c unlimited
  ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_abort=0" exec "$gmsactl" apply -f "$manifests" --auto-approve --lock-timeout 60s
) >"$seen/dying.out" 2>"$seen/dying.err" </dev/null &
dying=$!
until_true 'the plan' grep -q '^Plan: ' "$seen/dying.out"
tr '\0' ' ' <"/proc/$dying/cmdline" >>"$seen/command-lines"
{ kill -ABRT "$dying"; wait "$dying"; } 2>/dev/null || true
[[ -z $(ls -A "$seen/cores") ]] || failed "it left a core file: $(ls "$seen/cores")"
gm lock release -f "$manifests" --id 0badcafe
assert_exit 0
cc -shared -fPIC -o "$work/kill_at.so" "$e2e/kill_at.c" -ldl -lldap
{
  ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" KILL_AT=before:2 LD_PRELOAD=$work/kill_at.so \
    "$gmsactl" apply -f "$manifests" --auto-approve >"$seen/held.out" 2>"$seen/held.err" </dev/null || true
} 2>/dev/null
search "$lock" base '(objectClass=*)' >"$seen/lock" || failed 'it left no lock behind'
gm lock status -f "$manifests" -o json
assert_exit 0
assert_out '"held": true'

step 'a wrong password, by variable and by file; a certificate that is refused'
canary wrong-variable
E2E_PASSWORD=$value plan "${trace[@]}"
assert_exit 4
canary wrong-file
printf '%s\n' "$value" >"$work/password"
simple "{file: \"$work/password\"}"
plan "${trace[@]}"
assert_exit 4
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=other CA' -keyout "$work/other.key" -out "$work/other.pem" 2>/dev/null
simple '' '' "$work/other.pem"
plan "${trace[@]}"
assert_exit 4
simple '' "ldap://$dc1" "$work/other.pem"
plan "${trace[@]}" --log-format json
assert_exit 4

step 'a password where a manifest has no place for one'
canary literal
simple "$value"
plan "${trace[@]}"
assert_exit 3
gm validate -f "$manifests" -o json
simple "{value: \"$value\"}"
plan
assert_exit 3
simple
sed -i "s/^    passwordFrom:.*/    password: $value/" "$manifests/environment.yaml"
plan
assert_exit 3
for broken in "password: \"$value" "password: [$value" "passwordFrom: \"$value" "passwordFrom: *$value" "'password': *$value"; do
  simple
  sed -i "s/^    passwordFrom:.*/    $broken/" "$manifests/environment.yaml"
  plan
  assert_exit 3
done
simple
sed -i "s/^    username: .*/    username: \"Administrator:$value\"\n    password: \"$value\"/" "$manifests/environment.yaml"
canary not-in-url
sed -i "s|^    username: .*|    username: Administrator|; s|ldaps://|ldaps://Administrator:$value@|" "$manifests/environment.yaml"
plan "${trace[@]}"
((code == 3 || code == 4)) || failed "the exit code is $code"
simple
canary server-url
plan --server "ldaps://Administrator:$value@$dc1" "${trace[@]}"
((code == 3 || code == 4)) || failed "the exit code is $code"

step 'a password in the input of a plug-in: neither shown, nor saved, nor in a report'
canary plug-in-input
objects fourth "CONTOSO:svc:$value"
plan "${trace[@]}" --explain "${reports[@]}" --out "$seen/with-password.json"
assert_out '(hidden: it seems to hold a password)'
gm apply "$seen/with-password.json"
assert_exit 7
gm spec validate -f "$manifests" "$seen/specs"/*.json -o json
printf '{"CmsPlugins": ["ActiveDirectory"], "ActiveDirectoryConfig": {"HostAccountConfig": {"PluginInput": "CONTOSO:svc:%s"}}}' "$value" >"$work/spec.json"
gm spec validate "$work/spec.json"
gm spec validate "$work/spec.json" -o json
objects third

step 'Kubernetes: a token, a key, a plug-in and a password that are refused'
canary kube-wrong-token
kubeconfig "token: $value"
plan "${trace[@]}"
assert_exit 4
canary kube-token-file
printf '%s\n' "$value" >"$work/token"
kubeconfig "tokenFile: $work/token"
plan "${trace[@]}"
assert_exit 4
canary kube-key
kubeconfig "client-certificate-data: $(base64 -w0 "$GMSACTL_LAB_SWARM_TLS/k8s-admin.pem")" "client-key-data: $(base64 -w0 <<<"-----BEGIN PRIVATE KEY-----
$value
-----END PRIVATE KEY-----")"
plan "${trace[@]}"
assert_exit 4
kubeconfig "client-certificate-data: $(base64 -w0 "$GMSACTL_LAB_SWARM_TLS/k8s-admin.pem")" "client-key-data: '$value-is-no-base64!'"
plan "${trace[@]}"
assert_exit 4
kubeconfig "token: [$value]"
plan "${trace[@]}"
assert_exit 4
kubeconfig "token: \"$value"
plan "${trace[@]}"
assert_exit 4
kubeconfig 'username: admin' "password: $value"
plan "${trace[@]}"
assert_exit 4
canary plug-in-token
plug_in "printf '%s' '$(exec_credential "{\"token\": \"$value\"}")'"
plan "${trace[@]}"
assert_exit 4
plug_in "echo 'no JSON: $value'"
plan "${trace[@]}"
assert_exit 4
plug_in "echo '$(exec_credential "{\"token\": \"$value\"}")'; exit 1"
plan "${trace[@]}"
assert_exit 4
canary kube-url
kubeconfig "token: $GMSACTL_LAB_KUBERNETES_TOKEN"
sed -i "s|https://kubernetes|https://admin:$value@kubernetes|" "$work/kubeconfig"
plan "${trace[@]}"
kubeconfig "token: $GMSACTL_LAB_KUBERNETES_TOKEN"
sed -i "s|https://kubernetes[^\"]*|https://admin:$value@127.0.0.1:1|" "$work/kubeconfig"
plan "${trace[@]}" "${reports[@]}" -o json
assert_exit 4
canary proxy
kubeconfig "token: $GMSACTL_LAB_KUBERNETES_TOKEN"
https_proxy="http://user:$value@127.0.0.1:1" plan "${trace[@]}"
assert_exit 4

step 'Docker and SSH: a key that is none, a name and password in the endpoint'
canary docker-key
printf -- '-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n' "$value" >"$work/key.pem"
targets '' "$work/key.pem"
plan "${trace[@]}"
assert_exit 4
canary ssh-garbage
printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END OPENSSH PRIVATE KEY-----\n' "$value" >"$work/ssh-key"
chmod 600 "$work/ssh-key"
identity=$work/ssh-key targets
KRB5_CLIENT_KTNAME='' KRB5CCNAME=FILE:$work/none plan "${trace[@]}" # a ticket would do as well
assert_exit 4
canary docker-url
targets "tcp://user:$value@127.0.0.1:1"
plan "${trace[@]}" "${reports[@]}"
assert_exit 3
assert_err 'has a user name in it'
gm validate -f "$manifests"
assert_exit 3
targets

step 'git: credentials in the URL of a repository, and in its remote'
canary repo-url
plan --repo "https://user:$value@127.0.0.1:1/x.git" "${trace[@]}"
((code != 0)) || failed 'a plan came from nowhere'
gm changed --repo "https://user:$value@127.0.0.1:1/x.git" --from HEAD "${trace[@]}"
canary git-remote
git -C "$manifests" init -q
git -C "$manifests" remote add origin "https://user:$value@127.0.0.1:1/x.git"
git -C "$manifests" -c user.name=e2e -c user.email=e2e@contoso.com add -A
git -C "$manifests" -c user.name=e2e -c user.email=e2e@contoso.com commit -qm first
plan "${trace[@]}" --require-clean "${reports[@]}" || true
plan "${trace[@]}" "${reports[@]}"
assert_exit 0
gm changed -f "$manifests" --from HEAD "${trace[@]}"
plan "${trace[@]}" --rev origin/main
rm -rf "$manifests/.git"

step 'all of it works again'
apply_all "${trace[@]}" --audit-log "$seen/audit"
converged "${trace[@]}"

step 'none of them is anywhere'
"$python" - "$seen" "$work/canaries" <<'END' || failed 'a secret got out'
import base64, os, sys, urllib.parse
seen, folder = sys.argv[1:]
canaries = {name: open(f"{folder}/{name}", "rb").read() for name in sorted(os.listdir(folder))}
def forms(value):
    yield value
    yield value.hex().encode()
    yield urllib.parse.quote(value, safe="").encode()
    yield value.decode("latin-1").encode("utf-16-le")
    for skipped in range(3):  # whatever stands before it
        text = base64.b64encode(b"\0" * skipped + value)
        yield text[4 if skipped else 0:-4]
leaks, files, size = [], 0, 0
for where, _, names in os.walk(seen):
    for name in names:
        data = open(os.path.join(where, name), "rb").read()
        files, size = files + 1, size + len(data)
        leaks += [f"{canary} is in {name}" for canary, value in canaries.items() if any(form in data for form in forms(value))]
print(f"  {len(canaries)} canaries, {files} files, {size} bytes")
if not any(name.startswith("run") for name in os.listdir(seen)) or not os.path.getsize(f"{seen}/command-lines"):
    sys.exit("there was nothing to search")
if leaks:
    sys.exit("\n".join(leaks))
END
done_well
