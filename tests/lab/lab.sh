#!/usr/bin/env bash
# shellcheck disable=SC2174  # the folders above are there, or need no mode of their own
# A real Active Directory domain on this machine: ./dev lab help
#
# What runs is Samba as a domain controller, in network and process namespaces of its own (net.sh); everything it
# writes is in one state folder. The domain is filled by seed.py before its controller first starts, and a copy of that
# moment is cached, so that the next `up` need not provision again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
realm=CONTOSO.COM domain=contoso.com workgroup=CONTOSO base=DC=contoso,DC=com
python=/usr/bin/python3 # Samba's Python modules are there, and not with another Python that may come first in PATH

say() { printf '%s\n' "$*" >&2; }
die() { say "lab: $*"; exit 1; }

usage() {
  cat <<'EOF'
usage: ./dev lab COMMAND [--name NAME]

  up [--second-dc] [SERVICE...]
                     start the domain contoso.com with dc01 (and dc02, replicating with it); needs root
                     SERVICE: hosts (folders of Docker hosts, reached by SFTP and SMB), swarm (Docker Swarm),
                     kubernetes (an API server; the first time it is built, which takes some minutes)
  down               stop it and delete all of it
  reset              down, then up as it was: a fresh domain
  status             what runs, and where; exit code 0 if the lab is up, 1 if not
  env                variables for a shell:  eval "$(./dev lab env)"
  run -- COMMAND     run COMMAND with those variables, and with the lab's host names whatever /etc/hosts says
  load N             add N accounts, N groups and 10 N memberships, and write the manifests and an LDIF file of them

  --name NAME        another lab beside the first, with a network of its own
  GMSACTL_LAB_DIR    the state folder; default ~/.local/state/gmsactl-lab (or gmsactl-lab-NAME)
  GMSACTL_LAB_CACHE  where provisioned domains are kept, default ~/.cache/gmsactl-lab; 'off' for never
  GMSACTL_LAB_STORE  the new domain's database: tdb (Samba's default), or mdb, which has ordered indexes as Windows has

docs/testing.md tells what is in the domain.
EOF
}

# shellcheck source=tests/lab/net.sh
. "$here/net.sh"
# shellcheck source=tests/lab/services.sh
. "$here/services.sh"

verb=${1:-help}
(($# == 0)) || shift
lab_name=default lab_flag='' second_dc=0 rest=()
while (($#)); do
  case $1 in
    --name) lab_name=${2:-}; shift 2 || die "--name needs a name" ;;
    --name=*) lab_name=${1#*=}; shift ;;
    --second-dc) second_dc=1; shift ;;
    --) shift; rest+=("$@"); break ;;
    -*) say "lab: unknown argument '$1'"; exit 2 ;;
    *) rest+=("$1"); shift ;;
  esac
done
[[ $lab_name =~ ^[a-z0-9][a-z0-9-]{0,19}$ ]] || die "a lab's name is up to 20 lower-case letters, digits and dashes"
[[ $lab_name == default ]] || lab_flag="--name $lab_name"
lab_dir=${GMSACTL_LAB_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/gmsactl-lab}
[[ ${GMSACTL_LAB_DIR:-} || $lab_name == default ]] || lab_dir+=-$lab_name
lab_dir=$(realpath -m "$lab_dir")
# Samba's sockets are at most 107 characters long with their folder.
((${#lab_dir} <= 70)) || die "the path of the state folder is too long for sockets below it: $lab_dir"
cache_dir=${GMSACTL_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gmsactl-lab}
store=${GMSACTL_LAB_STORE:-tdb}
mode='' net='' dcs=()

# --- what there is ---------------------------------------------------------------------------------------------------

# Sets mode, net and dcs from what exists; false where there is no lab.
find_lab() {
  [[ -r $lab_dir/lab.conf ]] || return 1
  # shellcheck source=/dev/null
  . "$lab_dir/lab.conf"
}

save_lab() {
  printf 'mode=%s\nnet=%s\nlab_name=%s\ndcs=(%s)\n' "$mode" "$net" "$lab_name" "${dcs[*]}" >"$lab_dir/lab.conf.new"
  mv "$lab_dir/lab.conf.new" "$lab_dir/lab.conf"
}

# The process id of a controller that runs. A recorded id counts only with its start time, which tells it from a
# stranger that got the same number.
dc_pid() {
  local pid started
  [[ -r $lab_dir/$1/process ]] || return 1
  read -r pid started <"$lab_dir/$1/process" || return 1
  [[ $(start_time "$pid") == "$started" ]] || return 1
  printf '%s' "$pid"
}

# Nothing for a process that is gone, or that has ended and waits to be collected.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

is_up() {
  local dc
  find_lab || return 1
  for dc in "${dcs[@]}"; do dc_pid "$dc" >/dev/null || return 1; done
  [[ -e $lab_dir/ready ]]
}

with_lock() {
  mkdir -p "$(dirname "$lab_dir")"
  exec 9>"$lab_dir.lock"
  flock -w 300 9 || die "another command works on this lab: $lab_dir"
}

# --- files -----------------------------------------------------------------------------------------------------------

write_client_files() {
  local dc service
  {
    # This machine's own name too: libldap looks it up when it starts, and whatever answers for the machine may be slow.
    printf '127.0.0.1 localhost %s\n' "$(uname -n)"
    for dc in "${dcs[@]}"; do printf '%s %s.%s\n' "$(dc_address "$dc")" "$dc" "$domain"; done
    for service in $(started_services); do service_function "$service" hosts || true; done
  } >"$lab_dir/hosts"
  printf 'search %s\nnameserver %s\n' "$domain" "$(dc_address dc01)" >"$lab_dir/resolv.conf"
  {
    cat <<EOF
[libdefaults]
  default_realm = $realm
  rdns = false
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  udp_preference_limit = 1

[realms]
  $realm = {
EOF
    for dc in "${dcs[@]}"; do printf '    kdc = %s\n' "$(dc_address "$dc")"; done
    cat <<EOF
    kpasswd_server = $(dc_address dc01)
    admin_server = $(dc_address dc01)
  }

[domain_realm]
  .$domain = $realm
  $domain = $realm
EOF
  } >"$lab_dir/krb5.conf"
}

# One authority signs all controllers' certificates, so one CA file is enough for two.
write_certificates() {
  local dc=$1 tls=$lab_dir/tls
  mkdir -p -m 700 "$tls"
  if [[ ! -e $tls/ca.pem ]]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/O=gmsactl lab/CN=lab CA" \
      -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>>"$lab_dir/log/openssl.log"
  fi
  [[ ! -e $tls/$dc.pem ]] || return 0
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/O=gmsactl lab/CN=$dc.$domain" \
    -keyout "$tls/$dc.key" -out "$tls/$dc.csr" 2>>"$lab_dir/log/openssl.log"
  openssl x509 -req -in "$tls/$dc.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 3650 -out "$tls/$dc.pem" \
    -extfile <(printf 'subjectAltName=DNS:%s.%s,DNS:%s,IP:%s\nextendedKeyUsage=serverAuth\n' \
      "$dc" "$domain" "$domain" "$(dc_address "$dc")") 2>>"$lab_dir/log/openssl.log"
  chmod 600 "$tls"/*.key
}

write_smb_conf() {
  local dc=$1 d=$lab_dir/$1 interfaces
  case $mode in netns) interfaces="lo eth0" ;; loopback) interfaces="$(dc_address "$dc")/8" ;; esac
  mkdir -p "$d"/{etc,private,state,cache,lock,pid,ncalrpc,winbindd} "$d/state/sysvol" "$lab_dir/log"
  mkdir -p -m 750 "$d/ntp"
  chmod 750 "$d/ntp"
  # Without winbindd, file shares and NetBIOS the controller starts twice as fast, and nothing here asks for them.
  # nosync: a power cut may take the lab's data.
  cat >"$d/etc/smb.conf" <<EOF
[global]
  netbios name = ${dc^^}
  realm = $realm
  workgroup = $workgroup
  server role = active directory domain controller
  ad dc functional level = 2016
  server services = rpc, ldap, cldap, kdc, drepl, kcc, dnsupdate, dns
  interfaces = $interfaces
  bind interfaces only = yes
  private dir = $d/private
  state directory = $d/state
  cache directory = $d/cache
  lock directory = $d/lock
  pid directory = $d/pid
  ncalrpc dir = $d/ncalrpc
  winbindd socket directory = $d/winbindd
  ntp signd socket directory = $d/ntp
  log file = $lab_dir/log/$dc.log
  tls cafile = $lab_dir/tls/ca.pem
  tls certfile = $lab_dir/tls/$dc.pem
  tls keyfile = $lab_dir/tls/$dc.key
  ldb:nosync = true
[sysvol]
  path = $d/state/sysvol
  read only = no
EOF
}

# --- the first controller --------------------------------------------------------------------------------------------

cache_key() {
  {
    cat "$here/seed.py" "$here/lab.sh"
    dpkg-query -W -f '${Version}' samba-ad-dc
    dc_address dc01
    printf '%s' "$store"
  } | sha256sum | cut -c1-24
}

provision_first() {
  local cached='' d=$lab_dir/dc01
  [[ $cache_dir == off ]] || cached=$cache_dir/$(cache_key).tar
  if [[ $cached && -r $cached ]] && tar -C "$lab_dir" --xattrs --xattrs-include='*' -xf "$cached" 2>/dev/null; then
    write_smb_conf dc01
    return
  fi
  mkdir -p -m 700 "$lab_dir"/{secrets,keytabs,keytabs/hosts}
  (umask 077 && printf 'Aa1.%s\n' "$(openssl rand -hex 12)" >"$lab_dir/secrets/administrator.password")
  say "provisioning $domain …"
  on_dc dc01 samba-tool domain provision --targetdir="$d" --realm="$realm" --domain="$workgroup" --host-name=dc01 \
    --host-ip="$(dc_address dc01)" --server-role=dc --backend-store="$store" --dns-backend=SAMBA_INTERNAL --base-schema=2019 \
    --function-level=2016 \
    --adminpass="$(<"$lab_dir/secrets/administrator.password")" --option="ad dc functional level = 2016" \
    --option="interfaces=lo" --option="bind interfaces only=yes" --option="ldb:nosync=true" \
    >"$lab_dir/log/provision.log" 2>&1 || { tail -n 30 "$lab_dir/log/provision.log" >&2; die "provisioning failed"; }
  write_smb_conf dc01
  write_certificates dc01
  "$python" "$here/seed.py" "$d/etc/smb.conf" "$lab_dir/secrets" "$lab_dir/keytabs" >"$lab_dir/log/seed.log" 2>&1 ||
    { tail -n 30 "$lab_dir/log/seed.log" >&2; die "filling the domain failed"; }
  if [[ $cached ]]; then
    mkdir -p -m 700 "$cache_dir"
    find "$cache_dir" -name '*.tar*' -mtime +14 -delete
    (umask 077 && tar -C "$lab_dir" --xattrs --xattrs-include='*' -cf "$cached.$$" dc01 secrets keytabs tls && mv "$cached.$$" "$cached") ||
      say "note: the provisioned domain could not be cached in $cache_dir"
  fi
}

start_dc() {
  local dc=$1 log=$lab_dir/log/$1.out command
  # A PID namespace: when its first process ends, by whatever signal, the kernel ends all of Samba's.
  command=(samba --foreground --no-process-group -s "$lab_dir/$dc/etc/smb.conf")
  rm -f "$lab_dir/$dc/pid"/*.pid "$lab_dir/$dc/lock/pid"
  if [[ $mode == netns ]]; then
    setsid nsenter --net="/run/netns/$(namespace "$dc")" \
      unshare --mount --uts --pid --fork --kill-child --mount-proc "$here/dc-init.sh" "$lab_dir" "$dc" "${command[@]}" \
      </dev/null >"$log" 2>&1 9>&- &
  else
    KRB5_CONFIG=$lab_dir/krb5.conf setsid "${command[@]}" </dev/null >"$log" 2>&1 9>&- &
  fi
  local pid=$!
  disown
  printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$lab_dir/$dc/process"
}

stop_dc() {
  local pids try
  if [[ $mode == netns ]]; then
    [[ ! -e /run/netns/$(namespace "$1") ]] || end_processes_in "$(namespace "$1")"
  else
    for ((try = 0; try < 100; try++)); do
      pids=$(writers_to "$lab_dir/log/$1.out")
      [[ $pids ]] || break
      # shellcheck disable=SC2086  # a list of numbers
      if ((try < 10)); then kill -TERM $pids 2>/dev/null || true; else kill -KILL $pids 2>/dev/null || true; fi
      sleep 0.1
    done
  fi
  rm -f "$lab_dir/$1/process"
}

# Without a namespace, the lab's processes are those whose standard output is its log: true of every child of Samba's,
# whoever its parent is by now, and of nothing else.
writers_to() { { find /proc/[0-9]*/fd/1 -maxdepth 0 -lname "$1" 2>/dev/null || true; } | cut -d/ -f3 | tr '\n' ' '; }

# Waits until a controller answers what clients ask: a ticket, and a search with it.
await_dc() {
  local dc=$1 deadline=$((SECONDS + 90))
  until kinit_into "$lab_dir/ccache/.probe" administrator Administrator "$lab_dir/krb5-$dc.conf" 2>/dev/null &&
    lab_ldapsearch "$dc" -s base -b "$base" dn >/dev/null 2>&1; do
    dc_pid "$dc" >/dev/null || { tail -n 30 "$lab_dir/log/$dc.out" "$lab_dir/log/$dc.log" >&2; die "$dc ended; see $lab_dir/log"; }
    ((SECONDS < deadline)) || { tail -n 30 "$lab_dir/log/$dc.log" >&2; die "$dc does not answer after 90 s; see $lab_dir/log"; }
    sleep 0.1
  done
}

# An LDAP client as Administrator at one controller, with the lab's names.
lab_ldap() {
  local dc=$1 client=$2
  shift 2
  KRB5_CONFIG=$lab_dir/krb5-$dc.conf KRB5CCNAME=FILE:$lab_dir/ccache/.probe LDAPNOINIT=1 with_lab_hosts \
    "$client" -Q -N -Y GSSAPI -o nettimeout=5 -H "ldap://$dc.$domain" "$@"
}

lab_ldapsearch() {
  local dc=$1
  shift
  lab_ldap "$dc" ldapsearch -LLL "$@"
}

# Runs a command in a mount namespace where /etc/hosts is the lab's; where that is not permitted, as it is.
with_lab_hosts() {
  if [[ $mode == netns ]] || unshare --mount true 2>/dev/null; then
    # shellcheck disable=SC2016  # expanded by the inner shell
    unshare --mount sh -c 'mount --bind "$1" "$(readlink -f /etc/hosts)" && shift && exec "$@"' sh "$lab_dir/hosts" "$@"
  else
    "$@"
  fi
}

kinit_into() {
  local cache=$1 keytab=$2 principal=$3 config=${4:-$lab_dir/krb5.conf}
  KRB5_CONFIG=$config kinit -k -t "$lab_dir/keytabs/$keytab.keytab" -c "FILE:$cache.new" "$principal@$realm" >/dev/null &&
    mv "$cache.new" "$cache"
}

# Keeps tickets fresh: one older than half their life is replaced.
refresh_ticket() {
  local cache=$lab_dir/ccache/$1
  if [[ -e $cache && -n $(find "$cache" -mmin -240) ]] && KRB5_CONFIG=$lab_dir/krb5.conf klist -s -c "FILE:$cache"; then return; fi
  kinit_into "$cache" "$1" "$2"
}

# --- commands --------------------------------------------------------------------------------------------------------

cmd_up() {
  ((EUID == 0)) || die "the lab needs root, for a domain controller's ports and network namespaces: sudo ./dev lab up"
  check_services "$@"
  "$here/packages.sh" lab
  install_for_services "$@"
  with_lock
  if is_up; then
    if ((second_dc)) && [[ " ${dcs[*]} " != *' dc02 '* ]]; then join_second; fi
    start_services "$@"
    cmd_status
    return
  fi
  local began=$SECONDS
  remove_remains
  [[ ! -e $lab_dir ]] || rmdir "$lab_dir" 2>/dev/null || die "$lab_dir exists and is not a lab's; remove it, or set GMSACTL_LAB_DIR"
  mkdir -p -m 711 "$lab_dir"
  mkdir -p -m 700 "$lab_dir"/{log,ccache}
  touch "$lab_dir/.gmsactl-lab"
  trap 'failed_up' EXIT
  if namespaces_permitted; then
    mode=netns
    create_network
    dcs=(dc01)
    save_lab
    create_namespace dc01
  else
    ((!second_dc)) || die "a second controller needs network namespaces, which are not permitted here"
    say "note: network namespaces are not permitted here; dc01 runs on a loopback address"
    mode=loopback net=$(($(printf '%s' "$lab_name" | cksum | cut -d' ' -f1) % 250 + 1)) dcs=(dc01)
    save_lab
  fi
  write_client_files
  provision_first
  write_krb5_of dc01
  start_dc dc01
  add_hosts_lines dc01
  await_dc dc01
  touch "$lab_dir/ready"
  trap - EXIT
  ((!second_dc)) || join_second
  refresh_ticket administrator Administrator
  refresh_ticket svc-gmsactl svc-gmsactl
  refresh_ticket reader reader
  start_services "$@"
  say "up in $((SECONDS - began)) s"
  cmd_status
}

# --- the second controller -------------------------------------------------------------------------------------------

join_second() {
  [[ $mode == netns ]] || die "a second controller needs network namespaces, which are not permitted here"
  local d=$lab_dir/dc02
  trap 'failed_up' EXIT
  rm -f "$lab_dir/ready"
  dcs=(dc01 dc02)
  save_lab
  create_namespace dc02
  write_client_files
  write_krb5_of dc02
  refresh_ticket administrator Administrator
  say "joining dc02 …"
  logged join "joining dc02" on_dc dc02 samba-tool domain join "$domain" DC --server="dc01.$domain" --targetdir="$d" \
    --use-krb5-ccache="$lab_dir/ccache/administrator" --dns-backend=SAMBA_INTERNAL --option="netbios name=DC02" \
    --option="interfaces=lo eth0" --option="bind interfaces only=yes" --option="ad dc functional level = 2016" \
    --option="ldb:nosync=true"
  write_smb_conf dc02
  write_certificates dc02
  start_dc dc02
  await_dc dc02
  logged dnsupdate "registering dc02 in DNS" on_dc dc02 samba_dnsupdate -s "$d/etc/smb.conf"
  logged replicate "replication to dc02" replicate dc02 dc01
  logged replicate "replication to dc01" replicate dc01 dc02
  await_replication
  add_hosts_lines dc02
  touch "$lab_dir/ready"
  trap - EXIT
}

# Runs a command quietly; its output is shown where it fails.
logged() {
  local log=$lab_dir/log/$1.log what=$2
  shift 2
  "$@" >>"$log" 2>&1 || { tail -n 30 "$log" >&2; die "$what failed"; }
}

# As the controller's own account; with a ticket of Administrator's Samba fails to bind here.
replicate() {
  on_dc "$1" samba-tool drs replicate "$1.$domain" "$2.$domain" "$base" -s "$lab_dir/$1/etc/smb.conf" -P
}

# An object made at dc02 must arrive at dc01, and its deletion there must arrive at dc02.
await_replication() {
  local probe="CN=gmsactl-lab-probe,CN=Users,$base"
  printf 'dn: %s\nobjectClass: container\n' "$probe" | lab_ldap dc02 ldapadd >/dev/null
  until_true "replication from dc02 to dc01" lab_ldapsearch dc01 -s base -b "$probe" dn
  lab_ldap dc01 ldapdelete "$probe"
  until_true "replication from dc01 to dc02" not lab_ldapsearch dc02 -s base -b "$probe" dn
}

not() { ! "$@"; }

until_true() {
  local what=$1 deadline=$((SECONDS + 60))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "$what did not happen within 60 s; see $lab_dir/log"
    sleep 0.1
  done
}

# A krb5.conf that names one controller only, to ask that one.
write_krb5_of() {
  sed "/^    kdc = /d; s/^  $realm = {/&\n    kdc = $(dc_address "$1")/" "$lab_dir/krb5.conf" >"$lab_dir/krb5-$1.conf"
}

failed_up() {
  local status=$?
  if ((status)); then
    # What went wrong is in the logs; the rest would only be in the way.
    local kept
    kept=$(mktemp -d "${TMPDIR:-/tmp}/gmsactl-lab-log.XXXXXX")
    cp -R "$lab_dir/log/." "$kept" 2>/dev/null || true
    say "lab: up failed; logs kept in $kept"
    remove_remains || true
  fi
  return "$status"
}

# Removes all that a lab in this state folder has or had, whether or not its files tell.
remove_remains() {
  local dc
  if find_lab; then
    stop_services
    [[ $mode != loopback ]] || stop_dc dc01
  fi
  while net=$(find_network); do
    mode=netns
    remove_network
  done
  remove_hosts_lines
  remove_state
}

# The mark goes last, so that a removal that was cut short can be taken up again. A folder of the default name is a
# lab's with or without one; what is mounted below it outlived its processes.
remove_state() {
  local mounted
  [[ -e $lab_dir/.gmsactl-lab || (-d $lab_dir && -z ${GMSACTL_LAB_DIR:-}) ]] || return 0
  awk -v below="$lab_dir/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r |
    while IFS= read -r mounted; do umount -l -- "$(printf '%b' "$mounted")" || true; done
  find "$lab_dir" -mindepth 1 -maxdepth 1 ! -name .gmsactl-lab -exec rm -rf --one-file-system {} + && rm -rf "$lab_dir"
}

cmd_down() {
  ((EUID == 0)) || die "the lab was started by root: sudo ./dev lab down"
  with_lock
  remove_remains
  say "down"
}

cmd_reset() {
  local services
  if find_lab && [[ " ${dcs[*]} " == *' dc02 '* ]]; then second_dc=1; fi
  mapfile -t services < <(started_services)
  (cmd_down)
  cmd_up ${services[@]+"${services[@]}"}
}

cmd_status() {
  local dc pid
  if ! find_lab; then
    echo "down: no lab in $lab_dir"
    return 1
  fi
  for dc in "${dcs[@]}"; do
    if pid=$(dc_pid "$dc"); then
      echo "$dc.$domain: up at $(dc_address "$dc"), process $pid"
    else
      echo "$dc.$domain: down"
    fi
  done
  for dc in $(started_services); do
    if service_up "$dc"; then echo "$dc: up"; else echo "$dc: down"; fi
  done
  echo "state: $lab_dir"
  is_up
}

print_env() {
  local dc number=0
  export_line KRB5_CONFIG "$lab_dir/krb5.conf"
  export_line KRB5CCNAME "FILE:$lab_dir/ccache/administrator"
  export_line GMSACTL_DNS_SERVERS "$(dc_address dc01)"
  export_line GMSACTL_LAB_DIR "$lab_dir"
  export_line GMSACTL_LAB_REALM "$realm"
  export_line GMSACTL_LAB_DOMAIN "$domain"
  export_line GMSACTL_LAB_BASE_DN "$base"
  for dc in "${dcs[@]}"; do
    number=$((number + 1))
    export_line "GMSACTL_LAB_DC$number" "$dc.$domain"
    export_line "GMSACTL_LAB_DC${number}_IP" "$(dc_address "$dc")"
  done
  export_line GMSACTL_LAB_CA "$lab_dir/tls/ca.pem"
  export_line GMSACTL_LAB_SECRETS "$lab_dir/secrets"
  export_line GMSACTL_LAB_ADMIN_PASSWORD_FILE "$lab_dir/secrets/administrator.password"
  export_line GMSACTL_LAB_SERVICE_PASSWORD_FILE "$lab_dir/secrets/svc-gmsactl.password"
  export_line GMSACTL_LAB_READER_PASSWORD_FILE "$lab_dir/secrets/reader.password"
  export_line GMSACTL_LAB_SERVICE_CCACHE "FILE:$lab_dir/ccache/svc-gmsactl"
  export_line GMSACTL_LAB_READER_CCACHE "FILE:$lab_dir/ccache/reader"
  export_line GMSACTL_LAB_KEYTABS "$lab_dir/keytabs"
  export_line GMSACTL_LAB_HOST_KEYTABS "$lab_dir/keytabs/hosts"
  for dc in $(started_services); do service_function "$dc" env || true; done
}

export_line() { printf 'export %s=%q\n' "$1" "$2"; }

cmd_env() {
  is_up || die "the lab is not up: ./dev lab up${lab_flag:+ $lab_flag}"
  refresh_ticket administrator Administrator || die "no ticket for Administrator"
  refresh_ticket svc-gmsactl svc-gmsactl || die "no ticket for svc-gmsactl"
  refresh_ticket reader reader || die "no ticket for reader"
  print_env
}

cmd_run() {
  ((${#rest[@]})) || die "run needs a command"
  local variables
  variables=$(cmd_env) || exit
  find_lab
  eval "$variables"
  with_lab_hosts "${rest[@]}"
}

case $verb in
  up) cmd_up ${rest[@]+"${rest[@]}"} ;;
  down | reset | status | env) ((!${#rest[@]})) || die "$verb takes no further arguments"; "cmd_$verb" ;;
  run) cmd_run ;;
  load)
    # shellcheck source=tests/lab/load.sh
    . "$here/load.sh"
    cmd_load "${rest[@]}"
    ;;
  help | -h | --help) usage ;;
  *) say "lab: unknown command '$verb'"; usage >&2; exit 2 ;;
esac
