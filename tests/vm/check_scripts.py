# SPDX-License-Identifier: MIT
"""Tools besides the daemon: `sensord probe`, and machine in Debian's own micropython."""

import json
import time

_PIN = 6  # of the bridge, not used by any sensor
_TIMEOUT_S = 4  # of the board's watchdog
_FED_S = 10


def _stub(bench):
    """The name of i2c-stub's bus, on a board that has it."""
    return [] if "reading of smbus" in bench.board.lacks else ["SMBus"]


def probe(bench):
    """All of the machine's hardware is found, and the rest is reported missing."""
    found = json.loads(bench.run("sensord probe --json", 180))
    buses = {bus["name"].split()[0]: bus["addresses"] for bus in found["i2c"]}
    names = {
        "gpio": [chip["label"] for chip in found["gpio"]],
        "i2c": sorted(buses),
        "iio": [chip["chip"] for chip in found["iio"]],
        "hwmon": sorted(chip["chip"] for chip in found["hwmon"]),
        "w1": [chip["name"] for chip in found["w1"]],
        "camera": [camera["name"] for camera in found["camera"]],
        "sound": sorted({card["name"] for card in found["sound"]}),
        "watchdog": sorted(dog["name"] for dog in found["watchdog"])[:1],
        "missing": sorted(found["missing"]),
    }
    assert names == {
        "gpio": ["cp2112_gpio"],
        "i2c": ["CP2112", *_stub(bench)],
        "iio": ["bme280"],
        "hwmon": ["lm75", "w1_slave_temp"],
        "w1": ["28-0000005e2502"],
        "camera": ["vivid"],
        "sound": ["Loopback"],
        "watchdog": ["Software Watchdog"],
        "missing": ["pwm", "spi"],
    }, names
    answering = {name: {a["address"] for a in there} for name, there in buses.items()}
    # The daemon's sensors are found too; for a chip with a kernel driver, the driver is named.
    assert answering.get("SMBus", {"0x48"}) == {"0x48"}, buses
    assert {"0x18", "0x49", "0x77"} <= answering["CP2112"], buses
    return ", ".join(f"{kind} {' '.join(there)}" for kind, there in names.items())


def pin_of_a_script(bench):
    """A script for a microcontroller sets a pin, in Debian's micropython."""
    script = f"from machine import Pin; p = Pin('gpiochip0:{_PIN}', Pin.OUT); p.on(); print(p())"
    bench.bridge.pins.changes.clear()
    said = bench.run(f'micropython -c "{script}"').strip()
    assert said == "1" and (_PIN, 1) in bench.bridge.pins.changes, bench.bridge.pins.changes
    return f"line {_PIN} of the bridge went on"


def board_watchdog(bench):
    """machine.WDT on softdog: while it is fed, the machine runs; after the script it restarts."""
    number = bench.run("grep -l Software /sys/class/watchdog/*/identity").split("/")[4][-1]
    script = (
        f"import time\nfrom machine import WDT\nw = WDT({number}, {_TIMEOUT_S * 1000})\n"
        f"for _ in range({_FED_S}):\n    w.feed()\n    time.sleep(1)\n"
    )
    bench.run(f"cat >/run/feed.py <<'END'\n{script}END\nsystemd-run -q micropython /run/feed.py")
    time.sleep(_FED_S - 2)
    bench.run("true")
    began = time.monotonic()
    assert bench.machine.ended(60), "it still runs"
    return f"fed for {_FED_S} s it ran on; {time.monotonic() - began:.0f} s later it restarted"


CHECKS = [("probe", probe), ("pin of a script", pin_of_a_script)]
# It ends the machine.
LAST = [("watchdog of the board", board_watchdog)]
