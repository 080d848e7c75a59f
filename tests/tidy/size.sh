#!/bin/sh
# Says how large a program is without its debugging symbols, and fails over 1 MiB.
set -eu

stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$1"
bytes=$(wc -c <"$stripped")
echo "$(basename "$1"): $bytes bytes stripped"
[ "$bytes" -le 1048576 ]
