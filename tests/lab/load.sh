# shellcheck shell=bash
# ./dev lab load N. Sourced by lab.sh.
cmd_load() { die "load is not there yet"; }
