#!/bin/sh
# SPDX-License-Identifier: MIT
# The build root: a Debian 13 in build/root in which everything is built and tested, so that the
# machine itself may run any Debian-like release.
#
#   packaging/root.sh create             make build/root, or complete it
#   packaging/root.sh add PACKAGE...     install packages for some targets, if they are missing;
#                                        PACKAGE:ARCH is another architecture's
#   packaging/root.sh unpack FOLDER PACKAGE...
#                                        unpack packages into a folder, without installing them
#   packaging/root.sh run COMMAND...     run a command inside it, in this folder
#   packaging/root.sh emulate ARCH COMMAND...
#                                        run a command inside it that may start programs of
#                                        another architecture: arm64, armhf
#   packaging/root.sh bare FILE.tar ARCH [PACKAGE...]
#                                        make a bare Debian 13 with only these packages added
#
# The checkout is mounted inside at its own path, so a path means the same on both sides. Mounts
# are made in the command's own mount namespace and end with it, however it ends.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
suite=trixie
micropython_version=1.25.0+ds-1

# The root's packages. Versions are the suite's; micropython's source is pinned above.
packages="
    build-essential libffi-dev libmbedtls-dev pkgconf
    python3 python3-venv python3-pyelftools
    micropython
    debhelper dh-apparmor apparmor fakeroot lintian devscripts
    alsa-utils v4l-utils mosquitto mosquitto-clients
    systemd udev iproute2 openssl ca-certificates procps time"

need_root() {
    [ "$(id -u)" = 0 ] || { echo "packaging/root.sh: needs root, to make and enter a Debian root: run make as root" >&2; exit 1; }
}

install_mmdebstrap() {
    command -v mmdebstrap >/dev/null && return
    echo "installing mmdebstrap"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap
}

# Runs a command in a Debian root with the kernel's file systems, the checkout and the machine's name
# resolution and certificates. When it ends, all its processes end.
enter() {
    root=$1; shift
    # Without the right to set the clock: a test that bypasses its fake must not set the machine's.
    ROOT=$root TOP=$top exec setpriv --bounding-set -sys_time --inh-caps -sys_time \
        unshare --mount --propagation private --pid --fork --kill-child sh -eu -c '
            mount -t proc proc "$ROOT/proc"
            mount --rbind /sys "$ROOT/sys"
            mount --rbind /dev "$ROOT/dev"
            mount -t tmpfs tmpfs "$ROOT/run"
            mount -t tmpfs tmpfs "$ROOT/tmp"
            # After the tmpfs: the checkout may lie in /tmp.
            mkdir -p "$ROOT$TOP"
            mount --bind "$TOP" "$ROOT$TOP"
            bind_file() {
                [ -s "$1" ] && [ -e "$ROOT$1" ] || return 0
                mount --bind "$1" "$ROOT$1"
            }
            [ -e "$ROOT/etc/resolv.conf" ] || : > "$ROOT/etc/resolv.conf"
            bind_file /etc/resolv.conf
            bind_file /etc/ssl/certs/ca-certificates.crt
            unset LD_LIBRARY_PATH LD_PRELOAD PYTHONPATH PYTHONHOME
            # Write nothing outside build/, which `make clean` removes.
            export PYTHONDONTWRITEBYTECODE=1
            export HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
            exec chroot "$ROOT" sh -c "cd \"\$1\" && shift && exec \"\$@\"" sh "$TOP" "$@"
        ' sh "$@"
}

create() {
    need_root
    root=$top/build/root
    wanted=$(echo $suite $packages | md5sum)
    if [ "$(cat "$root/etc/sensord-build-root" 2>/dev/null)" != "$wanted" ]; then
        install_mmdebstrap
        rm -rf "$root"
        mkdir -p "$top/build"
        mmdebstrap --quiet --variant=apt --components=main \
            --include="$(echo $packages | tr -s ' ' ',')" \
            --aptopt='APT::Install-Recommends "false"' \
            --skip=cleanup/apt/lists \
            "$suite" "$root"
        sed 's/^deb /deb-src /' "$root/etc/apt/sources.list" > "$root/etc/apt/sources.list.d/source.list"
        echo "$wanted" > "$root/etc/sensord-build-root"
    fi
    if [ "$(cat "$top/build/src/version" 2>/dev/null)" != "$micropython_version" ]; then
        rm -rf "$top/build/src"
        mkdir -p "$top/build/src"
        "$0" run sh -eu -c "
            cd build/src
            apt-get update -qq
            apt-get source -qq --only-source micropython=$micropython_version
            mv micropython-*/ micropython
            echo $micropython_version > version"
    fi
}

# Runs in the root: updates the package lists for the architectures of the given packages.
update_lists='
    for package; do
        case $package in *:*) dpkg --add-architecture "${package#*:}" ;; esac
    done
    # If a mirror lacks the index of one suite, the others may suffice; if not, the next step fails.
    apt-get update -qq || echo "going on with the package lists that could be fetched" >&2'

add() {
    need_root
    chroot "$top/build/root" dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null |
        awk -v wanted=$# '/ installed$/ { n++ } END { exit n < wanted }' && return
    "$0" run sh -eu -c "$update_lists"'
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"' sh "$@"
}

unpack() {
    folder=$1; shift
    rm -rf "$folder"
    mkdir -p "$folder"
    FOLDER=$folder "$0" run sh -eu -c "$update_lists"'
        mkdir /tmp/unpack
        cd /tmp/unpack
        apt-get download -qq "$@"
        for file in *.deb; do
            dpkg-deb -x "$file" "$FOLDER"
            # In the format of Built-Using.
            dpkg-deb -W --showformat "\${source:Package} (= \${source:Version}),\n" "$file"
        done | sort -u > "$FOLDER/sources"' sh "$@"
}

# Runs a command that may start programs of another architecture. The kernel runs those in QEMU, for
# the command's own user namespace only, so the machine's other programs are not affected.
emulating() {
    arch=$1; shift
    case $arch in # the class and machine of ELF headers
    arm64) emulator=qemu-aarch64 class=02 machine=b7 ;;
    armhf) emulator=qemu-arm class=01 machine=28 ;;
    *) echo "packaging/root.sh: no emulator for $arch" >&2; exit 64 ;;
    esac
    zeros='\x00\x00\x00\x00\x00\x00\x00\x00'
    magic="\\x7fELF\\x$class\\x01\\x01\\x00$zeros\\x02\\x00\\x$machine\\x00"
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    entry=":$emulator:M::$magic:$mask:$top/build/root/usr/bin/$emulator:F"

    ready=$(mktemp -u)
    mkfifo -m 600 "$ready"
    # Only a process outside the namespace can map all users, each to itself.
    self=$$ outside=$(readlink /proc/self/ns/user)
    (
        while [ "$(readlink "/proc/$self/ns/user")" = "$outside" ]; do sleep 0.02; done
        echo '0 0 4294967295' > "/proc/$self/uid_map"
        echo '0 0 4294967295' > "/proc/$self/gid_map"
        : > "$ready"
    ) &
    READY=$ready ENTRY=$entry exec unshare --user --mount --propagation private \
        --pid --fork --kill-child sh -eu -c '
        read -r _ < "$READY" || rm "$READY"
        # Only a program started as root has the rights of root here.
        exec sh -eu -c "$0" sh "$@"
    ' '
        mount -t proc proc /proc
        mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || {
            echo "packaging/root.sh: needs Linux 6.7 or newer to emulate another architecture" >&2
            exit 1
        }
        printf "%s" "$ENTRY" > /proc/sys/fs/binfmt_misc/register
        unset ENTRY READY
        exec "$@"
    ' "$@"
}

bare() {
    file=$1 arch=$2
    shift 2
    need_root
    install_mmdebstrap
    set -- mmdebstrap --quiet --variant=minbase --components=main --skip=cleanup/apt/lists \
        --aptopt='APT::Install-Recommends "false"' ${1:+--include="$(echo "$*" | tr ' ' ',')"}
    if [ "$arch" = amd64 ]; then
        "$@" "$suite" "$file"
    else
        # An emulated command may not mount sysfs, and does not need it. Only the release's lists: a
        # mirror often lacks the update lists of less common architectures.
        emulating "$arch" "$@" --architectures="$arch" --skip=check/qemu --skip=chroot/mount/sys \
            --setup-hook='sed -i "/-updates \|-security /d" "$1/etc/apt/sources.list"' \
            "$suite" "$file"
    fi
}

case ${1:-} in
create) create ;;
add) shift; add "$@" ;;
unpack) shift; unpack "$@" ;;
bare) shift; bare "$@" ;;
emulate) need_root; arch=$2; shift 2; emulating "$arch" "$0" run "$@" ;;
run) need_root; shift; enter "$top/build/root" "$@" ;;
*) sed -n '3,20s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
