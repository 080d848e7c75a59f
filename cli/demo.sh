#!/bin/sh
# Two people on this machine: they meet by an invite and write; one is killed while the other
# goes on writing, comes back, and has everything once and in order.
#
#     cli/demo.sh VECHE      the program, veched beside it
set -eu

veche=$1
count=300
dir=$(mktemp -d "${TMPDIR:-/tmp}/veche-demo-XXXXXX")

alice() {
    command=$1
    shift
    "$veche" "$command" --dir "$dir/alice" "$@"
}

bob() {
    command=$1
    shift
    "$veche" "$command" --dir "$dir/bob" "$@"
}

# Shows a command as it would be typed, and runs it.
show() {
    who=$1
    shift
    echo "$who\$ veche $*"
    "$who" "$@" | sed 's/^/    /'
}

cleanup() {
    alice down -q >/dev/null 2>&1 || true
    bob down -q >/dev/null 2>&1 || true
    rm -rf "$dir"
}

fail() {
    echo "demo: NOT SHOWN: $*" >&2
    exit 1
}

# A number out of `status --json`.
status_of() {
    "$1" status --json | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"
}

# Waits until @2 of @1's status is 0.
until_none() {
    tries=0
    while [ "$(status_of "$1" "$2")" != 0 ]; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "$1 still has something $2 after 30 s"
        sleep 0.1
    done
}

trap cleanup EXIT
trap 'exit 1' INT TERM
mkdir -m 700 "$dir/alice" "$dir/bob"
echo "name = alice" >"$dir/alice/veche.conf"
echo "name = bob" >"$dir/bob/veche.conf"

echo
echo "Two people, two nodes, no server:"
echo
show alice up --no-invite --listen 127.0.0.1:0
invite=$(alice invite -q)
echo "alice\$ veche invite"
echo "    $invite"
show bob join "$invite" --listen 127.0.0.1:0
show bob send alice "hello alice"
show alice read bob
show alice send bob "hello bob"

echo
echo "bob writes $count lines; alice's node is killed meanwhile:"
echo
(
    line=0
    while [ $line -lt $count ]; do
        line=$((line + 1))
        echo "line $line of $count"
        sleep 0.005
    done
) | bob chat alice -n 0 >/dev/null &
writer=$!
sleep 0.7
alice_process=$(status_of alice pid)
kill -9 "$alice_process"
echo "    kill -9 $alice_process"
wait $writer || fail "bob could not write"
waiting=$(status_of bob waiting)
[ "$waiting" -gt 0 ] || fail "nothing waits for alice, so nothing is shown"
show bob contacts
show alice up --no-invite --listen 127.0.0.1:0
until_none bob waiting

# What alice has, what bob wrote, and what bob knows of it.
alice read bob --all --json | sed -n 's/.*"text":"\(line [^"]*\)".*/\1/p' >"$dir/got"
line=0
while [ $line -lt $count ]; do
    line=$((line + 1))
    echo "line $line of $count"
done >"$dir/written"
cmp -s "$dir/got" "$dir/written" || fail "alice has not what bob wrote; see read --all"
arrived=$(bob read alice --all --json --peek | grep '"from":"me"' |
    grep -c '"state":"\(delivered\|read\)"')
[ "$arrived" -eq $((count + 1)) ] || fail "bob sees $arrived messages as delivered"

echo "alice\$ veche read bob"
tail -n 2 "$dir/got" | sed 's/^/    ... < bob: /'
echo "bob\$ veche read alice"
bob read alice -n 2 --peek | sed 's/^/    /'
show alice down
show bob down
echo
echo "Shown: alice was killed while bob wrote $count lines, $waiting of them waited for her;" \
    "she came back and has all $count, once and in order, and bob sees them delivered."
