#!/usr/bin/env bash
# dc-init.sh LAB DC COMMAND...
#
# Runs COMMAND as if on the host DC of the lab: with that host's name, hosts file and resolver. lab.sh calls it inside
# that host's network namespace and in mount and UTS namespaces of its own, so nothing outside sees the changes.
set -euo pipefail
lab=$1 dc=$2
shift 2

# A file that is a symbolic link (systemd-resolved) is covered at its target.
cover() { [[ ! -e $2 ]] || mount --bind "$1" "$(readlink -f "$2")"; }

[[ ! -w /proc/sys/kernel/hostname ]] || printf '%s' "$dc" >/proc/sys/kernel/hostname
cover "$lab/hosts" /etc/hosts
cover "$lab/resolv.conf" /etc/resolv.conf
export KRB5_CONFIG=$lab/krb5.conf
cd "$lab"
exec "$@"
