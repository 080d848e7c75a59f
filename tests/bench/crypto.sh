#!/bin/sh
# Sessions, messages, handshakes and packets a second on one core, beside Debian's
# libsignal-protocol-c and libolm, and what a stranger's datagram costs.
#
#     tests/bench/run.sh crypto
#     tests/bench/run.sh crypto --ours     our figures only: lines "ours.METRIC TAB NUMBER TAB UNIT"
#
# The two libraries are installed when they are missing; where that fails, ours stands alone.
set -eu
[ -n "${BUILD-}" ] || exec "$(dirname "$0")/run.sh" crypto "$@"

pin=
if taskset -c 0 true 2>/dev/null; then
    pin="taskset -c 0"
fi

if [ "${1-}" = --ours ]; then
    $pin "$BUILD/tests/bench/crypto_bench" --ours
    exec $pin "$BUILD/tests/bench/session_bench" --ours
fi

build_peers() {
    "$ROOT/cli/install.sh" bench || return 1
    # shellcheck disable=SC2046 # lists of words
    "${CC:-cc}" -O2 -std=c17 -D_POSIX_C_SOURCE=200809L -I"$ROOT" \
        $(pkg-config --cflags libsignal-protocol-c olm libcrypto) -o "$1" \
        "$ROOT/tests/bench/party.c" "$ROOT/tests/bench/party_olm.c" \
        "$ROOT/tests/bench/party_peers.c" "$ROOT/tests/bench/party_provider.c" \
        "$ROOT/tests/bench/party_signal.c" \
        $(pkg-config --libs libsignal-protocol-c olm libcrypto)
}

$pin "$BUILD/tests/bench/crypto_bench"
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
$pin "$BUILD/tests/bench/session_bench" >"$figures"
peers=$BUILD/tests/bench/party_peers
if build_peers "$peers"; then
    $pin "$peers" >>"$figures"
else
    echo "crypto: there are no peers to compare with" >&2
fi
echo
python3 -B "$ROOT/tests/bench/party_table.py" <"$figures"
