#!/bin/sh
# Builds the release programs and runs benches; each prints its own figures.
#
#     tests/bench/run.sh [NAME...]     tests/bench/NAME.sh; all of them when none is named
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
for name in "$@"; do
    case " $known " in
    *" $name "*) ;;
    *)
        echo "bench: there is no bench $name; there are:$known" >&2
        exit 2
        ;;
    esac
done

"$root/cli/install.sh" tests
cd "$root"
cmake --preset release -DBUILD_TESTING=ON >/dev/null
cmake --build --preset release -j 2

export ROOT="$root" BUILD="$root/build/release"
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $known
failed=
for name in "$@"; do
    echo "== $name"
    "$root/tests/bench/$name.sh" || failed="$failed $name"
done
[ -z "$failed" ] || {
    echo "bench: failed:$failed" >&2
    exit 1
}
