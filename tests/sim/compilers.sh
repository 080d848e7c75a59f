#!/bin/sh
# The same seeds give the same trace hashes, whatever compiler built the simulator.
#
#     tests/sim/compilers.sh BUILD [SEEDS]      BUILD: a directory to build in
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
seeds=${2:-1..20}

for compiler in gcc clang; do
    cmake -S "$root" -B "$build/$compiler" -G Ninja -DCMAKE_C_COMPILER=$compiler \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
    cmake --build "$build/$compiler" --target veche-sim -j 2 >/dev/null
    "$build/$compiler/tests/sim/veche-sim" --hash --moves 2 --seeds 1..8 >"$build/$compiler.txt"
    "$build/$compiler/tests/sim/veche-sim" --hash --seeds "$seeds" >>"$build/$compiler.txt"
    "$build/$compiler/tests/sim/veche-sim" dht --quiet --nodes 200 --minutes 5 --gets 60 \
        --churn 60 --clients 50 --hostile 20 --evil mixed >>"$build/$compiler.txt"
    grep '^seed .* hash' "$build/$compiler.txt" >"$build/$compiler.hashes"
done
if ! cmp "$build/gcc.hashes" "$build/clang.hashes"; then
    diff "$build/gcc.hashes" "$build/clang.hashes" | head
    exit 1
fi
tail -n 2 "$build/gcc.txt"
echo "gcc and clang agree on $(wc -l <"$build/gcc.hashes") worlds"
