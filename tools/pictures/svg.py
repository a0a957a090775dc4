# SPDX-License-Identifier: MIT
"""The elements of SVG in the pictures, as text."""

from collections.abc import Iterable
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

Point: TypeAlias = tuple[float, float]

FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"


def number(value: float) -> str:
    """A coordinate with a tenth of a pixel, without a needless zero."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, content: str | None = None, **attributes: str | float) -> str:
    """An element; `stroke_width=2` becomes stroke-width="2", and numbers are rounded."""
    parts = [name]
    for key, value in attributes.items():
        shown = value if isinstance(value, str) else number(value)
        parts.append(f"{key.rstrip('_').replace('_', '-')}={quoteattr(shown)}")
    head = " ".join(parts)
    return f"<{head}/>" if content is None else f"<{head}>{content}</{name}>"


def text(
    x: float,
    y: float,
    words: str,
    size: float = 12,
    anchor: str = "start",
    fill: str = "#333",
    **attributes: str | float,
) -> str:
    """Words at a point; `anchor` is start, middle or end."""
    return element(
        "text", escape(words), x=x, y=y, font_size=size, text_anchor=anchor, fill=fill,
        **attributes,
    )  # fmt: skip


def polyline(points: Iterable[Point], stroke: str, width: float = 1.5) -> str:
    """A line through points (x, y)."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return element("polyline", points=joined, fill="none", stroke=stroke, stroke_width=width)


def document(width: int, height: int, title: str, elements: Iterable[str]) -> str:
    """The whole file. Screen readers read the title."""
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}' {FONT} role='img'>",
        f"<title>{escape(title)}</title>",
        element("rect", width=width, height=height, rx=8, fill="#ffffff"),
        *elements,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
