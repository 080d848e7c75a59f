#!/bin/sh
# The labs at their full sizes, with the programs that people run: about 40 minutes, as root.
#
#     tests/e2e/full.sh [LAB...]     kills syscalls power memory disk damage strangers hostile
#                                    start api forgets stolen wiped dht; all of them when none is
#                                    named
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/cli/install.sh" tests
cd "$root"
cmake --preset release -DBUILD_TESTING=ON >/dev/null
cmake --build --preset release -j 2 >/dev/null

build=$root/build/release
export VECHED="$build/node/edge/veched" VECHE="$build/cli/veche"
export VC_PRELOAD_DIR="$build/tests/e2e" VC_STRANGER="$build/tests/e2e/vc_stranger"
export VC_THIEF="$build/tests/e2e/vc_thief" VC_MEMORY_SEARCH="$build/tests/e2e/vc_memory_search"
export VC_TOLD_VECHED="$build/tests/e2e/vc_told_veched"
export VC_POWERLOSS_RECORD="$build/tests/powerloss/libvc_powerloss_record.so"

size_of() {
    case $1 in
    kills) echo --messages 20000 --kills 1000 ;;
    syscalls) echo --calls-max 400 --step 1 ;;
    power) echo --states 1000 --texts 1000 --lies 20 ;;
    memory) echo --step 1 ;;
    disk) echo --failures 50 ;;
    damage) echo --files 1000 ;;
    strangers) echo --datagrams 1000000 --seconds 60 ;;
    hostile) echo --events 100000 --breaks 50 --frame-megabytes 1024 ;;
    start) echo --starts 50 ;;
    forgets) echo --texts 2000 ;;
    wiped) echo --texts 1000 ;;
    stolen) echo --texts 1000 ;;
    dht) echo --moves 12 --pause 11 ;;
    api) ;;
    *)
        echo "full: there is no lab $1" >&2
        exit 2
        ;;
    esac
}

[ $# -gt 0 ] || set -- kills syscalls power memory disk damage strangers hostile start api forgets \
    stolen wiped dht
failed=
for name in "$@"; do
    size=$(size_of "$name")
    # shellcheck disable=SC2086 # a list of words
    python3 -B "tests/e2e/lab_$name.py" $size || failed="$failed $name"
done
[ -z "$failed" ] || {
    echo "full: not shown:$failed" >&2
    exit 1
}
