#!/usr/bin/env bash
# Installs the Debian packages that building, checking and the lab need: ./dev setup [build|lab|test|check|all]
# Does nothing, in well under a second, when all of them are there.
set -euo pipefail

build_packages=(g++ dpkg-dev cmake ninja-build ccache git pkg-config libyaml-cpp-dev nlohmann-json3-dev libspdlog-dev libgtest-dev
  libgmock-dev libcli11-dev libexpected-dev libldap-dev libsasl2-dev libkrb5-dev libc-ares-dev
  libgnutls28-dev libcurl4-gnutls-dev libssh-dev libgit2-dev nettle-dev libunistring-dev libvalijson-dev python3
  openssh-client gpg gpg-agent) # the last line: for tests of signed commits
check_packages=(clang clang-tidy clang-format libclang-rt-14-dev lld cppcheck shellcheck)
samba_packages=(samba-ad-dc samba samba-dsdb-modules samba-ad-provision ldb-tools smbclient winbind python3-samba)
lab_packages=(krb5-user ldap-utils libsasl2-modules-gssapi-mit iproute2 bind9-dnsutils util-linux openssl python3)
# What tests of reports hold them against: a browser, promtool, and GitHub's Markdown; and what pipelines are run with.
program_packages=(chromium prometheus cmark-gfm python3-yaml jq)

# The first Samba that knows group Managed Service Accounts and their passwords.
samba_minimum=2:4.21
backports_file=/etc/apt/sources.list.d/gmsactl-backports.sources
policy=/usr/sbin/policy-rc.d

say() { printf '%s\n' "$*" >&2; }
die() { say "setup: $*"; exit 1; }

# Prints those of the named packages that are not installed; a Samba too old counts as missing.
missing_of() {
  dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "$@" 2>/dev/null | {
    declare -A have=()
    while read -r status name version; do
      [[ $status == installed ]] || continue
      [[ $name != samba-ad-dc ]] || dpkg --compare-versions "$version" ge "$samba_minimum" || continue
      have[$name]=1
    done
    for name in "$@"; do [[ ${have[$name]:-} ]] || printf '%s\n' "$name"; done
  }
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2
}

update_lists() {
  local try
  for try in 1 2 3; do
    ! apt update || return 0
    say "setup: apt-get update failed (try $try of 3)"
    sleep $((try * 3)) # another apt-get may hold the lists
  done
  return 1
}

# Whether the release itself, without backports, has a Samba that will do.
release_has_samba() {
  local version
  version=$(apt-cache madison samba-ad-dc | awk -F' *[|] *' -v s="$(codename)" '$3 ~ " " s "(-[a-z]+)?/" && $3 !~ /-backports/ { print $2; exit }')
  [[ $version ]] && dpkg --compare-versions "$version" ge "$samba_minimum"
}

# shellcheck source=/dev/null
codename() { (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}"); }

backports_source() {
  local suite uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  suite=$(codename)
  # The mirror this machine uses for Debian itself.
  # shellcheck disable=SC2016  # apt expands these
  uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v s="$suite" '$1 == s && $2 == "main" { print $3; exit }')
  [[ $uri ]] || die "apt has no source of Debian's $suite main: add one, since the backports are taken from the same mirror"
  printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\n' "$uri" "$suite"
  [[ ! -e $keyring ]] || printf 'Signed-By: %s\n' "$keyring"
}

# While packages unpack, no service may start: the lab runs its own Samba, and yours is your affair.
hold_services() {
  restore_services
  trap restore_services EXIT
  [[ ! -e $policy ]] || mv "$policy" "$policy.gmsactl-saved"
  printf '#!/bin/sh\n# gmsactl-setup: removed again when its installation ends\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

restore_services() {
  [[ ! -e $policy ]] || ! grep -q '^# gmsactl-setup' "$policy" || rm -f "$policy"
  [[ ! -e $policy.gmsactl-saved ]] || mv "$policy.gmsactl-saved" "$policy"
}

# A package that came only for the lab should not start its services at the next boot either.
disable_services() {
  local unit
  command -v systemctl >/dev/null || return 0
  for unit in "$@"; do
    systemctl disable "$unit.service" >/dev/null 2>&1 || true
  done
}

wanted=()
# --also PACKAGE...: these and no set.
if [[ ${1:-} == --also ]]; then
  shift
  wanted=("$@")
  set --
fi
((${#wanted[@]} || $#)) || set -- all
for set in "$@"; do
  case $set in
    build) wanted+=("${build_packages[@]}") ;;
    check) wanted+=("${check_packages[@]}") ;;
    lab) wanted+=("${samba_packages[@]}" "${lab_packages[@]}") ;;
    test) wanted+=("${program_packages[@]}") ;;
    all) wanted+=("${build_packages[@]}" "${check_packages[@]}" "${samba_packages[@]}" "${lab_packages[@]}" "${program_packages[@]}") ;;
    *) say "setup: unknown set '$set': build, lab, test, check or all"; exit 2 ;;
  esac
done

command -v dpkg-query >/dev/null || die "this is not a Debian system; install the equivalents of: ${wanted[*]}"
mapfile -t missing < <(missing_of "${wanted[@]}")
((${#missing[@]})) || exit 0

# Samba's packages come together, from one suite.
plain=() samba=()
for name in "${missing[@]}"; do
  if [[ " ${samba_packages[*]} " == *" $name "* ]]; then samba=("${samba_packages[@]}"); else plain+=("$name"); fi
done

if ((EUID != 0)); then
  say "setup: these packages are missing: ${missing[*]}"
  say "Install them as root:"
  say "  sudo apt-get update"
  ((!${#plain[@]})) || say "  sudo apt-get install --no-install-recommends ${plain[*]}"
  if ((${#samba[@]})); then
    say "  sudo apt-get install --no-install-recommends -t $(codename)-backports ${samba[*]}"
    say "  (Samba must be 4.21 or newer; on Debian 12 it comes from backports: https://backports.debian.org/Instructions)"
  fi
  say "or run: sudo ./dev setup"
  exit 1
fi

say "setup: installing ${missing[*]}"
update_lists || die "apt-get update failed; see above"
hold_services
((!${#plain[@]})) || apt install --no-install-recommends "${plain[@]}" || die "apt-get install failed; see above"
[[ " ${plain[*]-} " != *" prometheus "* ]] || disable_services prometheus
if ((${#samba[@]})); then
  had_samba=$(dpkg-query -W -f '${db:Status-Status}' samba 2>/dev/null || true)
  suite=()
  if ! release_has_samba; then
    if [[ ! -e $backports_file ]]; then
      say "setup: adding $backports_file for Samba 4.21 or newer"
      sources=$(backports_source) || exit 1
      printf '%s\n' "$sources" >"$backports_file"
      update_lists || die "apt-get update failed; see above"
    fi
    suite=(-t "$(codename)-backports")
  fi
  apt install --no-install-recommends ${suite[@]+"${suite[@]}"} "${samba[@]}" || die "apt-get install failed; see above"
  [[ $had_samba == installed ]] || disable_services smbd nmbd winbind samba-ad-dc
fi
mapfile -t missing < <(missing_of "${wanted[@]}")
((!${#missing[@]})) || die "still missing after the installation: ${missing[*]}"
say "setup: done"
