# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # lab.sh, which sources this, sets them and reads these
# A Docker Swarm of one manager and one worker. No container runs: configs and services are the manager's own business,
# and services are made without replicas.

swarm_packages=(docker.io)
swarm_octet=31 # the manager's; the worker has the next

swarm_socket() { printf '%s/swarm/%s/docker.sock' "$lab_dir" "$1"; }
swarm_docker() { DOCKER_HOST=unix://$(swarm_socket "$1") docker "${@:2}"; }

# swarm_engine NAME OCTET: starts a Docker engine.
swarm_engine() {
  local name=$1 state=$lab_dir/swarm/$1 tls=$lab_dir/tls address apart=()
  # What it mounts would outlive it, and keep `down` from removing its folders.
  [[ $mode != netns ]] || apart=(unshare --mount)
  address=$(service_address "$2")
  add_service_address "$2"
  mkdir -p "$state"
  [[ -e $tls/$name.pem ]] || swarm_certificate "$name" "$address"
  service_run "$name" "${apart[@]}" dockerd --data-root "$state/data" --exec-root "$state/exec" --pidfile "$state/docker.pid" \
    -H "unix://$(swarm_socket "$name")" -H "tcp://$address:2376" --tlsverify --tlscacert "$tls/ca.pem" \
    --tlscert "$tls/$name.pem" --tlskey "$tls/$name.key" --iptables=false --ip6tables=false --bridge=none \
    --storage-driver=vfs --config-file "$state/none.json"
  service_await "$name" swarm_docker "$name" info
}

# One certificate serves as the engine's and, with client, as a user's.
swarm_certificate() {
  local name=$1 address=$2 tls=$lab_dir/tls days=${3:-3650}
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/O=gmsactl lab/CN=$name" \
    -keyout "$tls/$name.key" -out "$tls/$name.csr" 2>>"$lab_dir/log/openssl.log"
  openssl x509 -req -in "$tls/$name.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days "$days" \
    -out "$tls/$name.pem" \
    -extfile <(printf 'subjectAltName=DNS:%s.%s,IP:%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$name" "$domain" "$address") \
    2>>"$lab_dir/log/openssl.log"
  chmod 600 "$tls/$name.key"
}

swarm_start() {
  local token manager
  manager=$(service_address "$swarm_octet")
  mkdir -p "$lab_dir/swarm/swarm1" "$lab_dir/swarm/swarm2"
  printf '{}' | tee "$lab_dir/swarm/swarm1/none.json" >"$lab_dir/swarm/swarm2/none.json"
  swarm_engine swarm1 "$swarm_octet"
  swarm_engine swarm2 $((swarm_octet + 1))
  [[ -e $lab_dir/tls/swarm-user.pem ]] || swarm_certificate swarm-user 127.0.0.1
  [[ -e $lab_dir/tls/swarm-expired.pem ]] || swarm_certificate swarm-expired 127.0.0.1 -1
  logged swarm "docker swarm init" swarm_docker swarm1 swarm init --advertise-addr "$manager" --listen-addr "$manager:2377"
  token=$(swarm_docker swarm1 swarm join-token -q worker)
  logged swarm "docker swarm join" swarm_docker swarm2 swarm join --token "$token" \
    --advertise-addr "$(service_address $((swarm_octet + 1)))" --listen-addr "$(service_address $((swarm_octet + 1))):2377" "$manager:2377"
}

swarm_hosts() {
  printf '%s swarm1.%s\n' "$(service_address "$swarm_octet")" "$domain"
  printf '%s swarm2.%s\n' "$(service_address $((swarm_octet + 1)))" "$domain"
}

swarm_env() {
  export_line GMSACTL_LAB_SWARM_SOCKET "$(swarm_socket swarm1)"
  export_line GMSACTL_LAB_SWARM_WORKER_SOCKET "$(swarm_socket swarm2)"
  export_line GMSACTL_LAB_SWARM_TCP "tcp://swarm1.$domain:2376"
  export_line GMSACTL_LAB_SWARM_TLS "$lab_dir/tls"
}
