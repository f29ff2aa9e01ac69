#!/usr/bin/env bash
# ./dev bench drift: what a look at the changes costs beside a look at everything, with the same findings.
set -euo pipefail
# shellcheck source=tests/bench/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'EOT'
usage: ./dev bench drift [--accounts N] [--changes N] [--rounds N]

  --accounts N   the estate in the lab: N accounts, N groups, 10 N memberships (5000)
  --changes N    objects that were changed since the last look: accounts and groups in turn (10)
  --rounds N     measured rounds; medians are given (7)

  GMSACTL_BENCH_LAB   the lab to use (bench); one with another estate in it is reset
  GMSACTL_LAB_STORE   the database of a lab that is made for this: mdb answers by index what changed, as Windows does,
                      and tdb (the default) by going through all objects
  GMSACTL_BINARY      the program to measure; without it the everyday build (build/bin/gmsactl)
EOT
}

accounts=5000 changes=10 rounds=7
while (($#)); do
  case $1 in
    --accounts) accounts=${2:-}; shift 2 || die "--accounts needs a number" ;;
    --changes) changes=${2:-}; shift 2 || die "--changes needs a number" ;;
    --rounds) rounds=${2:-}; shift 2 || die "--rounds needs a number" ;;
    -h | --help) usage; exit 0 ;;
    *) say "bench drift: unknown argument '$1'"; usage >&2; exit 2 ;;
  esac
done
[[ $accounts =~ ^[1-9][0-9]*$ && $changes =~ ^[1-9][0-9]*$ && $rounds =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }
((changes <= accounts)) || die "there are not so many accounts"

work=$(mktemp -d)
leave() {
  local status=$?
  trap - EXIT
  if [[ -e $work/changed ]]; then
    change '' >"$work/undo"
    in_lab "$work/directory" "$work/undo" >/dev/null || true
  fi
  rm -rf "$work"
  exit "$status"
}

# What somebody does to every so-manieth object, as LDIF; without a text what undoes it.
change() {
  local n number
  for ((n = 0; n < changes; n++)); do
    printf -v number '%05d' $((1 + n * (accounts / changes)))
    if ((n % 2)); then
      printf 'dn: CN=svc%s-hosts,OU=Groups,OU=Estate,DC=contoso,DC=com\nchangetype: modify\nreplace: groupType\ngroupType: %s\n\n' \
        "$number" "$([[ $1 ]] && echo -2147483640 || echo -2147483644)"
    else
      printf 'dn: CN=svc%s,OU=Accounts,OU=Estate,DC=contoso,DC=com\nchangetype: modify\nreplace: dNSHostName\ndNSHostName: %ssvc%s.contoso.com\n\n' \
        "$number" "$1" "$number"
    fi
  done
}

write_commands() {
  cat >"$work/directory" <<'EOT'
#!/bin/sh
exec ldapmodify -Q -N -Y GSSAPI -H "ldap://$GMSACTL_LAB_DC1" -f "$1"
EOT
  # What a look begins with: everything; what was seen before the changes.
  cat >"$work/all" <<EOT
#!/bin/sh
"$gmsactl" drift -f "$manifests" "\$@" || test \$? = 2
EOT
  cat >"$work/part" <<EOT
#!/bin/sh
cp "$work/before/bench.drift" "$work/cache/bench.drift"
"$gmsactl" drift -f "$manifests" --cache "$work/cache" "\$@" || test \$? = 2
EOT
  # The one question that a server answers by going through all objects, where it has no index for it.
  cat >"$work/question" <<'EOT'
#!/bin/sh
exec ldapsearch -Q -N -LLL -Y GSSAPI -H "ldap://$GMSACTL_LAB_DC1" -E '!1.2.840.113556.1.4.417' -b DC=contoso,DC=com -s sub "(uSNChanged>=$1)" 1.1
EOT
  cat >"$work/nothing" <<'EOT'
#!/bin/sh
exec ldapsearch -Q -N -LLL -Y GSSAPI -H "ldap://$GMSACTL_LAB_DC1" -b DC=contoso,DC=com -s base '(objectClass=*)' 1.1
EOT
  chmod +x "$work"/{directory,all,part,question,nothing}
}

# Medians of the looks alone, from connecting to the findings, in ms: "ALL PART"
looks() {
  local round how
  for ((round = 0; round <= rounds; round++)); do
    for how in all part; do
      in_lab "$work/$how" --log-level info 2>&1 >/dev/null | sed -n "s/.* looked .* ms=\([0-9]*\)$/$how \1/p" >>"$work/looks"
    done
  done
  "$python" - "$work/looks" <<'EOT'
import statistics, sys
taken = {"all": [], "part": []}
for line in open(sys.argv[1]):
    how, ms = line.split()
    taken[how].append(int(ms))
print(*(round(statistics.median(times[1:])) for times in taken.values()))
EOT
}

# requests HOW: "SEARCHES ENTRIES"
requests() {
  in_lab "$work/$1" --log-level debug 2>&1 >/dev/null | sed -n 's/.* searches=\([0-9]*\) .* entries=\([0-9]*\)$/\1 \2/p'
}

# ms NAME: a median of measure's; the one question without what every ldapsearch needs
ms() { awk -F'\t' -v name="$1" '{ took[$1] = $2 * 1000 } END { printf "%.0f", name == "question" ? took[name] - took["nothing"] : took[name] }' <<<"$lines"; }

percent() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", 100 * a / b }'; }
# share NAME ALL PART UNIT
share() {
  local of
  of=$(percent "$3" "$2")
  row "$1" "$3 $4" "of $2 $4: $of %; goal 5 or less: $(verdict "$of" '<=' 5)"
}

build_program
lab_up
lab_dir=$(lab_variable GMSACTL_LAB_DIR)
manifests=$lab_dir/estate-$accounts/manifests
if [[ ! -s $lab_dir/estate-$accounts/directory.ldif ]]; then
  if compgen -G "$lab_dir/estate-*" >/dev/null; then lab reset >&2; fi
  say "loading $accounts accounts …"
  lab load "$accounts" >&2
fi
trap leave EXIT
write_commands
describe_machine
mkdir "$work/before" "$work/cache"
in_lab "$gmsactl" drift -f "$manifests" --cache "$work/before" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; die 'the estate is not as declared: ./dev lab reset'; }
usn=$(sed -n 's/^position [^ ]* [^ ]* \([0-9]*\) .*/\1/p' "$work/before/bench.drift")
touch "$work/changed"
change other- >"$work/do"
in_lab "$work/directory" "$work/do" >/dev/null

in_lab "$work/all" -o json 2>/dev/null | sed '/"createdAt"/d; /"digest"/d' >"$work/all.json"
in_lab "$work/part" -o json 2>/dev/null | sed '/"createdAt"/d; /"digest"/d' >"$work/part.json"
found=$(grep -c '"objectGuid": ' "$work/all.json" || true)
((found >= changes)) || die "only $found differences were found after $changes changes"
cmp -s "$work/all.json" "$work/part.json" && same='the same, to the byte' || same='NOT the same'

lines=$(in_lab "$python" "$bench_dir/measure.py" --rounds "$rounds" "all=$work/all --quiet" "part=$work/part --quiet" \
  "validate=$gmsactl validate -f $manifests" "question=$work/question $((usn + 1))" "nothing=$work/nothing")
read -r all_ms part_ms <<<"$(looks)"
read -r all_searches all_entries <<<"$(requests all)"
read -r part_searches part_entries <<<"$(requests part)"

heading "Drift: $accounts accounts, $accounts groups, $((accounts * 10)) memberships, $changes objects changed (median of $rounds)"
row 'findings of both' "$found" "$same"
share 'a look at the changes, from connecting to the findings' "$all_ms" "$part_ms" ms
share '  entries read' "$all_entries" "$part_entries" ''
share '  searches' "$all_searches" "$part_searches" ''
row '  of it the controller, for its list of changes' "$(ms question) ms" "ldapsearch of that list, less $(ms nothing) ms for the same of one object"
share 'the whole command' "$(field all 2 <<<"$lines")" "$(field part 2 <<<"$lines")" s
row '  of it reading the manifests (gmsactl validate)' "$(field validate 2 <<<"$lines") s" ''
row '  processor time' "$(field part 6 <<<"$lines") s" "of $(field all 6 <<<"$lines") s"
row 'size of what is remembered' "$(du -k "$work/before/bench.drift" | cut -f1) KiB" ''
say "the lab is left up for another run: ./dev lab down --name $lab_name"
