# SPDX-License-Identifier: MIT
"""What the service must be allowed to use for a kind of input or output. A kind has its Rights in
its schema; `sensord check --unit` puts those of a configuration into the unit."""


class Right:
    """A part of the hardware, or of the system, that the service gets only if it is configured.

    name        for messages, and for SENSORD_RIGHTS in the service's environment
    groups      the groups that own the devices
    nodes       the device classes of DeviceAllow=, see systemd.resource-control(5)
    modules     kernel modules to load before: a class that is not there when the service starts is
                denied later
    writable    folders that are written to
    profile     another AppArmor profile than that of the service
    """

    def __init__(self, name, groups=(), nodes=(), modules=(), writable=(), profile=None):
        self.name = name
        self.groups = groups
        self.nodes = nodes
        self.modules = modules
        self.writable = writable
        self.profile = profile


# PWM and buffers of IIO are set below these folders, where the groups may write.
_ATTRIBUTES = ("/sys/devices/platform", "/sys/devices/pci0000:00")
_SERIAL_MODULES = {"ttyUSB": ("usbserial",), "ttyACM": ("cdc_acm",)}

I2C = Right("i2c", ("i2c",), ("char-i2c",), ("i2c_dev",))
GPIO = Right("gpio", ("gpio",), ("char-gpiochip",))
PWM = Right("pwm", ("gpio",), writable=_ATTRIBUTES)
IIO = Right("iio", ("iio",), ("char-iio",), ("industrialio",), _ATTRIBUTES)
SOUND = Right("sound", ("audio",), ("char-alsa",), ("snd",))
VIDEO = Right("video", ("video",), ("char-video4linux",), ("videodev",))
# A Raspberry Pi's own camera has media devices and buffers beside.
RPICAM = Right(
    "rpicam", ("video",), ("char-video4linux", "char-media", "char-dma_heap"), ("videodev",)
)
COMMANDS = Right("commands", profile="sensord-exec")


def _port(driver):
    return Right(driver, ("dialout",), ("char-" + driver,), _SERIAL_MODULES.get(driver, ()))


PORTS = tuple([_port(driver) for driver in ("ttyAMA", "ttyS", "ttyUSB", "ttyACM")])


def ports(path):
    """The Rights for a serial port. A link such as /dev/serial0 may lead to any port, and is not
    followed: it may lead elsewhere when the port is plugged in again."""
    name = path[len("/dev/") :] if path.startswith("/dev/") else ""
    driver = name.rstrip("0123456789")
    if driver.startswith("tty") and driver != "tty" and driver != name and "/" not in driver:
        return (_port(driver),)
    return PORTS


def unit(rights):
    """The text of a drop-in for sensord.service that gives it these Rights."""
    names, groups, nodes, modules, writable, profiles = [], [], [], [], [], []
    for right in rights:
        names.append(right.name)
        groups += right.groups
        nodes += right.nodes
        modules += right.modules
        writable += right.writable
        if right.profile is not None:
            profiles.append(right.profile)
    lines = ["[Unit]"]
    for module in sorted(set(modules)):
        lines.append("Wants=modprobe@%s.service" % module)
        lines.append("After=modprobe@%s.service" % module)
    lines += ["", "[Service]", 'Environment="SENSORD_RIGHTS=%s"' % " ".join(sorted(set(names)))]
    lines += ["SupplementaryGroups=" + group for group in sorted(set(groups))]
    lines += ["DeviceAllow=%s rw" % node for node in sorted(set(nodes))]
    lines += ["ReadWritePaths=-" + path for path in sorted(set(writable))]
    # It is left out if the kernel has no AppArmor, or the profile is not loaded.
    lines += ["AppArmorProfile=-" + profile for profile in sorted(set(profiles))]
    return "\n".join(lines) + "\n"
