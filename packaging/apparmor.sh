#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the AppArmor profiles of the service: `sensord`, and of the same text `sensord-exec`, which may
# start any program:
#
#   packaging/apparmor.sh systemd/sensord.apparmor
set -eu
cat "$1"
echo
sed -n '/^profile /,$p' "$1" | sed 's/^profile sensord /profile sensord-exec /; s/^  #exec /  /'
