#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the disk of a virtual machine, inside the build root:
#
#   tests/vm/image.sh BASE.tar OUTPUT_FOLDER BOARD REPOSITORY
#
# BASE.tar is a bare Debian with a kernel (packaging/root.sh bare). OUTPUT_FOLDER gets disk.img,
# kernel, initrd, sensord.toml and, if QEMU needs it, dtb. BOARD is the board to make it for, see
# machine.py. apt installs from REPOSITORY, the folder of an apt repository with its
# sensord.sources.
#
# Mounts are in the mount namespace of packaging/root.sh run and end with it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
base=$1 output=$2 board=$3 repository=$4
root=$output/root
disk_mib=2048 # a power of two, as required of an SD card

# The parts of guest/ for the disk; the kernel modules needed to find the disk; and the board's device
# tree, if QEMU does not make one
device_tree=
case $board in
q35) layers="root bridge q35" modules="virtio_pci virtio_blk ext4" ;;
virt) layers="root bridge" modules="virtio_pci virtio_blk ext4" ;;
raspi3b) layers="root raspi3b" modules="bcm2835 mmc_block ext4" device_tree=broadcom/bcm2837-rpi-3-b.dtb ;;
*) echo "tests/vm/image.sh: no board $board" >&2; exit 64 ;;
esac

rm -rf "$root" "$output/disk.img"
mkdir -p "$root"
trap 'umount -l "$root/proc" "$root/dev" "$root/mnt" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT
# Without devices: the kernel makes its own, and not every user may make some.
tar -xf "$base" -C "$root" --exclude='./dev/*'

install_packages() {
    source=$root/etc/apt/sources.list.d/sensord.sources
    mount --bind "$repository" "$root/mnt"
    sed 's|^URIs: .*|URIs: file:///mnt|' "$repository/sensord.sources" > "$source"
    chroot "$root" apt-get update -qq
    # No services are started, because nothing runs in here.
    printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$root" \
        apt-get install -y -qq --no-install-recommends sensord micropython-hal-linux
    rm -f "$root/usr/sbin/policy-rc.d" "$source"
    umount "$root/mnt"
}

# A kernel and the few modules for its disk, instead of Debian's initrd with drivers for every disk.
make_initrd() {
    version=$(ls "$root/lib/modules")
    tree=$output/initrd.tree
    rm -rf "$tree"
    mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/root" "$tree/modules"
    cp "$root/bin/busybox" "$tree/bin/busybox"
    cp "$here/initrd_init.sh" "$tree/init"
    for module in $modules; do
        chroot "$root" modprobe --set-version "$version" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$output/modules"
    number=100
    while read -r path; do
        number=$((number + 1))
        file=$tree/modules/$number-$(basename "${path%.xz}")
        case $path in
        *.xz) xz -dc "$root$path" > "$file" ;;
        *) cp "$root$path" "$file" ;;
        esac
    done < "$output/modules"
    (cd "$tree" && find . | cpio --quiet -o -H newc) > "$output/initrd"
    rm -rf "$tree" "$output/modules"
    cp "$root/boot/vmlinuz-$version" "$output/kernel"
    [ ! "$device_tree" ] || cp "$root/usr/lib/linux-image-$version/$device_tree" "$output/dtb"
}

# The test's own files, and software that is in no package.
make_bench() {
    # Loading the hundred profiles of other programs takes half a minute in an emulator.
    find "$root/etc/apparmor.d" -maxdepth 1 -type f ! -name sensord -delete
    for layer in $layers; do
        cp -a "$here/guest/$layer/." "$root/"
        cat "$here/guest/$layer.toml"
    done > "$output/sensord.toml"
    cp "$output/sensord.toml" "$root/etc/"
    mkdir -p "$root/usr/local/share/vm"
    # In a folder that sensord owns; the file is root's, as when a user installs it.
    chroot "$root" install -d -o sensord -g sensord /var/lib/sensord
    install -D -m 644 "$here/../data/cnn/mnist_cnn_int8.tflite" "$root/var/lib/sensord/models/digits.tflite"
    python3 "$here/tone.py" > "$root/usr/local/share/vm/tone.raw"
    chroot "$root" mosquitto_passwd -b -c /etc/mosquitto/passwd sensord secret
    chroot "$root" chown mosquitto: /etc/mosquitto/passwd
    printf secret > "$root/etc/sensord.password"
    chmod 600 "$root/etc/sensord.password"
    for unit in "$root"/etc/systemd/system/vm-*.service; do
        chroot "$root" systemctl --quiet enable "$(basename "$unit")"
    done
    # Disable units that are started by hand, only take time, or are for screens and people.
    chroot "$root" systemctl --quiet disable mosquitto.service
    chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer \
        dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
        systemd-timesyncd.service getty.target modprobe@drm.service systemd-logind.service
    echo vm > "$root/etc/hostname"
    # Without it systemd would take /usr for changed at the first boot.
    touch "$root/etc/.updated" "$root/var/.updated"
}

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
install_packages
make_bench
make_initrd
umount -l "$root/proc" "$root/dev"
rm -f "$root"/boot/initrd.img-* "$root"/boot/vmlinuz-*
truncate -s "${disk_mib}M" "$output/disk.img"
mke2fs -q -t ext4 -O ^metadata_csum_seed -E root_owner=0:0 -d "$root" "$output/disk.img"
