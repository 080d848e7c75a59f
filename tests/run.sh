#!/bin/sh
# Installs what is missing, builds with sanitizers and runs the tests.
#
#     tests/run.sh [LABEL...]     tidy unit prop sim fuzz e2e; all of them when none is named
#
# Other labels that can be named: natlab, bench.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
labels=
for label in "$@"; do
    case $label in
    tidy | unit | prop | sim | fuzz | e2e | natlab | bench) labels="$labels|$label" ;;
    *)
        echo "run: there is no label $label; see the first lines of tests/run.sh" >&2
        exit 2
        ;;
    esac
done

"$root/cli/install.sh" tests
cd "$root"
cmake --preset dev
cmake --build --preset dev -j 2

# The order is that of the labels as long as CTest does not know how long each test took.
rm -f build/dev/Testing/Temporary/CTestCostData.txt
[ -n "$labels" ] || labels="|tidy|unit|prop|sim|fuzz|e2e"
exec ctest --test-dir build/dev -L "^(${labels#|})\$" --output-on-failure --no-tests=error -j 2
