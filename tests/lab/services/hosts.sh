# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # lab.sh, which sources this, sets them and reads these
# Docker hosts, as far as credential specs go: an SSH server that answers for several of them, with a folder each.
#
# The real sshd, on an address of its own, so that names, keys, refusals and broken connections are real; what is not
# Windows about it is the spelling of paths only.

hosts_packages=(openssh-server openssh-client)
hosts_octet=21
# Three that are computers of the domain too, and for the bench as many more as are asked for: bench0001 …
hosts_names() {
  printf '%s\n' host01 host02 host03
  local more
  more=$(cat "$lab_dir/ssh/more" 2>/dev/null || printf '%s' "${GMSACTL_LAB_MORE_HOSTS:-0}")
  ((more == 0)) || seq -f 'bench%04g' 1 "$more"
}

hosts_folder() { printf '%s/docker-hosts' "$lab_dir"; }

hosts_start() {
  local state=$lab_dir/ssh name address sshd
  address=$(service_address "$hosts_octet")
  add_service_address "$hosts_octet"
  mkdir -p "$state" "$(hosts_folder)" /run/sshd
  [[ -e $state/host_key ]] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$state/host_key"
  [[ -e $state/user_key ]] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$state/user_key"
  cp "$state/user_key.pub" "$state/authorized_keys"
  printf '%s\n' "${GMSACTL_LAB_MORE_HOSTS:-0}" >"$state/more"
  for name in $(hosts_names); do
    mkdir -p "$(hosts_folder)/${name^^}/CredentialSpecs"
    printf '%s.%s %s\n' "$name" "$domain" "$(cut -d' ' -f1,2 "$state/host_key.pub")"
  done >"$state/known_hosts"
  cat >"$state/sshd_config" <<CONFIG
ListenAddress $address
Port 22
HostKey $state/host_key
PidFile $state/sshd.pid
AuthorizedKeysFile $state/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
X11Forwarding no
PrintMotd no
UseDNS no
MaxStartups 200:30:400
MaxSessions 100
Subsystem sftp internal-sftp
CONFIG
  sshd=$(command -v sshd || echo /usr/sbin/sshd)
  service_run hosts "$sshd" -D -e -f "$state/sshd_config"
  service_await hosts ssh-keyscan -T 2 "$address"
}

hosts_hosts() {
  local name
  for name in $(hosts_names); do printf '%s %s.%s\n' "$(service_address "$hosts_octet")" "$name" "$domain"; done
}

hosts_env() {
  export_line GMSACTL_LAB_HOSTS_ADDRESS "$(service_address "$hosts_octet")"
  export_line GMSACTL_LAB_HOSTS_FOLDER "$(hosts_folder)"
  export_line GMSACTL_LAB_HOSTS_KEY "$lab_dir/ssh/user_key"
  export_line GMSACTL_LAB_HOSTS_KNOWN_HOSTS "$lab_dir/ssh/known_hosts"
}
