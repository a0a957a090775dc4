#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the tests in debian/tests against packages in a clean Debian, inside the build root:
#
#   packaging/autopkgtest.sh ROOT.tar DSC PACKAGE.deb...
set -eu
tar=$1
shift
# In the mount namespace of the command that this runs in: everything here ends with it.
machine=/tmp/machine
mkdir "$machine"
tar -C "$machine" -xf "$tar"
cp /etc/resolv.conf "$machine/etc/resolv.conf"
mount -t proc proc "$machine/proc"
mount --rbind /dev "$machine/dev"
autopkgtest --no-built-binaries --apt-upgrade "$@" -- chroot "$machine"
