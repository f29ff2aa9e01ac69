# shellcheck shell=bash
# What the end-to-end scripts share. Each runs the built program against a real domain: ./dev lab run -- tests/e2e/X.sh
#
# A script keeps to an organizational unit and to names of its own, removes both before and after, and so can run again
# and in any order on one lab. Nothing here sleeps for a time that was guessed: conditions are awaited.
set -euo pipefail
e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$e2e/../.." && pwd)
script=$(basename "$0" .sh)
gmsactl=${GMSACTL_BINARY:-$root/build/bin/gmsactl}
python=/usr/bin/python3 # the one that Samba's modules belong to

if [[ ! ${GMSACTL_LAB_DC1:-} ]]; then
  echo "skipped: no lab. Start one with './dev lab up' and run this with './dev lab run -- $0'."
  exit 77
fi
[[ -x $gmsactl ]] || { echo "skipped: $gmsactl is not built"; exit 77; }

base=$GMSACTL_LAB_BASE_DN
dc1=$GMSACTL_LAB_DC1
ou="OU=e2e-$script,$base"
work=$(mktemp -d "${TMPDIR:-/tmp}/gmsactl-e2e-$script.XXXXXX")
manifests=$work/manifests
mkdir "$manifests"
unset GMSACTL_OUTPUT GMSACTL_LOG_LEVEL GMSACTL_TIMEOUT GMSACTL_PARALLELISM GMSACTL_QUIET CLICOLOR_FORCE LDAPRC LDAPCONF
export LDAPNOINIT=1 LC_ALL=C.UTF-8
# Under the address sanitizer: the whole stack of an allocation, through libraries without frame pointers, too, since
# tests/lsan.supp names functions of theirs.
export ASAN_OPTIONS=fast_unwind_on_malloc=0

# --- outcome -----------------------------------------------------------------------------------------------------------

current_step='(start)'
last_command=''
code=0
step() { current_step=$*; printf -- '- %s\n' "$*"; }

failed() {
  {
    printf '\nFAILED: %s\n  in step: %s\n' "$*" "$current_step"
    if [[ $last_command ]]; then
      printf '  last run: %s\n  exit code: %s\n--- standard output\n' "$last_command" "$code"
      cat "$work/out"
      printf -- '--- standard error\n'
      cat "$work/err"
      printf -- '---\n'
    fi
  } >&2
  exit 1
}

# A script's own cleanup() is called before and after it.
cleanup() { :; }
leave() {
  local status=$?
  trap - EXIT
  cleanup >/dev/null 2>&1 || true
  remove_tree "$ou" || true
  if ((status)) && [[ ${GMSACTL_E2E_KEEP:-} ]]; then echo "kept: $work" >&2; else rm -rf "$work"; fi
  exit "$status"
}
trap leave EXIT
trap 'echo "unforeseen: line $LINENO: $BASH_COMMAND" >&2' ERR

# Runs a command and keeps what it printed and its exit code, whatever that is.
run() {
  last_command=$*
  code=0
  "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
}
gm() { run "$gmsactl" "$@"; }
plan() { gm plan -f "$manifests" "$@"; }
apply() { gm apply -f "$manifests" --auto-approve "$@"; }

# asked ANSWER ACTION ARGUMENT...: gmsactl on a terminal; when it asks, the shell command ACTION is run and ANSWER typed.
# $question: how what it asks ends, where that is not apply's.
# What the terminal shows is in $work/out.
asked() {
  local answer=$1 action=$2
  shift 2
  last_command="on a terminal: gmsactl $*"
  : >"$work/err"
  code=0
  "$python" "$e2e/terminal.py" "$work/out" "${question:-Only \"yes\" is taken for a yes: }" "$answer" "$action" -- "$gmsactl" "$@" || code=$?
}

assert_exit() { ((code == $1)) || failed "the exit code is $code, not $1"; }
assert_out() {
  local text
  for text; do grep -qF -- "$text" "$work/out" || failed "standard output lacks: $text"; done
}
assert_err() {
  local text
  for text; do grep -qF -- "$text" "$work/err" || failed "standard error lacks: $text"; done
}
assert_out_line() { grep -qxF -- "$1" "$work/out" || failed "standard output lacks the line: $1"; }
assert_not_out() { ! grep -qF -- "$1" "$work/out" || failed "standard output has: $1"; }
assert_not_err() { ! grep -qF -- "$1" "$work/err" || failed "standard error has: $1"; }
assert_same() { [[ $1 == "$2" ]] || failed "${3:-the value} is not as expected
  expected: $2
  found:    $1"; }

converged() {
  plan --detailed-exitcode "$@"
  assert_exit 0
  assert_out_line 'No changes. Live state matches the manifests.'
}
apply_all() {
  apply "$@"
  assert_exit 0
}

# until_true WHAT COMMAND...: within 60 s
until_true() {
  local what=$1 deadline=$((SECONDS + ${GMSACTL_E2E_PATIENCE:-60}))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || failed "$what did not happen in time"
    sleep 0.05
  done
}
not() { ! "$@"; }

# --- the directory, as Administrator unless KRB5CCNAME says otherwise -----------------------------------------------------

ldap() {
  local client=$1
  shift
  "$client" -Q -N -Y GSSAPI -o nettimeout=10 -H "ldap://${ldap_server:-$dc1}" "$@"
}
# search BASE SCOPE FILTER [ATTRIBUTE...]
search() {
  local at=$1 scope=$2 filter=$3
  shift 3
  ldap ldapsearch -LLL -o ldif-wrap=no -b "$at" -s "$scope" "$filter" "$@"
}
exists() { search "$1" base '(objectClass=*)' dn >/dev/null 2>&1; }

# values DN ATTRIBUTE: its values, one a line, sorted
values() {
  local line
  search "$1" base '(objectClass=*)' "$2" | while IFS= read -r line; do
    case $line in
      'dn: '* | 'dn:: '* | '') ;;
      *':: '*) base64 -d <<<"${line#*:: }" && echo ;;
      *': '*) printf '%s\n' "${line#*: }" ;;
    esac
  done | sort
}
# bytes DN ATTRIBUTE: one binary value as hexadecimal
bytes() {
  search "$1" base '(objectClass=*)' "$2" | sed -n "s/^$2:: //p" | base64 -d | od -An -v -tx1 | tr -d ' \n'
}
assert_values() {
  local dn=$1 attribute=$2 expected
  shift 2
  expected=$(if (($#)); then printf '%s\n' "$@" | sort; fi)
  assert_same "$(values "$dn" "$attribute")" "$expected" "$attribute of $dn"
}
# Reads LDIF change records.
modify() { ldap ldapmodify >"$work/ldapmodify.out" 2>&1 || failed "ldapmodify: $(<"$work/ldapmodify.out")"; }
remove_tree() { ! exists "$1" || ldap ldapdelete -r "$1" >/dev/null 2>&1; }
remove() { ! exists "$1" || ldap ldapdelete "$1" >/dev/null 2>&1; }
# dn_of FILTER: of the one object that matches
dn_of() { search "$base" sub "$1" 1.1 | sed -n 's/^dn: //p'; }
count_below() { search "$1" sub "$2" 1.1 | grep -c '^dn' || true; }

# --- manifests -------------------------------------------------------------------------------------------------------------

# environment [EXTRA YAML LINES of spec]: one that keeps to this script's unit
environment() {
  cat >"$manifests/environment.yaml" <<END
apiVersion: gmsactl/v1
kind: Environment
metadata: {name: lab}
spec:
  domain: $GMSACTL_LAB_DOMAIN
  owner: e2e
  accountsPath: "${accounts_path:-$ou}"
  hostGroupsPath: "${groups_path:-$ou}"
${1-  directory: {servers: ["ldap://$dc1"]\}}
END
}

# manifest FILE: reads YAML documents without apiVersion, each beginning with its kind
manifest() {
  sed 's/^kind:/apiVersion: gmsactl\/v1\nkind:/' >"$manifests/$1"
}

# What a plan of -o json says, one line a change: ADDRESS ACTION FIELD,FIELD
planned() {
  "$python" - "$work/out" <<'END'
import json, sys
for change in json.load(open(sys.argv[1]))["changes"]:
    print(change["address"], change["action"], ",".join(field["path"] for field in change["fields"]))
END
}

new_unit() { printf 'dn: %s\nchangetype: add\nobjectClass: organizationalUnit\n' "$1" | modify; }

# fresh: the script's unit, new and empty
fresh() {
  cleanup >/dev/null 2>&1 || true
  remove_tree "$ou"
  new_unit "$ou"
}

done_well() { echo "passed in ${SECONDS} s"; }
