#!/bin/sh
# Lets libFuzzer look for inputs that break a target, two minutes for each.
#
#     tests/fuzz/run.sh [-t SECONDS] [NAME...]     fuzz/NAME_fuzz.c; all when none is named
#
# New inputs that reach new code gather in build/fuzz/corpus/NAME; a crash leaves its input in
# build/fuzz/crashes/NAME.  What is worth keeping goes into tests/fuzz/corpus/NAME by hand.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=120
if [ "${1-}" = -t ]; then
    seconds=$2
    shift 2
fi

"$root/cli/install.sh" tests
cd "$root"
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j 2

programs=$(find build/fuzz -name '*_fuzz' -type f -perm -u+x | sort)
known=$(for program in $programs; do basename "$program" _fuzz; done)
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $known
failed=
for name in "$@"; do
    program=$(for program in $programs; do
        [ "$(basename "$program")" != "${name}_fuzz" ] || echo "$program"
    done)
    [ -n "$program" ] || {
        echo "fuzz: there is no target $name; there are: $known" >&2
        exit 2
    }
    mkdir -p "build/fuzz/corpus/$name" "build/fuzz/crashes/$name"
    echo "== $name, $seconds s"
    "$program" -max_total_time="$seconds" -print_final_stats=1 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="build/fuzz/crashes/$name/" \
        "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1 ||
        failed="$failed $name"
    grep -E 'stat::number_of_executed_units|stat::average_exec|stat::peak_rss|SUMMARY' \
        "build/fuzz/$name.log" || true
done
[ -z "$failed" ] || {
    echo "fuzz: found something in:$failed" >&2
    exit 1
}
echo "fuzz: nothing found in $# targets"
