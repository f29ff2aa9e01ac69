#!/usr/bin/env bash
# What is printed where: JSON that has every key of its schema, progress for terminals and for logs, the question.
. "$(dirname "$0")/lib.sh"
fresh
environment
manifest objects.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-out-hosts}
spec: {members: [HOST01]}
---
kind: GMSA
metadata: {name: e2e-out}
spec: {description: first, principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-out-hosts}]}
END

# follows KIND: whether $work/out has the keys and types of `gmsactl schema KIND`, and none besides
follows() {
  "$gmsactl" schema "$1" >"$work/schema.json"
  "$python" - "$work/schema.json" "$work/out" <<'END' || failed "the document does not follow the schema"
import json, sys
schema, document = (json.load(open(path)) for path in sys.argv[1:])
types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None), "number": (int, float)}
def problems(rule, value, at):
    while "$ref" in rule:
        target = schema
        for part in rule["$ref"].lstrip("#/").split("/"):
            target = target[part]
        rule = target
    for word, enough in (("oneOf", any), ("anyOf", any)):
        if word in rule:
            found = [list(problems(one, value, at)) for one in rule[word]]
            if not any(not one for one in found):
                yield f"{at}: none of {word} fits: {found}"
    for one in rule.get("allOf", []):
        yield from problems(one, value, at)
    allowed = rule.get("type")
    if allowed:
        allowed = [allowed] if isinstance(allowed, str) else allowed
        if not any(isinstance(value, types[one]) and not (one in ("integer", "number") and isinstance(value, bool)) for one in allowed):
            yield f"{at}: {value!r} is no {allowed}"
            return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}: {value!r} is none of {rule['enum']}"
    if isinstance(value, dict):
        for key in rule.get("required", []):
            if key not in value:
                yield f"{at}: {key} is missing"
        known = rule.get("properties", {})
        for key, inner in value.items():
            if key in known:
                yield from problems(known[key], inner, f"{at}.{key}")
            elif known and "oneOf" not in rule and rule.get("additionalProperties") is not True and not isinstance(rule.get("additionalProperties"), dict):
                yield f"{at}: {key} is not in the schema"
    if isinstance(value, list) and isinstance(rule.get("items"), dict):
        for index, inner in enumerate(value):
            yield from problems(rule["items"], inner, f"{at}[{index}]")
found = list(problems(schema, document, "$"))
sys.stderr.writelines(problem + "\n" for problem in found)
sys.exit(bool(found))
END
}
# field PATH: of the JSON document, as Python writes it
field() { "$python" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval("d" + sys.argv[2]))' "$work/out" "$1"; }

step 'plan -o json: a clean document that follows the schema'
plan -o json
assert_exit 0
follows plan
assert_same "$(field '["formatVersion"]')" 1.0 formatVersion
assert_same "$(field '["server"]')" "$dc1" server
assert_same "$(field '["summary"]["create"]')" 2 'summary.create'
assert_same "$(field '["changes"][1]["requires"]')" "['HostGroup/e2e-out-hosts']" requires
[[ ! -s $work/err ]] || failed 'something is on standard error'
cp "$work/out" "$work/first.json"
plan -o json
dateless() { sed '/"createdAt"/d; /"digest"/d' "$1"; }
assert_same "$(dateless "$work/out")" "$(dateless "$work/first.json")" 'the second document, its time and the digest over it aside'

step 'apply -o json: the same of what became of it'
apply -o json --audit-log "$work/audit"
assert_exit 0
follows report
assert_same "$(field '["complete"]')" True complete
assert_same "$(field '["summary"]["created"]')" 2 'summary.created'
assert_same "$(field '["planDigest"]')" "$("$python" -c 'import json, sys; print(*{json.loads(line)["planDigest"] for line in open(sys.argv[1])})' "$work/audit")" 'the digest of the plan, in the report and in each line of the audit log'
assert_same "$(field '["results"][1]["outcome"]')" applied outcome
plan -o json --detailed-exitcode
assert_exit 0
follows plan
assert_same "$(field '["changes"]')" '[]' changes

step 'a failure in JSON'
sed -i 's/first/second/' "$manifests/objects.yaml"
manifest refused.yaml <<'END'
kind: GMSA
metadata: {name: e2e-out-refused}
spec: {path: "OU=Managed,DC=contoso,DC=com", trustedForDelegation: true, principalsAllowedToRetrieveManagedPassword: [HOST01]}
END
KRB5CCNAME=$GMSACTL_LAB_SERVICE_CCACHE apply -o json --target GMSA/e2e-out-refused
assert_exit 4
follows report
assert_same "$(field '["complete"]')" False complete
assert_same "$(field '["results"][0]["outcome"]')" failed outcome
assert_same "$(field '["results"][0]["written"]')" '[]' written
rm "$manifests/refused.yaml"
sed -i 's/HOST01\]/HOST99]/' "$manifests/objects.yaml"
plan -o json
assert_exit 4
follows plan
assert_same "$(field '["diagnostics"][0]["code"]')" GMSA0201 'the diagnostic'
sed -i 's/HOST99\]/HOST01]/' "$manifests/objects.yaml"

step 'into a file: lines, no escapes, nothing drawn'
apply
assert_exit 0
assert_out_line 'GMSA/e2e-out: updated'
! grep -q $'\e\|\r' "$work/out" "$work/err" || failed 'there are escapes in the output'

step 'no terminal and no --auto-approve: refused'
gm apply -f "$manifests"
assert_exit 3
assert_err 'error: gmsactl asks before it writes, and there is no terminal to ask on' 'help: Pass --auto-approve in a pipeline.'

step 'on a terminal: it asks, and only yes is a yes'
sed -i 's/second/third/' "$manifests/objects.yaml"
for answer in no y ''; do
  asked "$answer" '' apply -f "$manifests"
  assert_exit 0
  assert_out "Apply these changes to lab (contoso.com through $dc1)?" 'Nothing was written.'
  assert_values "CN=e2e-out,$ou" description second
done
asked yes '' apply -f "$manifests"
assert_exit 0
assert_out 'Apply complete: 0 created, 1 updated'
assert_values "CN=e2e-out,$ou" description third
grep -q $'\e\\[' "$work/out" || failed 'a terminal got no colour'

step 'on a terminal: a line that is drawn again; with NO_COLOR and --quiet less'
{
  for ((n = 1; n <= 60; n++)); do printf 'kind: HostGroup\nmetadata: {name: e2e-out-%s}\nspec: {members: [HOST01]}\n---\n' "$n"; done
} | sed '$d' | manifest many.yaml
asked yes '' apply -f "$manifests" --parallelism 2
assert_exit 0
grep -q $'\r\e\\[K' "$work/out" || failed 'no line was drawn again'
grep -q 'applying [0-9]* of 60' "$work/out" || failed 'progress does not count'
sed -i 's/\[HOST01\]/[HOST02]/' "$manifests/many.yaml"
NO_COLOR=1 asked yes '' apply -f "$manifests" --quiet
assert_exit 0
! grep -q $'\e\\[3\|\r\e' "$work/out" || failed 'there are colours or drawn lines'
converged

step 'SIGINT at the question writes nothing'
sed -i 's/\[HOST02\]/[HOST03]/' "$manifests/many.yaml"
asked $'\003' '' apply -f "$manifests"
assert_exit 130
assert_out 'interrupted: nothing was written'
assert_values "CN=e2e-out-1,$ou" member "CN=HOST02,OU=Hosts,$base"
done_well
