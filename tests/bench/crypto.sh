#!/bin/sh
# Handshakes and packets a second on one core, and what a stranger's datagram costs.
#
#     tests/bench/run.sh crypto
set -eu
"$BUILD/tests/bench/crypto_bench"
