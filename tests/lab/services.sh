# shellcheck shell=bash
# shellcheck disable=SC2154  # lab.sh, which sources this, sets them
# What runs beside the domain controllers on request: ./dev lab up hosts swarm kubernetes
#
# services/NAME.sh defines NAME_packages (Debian packages), NAME_start (files, processes, and waiting until they answer),
# NAME_env (export_line calls), and NAME_hosts (lines for the hosts file; optional). Processes are started with
# service_run in the network namespace of dc01, so that they end with it whatever becomes of the files, and listen on
# service_address only: one that another lab or this machine does not use.
#
# Sourced by lab.sh; uses lab_dir, mode, net.

known_services=(hosts swarm kubernetes)

for service in "${known_services[@]}"; do
  # shellcheck source=/dev/null
  [[ ! -r $here/services/$service.sh ]] || . "$here/services/$service.sh"
done

# service_address OCTET: 21 to 99 are the services'.
service_address() {
  case $mode in
    netns) printf '%s.%s.%s' "$net_prefix" "$net" "$1" ;;
    loopback) printf '127.83.%s.%s' "$net" "$1" ;;
  esac
}

# add_service_address OCTET: gives dc01's namespace that address as well.
add_service_address() {
  [[ $mode == netns ]] || return 0
  ip -n "$(namespace dc01)" addr add "$(service_address "$1")/24" dev eth0 2>/dev/null || true
}

# service_run NAME COMMAND...: starts COMMAND in the background, its output in log/NAME.out.
service_run() {
  local name=$1 log=$lab_dir/log/$1.out
  shift
  if [[ $mode == netns ]]; then
    setsid nsenter --net="/run/netns/$(namespace dc01)" "$@" </dev/null >>"$log" 2>&1 9>&- &
  else
    setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
  fi
  local pid=$!
  disown
  mkdir -p "$lab_dir/services"
  printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$lab_dir/services/$name.process"
}

# service_alive NAME
service_alive() {
  local pid started
  [[ -r $lab_dir/services/$1.process ]] || return 1
  read -r pid started <"$lab_dir/services/$1.process" || return 1
  [[ $(start_time "$pid") == "$started" ]]
}

# service_up SERVICE: all of its processes, NAME, NAME1, NAME2 …
service_up() {
  local record found=1
  for record in "$lab_dir/services/$1"*.process; do
    [[ -e $record ]] || continue
    found=0
    service_alive "$(basename "$record" .process)" || return 1
  done
  return "$found"
}

# service_await NAME COMMAND...: until COMMAND succeeds; at most a minute.
service_await() {
  local name=$1 deadline=$((SECONDS + 60))
  shift
  until "$@" >/dev/null 2>&1; do
    service_alive "$name" || { tail -n 30 "$lab_dir/log/$name.out" >&2; die "$name ended; see $lab_dir/log"; }
    ((SECONDS < deadline)) || { tail -n 30 "$lab_dir/log/$name.out" >&2; die "$name does not answer; see $lab_dir/log"; }
    sleep 0.1
  done
}

# service_stop NAME: asks, then tells.
service_stop() {
  local pid try
  service_alive "$1" || return 0
  read -r pid _ <"$lab_dir/services/$1.process"
  for ((try = 0; try < 100; try++)); do
    service_alive "$1" || break
    if ((try < 50)); then kill -TERM "$pid" 2>/dev/null || true; else kill -KILL "$pid" 2>/dev/null || true; fi
    sleep 0.1
  done
  rm -f "$lab_dir/services/$1.process"
}

service_function() { declare -F "$1_$2" >/dev/null && "$1_$2"; }

# Those that were started in this lab.
started_services() { [[ ! -r $lab_dir/services/started ]] || sort -u "$lab_dir/services/started"; }

start_services() {
  local name
  mkdir -p "$lab_dir/services"
  for name in "$@"; do
    if started_services | grep -qx "$name"; then continue; fi
    say "starting $name …"
    service_function "$name" start || die "there is no service $name"
    printf '%s\n' "$name" >>"$lab_dir/services/started"
  done
  write_client_files
}

check_services() {
  local name
  for name in "$@"; do
    [[ " ${known_services[*]} " == *" $name "* ]] || { say "lab: unknown service '$name'; there are: ${known_services[*]}"; exit 2; }
    declare -F "${name}_start" >/dev/null || die "the service $name is not available"
  done
}

install_for_services() {
  local name list
  for name in "$@"; do
    list="${name}_packages[@]"
    "$here/packages.sh" --also "${!list}"
  done
}

stop_services() {
  local record
  for record in "$lab_dir"/services/*.process; do
    [[ ! -e $record ]] || service_stop "$(basename "$record" .process)"
  done
}
