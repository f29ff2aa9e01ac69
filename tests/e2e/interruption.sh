#!/usr/bin/env bash
# Killed at any point, an apply can be run again: it converges, nothing is there twice, and no object is half-written.
. "$(dirname "$0")/lib.sh"
fresh
environment
count=12
# estate TEXT: what all objects say
estate() {
  local n
  for ((n = 1; n <= count; n++)); do
    printf 'kind: HostGroup\nmetadata: {name: e2e-int-g%s}\nspec: {description: "%s", members: [HOST01, HOST0%s]}\n---\n' "$n" "$1" $((n % 5 + 2))
    printf 'kind: GMSA\nmetadata: {name: e2e-int-a%s}\nspec:\n  description: "%s"\n  displayName: "%s"\n' "$n" "$1" "$1"
    printf '  servicePrincipalNames: [host/e2e-int-a%s, "http/%s-%s.contoso.com"]\n' "$n" "$1" "$n"
    printf '  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-int-g%s}]\n---\n' "$n"
  done | sed '$d' | manifest objects.yaml
}

# stopped_after SIGNAL LINES [FLAG...]: applies, and sends the signal as soon as that many changes are reported. What
# is under way at that moment is anybody's guess, and a new one each time.
stopped_after() {
  local signal=$1 lines=$2 pid line seen=0
  shift 2
  last_command="apply $*, then SIG$signal after $lines changes"
  rm -f "$work/fifo"
  mkfifo "$work/fifo"
  "$gmsactl" apply -f "$manifests" --auto-approve "$@" >"$work/fifo" 2>"$work/err" </dev/null &
  pid=$!
  : >"$work/out"
  exec 7<"$work/fifo"
  while IFS= read -r line <&7; do
    printf '%s\n' "$line" >>"$work/out"
    case $line in
      'Plan: '*) ((lines > 0)) || kill "-$signal" "$pid" ;;
      *': created' | *': updated') seen=$((seen + 1)) && { ((seen != lines)) || kill "-$signal" "$pid"; } ;;
    esac
  done
  exec 7<&-
  code=0
  wait "$pid" 2>/dev/null || code=$?
}

whole() {
  local n dn
  assert_same "$(count_below "$ou" '(objectClass=group)')" "$count" 'the number of groups'
  assert_same "$(count_below "$ou" '(objectClass=msDS-GroupManagedServiceAccount)')" "$count" 'the number of accounts'
  assert_same "$(count_below "$base" '(|(cn=*\0ACNF:*)(sAMAccountName=$DUPLICATE*))')" 0 'the number of duplicates'
}
# Each account says one thing in all its attributes: one request wrote them, or none.
consistent() {
  search "$ou" sub '(objectClass=msDS-GroupManagedServiceAccount)' description displayName servicePrincipalName >"$work/state"
  "$python" - "$work/state" <<'END' || failed 'an account is half-written'
import re, sys
for entry in filter(None, open(sys.argv[1]).read().strip().split("\n\n")):
    said = set(re.findall(r"^(?:description|displayName): (\w+)$", entry, re.M))
    said |= set(re.findall(r"^servicePrincipalName: http/(\w+)-", entry, re.M))
    if len(said) != 1:
        sys.exit(entry)
END
}

step 'kill -9 while objects are created, again and again until nothing is left to do'
estate first
for lines in 0 1 2 1 3 1 2 1 1 2; do
  stopped_after KILL "$lines" --parallelism $((lines * 2 + 1))
  ((code == 137)) || break
  consistent
done
apply_all
converged
whole
consistent

step 'kill -9 while they are changed'
estate second
for lines in 0 1 2 1 3 1; do
  stopped_after KILL "$lines" --parallelism $((lines * 2 + 1))
  ((code == 137)) || break
  consistent
done
apply_all
converged
whole
assert_same "$(count_below "$ou" '(description=second)')" $((2 * count)) 'the number of objects with the new text'

for signal in INT TERM; do
  step "SIG$signal: what is under way is finished and reported, nothing new is begun"
  estate "third$signal"
  stopped_after "$signal" 3 --parallelism 1
  assert_exit 130
  assert_err 'interrupted: finishing what is under way, beginning nothing new (once more to stop at once)'
  assert_out 'Written, and it stands:' ': not begun, nothing written'
  summary=$(tail -n1 "$work/out")
  [[ $summary =~ ^'Apply incomplete: '([0-9]+)' not begun; 0 created, '([0-9]+)' updated, 0 replaced, 0 deleted; 0 unchanged.'$ ]] ||
    failed "the last line is: $summary"
  ((BASH_REMATCH[1] + BASH_REMATCH[2] == 2 * count && BASH_REMATCH[2] >= 3)) || failed "the sum is wrong: $summary"
  assert_same "$(count_below "$ou" "(description=third$signal)")" "${BASH_REMATCH[2]}" 'the number of changed objects'
  consistent
  apply_all
  converged
done

step 'SIGINT before the first write'
estate fourth
stopped_after INT 0
case $code in
  130) assert_err 'interrupted: ' ;;
  *) failed "the exit code is $code, not 130" ;;
esac
apply_all
converged
whole
done_well
