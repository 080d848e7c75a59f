#!/bin/sh
# Installs what is missing, builds veche, starts the node and prints an invite.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build="$root/build/release"

"$root/cli/install.sh"
cd "$root"
echo "building ..."
cmake --preset release -DBUILD_TESTING=OFF >/dev/null
cmake --build --preset release --target veched veche

veche="$build/cli/veche"
"$veche" up
"$veche" invite
echo
echo "Send the line above to the other person; they type:"
echo "    veche join VECHE:..."
