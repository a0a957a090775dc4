# SPDX-License-Identifier: MIT
"""docs/wiring-*.svg: a module's wires to a Raspberry Pi's header, from the tables of the pages."""

import re
from typing import TypeAlias

import svg

WIDTH, HEIGHT = 700, 232
PITCH, LEFT = 30, 65
TOP_ROW, BOTTOM_ROW = 64, 94  # pins 2, 4, … 40 and 1, 3, … 39
MODULE = 172
GROUNDS = (6, 9, 14, 20, 25, 30, 34, 39)
SUPPLIES = (1, 17)
WIRES = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#17becf")

# (the module's pin, the header's pin, its name)
Wire: TypeAlias = tuple[str, int, str]


def tables(page: str) -> dict[str, list[Wire]]:
    """{picture: wires} of a page: the table below each picture with a name wiring-NAME.svg."""
    found = {}
    for name, table in re.findall(
        r"^!\[[^\]]*\]\((wiring-[a-z0-9]+\.svg)\)\n\n((?:\|.*\n)+)", page, re.MULTILINE
    ):
        rows = re.findall(r"^\| (.+?) \| pin (\d+), (.+?) \|$", table, re.MULTILINE)
        found[name] = [(module, int(pin), use) for module, pin, use in rows]
    return found


def place(pin: int) -> tuple[int, int]:
    """The middle of a pin of the header, with pin 1 at the lower left."""
    return LEFT + PITCH * ((pin - 1) // 2), BOTTOM_ROW if pin % 2 else TOP_ROW


def colour(pin: int, wire: int) -> str:
    """Red for the supply, black for ground, else the wire's own."""
    if pin in SUPPLIES:
        return "#d62728"
    return "#222222" if pin in GROUNDS else WIRES[wire % len(WIRES)]


def draw(wires: list[Wire]) -> str:
    """The file's text."""
    used = {pin: colour(pin, i) for i, (_, pin, _) in enumerate(wires)}
    parts = [
        svg.text(LEFT - 15, 24, "Raspberry Pi, pin 1 is at the corner of the board", 13),
        svg.element("rect", x=LEFT - 20, y=TOP_ROW - 19, width=PITCH * 20 + 10, height=68, rx=6,
                    fill="#e9efe6", stroke="#7a8f6a"),
    ]  # fmt: skip
    for pin in range(1, 41):
        x, y = place(pin)
        parts.append(svg.element("rect", x=x - 8, y=y - 8, width=16, height=16, rx=3,
                                 fill=used.get(pin, "#c9c9c9")))  # fmt: skip
        parts.append(svg.text(x, y + 4, str(pin), 9, "middle", "#fff" if pin in used else "#666"))
    step = (PITCH * 19) / len(wires)
    for i, (module, pin, use) in enumerate(wires):
        x, y = place(pin)
        # From the upper row between two pins of the lower one.
        start = f"M{x} {y + 8}"
        if pin % 2 == 0:
            start += f"q0 7 {PITCH // 2} 7v23"
            x += PITCH // 2
        end = LEFT + step * (i + 0.5)
        curve = f"C{x} {MODULE - 30} {svg.number(end)} {MODULE - 40} {svg.number(end)} {MODULE}"
        parts.append(svg.element(
            "path", d=f"{start} {curve}", fill="none", stroke=used[pin], stroke_width=2.5
        ))  # fmt: skip
        parts.append(svg.text(end, MODULE + 22, module, 12, "middle", font_weight="bold"))
        parts.append(svg.text(end, MODULE + 38, f"{use} (pin {pin})", 11, "middle"))
    parts.append(svg.element("rect", x=LEFT - 20, y=MODULE, width=PITCH * 20 + 10, height=48, rx=6,
                             fill="none", stroke="#555"))  # fmt: skip
    title = "Wires: " + ", ".join(f"{module} to pin {pin}" for module, pin, _ in wires)
    return svg.document(WIDTH, HEIGHT, title, parts)
