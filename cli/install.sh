#!/bin/sh
# Installs the Debian packages that are missing, and asks nothing.
#
#     cli/install.sh           what building and running needs
#     cli/install.sh tests     and what the tests need
#     cli/install.sh bench     what other libraries the benches compare with
#
# Nothing is fetched when everything is there.
set -eu

packages="gcc libc6-dev cmake ninja-build pkg-config libsodium-dev libuv1-dev liblmdb-dev
libjansson-dev libinih-dev libutf8proc-dev libqrencode-dev"
# clang: the simulator has to give the same trace from both compilers.  git: the tests of the
# tests make a tree.  The rest lets the end-to-end tests look at processes and break them.
tests="libcmocka-dev python3 clang git iproute2 nftables procps strace util-linux"

bench="libsignal-protocol-c-dev libolm-dev libssl-dev libtorrent-rasterbar-dev libopendht-dev
pkg-config gcc g++"

case "${1-}" in
tests) packages="$packages $tests" ;;
bench) packages=$bench ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install: this is not a Debian system; please see that these are installed: $packages"
    exit 0
fi

missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "install: please run as root: apt-get install$missing" >&2
        exit 1
    }
    as_root=sudo
fi

echo "install:$missing"
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q=2 -o DPkg::Lock::Timeout=120"
# A source that cannot be reached is no reason to stop: the packages may come from another.
$apt update || echo "install: not every package list could be read" >&2
# shellcheck disable=SC2086 # a list of words
$apt -o Dpkg::Use-Pty=0 install -y --no-install-recommends $missing >/dev/null
