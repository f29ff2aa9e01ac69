#!/usr/bin/env bash
# A watch tells within seconds what became different and what is in order again, goes on after its connection was lost, and
# ends in order when it is interrupted.
. "$(dirname "$0")/lib.sh"
watching='' relay=''
cleanup() {
  local pid
  for pid in $watching $relay; do kill "$pid" 2>/dev/null || true; done
}
fresh
environment
printf 'dn: CN=E2EWATCH,%s\nchangetype: add\nobjectClass: computer\nsAMAccountName: E2EWATCH$\nuserAccountControl: 4096\n' "$ou" | modify
manifest objects.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-watch-hosts}
spec: {members: [HOST01, E2EWATCH]}
---
kind: GMSA
metadata: {name: e2e-watch}
spec:
  description: as declared
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-watch-hosts}]
END
apply_all
account="CN=e2e-watch,$ou" group="CN=e2e-watch-hosts,$ou"

# watch COMMAND...: gmsactl watch, in the background
watch() {
  : >"$work/told"
  : >"$work/log"
  "$@" >>"$work/told" 2>>"$work/log" </dev/null &
  watching=$!
}
gm_watch() { watch "$gmsactl" watch -f "$manifests" --log-level info "$@"; }
says() { until_true "\"$1\" in $(<"$work/told")" grep -qF -- "$1" "$work/told"; }
logs() { until_true "\"$1\" in $(<"$work/log")" grep -qF -- "$1" "$work/log"; }
forget() { : >"$work/told"; }
# ends SIGNAL CODE: nothing for a signal where it ends by itself
ends() {
  local status=0
  [[ ! $1 ]] || kill "-$1" "$watching"
  wait "$watching" || status=$?
  watching=''
  assert_same "$status" "$2" "the exit code of watch ($(<"$work/log"))"
}
replaced() { printf 'dn: %s\nchangetype: modify\nreplace: %s\n%s: %s\n' "$1" "$2" "$2" "$3"; }

step 'what is in order is said once'
gm_watch
says "lab: watching contoso.com at $dc1. Drift: 0 drifted, 0 pending, 0 both, 0 new; 0 accepted; 2 in sync."
logs 'at=what changed'
assert_same "$(grep -c '' "$work/told")" 1 'the number of lines'

step 'drift is told within seconds, and so is its end'
began=$SECONDS
replaced "$account" description "somebody's" | modify
says 'GMSA/e2e-watch differs (drift)'
took=$((SECONDS - began))
says "    description drift: live \"somebody's\", declared \"as declared\"; changed 20"
says "on $dc1, version 2"
says 'lab: Drift: 1 drifted, 0 pending, 0 both, 0 new; 0 accepted; 1 in sync.'
echo "  (after $took s; Samba looks every five seconds whether there is something to tell)"
((took <= 10)) || failed "it took $took s"
forget
replaced "$account" description 'as declared' | modify
says 'GMSA/e2e-watch is in sync again'
says '2 in sync.'

step 'members, a deletion, and what apply makes of both'
forget
modify < <(
  printf 'dn: %s\nchangetype: modify\nadd: member\nmember: CN=HOST05,OU=Hosts,%s\n\n' "$group" "$base"
  printf 'dn: %s\nchangetype: delete\n' "$account"
)
says 'HostGroup/e2e-watch-hosts differs (drift)'
says '    members drift: "HOST05$" not declared; when it was changed is not recorded'
says 'GMSA/e2e-watch declared, and does not exist'
forget
apply_all
says 'GMSA/e2e-watch is in sync again'
says 'HostGroup/e2e-watch-hosts is in sync again'
ends INT 130

step 'as JSON, one document a line; a member that is gone is a mistake in the manifests now'
gm_watch -o jsonl
says '"type":"watching"'
forget
printf 'dn: CN=E2EWATCH,%s\nchangetype: delete\n' "$ou" | modify
logs GMSA0201
printf 'dn: CN=E2EWATCH,%s\nchangetype: add\nobjectClass: computer\nsAMAccountName: E2EWATCH$\nuserAccountControl: 4096\n' "$ou" | modify
says '"address":"HostGroup/e2e-watch-hosts"'
apply_all
says '{"type":"inSync"'
"$python" -c 'import json, sys; [json.loads(line)["type"] for line in sys.stdin]' <"$work/told" || failed 'a line is no JSON'
ends TERM 130

step 'a time to end at, with the exit code of drift'
gm_watch --for 2s
ends '' 0
replaced "$account" description "somebody's" | modify
gm_watch --for 2s
says 'GMSA/e2e-watch differs (drift)'
ends '' 2

step 'a connection that is lost: another one, and a look at everything'
cp /etc/hosts "$work/hosts"
sed -i "/$dc1/d" "$work/hosts"
printf '127.0.0.1 %s\n' "$dc1" >>"$work/hosts"
"$e2e/relay.py" "$GMSACTL_LAB_DC1_IP" 389 "$work/refuse" >"$work/port" 2>"$work/relay.err" &
relay=$!
until_true 'the relay' test -s "$work/port"
# The name of the controller leads to the relay for this one process.
watch env -u GMSACTL_DNS_SERVERS unshare --mount sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' sh "$work/hosts" \
  "$gmsactl" watch -f "$manifests" --log-level info --server "ldap://$dc1:$(<"$work/port")"
says 'lab: watching contoso.com'
logs 'at=what changed'
forget
touch "$work/refuse"
kill -USR1 "$relay"
says 'lab: connection lost: '
replaced "$account" description 'as declared' | modify
rm "$work/refuse"
says 'GMSA/e2e-watch is in sync again'
says 'lab: watching contoso.com'
assert_same "$(grep -c 'at=everything' "$work/log")" 2 'the number of looks at everything'
ends TERM 130

step 'what can not be watched is said at once'
gm watch -f "$manifests" --server "ldap://$dc1:4" --timeout 5s
assert_exit 4
assert_err "error: environment lab can't be watched: ldap://$dc1:4"
KRB5CCNAME="FILE:$work/none" gm watch -f "$manifests"
assert_exit 4
assert_err 'kinit'
gm watch -f "$manifests" --server "ldif:$root/tests/golden/plan-create/directory.ldif"
assert_exit 4
assert_err 'a directory in an LDIF file does not tell of changes'
done_well
