#!/usr/bin/env bash
# Builds the real peers from the Go module proxy into $MUSTER_PEERS (default ~/.cache/muster-peers), and installs
# Debian's mariadb-server (for Rekor v1) where it is missing and apt-get may be used.
# Needs Go >= 1.26. The first run takes about 20 minutes on two cores; what is there already is left alone,
# unless its source here is newer.
# Usage: install.sh [peer...]      with no names: all of them
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${MUSTER_PEERS:-$HOME/.cache/muster-peers}
mkdir -p "$dir"
PATH=$PATH:/usr/local/go/bin:/usr/sbin # where Go and mariadbd are, if not on the PATH

trillian=v1.7.3
# name            package                                                           version
peers="
crane             github.com/google/go-containerregistry/cmd/crane                  v0.22.1
cosign            github.com/sigstore/cosign/v3/cmd/cosign                          v3.1.2
buildx            github.com/docker/buildx/cmd/buildx                               v0.38.2
distribution      github.com/distribution/distribution/v3/cmd/registry              v3.1.2
oras              oras.land/oras/cmd/oras                                           v1.3.6
conformance       github.com/opencontainers/distribution-spec/conformance           v0.0.0-20260831232431-97274622c111
fulcio            github.com/sigstore/fulcio                                        v1.8.8
rekor             github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix         v2.3.0
tsa               github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server   v2.1.3
trillian-server   github.com/google/trillian/cmd/trillian_log_server                $trillian
trillian-signer   github.com/google/trillian/cmd/trillian_log_signer                $trillian
createtree        github.com/google/trillian/cmd/createtree                         $trillian
rekor-v1          github.com/sigstore/rekor/cmd/rekor-server                        v1.5.1
actionlint        github.com/rhysd/actionlint/cmd/actionlint                        v1.7.12
"

wanted() { # NAME, ARGUMENT...: whether NAME is among the arguments, or there are none
  local name=$1
  shift
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]]
}

while read -r name package version; do
  [ -n "$name" ] && wanted "$name" "$@" && [ ! -x "$dir/$name" ] || continue
  echo "building $name ($package@$version)"
  bin=$(mktemp -d "$dir/.build.XXXXXX") # beside its destination: the move is then atomic
  GOBIN=$bin CGO_ENABLED=0 go install -ldflags '-s -w' "$package@$version" </dev/null
  mv "$bin"/* "$dir/$name"
  rmdir "$bin"
done <<<"$peers"

for name in ct registry verifier containerd; do
  wanted "$name" "$@" && [ ! "$dir/$name" -nt "$here/$name/main.go" ] || continue
  echo "building $name"
  (cd "$here/$name" && CGO_ENABLED=0 go build -ldflags '-s -w' -o "$dir/$name" .)
done

# Trillian's tables come from its module, not from its programs.
if wanted trillian-server "$@" && [ ! -s "$dir/trillian-$trillian.sql" ]; then
  module=$(cd "$dir" && go mod download -json "github.com/google/trillian@$trillian" | sed -n 's/^\t"Dir": "\(.*\)",\?$/\1/p')
  install -m 644 "$module/storage/mysql/schema/storage.sql" "$dir/trillian-$trillian.sql"
fi

if wanted mariadb "$@" && ! command -v mariadbd >/dev/null; then
  echo 'installing mariadb-server'
  sudo=; [ "$(id -u)" = 0 ] || sudo='sudo -n'
  $sudo apt-get update -qq >/dev/null
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mariadb-server >/dev/null
fi
