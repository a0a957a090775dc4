# SPDX-License-Identifier: MIT
"""Writes docs/sensors.md: every chip and kernel driver that sensord can read.

usage: PYTHONPATH=daemon page.py > docs/sensors.md

The chips are the modules of the daemon, so a new one needs no line here; kernel.txt has the
kernel's drivers, and overlays.txt the lines that make a Raspberry Pi load them.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sensord import inputs
from sensord.output import quantities
from sensord.schema.values import REQUIRED

HERE = Path(__file__).resolve().parent
PACKAGE = Path(inputs.__file__).parent

# Words for the kernel's groups of drivers, in the order of the page.
GROUPS = {
    "temperature": "Temperature",
    "humidity": "Humidity",
    "pressure": "Pressure",
    "chemical": "Gases and particles",
    "light": "Light, colour, proximity by light",
    "proximity": "Distance and proximity",
    "adc": "Voltages: analog-to-digital converters",
    "accel": "Acceleration",
    "gyro": "Angular velocity",
    "imu": "Acceleration and angular velocity",
    "magnetometer": "Magnetic field",
    "health": "Heart rate and oxygen",
    "orientation": "Orientation",
    "position": "Position",
    "resolver": "Angle",
    "hwmon": "Hardware monitors: temperature, voltage, current, power, fans",
}
HEAD = """\
# Which sensors can sensord read?

`make sensors-page` generates this page from the code; do not edit it. A chip has two ways: a
driver of sensord's own (the first tables), which needs nothing but the bus, or the kernel's (the
last tables), which needs an overlay or a line in the device tree. `sensord probe` lists the chips
and devices it finds. [drivers.md](drivers.md) tells how to add one that is not here.
"""
KERNEL = """\
## The kernel's drivers

`type = "iio"` reads what the kernel offers below `/sys/bus/iio`, `type = "hwmon"` what it offers
below `/sys/class/hwmon`; `sensord probe` prints the table to copy. These are the drivers with
chips of their own in Debian 13's kernel for amd64 and arm64 ({iio} of IIO and {hwmon} of hwmon).
A Raspberry Pi's kernel has a choice of its own: where the table has an overlay, that line in
`/boot/firmware/config.txt` loads the driver at the next start. On other boards, or for a chip
without an overlay on I2C:

    echo lm75 0x48 | sudo tee /sys/bus/i2c/devices/i2c-1/new_device
"""
OTHERS = """\
## Everything else

| type | reads |
|---|---|
"""


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def sentence(doc: str) -> str:
    """The first sentence of a text for the manual."""
    return re.split(r"(?<=\.) ", doc.strip(), maxsplit=1)[0].rstrip(".:")


def field_text(field: Any) -> str:
    found = quantities.find(field.name, field.quantity)
    unit = f" {found.unit}" if found is not None and found.unit else ""
    if field.valid is None:
        return f"`{field.name}`"
    return f"`{field.name}` {field.valid[0]:.6g} to {field.valid[1]:.6g}{unit}"


def defaults(keys: dict[str, Any]) -> dict[str, Any]:
    return {key: None if kind.default is REQUIRED else kind.default for key, kind in keys.items()}


class Chip:
    """A chip as its module describes it."""

    def __init__(self, path: Path) -> None:
        relative = path.relative_to(PACKAGE.parent).with_suffix("")
        module = importlib.import_module("sensord." + ".".join(relative.parts))
        self.name = path.stem
        self.doc = module.DOC.strip().split("\n")[0]
        self.addresses = getattr(module, "ADDRESSES", ())
        self.keys = getattr(module, "KEYS", {})
        settings = defaults(self.keys)
        self.fields = module.fields(settings) or () if hasattr(module, "fields") else ()

    def row(self) -> str:
        addresses = [f"0x{address:02x}" for address in self.addresses]
        if len(addresses) > 4:
            addresses = [f"{addresses[0]} to {addresses[-1]}"]
        cells = [
            f"`{self.name}`",
            self.doc,
            "<br>".join(field_text(field) for field in self.fields),
            ", ".join(addresses),
            ", ".join(f"`{key}`" for key in sorted(self.keys)),
        ]
        return "| " + " | ".join(cell(text) for text in cells) + " |"


def kernel_drivers() -> list[tuple[str, str, str, list[str]]]:
    """[(group, driver, buses, [chips])] of kernel.txt."""
    rows = []
    for line in (HERE / "kernel.txt").read_text().splitlines():
        group, driver, buses, *chips = line.split()
        rows.append((group, driver, "" if buses == "-" else buses.replace(",", ", "), chips))
    return rows


def overlays() -> dict[str, str]:
    """{chip: line of config.txt}."""
    found: dict[str, str] = {}
    for line in (HERE / "overlays.txt").read_text().splitlines():
        if not line.startswith("#"):
            overlay, _, chips = line.partition(": ")
            found.update(dict.fromkeys(chips.split(), overlay))
    return found


def chip_tables() -> Iterator[str]:
    """Yields the lines about the chips that sensord drives itself."""
    titles = {
        "i2c": 'Chips on I2C: `type = "i2c"`',
        "acceleration": 'Accelerometers: `type = "motion"` and `type = "vibration"`',
        "spi": 'Chips on SPI: `type = "spi"`',
    }
    for folder in sorted(PACKAGE.glob("*/chips"), key=lambda path: path.parent.name != "i2c"):
        kind = folder.parent.name
        yield f"## {titles.get(kind, kind)}\n"
        yield "| `driver` | chip | fields, and the chip's range | addresses | keys of its own |"
        yield "|---|---|---|---|---|"
        for path in sorted(folder.glob("*.py")):
            if path.stem != "__init__":
                yield Chip(path).row()
        yield ""
        yield EXAMPLES[kind]


EXAMPLES = {
    "i2c": """\
```toml
[sensor.climate]
type = "i2c"
driver = "sht3x"
bus = 1                  # /dev/i2c-1
interval = "1 min"
```
""",
    "acceleration": """\
```toml
[sensor.pump]
type = "vibration"
driver = "adxl345"
bus = 1
rate = 3200
```
""",
    "spi": """\
```toml
[sensor.oven]
type = "spi"
driver = "max31855"
device = "/dev/spidev0.0"
interval = "10 s"
```
""",
}


def kernel_tables() -> Iterator[str]:
    lines_of = overlays()
    drivers = kernel_drivers()
    hwmon = sum(group == "hwmon" for group, *_ in drivers)
    yield KERNEL.format(iio=len(drivers) - hwmon, hwmon=hwmon)
    for group, title in GROUPS.items():
        rows = [row for row in drivers if row[0] == group]
        if not rows:
            continue
        yield f"### {title}\n"
        yield "| driver | bus | chips | on a Raspberry Pi |"
        yield "|---|---|---|---|"
        for _, driver, buses, chips in rows:
            lines = sorted({lines_of[chip] for chip in chips if chip in lines_of})
            shown = "<br>".join(f"`{line}`" for line in lines)
            yield f"| `{driver}` | {buses} | {' '.join(chips)} | {shown} |"
        yield ""
    mainline = sorted(
        set(lines_of.values())
        - {lines_of[chip] for *_, chips in drivers for chip in chips if chip in lines_of}
    )
    yield "### Further overlays of the Raspberry Pi\n"
    yield "They load drivers that are in its kernel, and not in the tables above:\n"
    yield from (f"- `{line}`" for line in mainline)
    yield ""


def main() -> None:
    print(HEAD)
    for line in chip_tables():
        print(line)
    print(OTHERS, end="")
    for kind in inputs.types():
        print(f"| `{kind}` | {cell(sentence(inputs.schema(kind).DOC))} |")
    print()
    print("\n".join(kernel_tables()).rstrip())


if __name__ == "__main__":
    main()
