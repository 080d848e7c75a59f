#!/bin/sh
# Whole nodes: durable messages a second, the time to start, what they cost when idle.
#
#     tests/bench/run.sh node
#
# DIR is where the stores are made; another file system than that of /tmp may be meant.
# MESSAGES (100000) are sent in all, IDLE (60) seconds are looked at.
set -eu
export VECHED="$BUILD/node/edge/veched" VECHE="$BUILD/cli/veche" TMPDIR="${DIR:-${TMPDIR:-/tmp}}"
exec python3 -B "$ROOT/tests/bench/node_bench.py" "$BUILD/tests/bench" \
    "${MESSAGES:-100000}" "${IDLE:-60}"
