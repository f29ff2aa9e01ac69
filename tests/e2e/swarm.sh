#!/usr/bin/env bash
# Credential specs in a real Docker Swarm: a config made, services moved to it, a rename carried through, former configs
# removed once nobody uses them, and nobody else's touched.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_SWARM_SOCKET:-} ]] || { echo "skipped: the lab has no swarm. Start it with './dev lab up swarm'."; exit 77; }

swarm() { DOCKER_HOST=unix://$GMSACTL_LAB_SWARM_SOCKET docker "$@"; }
cleanup() {
  local id
  for id in $(swarm service ls -q); do swarm service rm "$id"; done
  for id in $(swarm config ls -q); do swarm config rm "$id"; done
}
# service NAME ARGUMENT...
service() {
  local name=$1
  shift
  swarm service create --detach --replicas 0 --name "$name" "$@" none >"$work/created" 2>&1 || failed "docker service create: $(<"$work/created")"
}
# target [LINES of spec]
target() {
  manifest targets.yaml <<END
kind: SpecTarget
metadata: {name: swarm}
spec:
  type: Swarm
${1-  endpoint: unix://$GMSACTL_LAB_SWARM_SOCKET}
END
}
# objects NAME: the first account's sAMAccountName
objects() {
  manifest objects.yaml <<END
kind: GMSA
metadata: {name: e2e-swarm}
spec:
  samAccountName: $1
  servicePrincipalNames: [http/$1.contoso.com]
  principalsAllowedToRetrieveManagedPassword: [HOST01]
  credentialSpec: {targets: [swarm]}
---
kind: GMSA
metadata: {name: e2e-swarm2}
spec:
  principalsAllowedToRetrieveManagedPassword: [HOST01]
  credentialSpec: {targets: [swarm]}
END
}
configs() { swarm config ls --format '{{.Name}}' | sort | tr '\n' ' '; }
# config_of SERVICE: name of the config that is its credential spec
config_of() {
  local id
  id=$(swarm service inspect "$1" --format '{{with .Spec.TaskTemplate.ContainerSpec.Privileges}}{{with .CredentialSpec}}{{.Config}}{{end}}{{end}}')
  [[ ! $id ]] || swarm config inspect "$id" --format '{{.Spec.Name}}'
}

fresh
environment
target
objects e2e-swarm
service web --label gmsactl.account=e2e-swarm --env COLOR=blue
service other

step 'from nothing: configs for both accounts, and the labelled service moved'
apply_all
assert_out 'CredentialSpec/swarm/e2e-swarm: created' 'CredentialSpec/swarm/e2e-swarm2: created'
first=$(config_of web)
[[ $first == contoso_e2e-swarm-* ]] || failed "web uses '$first'"
assert_same "$(config_of other)" '' 'the spec of a service that nobody labelled'
swarm config inspect "$first" --format '{{json .Spec.Data}}' | tr -d '"' | base64 -d | grep -q '"MachineAccountName": "e2e-swarm"' || failed 'not the spec'
converged

step 'nothing else of the service was changed'
assert_same "$(swarm service inspect web --format '{{.Spec.TaskTemplate.ContainerSpec.Env}} {{.Spec.Mode.Replicated.Replicas}}')" '[COLOR=blue] 0' 'the service'

step 'a service that appears later is moved alone'
service api --label gmsactl.account=e2e-swarm
plan -o json
assert_same "$(planned)" 'CredentialSpec/swarm/e2e-swarm update services' 'the plan'
apply_all
assert_same "$(config_of api)" "$first" 'what api uses'
converged

step 'renamed: account, new config, services, and the former config gone'
objects e2e-swarm-new
plan
assert_exit 0
assert_out 'DomainJoinConfig.MachineAccountName'
apply_all
second=$(config_of web)
[[ $second == contoso_e2e-swarm-new-* && $(config_of api) == "$second" ]] || failed "web uses '$second', api '$(config_of api)'"
[[ " $(configs)" != *" $first "* ]] || failed 'the former config is still there'
converged

step "a former config that somebody's service uses is kept, and that is no drift"
service stray
id=$(swarm config inspect "$second" --format '{{.ID}}')
swarm service update --detach --credential-spec "config://$second" stray >/dev/null 2>&1 || failed 'stray takes no spec'
objects e2e-swarm
apply_all
assert_same "$(config_of stray)" "$second" 'what stray uses'
converged
swarm service rm stray >/dev/null
until_true 'the former config became free' bash -c "! DOCKER_HOST=unix://$GMSACTL_LAB_SWARM_SOCKET docker service inspect stray"
plan -o json
assert_same "$(planned)" 'CredentialSpec/swarm/e2e-swarm update formerConfigs' 'the plan'
apply_all
converged

step "somebody's config of the same account is left alone"
swarm config inspect "$(config_of web)" --format '{{json .Spec.Data}}' | tr -d '"' | base64 -d >"$work/theirs"
swarm config create theirs "$work/theirs" >/dev/null
converged
[[ " $(configs)" == *' theirs '* ]] || failed "somebody's config is gone"
swarm config rm theirs >/dev/null

step 'killed between the config and the service: the next run converges'
objects e2e-swarm-k9
for delay in 0.05 0.15 0.25 0.35 0.5; do
  "$gmsactl" apply -f "$manifests" --auto-approve >/dev/null 2>&1 &
  pid=$!
  timeout "$delay" tail --pid="$pid" -f /dev/null || true
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
done
apply_all
converged
[[ $(configs | wc -w) == 2 ]] || failed "more configs than accounts: $(configs)"

step 'over TLS'
tls=$GMSACTL_LAB_SWARM_TLS
tls_target() { target "  endpoint: $GMSACTL_LAB_SWARM_TCP
  tls: {caFile: $tls/ca.pem, certFile: $tls/$1.pem, keyFile: $tls/$1.key}"; }
tls_target swarm-user
converged

step 'an expired client certificate, a worker, an engine that is down: left out, each with what to do'
tls_target swarm-expired
plan
assert_exit 4
assert_err 'warning[GMSA0230]' 'the client certificate' 'expired on'
target "  endpoint: unix://$GMSACTL_LAB_SWARM_WORKER_SOCKET"
plan
assert_exit 4
assert_err 'is a worker of its swarm, not a manager' 'docker node ls'
target "  endpoint: unix://$work/no.sock"
plan
assert_exit 4
assert_err "$work/no.sock can't be reached"

step 'a listed service that could be of either account'
target "  endpoint: unix://$GMSACTL_LAB_SWARM_SOCKET
  services: [other, nowhere]"
plan
assert_exit 0
assert_err 'warning[GMSA0235]' 'gmsactl.account=NAME' 'warning[GMSA0236]' 'There is no service nowhere'
done_well
