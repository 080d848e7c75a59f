#!/bin/sh
# Builds the release programs and runs benches; each prints its own figures.
#
#     tests/bench/run.sh [NAME...]           tests/bench/NAME.sh; all of them when none is named
#     tests/bench/run.sh NAME --OPTION...    one of them with options; only what it prints goes
#                                            to the output
#
# A bench gets the build folder as BUILD and the checkout as ROOT.  Machines differ: compare
# the figures of one run with each other, not with those of another machine.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
known=
for file in "$root"/tests/bench/*.sh; do
    name=$(basename "$file" .sh)
    [ "$name" = run ] || known="$known $name"
done
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $known
names=
options=
for word in "$@"; do
    case " $known " in
    *" $word "*) names="$names $word" ;;
    *)
        case "$word" in
        --*) options="$options $word" ;;
        *)
            echo "bench: there is no bench $word; there are:$known" >&2
            exit 2
            ;;
        esac
        ;;
    esac
done
if [ -n "$options" ] && [ "$names" != " ${1}" ]; then
    echo "bench: options are for one bench: run.sh NAME --OPTION..." >&2
    exit 2
fi

{
    "$root/cli/install.sh" tests
    cd "$root"
    cmake --preset release -DBUILD_TESTING=ON >/dev/null
    cmake --build --preset release -j 2
} >&2

export ROOT="$root" BUILD="$root/build/release"
failed=
for name in $names; do
    [ -n "$options" ] || echo "== $name"
    # shellcheck disable=SC2086 # a list of words
    "$root/tests/bench/$name.sh" $options || failed="$failed $name"
done
[ -z "$failed" ] || {
    echo "bench: failed:$failed" >&2
    exit 1
}
