#!/bin/sh
# Installs what is missing, builds veche, starts the node and shows an invite.
#
#     cli/start.sh           for yourself
#     cli/start.sh --demo    two people on this machine, and a crash; it ends by itself
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build="$root/build/release"
case ${1-} in
'' | --demo) ;;
*)
    echo "usage: cli/start.sh [--demo]" >&2
    exit 2
    ;;
esac

"$root/cli/install.sh"
cd "$root"
echo "building ..."
cmake --preset release -DBUILD_TESTING=OFF >/dev/null
cmake --build --preset release --target veched veche

veche="$build/cli/veche"
[ "${1-}" != --demo ] || exec "$root/cli/demo.sh" "$veche"

echo
"$veche" up
echo "The program is $veche"
echo "To type veche here:       export PATH=\"$build/cli:\$PATH\""
echo "When the other has joined: veche chat NAME       (veche contacts tells the name)"
echo "If you got an invite:      veche join VECHE:..."
