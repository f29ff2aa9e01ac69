#!/usr/bin/env bash
# build-apiserver.sh FILE: builds kube-apiserver from Debian's source package and puts it at FILE.
#
# Debian has no package of the server, but the sources with everything vendored. One thing vendored is too old for the
# compiler (github.com/modern-go/reflect2 crashes the server at the first custom resource under Go 1.18 and later), so
# Debian's own takes its place; and the OpenAPI definitions are generated, as the upstream build does. Takes some
# minutes and 4 GB of disk while it runs, so the lab keeps the result.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(realpath -m "$1")
go=/usr/lib/go-1.19/bin/go
sources_file=/etc/apt/sources.list.d/gmsactl-sources.sources

say() { printf '%s\n' "$*" >&2; }
die() { say "kube-apiserver: $*"; exit 1; }

((EUID == 0)) || die "the build needs root, to install its packages"
"$here/packages.sh" --also golang-1.19-go golang-github-modern-go-reflect2-dev dpkg-dev
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null || true; rm -rf "$work"' EXIT

say "kube-apiserver: fetching the sources …"
if [[ ! -e $sources_file ]]; then
  # shellcheck disable=SC2016,SC1091  # apt expands these
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v s="$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")" '$1 == s && $2 == "main" { print s, $3; exit }' >"$work/mirror"
  read -r suite uri <"$work/mirror" || die "apt has no source of Debian's main"
  printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$uri" "$suite" >"$sources_file"
fi
apt-get -q update >&2
(cd "$work" && apt-get -q source --download-only kubernetes >&2 && dpkg-source --no-check -x ./*.dsc source >&2)

export GOPATH=$work/go GO111MODULE=off CGO_ENABLED=0 GOCACHE=$work/cache GOFLAGS=-p=2
mkdir -p "$GOPATH/src/k8s.io"
mv "$work/source" "$GOPATH/src/k8s.io/kubernetes"
cd "$GOPATH/src/k8s.io/kubernetes"
rm -rf vendor/github.com/modern-go/reflect2
cp -RL /usr/share/gocode/src/github.com/modern-go/reflect2 vendor/github.com/modern-go/reflect2

say "kube-apiserver: generating OpenAPI definitions …"
"$go" build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
inputs=$(grep -rl --include='*.go' '^// +k8s:openapi-gen=' pkg cmd staging/src/k8s.io |
  grep -Ev '/(sample-|code-generator|kube-openapi|test/|testing/|testdata/|examples?/)' | xargs -n1 dirname | sort -u |
  sed 's|^staging/src/|k8s.io/kubernetes/vendor/|; /^k8s.io/!s|^|k8s.io/kubernetes/|' | paste -sd,)
printf '/* generated */\n' >"$work/boilerplate"
"$work/openapi-gen" --go-header-file "$work/boilerplate" -O zz_generated.openapi -p k8s.io/kubernetes/pkg/generated/openapi \
  -i "$inputs" -r "$work/violations" >"$work/openapi.log" 2>&1 || { tail -n 20 "$work/openapi.log" >&2; die "openapi-gen failed"; }

say "kube-apiserver: compiling …"
version=$(dpkg-parsechangelog -S Version 2>/dev/null | sed 's/.*really//; s/[-+].*//')
package=k8s.io/kubernetes/vendor/k8s.io/component-base/version
"$go" build -ldflags "-s -w -X $package.gitVersion=v${version:-1.20.0} -X $package.gitMajor=1 -X $package.gitMinor=20" \
  -o "$work/kube-apiserver" ./cmd/kube-apiserver
mkdir -p "$(dirname "$target")"
mv "$work/kube-apiserver" "$target.$$"
mv "$target.$$" "$target"
say "kube-apiserver: done"
