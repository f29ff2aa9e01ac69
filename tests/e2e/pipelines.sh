#!/usr/bin/env bash
# The Kubernetes objects of examples/pipelines: a real API server takes them, and the parts of the Indexed Job, run at once as
# its pods would, apply one commit to a real domain.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_KUBECONFIG_ADMIN:-} ]] || { echo "skipped: the lab has no Kubernetes. Start it with './dev lab up kubernetes'."; exit 77; }
"$python" -c 'import yaml' 2>/dev/null || { echo "skipped: python3-yaml is missing"; exit 77; }
objects=$root/examples/pipelines/kubernetes
namespace='e2e-pipelines'
kube() { KUBECONFIG=$GMSACTL_LAB_KUBECONFIG_ADMIN kubectl "$@"; }

step 'the API server takes all objects'
kube create namespace "$namespace" >/dev/null 2>&1 || true
cron_version=batch/v1
kube api-resources --api-group=batch -o wide | grep -q '^cronjobs .* batch/v1 ' || cron_version=batch/v1beta1
# What the lab's server is too old for (1.20) is left out, and nothing else: unknown fields are errors.
"$python" - "$objects" "$namespace" "$cron_version" >"$work/objects.yaml" <<'END'
import pathlib, sys, yaml
folder, namespace, cron_version = pathlib.Path(sys.argv[1]), *sys.argv[2:]
new = {"completionMode", "backoffLimitPerIndex", "maxFailedIndexes", "podFailurePolicy"}
found = [one for file in sorted(folder.glob("*.yaml")) for one in yaml.safe_load_all(file.read_text())]
for one in found:
    one["metadata"]["name" if one["kind"] == "Namespace" else "namespace"] = namespace
    if one["kind"] == "Namespace":
        one["metadata"]["name"] += "-new"
    if one["kind"] == "CronJob":
        one["apiVersion"] = cron_version
    job = one["spec"] if one["kind"] == "Job" else one.get("spec", {}).get("jobTemplate", {}).get("spec", {})
    if cron_version != "batch/v1":
        for field in new & set(job):
            del job[field]
print(yaml.safe_dump_all(found))
END
run kube create --dry-run=server -f "$work/objects.yaml"
assert_exit 0
for kind in namespace/ serviceaccount/ configmap/ networkpolicy.networking.k8s.io/ cronjob.batch/ job.batch/; do assert_out "$kind"; done
sed 's/restartPolicy/restartPolice/' "$work/objects.yaml" >"$work/wrong.yaml"
run kube create --dry-run=server -f "$work/wrong.yaml"
((code != 0)) || failed 'the server takes anything'

step 'the parts of the Indexed Job, four at a time'
fresh
environment
sed -i 's/{name: lab}/{name: prod}/' "$manifests/environment.yaml"
for ((n = 0; n < 24; n++)); do
  printf 'kind: GMSA\nmetadata: {name: e2e-pipe%s}\nspec: {principalsAllowedToRetrieveManagedPassword: [HOST01]}\n---\n' "$n"
done | sed '$d' | manifest objects.yaml
git -C "$work" init --quiet
git -C "$work" add manifests
git -C "$work" -c user.name=e2e -c user.email=e2e@contoso.com commit --quiet -m estate
revision=$(git -C "$work" rev-parse HEAD)
sed -i 's/HOST01/HOST02/' "$manifests/objects.yaml" # not committed, so not of the Job's concern
"$python" - "$objects/apply-indexed-job.yaml" "$work" "$revision" >"$work/parts" <<'END'
import shlex, sys, yaml
spec = yaml.safe_load(open(sys.argv[1]))["spec"]
[container] = spec["template"]["spec"]["containers"]
for index in range(spec["completions"]):
    words = [word.replace("$(JOB_COMPLETION_INDEX)", str(index)).replace("$(REVISION)", sys.argv[3]) for word in container["args"]]
    print(shlex.join(word.replace("=/estate", "=" + sys.argv[2]) for word in words))
END
run xargs -a "$work/parts" -d '\n' -P 4 -I ARGUMENTS bash -c "$gmsactl ARGUMENTS"
assert_exit 0
assert_same "$(grep -c ': created$' "$work/out")" 24 'the number of accounts made'
assert_same "$(count_below "$ou" '(objectClass=msDS-GroupManagedServiceAccount)')" 24 'the number of accounts'
gm plan --repo "$work" --rev "$revision" -f manifests --detailed-exitcode
assert_exit 0
done_well
