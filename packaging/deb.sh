#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes Debian packages, inside the build root:
#
#   packaging/deb.sh source MICROPYTHON OUTPUT        the source package, from the checkout and an
#                                                     unpacked micropython source
#   packaging/deb.sh binary ARCH DSC FOLDER OUTPUT    the binary packages of amd64 (with those for
#                                                     all), another architecture, armv6, or all,
#                                                     built in FOLDER
#
# The packages depend on the sources alone: not on the folder, the umask or the time.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)

source_package() {
    micropython=$1 output=$2
    name=$(dpkg-parsechangelog -l "$top/packaging/debian/changelog" -S Source)
    version=$(dpkg-parsechangelog -l "$top/packaging/debian/changelog" -S Version)
    folder=$output/source
    tree=$folder/$name-$version

    # Also remove the packages of an older source.
    rm -rf "$folder" "$output"/*_* "$output/armv6"
    mkdir -p "$tree/micropython"
    for part in natmods hal_linux daemon packaging docs README.md LICENSE; do
        cp -a "$top/$part" "$tree/"
    done
    find "$tree" -name __pycache__ -prune -exec rm -rf {} +
    mv "$tree/packaging/debian" "$tree/debian"
    cp "$top"/systemd/sensord* "$tree/debian/"
    # The parts of micropython from which the Unix port is built without these options, and no build
    # results. debian/copyright lists their authors.
    (
        cd "$micropython"
        tar -c --exclude=build --exclude='build-*' --exclude=extmod/axtls-include \
            --exclude=extmod/berkeley-db --exclude=extmod/btstack --exclude=extmod/libmetal \
            --exclude=extmod/lwip-include --exclude=extmod/nimble --exclude=shared/memzip \
            --exclude=shared/tinyusb LICENSE py extmod shared mpy-cross ports/unix \
            lib/crypto-algorithms lib/oofatfs lib/re1.5 lib/uzlib tools/ar_util.py \
            tools/makemanifest.py tools/manifestfile.py tools/mpy-tool.py tools/mpy_ld.py \
            debian/changelog debian/copyright debian/config
    ) | tar -C "$tree/micropython" -x
    # The checkout's modes and times differ with the umask and the day.
    chmod -R u=rwX,go=rX "$tree"
    find "$tree" -exec touch -h -d "@$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Timestamp)" {} +
    (cd "$tree" && dpkg-buildpackage -S -nc -d -us -uc)
    mv "$folder/$name"_* "$output/"
    check "$output/${name}_${version}_source.changes"
}

binary_packages() {
    arch=$1 dsc=$2 folder=$3 output=$4
    what=-B options=
    case $arch in
    amd64) what=-b ;;
    all) what=-A ;;
    # armv6 is static and has file names in common with armhf: a folder of its own.
    armv6) options="-aarmhf -Ppkg.sensord.armv6" output=$output/armv6 ;;
    *) options=-a$arch ;;
    esac
    rm -rf "$folder"
    mkdir -p "$folder"
    dpkg-source -x "$dsc" "$folder/tree"
    (
        cd "$folder/tree"
        dpkg-buildpackage $what $options -us -uc -j"$(nproc)"
    )
    check "$folder"/*.changes
    rm -rf "$folder/tree"
    mkdir -p "$output"
    mv "$folder"/* "$output/"
    rmdir "$folder"
}

check() {
    lintian --fail-on error,warning --tag-display-limit 0 "$@"
}

case ${1:-} in
source) shift; source_package "$@" ;;
binary) shift; binary_packages "$@" ;;
*) sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
