#!/bin/sh
# Sealed messages a second that are durable (ratchet and outbox), beside bare LMDB with rows as large.
#
#     tests/bench/run.sh seal
#
# DIR is where the files are made; another file system than that of /tmp may be meant.
set -eu
dir=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/veche-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT
"$BUILD/tests/bench/seal_bench" "$dir"
