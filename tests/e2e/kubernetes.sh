#!/usr/bin/env bash
# Credential specs in a real Kubernetes API server: object, role and bindings; who may use them; renames, conflicts with
# other field managers, and every way in.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_KUBECONFIG_ADMIN:-} ]] || { echo "skipped: the lab has no Kubernetes. Start it with './dev lab up kubernetes'."; exit 77; }

kube() { KUBECONFIG=$GMSACTL_LAB_KUBECONFIG_ADMIN kubectl "$@"; }
cleanup() {
  kube delete gmsacredentialspecs,clusterroles -l app.kubernetes.io/managed-by=gmsactl
  kube delete rolebindings -A -l app.kubernetes.io/managed-by=gmsactl
  kube delete gmsacredentialspecs --all
  kube delete pods --all -n e2e-shop --force --grace-period=0
  kube delete clusterrole,clusterrolebinding e2e-limited
}
# target [KUBECONFIG [BINDINGS]]
target() {
  local bindings='[{namespace: e2e-shop, serviceAccount: web}]'
  manifest targets.yaml <<END
kind: SpecTarget
metadata: {name: cluster}
spec:
  type: Kubernetes
  kubeconfig: ${1:-$GMSACTL_LAB_KUBECONFIG_ADMIN}
  bindings: ${2:-$bindings}
END
}
# objects NAME: the account's sAMAccountName
objects() {
  manifest objects.yaml <<END
kind: GMSA
metadata: {name: e2e-kube}
spec:
  samAccountName: $1
  servicePrincipalNames: [http/$1.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [HOST01]
  credentialSpec:
    targets: [cluster]
    hostAccountConfig:
      pluginGuid: 859E1386-BDB4-49E8-85C7-3070B13920E1
      pluginInput: {CredentialArn: "arn:aws:secretsmanager:eu-west-1:1:secret:x"}
END
}
# may SERVICE_ACCOUNT OBJECT: yes or no
may() { kube auth can-i use "gmsacredentialspecs.windows.k8s.io/$2" --as="system:serviceaccount:e2e-shop:$1" -n e2e-shop 2>/dev/null || true; }

fresh
kube create namespace e2e-shop >/dev/null 2>&1 || true
environment
target
objects e2e-kube

step 'from nothing: object, role and binding; used by the bound account and nobody else'
apply_all
assert_out 'CredentialSpec/cluster/e2e-kube: created'
assert_same "$(may web e2e-kube)" yes 'whether web may use it'
assert_same "$(may api e2e-kube)" no 'whether api may use it'
assert_same "$(kube get gmsacredentialspec e2e-kube -o 'jsonpath={.credspec.DomainJoinConfig.MachineAccountName} {.credspec.ActiveDirectoryConfig.HostAccountConfig.PluginInput}')" \
  'e2e-kube {"CredentialArn":"arn:aws:secretsmanager:eu-west-1:1:secret:x"}' 'the object'
assert_same "$(kube get clusterrole gmsactl-e2e-kube -o 'jsonpath={.rules[*].resourceNames}')" '["e2e-kube"]' 'the role'
converged

step 'a binding added and one removed'
target '' '[{namespace: e2e-shop, serviceAccount: api}]'
plan -o json
assert_same "$(planned)" 'CredentialSpec/cluster/e2e-kube update bindings' 'the plan'
apply_all
assert_same "$(may web e2e-kube) $(may api e2e-kube)" 'no yes' 'who may use it'
converged
target
apply_all

step 'a fact changed, a role widened, a binding removed behind its back'
kube patch gmsacredentialspec e2e-kube --type=merge --field-manager=gmsactl -p '{"credspec": {"DomainJoinConfig": {"NetBiosName": "FABRIKAM"}}}' >/dev/null
plan -o json
assert_same "$(planned)" 'CredentialSpec/cluster/e2e-kube update DomainJoinConfig.NetBiosName' 'the plan'
assert_out '"cause": "drift"'
kube patch gmsacredentialspec e2e-kube --type=merge --field-manager=gmsactl -p '{"credspec": {"DomainJoinConfig": {"NetBiosName": "CONTOSO"}}}' >/dev/null
kube delete rolebinding -n e2e-shop gmsactl-e2e-kube-web >/dev/null
plan -o json
assert_same "$(planned)" 'CredentialSpec/cluster/e2e-kube update bindings' 'the plan'
apply_all
assert_same "$(may web e2e-kube)" yes 'whether web may use it'
converged

step 'pods that run with former contents'
cat >"$work/pod.yaml" <<'END'
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: e2e-shop}
spec:
  securityContext:
    windowsOptions: {gmsaCredentialSpecName: e2e-kube, gmsaCredentialSpec: '{"CmsPlugins": []}'}
  containers: [{name: app, image: none}]
END
kube apply -f "$work/pod.yaml" >/dev/null 2>&1 || failed 'no pod could be made'
plan
assert_exit 0
assert_err 'warning[GMSA0242]' 'e2e-shop/old' 'kubectl rollout restart'
kube delete pod old -n e2e-shop --force --grace-period=0 >/dev/null 2>&1

step 'renamed: account, new object with its role and binding, the former gone'
objects e2e-kube-new
plan
assert_out '> CredentialSpec/cluster/e2e-kube' '"e2e-kube" -> "e2e-kube-new"'
apply_all
assert_same "$(may web e2e-kube-new)" yes 'whether web may use the new one'
assert_same "$(kube get gmsacredentialspecs,clusterroles,rolebindings -A -o name | grep -c 'gmsactl-e2e-kube$\|gmsacredentialspec.windows.k8s.io/e2e-kube$\|gmsactl-e2e-kube-web' || true)" 0 'what is left of the former'
converged
objects e2e-kube
apply_all
converged

step "another field manager's values are not taken over"
kube delete gmsacredentialspec e2e-kube >/dev/null
cat >"$work/theirs.yaml" <<'END'
apiVersion: windows.k8s.io/v1
kind: GMSACredentialSpec
metadata: {name: e2e-kube}
credspec:
  CmsPlugins: [ActiveDirectory]
  DomainJoinConfig: {Sid: S-1-5-21-1-2-3, MachineAccountName: e2e-kube, Guid: 56d9b66c-d746-4f87-bd26-26760cfdca2e, DnsTreeName: contoso.com, DnsName: contoso.com, NetBiosName: CONTOSO}
  ActiveDirectoryConfig: {GroupManagedServiceAccounts: [{Name: e2e-kube, Scope: CONTOSO}]}
END
kube apply --server-side --field-manager=helm -f "$work/theirs.yaml" >/dev/null
apply
assert_exit 5
assert_out 'CredentialSpec/cluster/e2e-kube: changed by somebody else' 'conflict with "helm"' 'nothing is taken over by force'
assert_same "$(kube get gmsacredentialspec e2e-kube -o 'jsonpath={.credspec.DomainJoinConfig.Sid}')" S-1-5-21-1-2-3 'their value'
kube delete gmsacredentialspec e2e-kube >/dev/null
apply_all
converged

step 'a namespace that does not exist'
target '' '[{namespace: e2e-shop, serviceAccount: web}, {namespace: nowhere, serviceAccount: web}]'
apply
assert_exit 6
assert_err 'warning[GMSA0237]' 'There is no namespace nowhere'
assert_out 'namespaces "nowhere" not found'
assert_same "$(may web e2e-kube)" yes 'whether web may still use it'
target

step 'a token, and a token in a file'
server=$(kube config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
# kubeconfig USER LINES
kubeconfig() {
  cat >"$work/kubeconfig" <<END
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "$server", certificate-authority: $GMSACTL_LAB_CA}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {$1}}]
END
  target "$work/kubeconfig"
}
kubeconfig "token: $GMSACTL_LAB_KUBERNETES_TOKEN"
converged
echo "$GMSACTL_LAB_KUBERNETES_TOKEN" >"$work/token"
kubeconfig 'tokenFile: token'
converged

step 'an exec plug-in'
cat >"$work/plug-in" <<END
#!/bin/sh
printf '{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", "status": {"token": "%s"}}' "\$1"
END
chmod +x "$work/plug-in"
kubeconfig "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./plug-in, args: [\"$GMSACTL_LAB_KUBERNETES_TOKEN\"]}"
converged
kubeconfig 'exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./missing, installHint: Install the plug-in first.}'
plan
assert_exit 4
assert_err "can't be run" 'Install the plug-in first.'
kubeconfig 'exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: "false"}'
plan
assert_exit 4
assert_err 'the credential plug-in false failed'

step "the service account of a pod, where there is no kubeconfig"
target
sed -i '/kubeconfig:/d' "$manifests/targets.yaml"
cat >"$work/in-pod" <<END
#!/bin/sh -e
mount -t tmpfs none /run
account=/var/run/secrets/kubernetes.io/serviceaccount
mkdir -p \$account
cp "$work/token" \$account/token
cp "$GMSACTL_LAB_CA" \$account/ca.crt
exec "\$@"
END
chmod +x "$work/in-pod"
address=${server#https://}
address=$(getent hosts "${address%:*}" | cut -d' ' -f1)
run env -u KUBECONFIG HOME="$work" KUBERNETES_SERVICE_HOST="$address" KUBERNETES_SERVICE_PORT=6443 \
  unshare --mount "$work/in-pod" "$gmsactl" plan -f "$manifests" --detailed-exitcode
assert_exit 0
assert_out_line 'No changes. Live state matches the manifests.'
run env -u KUBECONFIG HOME="$work" "$gmsactl" plan -f "$manifests"
assert_exit 4
assert_err 'there is no kubeconfig' 'SpecTarget.spec.kubeconfig'

step 'a token that is not taken, and a user who may not'
kubeconfig 'token: wrong-token-canary'
plan
assert_exit 4
assert_err 'warning[GMSA0230]' 'may have expired'
assert_not_err canary
target "$GMSACTL_LAB_KUBECONFIG_LIMITED"
plan
assert_exit 4
assert_err 'cannot list resource "gmsacredentialspecs"' 'docs/targets/kubernetes.md'

step 'an expired client certificate'
target "$GMSACTL_LAB_KUBECONFIG_EXPIRED"
plan
assert_exit 4
assert_err 'expired on'

step 'a cluster that does not know the resource'
target
kube delete crd gmsacredentialspecs.windows.k8s.io >/dev/null
plan
kube apply -f "$root/tests/lab/services/gmsa-crd.yaml" >/dev/null
assert_exit 4
assert_err 'does not know GMSACredentialSpec' 'kubectl apply -f'
until_true 'the definition came back' kube get gmsacredentialspecs
apply_all
converged
done_well
