#!/usr/bin/env bash
# An smbclient that knows no `rename -f`: a model of one, with the folder "share" beside it as the share, whose own
# folders do not count. Where there is a file "stubborn", a name that was given up is free for nobody.
cd "$(dirname "$0")"

complain() { printf '%s\n' "$*" >&2; }

printf 'smb: \\> '
# COMMAND "ARGUMENT" "ARGUMENT"
while IFS='"' read -r command first _ second _; do
  name=${first##*\\} other=share/${second##*\\}
  case $command in
    'put ') cat "$first" >"$other" ;;
    'rename ')
      if [[ -e $other ]]; then
        complain "NT_STATUS_OBJECT_NAME_COLLISION renaming files $first -> $second"
      elif [[ -e stubborn && $other == share/a && $name != *former* ]]; then
        complain "NT_STATUS_ACCESS_DENIED renaming files $first -> $second"
      else
        mv "share/$name" "$other"
      fi
      ;;
    'del ') rm "share/$name" ;;
    'ls ') printf '  %-30s%7.7s %8.0f  %s\n' "$name" A 1 'Tue Nov 24 12:38:08 2026' >&2 ;;
    *) complain "${command% }: command not found" ;;
  esac
  printf 'smb: \\> '
done
