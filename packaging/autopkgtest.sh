#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the tests in debian/tests against packages in a clean Debian, inside the build root:
#
#   packaging/autopkgtest.sh ROOT.tar DSC PACKAGE.deb...
set -eu
tar=$1
shift
# In the command's mount namespace: all mounts end with it.
machine=/tmp/machine
mkdir "$machine"
tar -C "$machine" -xf "$tar"
cp /etc/resolv.conf "$machine/etc/resolv.conf"
mount -t proc proc "$machine/proc"
mount --rbind /dev "$machine/dev"
autopkgtest --no-built-binaries --apt-upgrade "$@" -- chroot "$machine"
