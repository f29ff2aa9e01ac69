#!/usr/bin/env bash
# Four loops of apply, each with manifests that want something else of one account, and a fifth writer that is not gmsactl: no
# value is overwritten by somebody who had not seen it, and whoever came too late is told.
#
# The proof: every value written to the description is written once in the whole test. So the writes, each from the value
# that its writer had seen to the one it wrote, must join up to one chain from the first value to what is live at the end;
# and there must be as many as the server has counted versions of the attribute. A lost update is a fork in that chain.
# GMSACTL_E2E_LOST_UPDATE_SECONDS is how long they write: 20 s give some hundred writes; a minute when asked for.
. "$(dirname "$0")/lib.sh"
fresh
environment
echo "  policy: {maxReadersRemovedPercent: 100}" >>"$manifests/environment.yaml"
seconds=${GMSACTL_E2E_LOST_UPDATE_SECONDS:-20}
account="CN=e2e-lost,$ou"
mkdir "$work/runs"
go=$work/go

# wanted WRITER ROUND: what that one wants of the account; the description is a new one each time
wanted() {
  printf 'apiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {name: e2e-lost}\nspec:\n  description: "%s-%s"\n' "$1" "$2"
  case $1 in
    locked1)
      printf '  servicePrincipalNames: [host/e2e-lost, "http/%s-%s.contoso.com"]\n' "$1" "$2"
      printf '  principalsAllowedToRetrieveManagedPassword: [HOST01]\n'
      ;;
    locked2)
      printf '  displayName: "%s-%s"\n  servicePrincipalNames: [host/e2e-lost, http/e2e-lost]\n' "$1" "$2"
      printf '  principalsAllowedToRetrieveManagedPassword: [HOST02]\n'
      ;;
    free1)
      printf '  kerberosEncryptionTypes: [AES256]\n  servicePrincipalNames: [host/e2e-lost]\n'
      printf '  principalsAllowedToRetrieveManagedPassword: [HOST01, HOST0%s]\n' $(($2 % 4 + 2))
      ;;
    free2) # the server rewrites SPNs with the host name, so this one writes twice
      printf '  dnsHostName: e2e-lost%s.contoso.com\n  principalsAllowedToRetrieveManagedPassword: [HOST05]\n' $(($2 % 3))
      ;;
  esac
}

# applying WRITER [FLAG...]: until the file is gone. A build URL of its own tells each run's lines in the common audit log.
applying() {
  local writer=$1 round=0 run code
  shift
  mkdir -p "$work/$writer"
  cp "$manifests/environment.yaml" "$work/$writer"
  while [[ -e $go ]]; do
    round=$((round + 1))
    run=$work/runs/$writer-$round
    wanted "$writer" "$round" >"$work/$writer/account.yaml"
    code=0
    BUILD_URL="https://ci.example/$writer-$round" "$gmsactl" apply -f "$work/$writer" --auto-approve -o json \
      --audit-log "$work/audit.jsonl" "$@" >"$run.json" 2>"$run.err" </dev/null || code=$?
    echo "$code" >"$run.code"
  done
}

step 'an account to begin with'
wanted locked1 0 >"$manifests/account.yaml"
apply_all --audit-log "$work/first.jsonl"
converged
search "$account" base '(objectClass=*)' replPropertyMetaData description adminDescription >"$work/begin"

step "for $seconds s: two applies that take the lock, two that don't, and somebody else"
touch "$go"
writers=()
for writer in locked1 locked2; do applying "$writer" --lock-timeout 3s & writers+=($!); done
for writer in free1 free2; do applying "$writer" --no-lock & writers+=($!); done
# It swaps the description, and adds SPNs without looking. The pauses are its pace: without any, nobody else would ever get
# from a plan to a write.
"$python" - "$account" "$work/other.jsonl" "$seconds" <<'END' || { rm -f "$go"; wait; failed 'the other writer failed'; }
import json, os, random, sys, time
import ldb
from samba.auth import system_session
from samba.credentials import MUST_USE_KERBEROS, Credentials
from samba.param import LoadParm
from samba.samdb import SamDB
account, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
lp = LoadParm()
lp.load_default()
creds = Credentials()
creds.guess(lp)
creds.set_kerberos_state(MUST_USE_KERBEROS)
db = SamDB(url="ldap://" + os.environ["GMSACTL_LAB_DC1"], session_info=system_session(), credentials=creds, lp=lp)
random.seed(4711)
log = open(path, "w")
end = time.monotonic() + seconds
number = 0
while time.monotonic() < end:
    number += 1
    value = f"other-{number}"
    seen = str(db.search(account, scope=ldb.SCOPE_BASE, attrs=["description"])[0]["description"][0])
    swap = ldb.Message(ldb.Dn(db, account))
    swap["1"] = ldb.MessageElement([seen], ldb.FLAG_MOD_DELETE, "description")
    swap["2"] = ldb.MessageElement([value], ldb.FLAG_MOD_ADD, "description")
    entry = {"before": seen, "after": value}
    try:
        db.modify(swap)
    except ldb.LdbError as error:
        if error.args[0] != ldb.ERR_NO_SUCH_ATTRIBUTE:
            raise
        entry["conflict"] = True
    if number % 2:
        entry["spn"] = f"http/{value}.contoso.com"
        more = ldb.Message(ldb.Dn(db, account))
        more["1"] = ldb.MessageElement([entry["spn"]], ldb.FLAG_MOD_ADD, "servicePrincipalName")
        db.modify(more)
    print(json.dumps(entry), file=log, flush=True)
    time.sleep(random.uniform(0.0, 0.5))
END
rm "$go"
wait "${writers[@]}"
last_command=''
search "$account" base '(objectClass=*)' replPropertyMetaData description adminDescription servicePrincipalName >"$work/end"

step 'no update was lost, and whoever lost was told'
"$python" - "$work" <<'END' || failed 'an update was lost, or a conflict was kept quiet'
import base64, collections, glob, json, os, re, sys
from samba.dcerpc import drsblobs
from samba.ndr import ndr_unpack
work = sys.argv[1]
DESCRIPTION, MARKER = 13, 131298

def state(name):
    text = open(f"{work}/{name}").read()
    blob = re.search(r"^replPropertyMetaData:: (\S+)$", text, re.M).group(1)
    versions = {one.attid: one.version for one in ndr_unpack(drsblobs.replPropertyMetaDataBlob, base64.b64decode(blob)).ctr.array}
    return {"description": re.search(r"^description: (.*)$", text, re.M).group(1), "versions": versions,
            "generation": int(re.search(r" g=(\d+) ", text).group(1)),
            "spns": re.findall(r"^servicePrincipalName: (.*)$", text, re.M)}

begin, end = state("begin"), state("end")
problems = []

# --- what each writer says it has written: from the value it had seen to the one it wrote
steps = {}  # by the value that was seen
writes = collections.Counter()
spns_seen = set()
codes = collections.Counter()
conflicts = collections.Counter()
written_by_run = {}
def add_step(who, before, after):
    if before in steps:
        problems.append(f"{who} and {steps[before][0]} both replaced {before}: one of them had not seen what was there")
    steps[before] = (who, after)
    writes[who.split("-")[0]] += 1

other = [json.loads(line) for line in open(f"{work}/other.jsonl")]
for entry in other:
    if entry.get("conflict"):
        conflicts["other"] += 1
    else:
        add_step("other-" + entry["after"].split("-")[1], entry["before"], entry["after"])

runs = sorted(os.path.basename(path)[:-5] for path in glob.glob(f"{work}/runs/*.code"))
for run in runs:
    writer = run.rsplit("-", 1)[0]
    code = int(open(f"{work}/runs/{run}.code").read())
    said = open(f"{work}/runs/{run}.err").read()
    codes[code] += 1
    if code not in (0, 5, 6, 8):
        problems.append(f"{run} ended with {code}: {said}")
        continue
    if code and "error" not in said and "conflict" not in open(f"{work}/runs/{run}.json").read():
        problems.append(f"{run} ended with {code} and says nothing of it")
    document = open(f"{work}/runs/{run}.json").read()
    results = json.loads(document)["results"] if document and code != 8 else []
    if code == 5 and not results and "is stale" not in said:
        problems.append(f"{run} ended with 5 before it wrote, and does not say what is stale: {said}")
    if code in (5, 8):
        conflicts[writer] += 1
    wrote = False
    for result in results:
        if result["outcome"] in ("conflict", "partial") and "changed by somebody else" not in said + document and not result.get("error"):
            problems.append(f"{run}: a conflict without a reason: {result}")
        if code == 0 and result["outcome"] != "applied":
            problems.append(f"{run} ended with 0: {result}")
        if not result["written"]:
            continue
        wrote = True
        fields = {field["path"]: field for field in result["fields"]}
        add_step(run, fields["description"]["before"], fields["description"]["after"])
        spns_seen.update(spn.lower() for spn in fields.get("servicePrincipalNames", {}).get("removed", []))
    written_by_run[run] = wrote

# --- one chain from the first value to the last
value, chain = begin["description"], []
while value in steps and len(chain) <= len(steps):
    who, after = steps[value]
    chain.append(who)
    value = after
if value != end["description"] or len(chain) != len(steps):
    problems.append(f"the chain breaks after {len(chain)} of {len(steps)} writes at {value}; {end['description']} is live")
# A swap is a value deleted and one added, and Samba counts both.
counted = (end["versions"][DESCRIPTION] - begin["versions"][DESCRIPTION]) / 2
if counted != len(steps):
    problems.append(f"the server counted {counted} writes of the description, the writers {len(steps)}")
by_gmsactl = sum(written_by_run.values())
if end["generation"] - begin["generation"] != by_gmsactl:
    problems.append(f"{by_gmsactl} runs wrote; the marker went from {begin['generation']} to {end['generation']}")

# --- SPNs of the other writer: there, or taken away by somebody whose plan showed them
live = {spn.lower() for spn in end["spns"]}
for entry in other:
    if "spn" in entry and entry["spn"] not in live and entry["spn"] not in spns_seen:
        problems.append(f"{entry['spn']} is gone, and no plan of those that were carried out had it")

# --- the audit log: four processes append to it, no line is torn; USNs go up along the chain
audit = collections.defaultdict(list)
for line in open(f"{work}/audit.jsonl"):
    entry = json.loads(line)
    audit[entry["url"].rsplit("/", 1)[1]].append(entry)
refused = swaps = 0
for run, wrote in written_by_run.items():
    requests = [entry for entry in audit[run] if entry["type"] == "request" and "adminDescription" in entry["attributes"]]
    done = [entry for entry in requests if entry["result"]["code"] == 0]
    refused += len(requests) - len(done)
    swaps += len(done)
    # Who changes a name writes twice: the SPNs that the server makes of it are known only then.
    renames = any(name in entry["attributes"] for entry in done for name in ("dNSHostName", "sAMAccountName"))
    if bool(done) != wrote or len(done) > (2 if renames else 1):
        problems.append(f"{run}: wrote is {wrote}, and the audit log has {done}")
    for entry in done:
        if not entry["usnBefore"] < entry["usnAfter"]:
            problems.append(f"{run}: USNs {entry['usnBefore']} and {entry['usnAfter']}")
if end["versions"][MARKER] - begin["versions"][MARKER] != 2 * swaps:
    problems.append(f"{swaps} swaps of the marker succeeded; the server counted {end['versions'][MARKER] - begin['versions'][MARKER]} writes")
highest = 0
for who in chain:
    for entry in audit[who]:
        if entry["type"] == "request" and "adminDescription" in entry["attributes"] and entry["result"]["code"] == 0:
            if entry["usnAfter"] <= highest:
                problems.append(f"{who} wrote before what it had seen was written: {entry}")
            highest = max(highest, entry["usnBefore"])

print(f"  {len(steps)} writes in one chain: " + ", ".join(f"{writes[who]} by {who}" for who in sorted(writes)))
print(f"  {len(runs)} runs of apply, by exit code: " + ", ".join(f"{codes[code]} with {code}" for code in sorted(codes)))
print(f"  conflicts: " + ", ".join(f"{conflicts[who]} of {who}" for who in sorted(conflicts)) + f"; {refused} swaps refused by the server")
print(f"  {sum('spn' in entry for entry in other)} SPNs of somebody else: {sum(entry.get('spn') in live for entry in other)} are there, the others were seen")
if writes["other"] < 3 or by_gmsactl < 3 or not sum(conflicts.values()):
    problems.append("too little happened for this to prove anything")
if problems:
    sys.exit("\n".join(problems))
END

step 'alone again: one apply converges'
wanted locked1 last >"$manifests/account.yaml"
apply_all
converged
! exists "CN=gmsactl-lock-lab,$ou" || failed 'a lock is left behind'
done_well
