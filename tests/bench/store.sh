#!/bin/sh
# Durable rows a second through the store, and through bare LMDB with the same bytes.
#
#     tests/bench/run.sh store
#
# DIR is where the files are made; another file system than that of /tmp may be meant.
set -eu
dir=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/veche-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT
"$BUILD/tests/bench/store_bench" "$dir"
