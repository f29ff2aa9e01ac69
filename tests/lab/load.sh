# shellcheck shell=bash
# shellcheck disable=SC2154  # lab.sh sets them
# ./dev lab load N: a big estate, at once. Sourced by lab.sh.
#
# Over LDAP ten thousand accounts would take a quarter of an hour; with the controller stopped they go into its database
# in one transaction (load.py). dc02, where there is one, then gets them by replication.

cmd_load() {
  local count=${1:-} estate began=$SECONDS
  [[ $# == 1 && $count =~ ^[1-9][0-9]{0,4}$ ]] || die "load needs a number of accounts, 1 to 99999"
  ((EUID == 0)) || die "the lab was started by root: sudo ./dev lab load $count"
  with_lock
  is_up || die "the lab is not up: ./dev lab up${lab_flag:+ $lab_flag}"
  estate=$lab_dir/estate-$count
  lab_ldapsearch_is_empty "OU=Estate,$base" || die "an estate is loaded already; first: ./dev lab reset${lab_flag:+ $lab_flag}"
  rm -rf "$estate"
  mkdir -p "$estate/manifests"
  rm -f "$lab_dir/ready"
  stop_dc dc01
  # Whatever happens, the controller runs again afterwards.
  trap 'start_dc dc01' EXIT
  logged load "loading" env LD_PRELOAD="$(faster_keys)" "$python" "$here/load.py" directory "$lab_dir/dc01/etc/smb.conf" "$count"
  "$python" "$here/load.py" manifests "$estate/manifests" "$count"
  trap - EXIT
  start_dc dc01
  await_dc dc01
  touch "$lab_dir/ready"
  say "loaded in $((SECONDS - began)) s; exporting …"
  export_ldif "$estate/directory.ldif"
  if [[ " ${dcs[*]} " == *' dc02 '* ]]; then
    until_true "replication of the estate to dc02" estate_is_at_second "$count"
  fi
  say "$count accounts, $count groups and $((count * 10)) memberships after $((SECONDS - began)) s; in $estate:"
  say "  manifests/       environment 'bench', as the directory is"
  say "  directory.ldif   the same directory as LDIF"
}

# Builds fast-pbkdf2.c, which makes loading ten times faster; without a compiler it is merely slow.
faster_keys() {
  local library=$lab_dir/fast-pbkdf2.so
  ! cc -O2 -shared -fPIC -o "$library" "$here/fast-pbkdf2.c" -ldl >>"$lab_dir/log/load.log" 2>&1 || printf '%s' "$library"
}

lab_ldapsearch_is_empty() { ! lab_ldapsearch dc01 -s base -b "$1" dn >/dev/null 2>&1; }

estate_is_at_second() {
  local last
  printf -v last 'svc%05d' "$1"
  lab_ldapsearch dc02 -s base -b "CN=$last,OU=Accounts,OU=Estate,$base" dn
}

# What a client may see of the directory, parents before children: the root DSE, the domain, and of the configuration
# what gmsactl looks at. Never the root keys' data.
export_ldif() {
  local config=CN=Configuration,$base services
  services="CN=Services,$config"
  {
    # -b '' needs the attributes by name: the root DSE has operational ones only.
    lab_ldapsearch dc01 -o ldif-wrap=no -s base -b '' '*' '+'
    export_part "$base" sub '*'
    export_part "$config" base '*'
    export_part "CN=Partitions,$config" sub '*'
    export_part "$services" base '*'
    export_part "CN=Windows NT,$services" sub '*'
    export_part "CN=Group Key Distribution Service,$services" sub cn objectClass objectGUID objectCategory name \
      whenCreated whenChanged msKds-CreateTime msKds-UseStartTime msKds-DomainID msKds-KDFAlgorithmID msKds-KDFParam \
      msKds-PrivateKeyLength msKds-PublicKeyLength msKds-SecretAgreementAlgorithmID msKds-SecretAgreementParam msKds-Version
  } | "$python" "$here/load.py" sort >"$1"
}

export_part() {
  local at=$1 scope=$2
  shift 2
  lab_ldapsearch dc01 -o ldif-wrap=no -E pr=1000/noprompt -s "$scope" -b "$at" '(objectClass=*)' "$@"
}
