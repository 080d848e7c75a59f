#!/bin/sh
# 200 nodes of our DHT, of libtorrent's and of OpenDHT, one after another in one network with
# delay and loss: puts, gets, starts, what they cost when idle, and what half of them dying does.
#
#     tests/bench/run.sh dht
#     tests/bench/run.sh dht --help
#     tests/bench/run.sh dht --ours --quick --phase=gets --seed=7
#
# Needs root, for a TUN device in a network namespace of its own.  All of it takes about 20
# minutes for each DHT.  The two libraries are installed when they are missing; where that
# fails, ours stands alone.
set -eu
[ -n "${BUILD-}" ] || exec "$(dirname "$0")/run.sh" dht "$@"

programs=$BUILD/tests/bench

# NAME PACKAGE
build_peer() {
    # shellcheck disable=SC2046 # lists of words
    "${CXX:-g++}" -O2 -std=c++17 -Wall -Wextra $(pkg-config --cflags "$2") \
        -o "$programs/dht_pod_$1" "$ROOT/tests/bench/dht_pod_$1.cpp" $(pkg-config --libs "$2")
}

pods=
[ ! -x "$programs/vc-dht-pod" ] || pods="veche=$programs/vc-dht-pod"
case " $* " in
*" --ours "* | *" --help "*) ;;
*)
    if "$ROOT/cli/install.sh" bench >&2 && build_peer libtorrent libtorrent-rasterbar &&
        build_peer opendht opendht; then
        pods="$pods libtorrent-$(pkg-config --modversion libtorrent-rasterbar)"
        pods="$pods=$programs/dht_pod_libtorrent"
        pods="$pods OpenDHT-$(pkg-config --modversion opendht)=$programs/dht_pod_opendht"
    else
        echo "dht: there are no peers to compare with" >&2
    fi
    ;;
esac

# shellcheck disable=SC2086 # a list of words
exec unshare --net python3 -B "$ROOT/tests/bench/dht_bench.py" "$@" \
    "$programs/vc-dht-net" $pods
