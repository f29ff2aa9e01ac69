#!/usr/bin/env bash
# One apply from nothing to everything: hosts in a group, a gMSA, its SPNs, specs on three hosts by SFTP and on one by
# SMB, in a swarm, in Kubernetes and in a folder. Then the account is renamed, and one apply carries that to every place.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_HOSTS_SMB:-} && ${GMSACTL_LAB_SWARM_SOCKET:-} && ${GMSACTL_LAB_KUBECONFIG_ADMIN:-} ]] ||
  { echo "skipped: the lab lacks services. Start them with './dev lab up hosts swarm kubernetes'."; exit 77; }

specs() { case $1 in HOST07) echo "$GMSACTL_LAB_HOSTS_FOLDER/$1/ProgramData/docker/CredentialSpecs" ;; *) echo "$GMSACTL_LAB_HOSTS_FOLDER/$1/CredentialSpecs" ;; esac; }
swarm() { DOCKER_HOST=unix://$GMSACTL_LAB_SWARM_SOCKET docker "$@"; }
kube() { KUBECONFIG=$GMSACTL_LAB_KUBECONFIG_ADMIN kubectl "$@"; }
cleanup() {
  local id host
  swarm service rm e2e-delivery-web
  for id in $(swarm config ls -q); do swarm config rm "$id"; done
  kube delete gmsacredentialspecs,clusterroles -l app.kubernetes.io/managed-by=gmsactl
  kube delete rolebindings -A -l app.kubernetes.io/managed-by=gmsactl
  for host in HOST01 HOST02 HOST03 HOST07; do
    mkdir -p "$(specs "$host")"
    find "$(specs "$host")" -mindepth 1 -delete
  done
}
# estate NAME: the account's sAMAccountName
estate() {
  manifest estate.yaml <<END
kind: HostGroup
metadata: {name: e2e-del-sftp}
spec: {members: [HOST01, HOST02, HOST03]}
---
kind: HostGroup
metadata: {name: e2e-del-hosts}
spec: {members: [{hostGroup: e2e-del-sftp}, HOST07]}
---
kind: GMSA
metadata: {name: e2e-delivery}
spec:
  samAccountName: $1
  servicePrincipalNames: [host/$1, http/$1.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-del-hosts}]
  credentialSpec: {targets: [docker, share, swarm, cluster, files]}
---
kind: SpecTarget
metadata: {name: docker}
spec:
  type: Docker
  hosts: [{hostGroup: e2e-del-sftp}]
  path: $GMSACTL_LAB_HOSTS_FOLDER/{host}/CredentialSpecs
  transport: {type: sftp, knownHostsFile: $GMSACTL_LAB_HOSTS_KNOWN_HOSTS, identityFile: $GMSACTL_LAB_HOSTS_KEY}
---
kind: SpecTarget
metadata: {name: share}
spec:
  type: Docker
  hosts: [HOST07]
  transport: {type: smb}
---
kind: SpecTarget
metadata: {name: swarm}
spec: {type: Swarm, endpoint: "unix://$GMSACTL_LAB_SWARM_SOCKET"}
---
kind: SpecTarget
metadata: {name: cluster}
spec:
  type: Kubernetes
  kubeconfig: $GMSACTL_LAB_KUBECONFIG_ADMIN
  bindings: [{namespace: e2e-delivery, serviceAccount: web}]
---
kind: SpecTarget
metadata: {name: files}
spec: {type: Directory, path: $work/files, format: serviceFabric}
END
}
may() { kube auth can-i use "gmsacredentialspecs.windows.k8s.io/$2" --as="system:serviceaccount:e2e-delivery:$1" -n e2e-delivery 2>/dev/null || true; }
service_config() { swarm config inspect "$(swarm service inspect e2e-delivery-web --format '{{.Spec.TaskTemplate.ContainerSpec.Privileges.CredentialSpec.Config}}')" --format '{{.Spec.Name}}'; }
# everywhere NAME: the spec of that sAMAccountName is at every place, and no other is
everywhere() {
  local host
  for host in HOST01 HOST02 HOST03 HOST07; do
    assert_same "$(cd "$(specs "$host")" && echo *)" "contoso_$1.json" "the files on $host"
    grep -q "\"MachineAccountName\": \"$1\"" "$(specs "$host")/contoso_$1.json" || failed "$host has another spec"
  done
  [[ $(service_config) == "contoso_$1-"* ]] || failed "the service uses $(service_config)"
  assert_same "$(swarm config ls -q | wc -l)" 1 'configs in the swarm'
  assert_same "$(kube get gmsacredentialspecs -o name)" "gmsacredentialspec.windows.k8s.io/$1" 'the objects in Kubernetes'
  assert_same "$(may web "$1") $(may other "$1")" 'yes no' 'who may use it'
  assert_same "$(cd "$work/files" && echo *)" "contoso_$1.xml" 'the files in the folder'
}

fresh
kube create namespace e2e-delivery >/dev/null 2>&1 || true
swarm service create --detach --replicas 0 --name e2e-delivery-web --label gmsactl.account=e2e-delivery none >/dev/null 2>&1 ||
  failed 'no service could be made'
environment
estate e2e-delivery

step 'from nothing, in one apply'
apply_all
assert_out 'Apply complete: 10 created'
[[ $(values "CN=e2e-delivery,$ou" servicePrincipalName | wc -l) == 2 ]] || failed 'the account lacks SPNs'
everywhere e2e-delivery
converged

step 'what is where'
gm spec list -f "$manifests"
assert_exit 0
for place in docker@host01 docker@host02 docker@host03 share@host07 swarm cluster files; do assert_out "$place"; done

step 'renamed, in one apply, the account first'
estate e2e-renamed
plan -o json
"$python" - "$work/out" <<'END' || failed 'the account is not the first change'
import json, sys
changes = json.load(open(sys.argv[1]))["changes"]
assert changes[0]["address"] == "GMSA/e2e-delivery", changes[0]
assert len(changes) == 8 and all(c["requires"] == ["GMSA/e2e-delivery"] for c in changes[1:]), changes
END
apply_all
everywhere e2e-renamed
converged

step 'an account that can not be changed leaves every place as it is'
estate e2e-third
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE apply
((code != 0)) || failed 'a user without rights changed the account'
everywhere e2e-renamed
done_well
