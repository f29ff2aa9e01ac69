#!/usr/bin/env bash
# package.sh BUILD: the Debian package of a build, and whether what is in it runs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed() { echo "FAILED: $*" >&2; exit 1; }

cpack -G DEB --config "$1/CPackConfig.cmake" -B "$work" >"$work/log" 2>&1 || { cat "$work/log" >&2; failed 'cpack'; }
package=("$work"/gmsactl-*.deb)
[[ -f ${package[0]} && ${#package[@]} = 1 ]] || failed "one package, not ${package[*]}"
dpkg -x "${package[0]}" "$work/root"

"$work/root/usr/bin/gmsactl" version | grep -q '^gmsactl ' || failed 'the program does not run'
readelf -S --wide "$work/root/usr/bin/gmsactl" | grep -q ' \.debug_info ' && failed 'the program holds debug information'
for file in share/man/man1/gmsactl.1 share/gmsactl/schemas/gmsa.schema.json; do
  [[ -s $work/root/usr/$file ]] || failed "$file is missing"
done
others=$(cd "$work/root" && find . -type f | grep -vE '^\./usr/(bin/gmsactl|share/man/man1/gmsactl\.1|share/gmsactl/schemas/[a-z]+\.schema\.json)$' || true)
[[ ! $others ]] || failed "nothing else belongs into it: $others"

# What runs it finds by name: libraries, which shlibdeps lists, and the plug-in for Kerberos.
depends=$(dpkg -f "${package[0]}" Depends)
for name in libsasl2-modules-gssapi-mit libldap libgit2 libyaml-cpp; do
  [[ $depends == *"$name"* ]] || failed "it does not depend on $name: $depends"
done
