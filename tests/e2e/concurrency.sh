#!/usr/bin/env bash
# Several writers on the same objects: what one of them adds is never lost through another, and who comes too late is told.
. "$(dirname "$0")/lib.sh"
fresh
count=6

# estate DIRECTORY LINE...: manifests of a writer of its own
estate() {
  local n
  manifests=$work/$1
  mkdir -p "$manifests"
  shift
  environment
  for ((n = 1; n <= count; n++)); do
    printf 'kind: HostGroup\nmetadata: {name: e2e-con-g%s}\nspec: {membership: additive, members: [%s]}\n---\n' "$n" "$members"
    printf 'kind: GMSA\nmetadata: {name: e2e-con-a%s}\nspec:\n  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-con-g%s}]\n' "$n" "$n"
    printf '  %s\n' "$@"
    printf -- '---\n'
  done | sed '$d' | manifest objects.yaml
}
# both A B: two applies at once; their exit codes are code_a and code_b
both() {
  local a b
  "$gmsactl" apply -f "$work/$1" --auto-approve --no-lock -o json >"$work/$1.json" 2>"$work/$1.err" </dev/null &
  a=$!
  "$gmsactl" apply -f "$work/$2" --auto-approve --no-lock -o json >"$work/$2.json" 2>"$work/$2.err" </dev/null &
  b=$!
  code_a=0 code_b=0
  wait "$a" || code_a=$?
  wait "$b" || code_b=$?
}
shown() {
  last_command="two applies at once, which ended with $code_a and $code_b"
  cat "$work/$1.json" "$work/$2.json" >"$work/out"
  cat "$work/$1.err" "$work/$2.err" >"$work/err"
}

step 'the same aim twice: both end well, nothing is there twice'
members=HOST01
for round in 1 2 3; do
  estate one 'description: same'
  estate two 'description: same'
  both one two
  shown one two
  ((code_a == 0 && code_b == 0)) || failed "the exit codes are $code_a and $code_b"
  assert_same "$(count_below "$ou" '(|(objectClass=group)(objectClass=msDS-GroupManagedServiceAccount))')" $((2 * count)) 'the number of objects'
  manifests=$work/one converged
  ((round == 3)) || fresh
done

step 'different attributes and different members: everybody'"'"'s are there'
for round in 1 2 3; do
  members=HOST01 estate one "description: one$round"
  members=HOST02 estate two "displayName: two$round"
  while :; do
    for ((n = 1; n <= count; n++)); do
      printf 'dn: CN=e2e-con-g%s,%s\nchangetype: modify\nadd: member\nmember: CN=HOST03,OU=Hosts,%s\n\n' "$n" "$ou" "$base"
      printf 'dn: CN=e2e-con-a%s,%s\nchangetype: modify\nreplace: info\ninfo: third%s\n\n' "$n" "$ou" "$round"
    done | ldap ldapmodify -c >/dev/null 2>&1 || true
  done &
  third=$!
  both one two
  kill "$third"
  wait "$third" 2>/dev/null || true
  shown one two
  # Both note on each object what they applied, so the second to come to one is told, and goes on from there.
  for code in "$code_a" "$code_b"; do
    ((code == 0 || code == 5)) || failed "the exit codes are $code_a and $code_b"
  done
  for writer in one two; do manifests=$work/$writer apply_all; done
  for ((n = 1; n <= count; n++)); do
    assert_values "CN=e2e-con-a$n,$ou" description "one$round"
    assert_values "CN=e2e-con-a$n,$ou" displayName "two$round"
    for host in HOST01 HOST02; do
      values "CN=e2e-con-g$n,$ou" member | grep -qx "CN=$host,OU=Hosts,$base" || failed "$host is not in e2e-con-g$n"
    done
  done
  for ((n = 1; n <= count; n++)); do
    printf 'dn: CN=e2e-con-g%s,%s\nchangetype: modify\nreplace: member\n\n' "$n" "$ou"
  done | modify
done

step 'different aims: each object is as one of the two wants it, and whoever lost knows'
for round in 1 2 3 4 5; do
  members=HOST01 estate one "description: one$round" "displayName: one$round"
  members=HOST01 estate two "description: two$round" "displayName: two$round"
  both one two
  shown one two
  search "$ou" sub '(objectClass=msDS-GroupManagedServiceAccount)' cn description displayName >"$work/state"
  "$python" - "$work/one.json" "$work/two.json" "$work/state" "$round" "$code_a" "$code_b" <<'END' || failed 'an update was lost'
import json, re, sys
runs = {"one": json.load(open(sys.argv[1])), "two": json.load(open(sys.argv[2]))}
round_, codes = sys.argv[4], {"one": int(sys.argv[5]), "two": int(sys.argv[6])}
results = {who: {r["address"]: r for r in run["results"]} for who, run in runs.items()}
for entry in open(sys.argv[3]).read().strip().split("\n\n"):
    value = dict(re.findall(r"^(\w+): (.*)$", entry, re.M))
    if value["description"] != value["displayName"]:
        sys.exit(f"of two writers: {entry}")
    winner = value["description"].rstrip("0123456789")
    loser = {"one": "two", "two": "one"}[winner]
    address = "GMSA/" + value["cn"]
    won, lost = results[winner].get(address), results[loser].get(address)
    if won["outcome"] != "applied":
        sys.exit(f"{winner} is live and reported as {won}")
    # Both may have written, one knowingly after the other.
    before = {f["path"]: f.get("before") for f in won["fields"]}
    knowing = before["description"] == loser + round_
    if lost["outcome"] == "applied" and not knowing:
        sys.exit(f"{loser} was overwritten unseen by {winner}: {address}")
    if lost["outcome"] not in ("applied", "conflict"):
        sys.exit(f"{loser} did not get it and says {lost}")
conflicts = sum(r["outcome"] == "conflict" for run in runs.values() for r in run["results"])
print(f"  round {round_}: {conflicts} conflicts among {len(results['one']) + len(results['two'])} writes")
for who, run in runs.items():
    outcomes = {r["outcome"] for r in run["results"]}
    expected = {5} if "conflict" in outcomes else {0, 6}
    if codes[who] not in expected:
        sys.exit(f"{who}: outcomes {outcomes} and exit code {codes[who]}")
END
done

step 'a conflict says what changed, and leaves it'
manifests=$work/one
members=HOST01 estate one 'description: slow'
cat >"$work/meddle" <<END
dn: CN=e2e-con-a$count,$ou
changetype: modify
replace: description
description: meddled
END
rm -f "$work/fifo"
mkfifo "$work/fifo"
last_command='apply, meddled with'
"$gmsactl" apply -f "$manifests" --auto-approve --parallelism 1 >"$work/fifo" 2>"$work/err" </dev/null &
pid=$!
: >"$work/out"
exec 7<"$work/fifo"
meddled=''
while IFS= read -r line <&7; do
  printf '%s\n' "$line" >>"$work/out"
  [[ $line != 'Plan: '* || $meddled ]] || { meddled=1; kill -STOP "$pid"; modify <"$work/meddle"; kill -CONT "$pid"; }
done
exec 7<&-
code=0
wait "$pid" || code=$?
assert_exit 5
assert_out "GMSA/e2e-con-a$count: changed by somebody else meanwhile: CN=e2e-con-a$count,$ou: somebody else changed it after it was planned; description was " \
  'is "meddled" now' 'help: Plan again and review the difference.' 'Apply incomplete: 1 in conflict; 0 created, 5 updated'
assert_values "CN=e2e-con-a$count,$ou" description meddled
apply_all
converged
done_well
