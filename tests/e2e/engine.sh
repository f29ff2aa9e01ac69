#!/usr/bin/env bash
# What the Docker Engine of a host tells, from a real one over TLS: where credential specs belong, and what is wrong with
# it. It runs Linux containers; what a Windows one tells is in tests/unit/providers.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_HOSTS_FOLDER:-} && ${GMSACTL_LAB_SWARM_SOCKET:-} ]] ||
  { echo "skipped: the lab lacks services. Start them with './dev lab up hosts swarm'."; exit 77; }

data_root=$(DOCKER_HOST=unix://$GMSACTL_LAB_SWARM_SOCKET docker info --format '{{.DockerRootDir}}')
specs=$data_root/CredentialSpecs
cleanup() { rm -rf "$specs" "$GMSACTL_LAB_HOSTS_FOLDER/HOST01/engine"; }

tls=$GMSACTL_LAB_SWARM_TLS
# target [ENDPOINT [CERTIFICATE [CA [LINES of spec]]]]
target() {
  manifest targets.yaml <<END
kind: SpecTarget
metadata: {name: docker}
spec:
  type: Docker
  hosts: [HOST01]
  transport: {type: sftp, knownHostsFile: $GMSACTL_LAB_HOSTS_KNOWN_HOSTS, identityFile: $GMSACTL_LAB_HOSTS_KEY}
  engine:
    endpoint: "${1:-$GMSACTL_LAB_SWARM_TCP}"
    certFile: $tls/${2:-swarm-user}.pem
    keyFile: $tls/${2:-swarm-user}.key
    caFile: ${3:-$tls/ca.pem}
${4:-}
END
}
# on_the_usual_path TEXT...: a plan that says why the engine tells nothing, and goes on
on_the_usual_path() {
  plan --timeout 20s
  assert_exit 0
  assert_err 'warning[GMSA0244]' 'The Docker Engine of HOST01 told nothing' 'Its data root is taken for the usual one' "$@"
  assert_out '+ CredentialSpec/docker/e2e-engine@HOST01'
}

fresh
environment
target
manifest objects.yaml <<'END'
kind: GMSA
metadata: {name: e2e-engine}
spec:
  principalsAllowedToRetrieveManagedPassword: [HOST01]
  credentialSpec: {targets: [docker]}
END

step 'the folder is below the data root that the engine tells'
apply_all
[[ -s $specs/contoso_e2e-engine.json ]] || failed "no spec below $data_root"
converged

step 'an engine of Linux containers is warned of, on every plan'
assert_err 'warning[GMSA0245]' 'The Docker Engine of HOST01 runs linux containers'
plan -o json
grep -q GMSA0245 "$work/out" || failed 'the warning is not in the document'

step 'a declared folder goes before what the engine tells'
target '' '' '' "  path: $GMSACTL_LAB_HOSTS_FOLDER/{host}/engine"
apply_all
[[ -s $GMSACTL_LAB_HOSTS_FOLDER/HOST01/engine/contoso_e2e-engine.json ]] || failed 'no spec in the declared folder'
converged

step 'an expired client certificate, one of another authority, an engine that is down: said, and the plan goes on'
target '' swarm-expired
on_the_usual_path 'the client certificate' 'expired on'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other -keyout "$work/other.key" \
  -out "$work/other.pem" 2>/dev/null
target '' '' "$work/other.pem"
on_the_usual_path 'is refused' 'as caFile'
# The engine's port of the host itself, where nothing listens.
target 'tcp://{host}:2376'
on_the_usual_path "https://host01.contoso.com:2376 can't be reached"
done_well
