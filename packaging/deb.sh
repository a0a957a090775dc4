#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the package from the checkout and an unpacked micropython source, inside the build root:
#
#   packaging/deb.sh MICROPYTHON_SOURCE OUTPUT_FOLDER
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
micropython=$1 output=$2
tree=$output/source

rm -rf "$tree" "$output"/*_*
mkdir -p "$tree"
for part in natmods hal_linux daemon packaging docs README.md LICENSE; do
    cp -a "$top/$part" "$tree/"
done
cp -a "$micropython" "$tree/micropython"
rm -rf "$tree/micropython/mpy-cross/build"
mv "$tree/packaging/debian" "$tree/debian"
cp "$top"/systemd/sensord* "$tree/debian/"
cd "$tree"
dpkg-buildpackage -b -us -uc -j$(nproc)
lintian --fail-on error,warning --tag-display-limit 0 ../sensord_*.changes
