#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# The first process of the virtual machine: finds the disk and hands over to systemd.
b=/bin/busybox
$b mount -t devtmpfs devtmpfs /dev
$b mount -t proc proc /proc
disk=$($b sed 's/.*root=\([^ ]*\).*/\1/' /proc/cmdline)
for module in /modules/*; do
    $b insmod "$module"
done
tries=0
until $b mount -t ext4 $disk /root 2>/dev/null; do
    tries=$((tries + 1))
    if [ $tries = 100 ]; then
        echo "there is no $disk" >/dev/console
    fi
    $b usleep 100000
done
$b umount /dev /proc
exec $b switch_root /root /sbin/init
