# SPDX-License-Identifier: MIT
"""The rights that the service needs for a kind of input or output. A kind has its rights in
its schema; `sensord check --unit` puts those of a configuration into the unit.

A right is a part of the hardware, or of the system, that the service gets only if the
configuration has use for it. It is a text, its name and in short what goes into the unit:

    name            for messages, and for SENSORD_RIGHTS in the service's environment
    group=GROUP     a group that owns the devices: SupplementaryGroups=
    node=CLASS      a device class: DeviceAllow=, see systemd.resource-control(5)
    module=MODULE   a kernel module to load before: a class that is not there when the service
                    starts is denied later
    write=FOLDER    a folder that is written to: ReadWritePaths=
    profile=NAME    another AppArmor profile than that of the service
"""

# PWM and buffers of IIO are set below /sys/devices, where the groups may write.
_ATTRIBUTES = " write=/sys/devices/platform write=/sys/devices/pci0000:00"
I2C = "i2c group=i2c node=char-i2c module=i2c_dev"
# The kernel calls spidev's devices "spi" in /proc/devices.
SPI = "spi group=spi node=char-spi* module=spidev"
GPIO = "gpio group=gpio node=char-gpiochip"
PWM = "pwm group=gpio" + _ATTRIBUTES
IIO = "iio group=iio node=char-iio module=industrialio" + _ATTRIBUTES
SOUND = "sound group=audio node=char-alsa module=snd"
VIDEO = "video group=video node=char-video4linux module=videodev"
# A Raspberry Pi's own camera has media devices and buffers beside.
RPICAM = (
    "rpicam group=video node=char-video4linux node=char-media node=char-dma_heap module=videodev"
)
COMMANDS = "commands profile=sensord-exec"
_PORT = "%s group=dialout node=char-%s"
PORTS = (
    "ttyAMA group=dialout node=char-ttyAMA",
    "ttyS group=dialout node=char-ttyS",
    "ttyUSB group=dialout node=char-ttyUSB module=usbserial",
    "ttyACM group=dialout node=char-ttyACM module=cdc_acm",
)


def name(right):
    """The name of a right."""
    return right.split()[0]


def ports(path):
    """The rights for a serial port. A link such as /dev/serial0 may lead to any port, and is not
    followed: it may lead elsewhere when the port is plugged in again."""
    port = path[len("/dev/") :] if path.startswith("/dev/") else ""
    driver = port.rstrip("0123456789")
    for right in PORTS:
        if name(right) == driver != port:
            return (right,)
    if driver.startswith("tty") and driver not in ("tty", port) and "/" not in driver:
        # The kernel's other drivers name their device class as their ports.
        return (_PORT % (driver, driver),)
    return PORTS


def unit(rights):
    """The text of a drop-in for sensord.service that gives it these rights."""
    found = {"group": set(), "node": set(), "module": set(), "write": set(), "profile": set()}
    for right in rights:
        for part in right.split()[1:]:
            key, _, value = part.partition("=")
            found[key].add(value)
    lines = ["[Unit]"]
    for module in sorted(found["module"]):
        lines.append("Wants=modprobe@%s.service" % module)
        lines.append("After=modprobe@%s.service" % module)
    names = sorted({name(right) for right in rights})
    lines += ["", "[Service]", 'Environment="SENSORD_RIGHTS=%s"' % " ".join(names)]
    lines += ["SupplementaryGroups=" + group for group in sorted(found["group"])]
    lines += ["DeviceAllow=%s rw" % node for node in sorted(found["node"])]
    lines += ["ReadWritePaths=-" + path for path in sorted(found["write"])]
    # It is left out if the kernel has no AppArmor, or the profile is not loaded.
    lines += ["AppArmorProfile=-" + profile for profile in sorted(found["profile"])]
    return "\n".join(lines) + "\n"
