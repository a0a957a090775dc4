# SPDX-License-Identifier: MIT
"""Lists the sensor drivers of unpacked kernel packages, as tools/sensors/kernel.txt has them.

usage: kernel.py FOLDER... > kernel.txt

FOLDER holds what `dpkg-deb -x` made of a linux-image package. Chips are the names by which a
driver is found: its aliases for I2C, SPI and the device tree.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# The folders of drivers/iio that hold sensors.
GROUPS = (
    *("accel", "adc", "chemical", "gyro", "health", "humidity", "imu", "light", "magnetometer"),
    *("orientation", "position", "pressure", "proximity", "resolver", "temperature"),
)
_ALIAS = re.compile(r"(i2c|spi|platform):([\w+.-]+)$|(of):N\*T\*C(?:[^,]*,)?([^,*]+)$")
_BUS_OF_NAME = re.compile(r"[-_](i2c|spi)$")


def aliases(module: Path) -> list[str]:
    done = subprocess.run(
        ["/usr/sbin/modinfo", "-F", "alias", module], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def described(module: Path) -> tuple[str, set[str], set[str]]:
    """(name, buses, chips) of a module; a driver's parts for its buses are one."""
    buses: set[str] = set()
    chips: set[str] = set()
    for alias in aliases(module):
        if found := _ALIAS.match(alias):
            bus, chip = found[1] or found[3], found[2] or found[4]
            if bus in ("i2c", "spi"):
                buses.add(bus)
            elif bus == "platform":
                continue
            chips.add(chip.lower())
    name = module.name.partition(".")[0]
    if found := _BUS_OF_NAME.search(name):
        buses.add(found[1])
    return _BUS_OF_NAME.sub("", name), buses, chips


def drivers(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields (group, module file) of each sensor driver below a folder."""
    for part in ("iio", "hwmon"):
        for module in folder.rglob(f"kernel/drivers/{part}/**/*.ko*"):
            place = module.relative_to(next(p for p in module.parents if p.name == part))
            group = place.parts[0] if part == "iio" else part
            if group in (*GROUPS, "hwmon"):
                yield group, module


def main() -> None:
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for folder in sys.argv[1:]:
        for group, module in drivers(Path(folder)):
            name, buses, chips = described(module)
            kept = found.setdefault((group, name), (set(), set()))
            kept[0].update(buses)
            kept[1].update(chips)
    for (group, name), (buses, chips) in sorted(found.items()):
        # A module without names of chips is the common part of others.
        if chips:
            print(f"{group} {name} {','.join(sorted(buses)) or '-'} {' '.join(sorted(chips))}")


if __name__ == "__main__":
    main()
