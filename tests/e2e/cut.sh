#!/usr/bin/env bash
# The connection is cut at every request of an apply that writes 30 objects: the request never arrives, or it does and its
# answer is lost, or it arrives late, when gmsactl has looked already. Whatever was hit, no change is called failed, skipped or
# not begun that the directory then shows; the next apply converges, and the plan after it is empty.
#
# Each run is cut at several requests, so that all are hit in as many runs as lie between two cuts. By default each request is
# hit once in two of the three ways, a third in the other; GMSACTL_E2E_CUT_ROUNDS=5 hits each five times in every way.
. "$(dirname "$0")/lib.sh"
proxy=''
cleanup() { [[ ! $proxy ]] || kill "$proxy" 2>/dev/null || true; }
fresh
new_unit "OU=Elsewhere,$ou"
rounds=${GMSACTL_E2E_CUT_ROUNDS:-1}
between=6

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
"$python" "$e2e/cut.py" "$GMSACTL_LAB_DC1_IP" "$work/cert.pem" "$work/key.pem" "$work/control" >"$work/port" &
proxy=$!
until_true 'the proxy' test -s "$work/port"
E2E_PASSWORD=$(<"$GMSACTL_LAB_ADMIN_PASSWORD_FILE")
export E2E_PASSWORD

# estate SIDE: of 30 objects some are on one side only, and the others are described, placed and named otherwise on each
estate() {
  local side=$1 n here=$ou
  manifests=$work/$side
  mkdir -p "$manifests"
  environment "  directory:
    servers: [\"ldaps://127.0.0.1:$(<"$work/port")\"]
    authentication: simple
    username: Administrator@$GMSACTL_LAB_DOMAIN
    passwordFrom: {env: E2E_PASSWORD}
    tls: {caFile: \"$work/cert.pem\"}"
  sed -i 's/name: lab/name: cut/' "$manifests/environment.yaml"
  [[ $side == left ]] || here="OU=Elsewhere,$ou"
  {
    for n in {1..8}; do
      printf 'kind: HostGroup\nmetadata: {name: e2e-cut-g%s}\nspec: {description: %s, members: [HOST0%s]}\n---\n' \
        "$n" "$side" $((n % 4 + (${#side} - 3)))
    done
    for n in {1..20}; do
      printf 'kind: GMSA\nmetadata: {name: e2e-cut-%s}\nspec: {description: %s, enabled: %s, principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-cut-g%s}]' \
        "$n" "$side" "$([[ $side == left ]] && echo true || echo false)" $((n % 8 + 1))
      ((n > 3)) || printf ', path: "%s"' "$here"
      ((n != 5)) || printf ', dnsHostName: e2e-cut-%s.contoso.com' "$side"
      printf '}\n---\n'
    done
    for n in 1 2; do
      printf 'kind: GMSA\nmetadata: {name: e2e-cut-%s%s}\nspec: {principalsAllowedToRetrieveManagedPassword: [HOST01]}\n---\n' "$side" "$n"
    done
  } | sed '$d' | manifest objects.yaml
}
flags=(--prune --allow-deletes 3 --timeout 20s --parallelism 4)

# snapshot FILE: every object with what tells whether it was written to
snapshot() { search "$ou" sub '(|(objectClass=group)(objectClass=msDS-GroupManagedServiceAccount))' objectGUID adminDescription >"$1"; }

checked() {
  "$python" - "$work" <<'END2' || failed 'something is called unwritten that the directory shows'
import json, re, sys, urllib.parse
work = sys.argv[1]
def markers(name):
    found = {}
    for entry in open(f"{work}/{name}").read().strip().split("\n\n"):
        text = re.search(r"^adminDescription: (.*)$", entry, re.M)
        if text:
            address = urllib.parse.unquote(re.search(r" n=(\S+) ", text.group(1)).group(1))
            found[address] = (re.search(r"^dn: (.*)$", entry, re.M).group(1).lower(), text.group(1))
    return found
before, after = markers("before"), markers("after")
text = open(f"{work}/report").read()
document = json.loads(text) if text else {"results": []}
wrong = []
for result in document["results"]:
    address, outcome = result["address"], result["outcome"]
    same = before.get(address) == after.get(address)
    if outcome in ("failed", "skipped", "notBegun") and not same:
        wrong.append(f"{address} is called {outcome}, and it changed: {result.get('error')}")
    if outcome == "applied" and same:
        wrong.append(f"{address} is called {outcome}, and nothing changed")
    print("   ", outcome, address, (result.get("error") or {}).get("message"), file=sys.stderr) if outcome not in ("applied", "alreadyDone") else None
if wrong:
    sys.exit("\n".join(wrong))
END2
}

step 'thirty objects'
estate right
estate left
apply_all "${flags[@]}"
now=left
: >"$work/control.hits"

runs=0
for ((round = 1; round <= rounds; round++)); do
  for mode in late after before; do
    step "$mode: cut at every ${between}th request, beginning with each of the first $between"
    for ((first = 1; first <= between; first++)); do
      ((rounds > 1)) || [[ $mode != before ]] || ((first % 2)) || continue
      if [[ $now == left ]]; then now=right; else now=left; fi
      manifests=$work/$now
      snapshot "$work/before"
      echo "$mode $first $between" >"$work/control"
      apply "${flags[@]}" -o json
      ((code == 0 || code == 4 || code == 5 || code == 6 || code == 8)) || failed "the exit code is $code"
      rm "$work/control"
      # Nothing is under way any more when a late request, half a second behind, has had its time.
      "$python" -c 'import time; time.sleep(1)'
      cp "$work/out" "$work/report"
      snapshot "$work/after"
      [[ $code == 8 ]] || checked
      apply_all "${flags[@]}" --lock-timeout 90s
      runs=$((runs + 1))
    done
  done
done
step 'the plan after it is empty'
converged "${flags[@]:0:3}"
hits=$(wc -l <"$work/control.hits")
echo "  $runs applies, $hits requests lost: $(sort -k1,1 -k3,3 "$work/control.hits" | awk '{ print $1, $3 }' | uniq -c | awk '{ printf "%s%s %s %s", sep, $1, $2, $3; sep = ", " }')"
((hits >= 3 * between)) || failed 'too little was cut for this to prove anything'
done_well
