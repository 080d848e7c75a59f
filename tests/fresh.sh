#!/bin/sh
# Does what a newcomer does: clones the checkout into a new, minimal Debian 12 and runs the
# commands of the README there.  As root.
#
#     tests/fresh.sh                 ./cli/start.sh --demo, then ./tests/run.sh
#     tests/fresh.sh COMMAND...      another command, in the clone
#
# What is not committed is not in the clone.  The minimal system and the packages that were
# fetched are kept in VC_FRESH_DIR (/var/cache/veche-fresh), so that a second run is quick;
# what a run changes lies in an overlay and is gone when it ends.  The run has namespaces of its
# own for mounts and processes: nothing it mounts or starts outlives it, however it ends.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cache=${VC_FRESH_DIR:-/var/cache/veche-fresh}
suite=bookworm
base=$cache/$suite

say() {
    echo "fresh: $*" >&2
}

# Makes the minimal system from the mirror that this machine itself uses.
make_base() {
    command -v debootstrap >/dev/null || {
        say "please install debootstrap"
        exit 1
    }
    # shellcheck disable=SC2016 # apt's own words, not the shell's
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' | awk -v suite=$suite '$2 == suite && $3 == "main" { print $1; exit }')
    [ -n "$mirror" ] || {
        say "the package sources of this machine have no $suite"
        exit 1
    }
    say "making a minimal $suite"
    rm -rf "$base.part"
    mkdir -p "$base.part" "$cache/archives"
    debootstrap --variant=minbase "$suite" "$base.part" "$mirror" >"$cache/debootstrap.log" 2>&1 || {
        tail -n 5 "$cache/debootstrap.log" >&2
        exit 1
    }
    rm -f "$base.part"/var/cache/apt/archives/*.deb
    mv "$base.part" "$base"
}

# apt in there fetches from where apt out here does: sources, keys, and how to reach them.
copy_apt() {
    rm -rf "$1/etc/apt/sources.list" "$1/etc/apt/sources.list.d"
    for part in sources.list sources.list.d keyrings auth.conf.d trusted.gpg trusted.gpg.d; do
        [ ! -e "/etc/apt/$part" ] || cp -a "/etc/apt/$part" "$1/etc/apt/"
    done
    mkdir -p "$1/usr/share/keyrings"
    cp -a /usr/share/keyrings/. "$1/usr/share/keyrings/"
    apt-config dump Acquire >"$1/etc/apt/apt.conf.d/90host"
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

mount_all() {
    mount -t overlay overlay -o "lowerdir=$base,upperdir=$1/upper,workdir=$1/work" "$1/root"
    mount -t proc proc "$1/root/proc"
    mount -t sysfs -o ro sysfs "$1/root/sys"
    mount --rbind /dev "$1/root/dev"
    mount -t tmpfs tmpfs "$1/root/dev/shm"
    mount -t tmpfs tmpfs "$1/root/run"
    mount --bind "$cache/archives" "$1/root/var/cache/apt/archives"
}

run_inside() {
    say "$*"
    started=$(date +%s)
    env -i HOME=/root USER=root LANG=C.UTF-8 TERM="${TERM:-dumb}" CI="${CI:-}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$inside" sh -c 'cd /root/veche && exec "$@"' sh "$@"
    say "$* took $(($(date +%s) - started)) s"
}

# The commands are those of the README, so it has to name them.
run_readme() {
    for command in "./cli/start.sh --demo" "./tests/run.sh"; do
        grep -qF "$command" "$inside/root/veche/README.md" || {
            say "README.md does not name $command"
            exit 1
        }
    done
    run_inside ./cli/start.sh --demo
    run_inside ./tests/run.sh
}

if [ "${1-}" = --inside ]; then
    place=$2
    inside=$place/root
    shift 2
    mount_all "$place"
    copy_apt "$inside"
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
        git clone -q --no-hardlinks "$root" "$inside/root/veche"
    if [ $# -gt 0 ]; then
        run_inside "$@"
    else
        run_readme
    fi
    say "all went well"
    exit 0
fi

[ "$(id -u)" = 0 ] || {
    say "please run as root"
    exit 1
}
mkdir -p "$cache/archives"
exec 9>"$cache/lock"
flock 9
[ -d "$base" ] || make_base
[ -z "$(git -C "$root" status --porcelain 2>/dev/null)" ] || say "what is not committed is left out"

place=$(mktemp -d "$cache/run.XXXXXX")
mkdir "$place/root" "$place/upper" "$place/work"
child=
trap '[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true; rm -rf "$place"' EXIT
trap 'exit 1' HUP INT TERM
# In the background, so that a signal is heard at once; all inside dies with the first process.
unshare --mount --pid --fork --kill-child --propagation private -- \
    "$root/tests/fresh.sh" --inside "$place" "$@" &
child=$!
wait "$child" && code=0 || code=$?
child=
exit "$code"
