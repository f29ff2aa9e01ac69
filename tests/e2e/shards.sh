#!/usr/bin/env bash
# Parts of an estate, applied at once: each has a lock of its own, a run over everything and another split are kept out, and
# together they make what one run would have made.
. "$(dirname "$0")/lib.sh"
fresh
environment
for ((n = 0; n < 12; n++)); do
  printf 'kind: HostGroup\nmetadata: {name: e2e-shd-g%s}\nspec: {members: [HOST01]}\n---\n' "$n"
  printf 'kind: GMSA\nmetadata: {name: e2e-shd-a%s}\nspec: {description: "%s", principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-shd-g%s}]}\n---\n' "$n" first "$n"
done | sed '$d' | manifest objects.yaml
whole_lock="CN=gmsactl-lock-lab,$ou"
shard_lock() { printf 'CN=gmsactl-lock-lab-shard-%s-of-%s,%s' "$1" "$2" "$ou"; }
at() { "$python" -c 'import datetime, sys; print((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(sys.argv[1]))).strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ"))' "$1"; }
# held DN [SHARD]: by a run on a machine of which nothing is known here
held() {
  printf 'dn: %s\nchangetype: add\nobjectClass: serviceConnectionPoint\nserviceBindingInformation: gmsactl-lock/1 id=0badcafe holder=anna host=build7 since=%s expires=%s url= process=elsewhere/1/1%s\n' \
    "$1" "$(at -5)" "$(at 600)" "${2:+ shard=$2}" | modify
}
# at_once COUNT ARGUMENT...: all parts as runs of their own; $codes are their exit codes
at_once() {
  local count=$1 i runs=()
  shift
  for ((i = 0; i < count; i++)); do
    "$gmsactl" apply -f "$manifests" --auto-approve --shard "$i/$count" "$@" >"$work/out.$i" 2>"$work/err.$i" </dev/null &
    runs+=($!)
  done
  codes=()
  for i in "${!runs[@]}"; do
    code=0
    wait "${runs[i]}" || code=$?
    codes+=("$code")
  done
  last_command="$count parts at once, which ended with ${codes[*]}"
  cat "$work"/out.[0-9]* >"$work/out"
  cat "$work"/err.[0-9]* >"$work/err"
}

step 'three parts at once, without waiting for each other, are the whole'
at_once 3
assert_same "${codes[*]}" '0 0 0' 'the exit codes'
assert_same "$(grep -c ': created$' "$work/out")" 24 'the number of objects made'
converged
! search "$ou" one '(cn=gmsactl-lock-*)' dn | grep -q '^dn' || failed 'a lock is left behind'

step 'the same part twice: one at a time'
held "$(shard_lock 0 3)" 0/3
sed -i 's/first/second/' "$manifests/objects.yaml"
at_once 3
assert_same "${codes[*]}" '8 0 0' 'the exit codes'
assert_err 'another run holds the lock of shard 0/3 since' 'anna on build7 (id 0badcafe'
gm lock status -f "$manifests"
assert_exit 0
assert_out 'Environment lab, shard 0/3: held by anna on build7 since' 'id 0badcafe'
gm lock status -f "$manifests" -o json
assert_out '"held": true' '"shard": "0/3"' '"id": "0badcafe"'

step 'everything, or another split, waits for a part'
sed -i 's/second/third/' "$manifests/objects.yaml"
apply
assert_exit 8
assert_err 'another run holds the lock of shard 0/3 since'
apply --shard 1/2 --lock-timeout 1s
assert_exit 8
assert_err 'another run holds the lock of shard 0/3 since'
! exists "$whole_lock" || failed 'a lock is left behind'
gm lock release -f "$manifests" --id 0badcafe
assert_exit 0
apply_all --shard 1/2
apply_all
converged

step 'a part waits for a run over everything'
held "$whole_lock"
sed -i 's/third/fourth/' "$manifests/objects.yaml"
at_once 3
assert_same "${codes[*]}" '8 8 8' 'the exit codes'
gm lock release -f "$manifests" --id 0badcafe
assert_exit 0

step 'a run over everything comes first, then the parts: all of them end well'
held "$(shard_lock 9 10)" 9/10
"$gmsactl" apply -f "$manifests" --auto-approve --lock-timeout 60s >"$work/whole.out" 2>"$work/whole.err" </dev/null &
whole=$!
until_true 'the lock of everything' exists "$whole_lock"
"$gmsactl" apply -f "$manifests" --auto-approve --shard 0/3 --lock-timeout 60s >"$work/part.out" 2>"$work/part.err" </dev/null &
shard=$!
until_true 'the plan of a part' grep -q '^Plan: ' "$work/part.out"
ldap ldapdelete "$(shard_lock 9 10)"
code=0
wait "$whole" || code=$?
cp "$work/whole.out" "$work/out"
cp "$work/whole.err" "$work/err"
last_command='apply of everything'
assert_exit 0
assert_out 'Apply complete: 0 created, 12 updated'
code=0
wait "$shard" || code=$?
cp "$work/part.out" "$work/out"
cp "$work/part.err" "$work/err"
last_command='apply of a part'
assert_exit 0 # what it had planned was done by then
converged

step 'a lock of an environment whose name begins alike is another one'
held "CN=gmsactl-lock-lab-eu,$ou"
held "CN=gmsactl-lock-lab-shard-eu,$ou"
sed -i 's/fourth/fifth/' "$manifests/objects.yaml"
at_once 2
assert_same "${codes[*]}" '0 0' 'the exit codes'
converged
ldap ldapdelete "CN=gmsactl-lock-lab-eu,$ou"
ldap ldapdelete "CN=gmsactl-lock-lab-shard-eu,$ou"

step 'drift of a part tells of that part, and remembers by itself'
cat >"$work/drift.ldif" <<END
dn: CN=e2e-shd-a3,$ou
changetype: modify
replace: description
description: by anna
END
modify <"$work/drift.ldif"
found=0
for i in 0 1 2; do
  gm drift -f "$manifests" --shard "$i/3" --cache "$work/cache"
  ((code == 0 || code == 2)) || failed "drift ended with $code"
  ((code == 0)) || found=$((found + 1))
done
assert_same "$found" 1 'the number of parts that tell of it'
ls "$work/cache" >"$work/out"
assert_out_line lab.0-of-3.drift
assert_out_line lab.2-of-3.drift
done_well
