#!/usr/bin/env bash
# The table of exit codes, which is frozen: real runs that end with each of them, and with the worst of several environments,
# against a list that is compared literally; and that all documents that list codes list these.
. "$(dirname "$0")/lib.sh"
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=e2e GIT_AUTHOR_EMAIL=e2e@contoso.com GIT_COMMITTER_NAME=e2e GIT_COMMITTER_EMAIL=e2e@contoso.com
fresh
new_unit "OU=a,$ou"
new_unit "OU=b,$ou"
lock_of() { printf 'CN=gmsactl-lock-exit-%s,OU=%s,%s' "$1" "$1" "$ou"; }

# estate [TEXT]: two environments with one account each
estate() {
  local name
  rm -f "$manifests"/*.yaml
  for name in a b; do
    accounts_path="OU=$name,$ou" groups_path="OU=$name,$ou" environment
    sed "s/name: lab/name: exit-$name/" "$manifests/environment.yaml" >"$manifests/$name.yaml"
    manifest "account-$name.yaml" <<END
kind: GMSA
metadata: {name: e2e-exit-$name, environments: [exit-$name]}
spec: {description: "${1:-first}", principalsAllowedToRetrieveManagedPassword: [HOST01]}
END
  done
  rm "$manifests/environment.yaml"
}
# in_spec a|b LINE: one more line in the spec of the account
in_spec() { sed -i "s/spec: {/spec: {$2, /" "$manifests/account-$1.yaml"; }
unreachable() { sed -i 's|ldap://[^]"]*|ldap://127.0.0.1:1|' "$manifests/$1.yaml"; }
in_files() { printf 'kind: SpecTarget\nmetadata: {name: gone}\nspec: {type: Swarm, endpoint: "unix:///nonexistent/docker.sock"}\n' | manifest target.yaml; }

# row WHAT ARGUMENT...: runs gmsactl, and notes what came of it
row() {
  local what=$1
  shift
  gm "$@"
  note "$what"
}
note() { printf '%3s  %s\n' "$code" "$1" >>"$work/codes"; }
a=(-f "$manifests" -e exit-a)
both=(-f "$manifests" --all-envs)
# held NAME: by somebody else
at() { "$python" -c 'import datetime, sys; print((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(sys.argv[1]))).strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ"))' "$1"; }
held() {
  printf 'dn: %s\nchangetype: add\nobjectClass: serviceConnectionPoint\nserviceBindingInformation: gmsactl-lock/1 id=0badcafe holder=anna host=build7 since=%s expires=%s url= process=elsewhere/1/1\n' \
    "$(lock_of "$1")" "$(at -5)" "$(at 600)" | modify
}

step 'done, or a plan was shown'
estate
row 'version' version
row 'validate' validate -f "$manifests"
row 'plan, there are changes' plan "${a[@]}"
row 'apply, everything done' apply "${both[@]}" --auto-approve
row 'apply, nothing to do' apply "${a[@]}" --auto-approve
row 'plan --detailed-exitcode, no changes' plan "${a[@]}" --detailed-exitcode
row 'drift, nothing differs' drift "${a[@]}"

step 'changes'
estate second
row 'plan --detailed-exitcode, changes' plan "${a[@]}" --detailed-exitcode
row 'drift, the manifests changed' drift "${a[@]}"
row 'drift --ignore-pending, only the manifests changed' drift "${a[@]}" --ignore-pending
row 'watch --for, something differs at its end' watch "${a[@]}" --for 1s
git -C "$manifests" init -q
git -C "$manifests" add -A
git -C "$manifests" commit -qm first
estate third
row 'changed --detailed-exitcode, something differs' changed -f "$manifests" --from HEAD --detailed-exitcode
row 'apply --require-clean, not committed' apply "${a[@]}" --auto-approve --require-clean
rm -rf "$manifests/.git"
apply_all --all-envs

step 'unforeseen: standard output that can take nothing'
last_command='version to a full device'
code=0
"$gmsactl" version >/dev/full 2>"$work/err" || code=$?
note 'version, standard output is full'

step 'the command line or the manifests are wrong'
row 'an unknown flag' plan --no-such-flag
row 'an unknown command' plam
row 'apply without a terminal and without --auto-approve' apply "${a[@]}"
row 'several environments and none named' plan -f "$manifests"
row '--target that matches nothing' plan "${a[@]}" --target GMSA/nobody
in_spec a 'description: twice'
row 'validate, a mistake' validate -f "$manifests"
row 'apply, a mistake' apply "${a[@]}" --auto-approve

step 'a live system'
estate third
unreachable a
row 'plan, the server cannot be reached' plan "${a[@]}"
row 'apply, the server cannot be reached' apply "${a[@]}" --auto-approve
estate third
sed -i 's/HOST01/NOBODY99/' "$manifests/account-a.yaml"
row 'plan, an unknown principal' plan "${a[@]}"
row 'apply, an unknown principal' apply "${a[@]}" --auto-approve
estate fourth
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE row 'apply, no permission' apply "${a[@]}" --auto-approve

step 'somebody else changed it'
estate fourth
gm plan "${a[@]}" --out "$work/plan.json"
assert_exit 0
printf 'dn: CN=e2e-exit-a,OU=a,%s\nchangetype: modify\nreplace: description\ndescription: by hand\n' "$ou" | modify
row 'apply of a saved plan that is stale' apply "$work/plan.json"
row 'drift, changed by hand' drift "${a[@]}" --ignore-pending

step 'partly applied'
in_files
in_spec a 'credentialSpec: {targets: [gone]}'
row 'apply, written but for the spec of a place that is gone' apply "${a[@]}" --auto-approve
row 'apply, nothing but that spec is left' apply "${a[@]}" --auto-approve

step 'refused'
estate fourth
apply_all --all-envs
in_spec a 'managedPasswordIntervalInDays: 7'
row 'plan, an immutable field' plan "${a[@]}"
row 'apply, an immutable field' apply "${a[@]}" --auto-approve
rm "$manifests/account-a.yaml"
row 'apply --prune, manifests that declare nothing' apply "${a[@]}" --auto-approve --prune
row 'plan, declared no longer' plan "${a[@]}" --detailed-exitcode
estate fourth
sed -i 's/owner: e2e/owner: somebody/' "$manifests/a.yaml"
row 'plan, managed by another owner' plan "${a[@]}"

step 'locked'
estate fifth
held a
row 'apply, another run holds the lock' apply "${a[@]}" --auto-approve
row 'plan, another run holds the lock' plan "${a[@]}"

step 'interrupted'
# until WHAT FILE TEXT ARGUMENT...: gmsactl, until TEXT is in FILE; then SIGINT
interrupted() {
  local what=$1 file=$2 text=$3 pid
  shift 3
  last_command="gmsactl $*, interrupted"
  : >"$work/out" && : >"$work/err"
  # A shell without job control has its children ignore SIGINT.
  env --default-signal=INT "$gmsactl" "$@" >"$work/out" 2>"$work/err" </dev/null &
  pid=$!
  until_true "\"$text\"" grep -q "$text" "$file"
  kill -INT "$pid"
  code=0
  wait "$pid" || code=$?
  note "$what"
}
interrupted 'apply, interrupted while it waits for the lock' "$work/out" '^Plan: ' apply "${a[@]}" --auto-approve --lock-timeout 60s
interrupted 'watch, interrupted' "$work/err" looked watch "${a[@]}" --log-level info

step 'several environments: the worst counts'
row 'apply, one of two is locked' apply "${both[@]}" --auto-approve
estate sixth
in_files
in_spec b 'credentialSpec: {targets: [gone]}'
row 'apply, one locked and one with a spec that cannot be delivered' apply "${both[@]}" --auto-approve
ldap ldapdelete "$(lock_of a)"
estate sixth
apply_all --all-envs
estate seventh
in_spec a 'managedPasswordIntervalInDays: 7'
row 'plan, one refused and one with changes' plan "${both[@]}" --detailed-exitcode
unreachable b
row 'plan, one refused and one out of reach' plan "${both[@]}" --detailed-exitcode
row 'apply, one refused and one out of reach' apply "${both[@]}" --auto-approve
estate seventh
unreachable a
row 'plan, one out of reach and one with changes' plan "${both[@]}" --detailed-exitcode
row 'drift, one out of reach and one that differs' drift "${both[@]}"
in_spec a 'description: twice'
row 'plan, one invalid' plan "${both[@]}" --detailed-exitcode

step 'the list'
cp "$work/codes" "${GMSACTL_E2E_WRITE_GOLDEN:-$work/codes.copy}"
diff "$e2e/exit_codes.golden" "$work/codes" >&2 || failed 'exit codes are not as they were'

step 'all that list exit codes list these'
seen=$(awk '{ print $1 }' "$work/codes" | sort -nu | tr '\n' ' ')
table() { sed -n '/^## Exit codes/,/^##* [^E]/p' "$1" | sed -n 's/^| \([0-9]\+\) |.*/\1/p' | sort -n | tr '\n' ' '; }
assert_same "$(table "$root/docs/cli.md")" "$seen" 'what docs/cli.md lists'
assert_same "$(sed -n '/^\.SH "EXIT STATUS"/,/^\.SH [^"]/p' "$root/docs/man/gmsactl.1" | sed -n 's/^\.B \([0-9]\+\)$/\1/p' | sort -n | tr '\n' ' ')" "$seen" 'what the manual page lists'
assert_same "$("$gmsactl" --help | sed -n '/^Exit codes:/,$p' | tr -d '\n' | grep -oE '(: |; *)[0-9]+ ' | grep -oE '[0-9]+' | sort -n | tr '\n' ' ')" "$seen" 'what --help lists'
printf '  %s runs, codes %s\n' "$(wc -l <"$work/codes")" "$seen"
done_well
