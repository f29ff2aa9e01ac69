# shellcheck shell=bash
# shellcheck disable=SC2154  # lab.sh, which sources this, sets them
# The lab's network. Each domain controller lives in a network namespace of its own, behind a bridge whose host end has
# an address, so both are reachable from a plain shell and neither's port 53, 88 or 389 clashes with anything here.
#
#   10.83.N.1   this machine, on bridge gmsa-N        10.83.N.11  dc01        10.83.N.12  dc02
#
# The kernel is the record of what exists: a bridge carries its lab's state folder as its alias, so a lab whose files
# are gone or stale (kill -9, reboot) is still found and removed. Where namespaces are not permitted, a single
# controller runs on a loopback address 127.83.N.11 instead.
#
# Sourced by lab.sh; uses lab_dir.

net_prefix=10.83
hosts_tag='# gmsactl-lab'

bridge_name() { printf 'gmsa-%s' "$1"; }
namespace() { printf 'gmsactl-%s-%s' "$net" "$1"; }
dc_octet() { case $1 in dc01) echo 11 ;; dc02) echo 12 ;; esac; }

dc_address() {
  case $mode in
    netns) printf '%s.%s.%s' "$net_prefix" "$net" "$(dc_octet "$1")" ;;
    loopback) printf '127.83.%s.%s' "$net" "$(dc_octet "$1")" ;;
  esac
}

# Prints the number N of the network that belongs to this lab, if there is one.
find_network() {
  local link
  for link in /sys/class/net/gmsa-*; do
    [[ -r $link/ifalias ]] || continue
    [[ $(<"$link/ifalias") == "gmsactl-lab $lab_dir" ]] || continue
    printf '%s' "${link##*/gmsa-}"
    return 0
  done
  return 1
}

namespaces_permitted() {
  [[ ${GMSACTL_LAB_NETWORK:-} != loopback ]] || return 1
  local probe=gmsa-probe$$ ok=1
  ip link add "$probe" type bridge 2>/dev/null && ip link del "$probe" && unshare --mount --uts --pid --fork true 2>/dev/null || ok=0
  ((ok)) && ip netns add "$probe" 2>/dev/null || ok=0
  ip netns del "$probe" 2>/dev/null || true
  ((ok))
}

# Picks a free network, the same one for the same state folder as far as possible (the cache of provisioned domains
# is per address), and makes the bridge.
create_network() {
  local try start
  start=$(($(printf '%s' "$lab_name" | cksum | cut -d' ' -f1) % 250))
  for ((try = 0; try < 250; try++)); do
    net=$(((start + try) % 250 + 1))
    [[ -z $(ip -4 route show table all root "$net_prefix.$net.0/24" 2>/dev/null) ]] || continue
    ip link add "$(bridge_name "$net")" type bridge 2>/dev/null || continue
    ip link set "$(bridge_name "$net")" alias "gmsactl-lab $lab_dir"
    ip addr add "$net_prefix.$net.1/24" dev "$(bridge_name "$net")"
    ip link set "$(bridge_name "$net")" up
    return 0
  done
  die "no free network in $net_prefix.0.0/16"
}

create_namespace() {
  local dc=$1 ns outer
  ns=$(namespace "$dc") outer="gm$net-$dc"
  ip link del "$outer" 2>/dev/null || true
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  ip link add "$outer" type veth peer name eth0 netns "$ns"
  ip link set "$outer" master "$(bridge_name "$net")" up
  ip -n "$ns" addr add "$(dc_address "$dc")/24" dev eth0
  ip -n "$ns" link set eth0 up
}

# Ends whatever still runs in the lab's namespaces (nothing else can) and removes namespaces and bridge.
remove_network() {
  local dc ns pids
  for dc in dc01 dc02; do
    ns=$(namespace "$dc")
    [[ -e /run/netns/$ns ]] || continue
    end_processes_in "$ns"
    # Explicitly, and at once: a link whose namespace is deleted lingers until the kernel gets round to it.
    ip link del "gm$net-$dc" 2>/dev/null || true
    ip netns del "$ns"
  done
  ip link del "$(bridge_name "$net")" 2>/dev/null || true
}

# The first process of the controller's PID namespace takes all others with it. It is asked first, then told. Its parent
# outside, `unshare`, is left to collect it and ends by itself; only if that takes long is it ended too.
end_processes_in() {
  local ns=$1 pids pid try
  for ((try = 0; try < 100; try++)); do
    pids=$(ip netns pids "$ns" 2>/dev/null) || true
    [[ $pids ]] || return 0
    for pid in $pids; do
      [[ $(cat "/proc/$pid/comm" 2>/dev/null) != unshare ]] || ((try > 30)) || continue
      if ((try < 2)); then kill -TERM "$pid" 2>/dev/null || true; else kill -KILL "$pid" 2>/dev/null || true; fi
    done
    sleep 0.05
  done
  die "processes in $ns do not end: $pids"
}

# Runs a command as if on the host DC.
on_dc() {
  local dc=$1
  shift
  case $mode in
    netns) nsenter --net="/run/netns/$(namespace "$dc")" unshare --mount --uts "$here/dc-init.sh" "$lab_dir" "$dc" "$@" ;;
    loopback) KRB5_CONFIG=$lab_dir/krb5.conf "$@" ;;
  esac
}

# /etc/hosts is written in place, since in a container it is often a mount, and only lines with the tag are touched.
add_hosts_lines() {
  local dc name
  for dc in "$@"; do
    name=$dc.$domain
    if grep -qE "^[^#]*[[:space:]]$name([[:space:]]|\$)" /etc/hosts; then
      grep -qE "^$(dc_address "$dc" | sed 's/\./\\./g')[[:space:]]+$name " /etc/hosts ||
        say "note: another lab holds the name $name in /etc/hosts; for this one use: ./dev lab run${lab_flag:+ $lab_flag} -- COMMAND"
    else
      # A last line without a newline must not swallow ours.
      [[ ! -s /etc/hosts || -z $(tail -c1 /etc/hosts) ]] || echo >>/etc/hosts
      printf '%s %s %s %s\n' "$(dc_address "$dc")" "$name" "$hosts_tag" "$lab_dir" >>/etc/hosts
    fi
  done
}

remove_hosts_lines() {
  local kept
  grep -qF "$hosts_tag $lab_dir" /etc/hosts || return 0
  kept=$(awk -v tag="$hosts_tag $lab_dir" '{ at = index($0, tag) } at && substr($0, at) == tag { next } { print }' /etc/hosts)
  printf '%s\n' "$kept" >/etc/hosts
}
