# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # lab.sh, which sources this, sets them and reads these
# Docker hosts, as far as credential specs go: an SSH server that answers for several of them, with a folder each, and a
# file server that is one more.
#
# The real sshd and the real smbd, each on an address of its own, so that names, keys, tickets, refusals and broken
# connections are real; what is not Windows about them is the spelling of paths only.

hosts_packages=(openssh-server openssh-client)
hosts_octet=21
hosts_smb_octet=22
hosts_smb_name=host07
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
  hosts_kerberos
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
GSSAPIAuthentication yes
GSSAPIStrictAcceptorCheck no
KbdInteractiveAuthentication no
X11Forwarding no
PrintMotd no
UseDNS no
MaxStartups 200:30:400
MaxSessions 100
Subsystem sftp internal-sftp
CONFIG
  sshd=$(command -v sshd || echo /usr/sbin/sshd)
  service_run hosts env "KRB5_CONFIG=$state/krb5.conf" "KRB5_KTNAME=$state/keytab" "$sshd" -D -e -f "$state/sshd_config"
  service_await hosts ssh-keyscan -T 2 "$address"
  hosts_start_smb
}

# One server answers for three computers, so it has the keys of all; Administrator is root there.
hosts_kerberos() {
  local state=$lab_dir/ssh host
  {
    for host in HOST01 HOST02 HOST03; do printf 'read_kt %s\n' "$lab_dir/keytabs/hosts/$host.keytab"; done
    printf 'write_kt %s\nquit\n' "$state/keytab"
  } | ktutil >>"$lab_dir/log/hosts.out"
  sed "s|^  $realm = {|&\n    auth_to_local = RULE:[1:\$1](Administrator)s/.*/root/\n    auth_to_local = DEFAULT|" \
    "$lab_dir/krb5.conf" >"$state/krb5.conf"
}

# The share C$ of a host, one of the folder alone, and one that may only be read. Who logs in as reader may read and write
# nowhere.
hosts_start_smb() {
  local state=$lab_dir/smb share address
  address=$(service_address "$hosts_smb_octet")
  share=$(hosts_folder)/${hosts_smb_name^^}
  add_service_address "$hosts_smb_octet"
  mkdir -p "$state"/{private,state,cache,lock,pid,ncalrpc} "$share/ProgramData/docker/CredentialSpecs"
  printf 'root = %s\\Administrator %s\\svc-gmsactl\nnobody = %s\\reader\n' "$workgroup" "$workgroup" "$workgroup" >"$state/users"
  cat >"$state/smb.conf" <<CONFIG
[global]
  netbios name = ${hosts_smb_name^^}
  realm = $realm
  workgroup = $workgroup
  server role = standalone server
  kerberos method = dedicated keytab
  dedicated keytab file = $lab_dir/keytabs/hosts/${hosts_smb_name^^}.keytab
  username map = $state/users
  interfaces = $address/24
  bind interfaces only = yes
  smb ports = 445
  disable netbios = yes
  load printers = no
  private dir = $state/private
  state directory = $state/state
  cache directory = $state/cache
  lock directory = $state/lock
  pid directory = $state/pid
  ncalrpc dir = $state/ncalrpc
  log file = $lab_dir/log/smbd.log
[C\$]
  path = $share
  read only = no
[CredentialSpecs]
  path = $share/ProgramData/docker/CredentialSpecs
  read only = no
[Locked\$]
  path = $share
CONFIG
  service_run hosts-smb env "KRB5_CONFIG=$lab_dir/krb5.conf" smbd --foreground --no-process-group \
    --configfile "$state/smb.conf"
  service_await hosts-smb env "KRB5_CONFIG=$lab_dir/krb5.conf" "KRB5CCNAME=FILE:$lab_dir/ccache/administrator" \
    smbclient --configfile=/dev/null --use-kerberos=required --ip-address="$address" \
    "//$hosts_smb_name.$domain/C\$" --command=ls
}

hosts_hosts() {
  local name
  for name in $(hosts_names); do printf '%s %s.%s\n' "$(service_address "$hosts_octet")" "$name" "$domain"; done
  printf '%s %s.%s\n' "$(service_address "$hosts_smb_octet")" "$hosts_smb_name" "$domain"
}

hosts_env() {
  export_line GMSACTL_LAB_HOSTS_ADDRESS "$(service_address "$hosts_octet")"
  export_line GMSACTL_LAB_HOSTS_FOLDER "$(hosts_folder)"
  export_line GMSACTL_LAB_HOSTS_KEY "$lab_dir/ssh/user_key"
  export_line GMSACTL_LAB_HOSTS_KNOWN_HOSTS "$lab_dir/ssh/known_hosts"
  export_line GMSACTL_LAB_HOSTS_SMB "$hosts_smb_name.$domain"
}
