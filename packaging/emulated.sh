#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes build/ARCH/emulated, inside the build root: programs that start those of another
# architecture in an emulator, and a link to its compiler.
#
#   packaging/emulated.sh ARCH TRIPLET EMULATOR CPU [LOADER]
#
#   micropython, sensord   build/ARCH/micropython and sensord
#   stock                  Debian's micropython of that architecture
#   run                    the program that is its first argument
#   cc                     the cross compiler
#
# Without LOADER the interpreter is static, and Debian has no micropython for that processor: then
# stock and run are not made.
set -eu
arch=$1 triplet=$2 emulator=/usr/bin/$3 cpu=$4 loader=${5:-}
out=$PWD/build/$arch
rm -rf "$out/emulated" "$out/stock"
mkdir -p "$out/emulated"

flags="-std=gnu11 -O1 -Wall -Wextra -Werror"
ln -s "/usr/bin/$triplet-gcc" "$out/emulated/cc"

start() {
    gcc $flags -static -o "$out/emulated/$1" tests/emulated.c -DEMULATOR="\"$emulator\"" \
        -DCPU="\"$cpu\"" -DPROGRAM="\"$2\"" \
        ${loader:+-DLOADER="\"/$loader\"" -DADDRESSES="\"$out/emulated/addresses.so\""}
}
start micropython "$out/micropython"
start sensord "$out/sensord"
[ "$loader" ] || exit 0

"$out/emulated/cc" $flags -shared -fPIC -o "$out/emulated/addresses.so" tests/fakes/addresses.c

# Only unpacked: the root has this machine's package installed, and only one can be. It uses the
# libraries that our interpreter was built with.
(
    cd /tmp
    apt-get download -qq "micropython:$arch"
    dpkg-deb -x micropython_*_"$arch".deb "$out/stock"
)

start run ""
start stock "$out/stock/usr/bin/micropython"
"$out/emulated/stock" -c 'import ffi' # fails if its libraries are missing
