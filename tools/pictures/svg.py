# SPDX-License-Identifier: MIT
"""The few elements of SVG that the pictures are made of, as text."""

from xml.sax.saxutils import escape, quoteattr

FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"


def number(value):
    """A coordinate with a tenth of a pixel, without a needless zero."""
    return f"{value:.1f}".removesuffix(".0")


def element(name, content=None, **attributes):
    """An element; `stroke_width=2` becomes stroke-width="2", and numbers are rounded."""
    parts = [name]
    for key, value in attributes.items():
        value = value if isinstance(value, str) else number(value)
        parts.append(f"{key.rstrip('_').replace('_', '-')}={quoteattr(value)}")
    head = " ".join(parts)
    return f"<{head}/>" if content is None else f"<{head}>{content}</{name}>"


def text(x, y, words, size=12, anchor="start", fill="#333", **attributes):
    """Words at a point; `anchor` is start, middle or end."""
    return element(
        "text", escape(words), x=x, y=y, font_size=size, text_anchor=anchor, fill=fill,
        **attributes,
    )  # fmt: skip


def polyline(points, stroke, width=1.5):
    """A line through points (x, y)."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return element("polyline", points=joined, fill="none", stroke=stroke, stroke_width=width)


def document(width, height, title, elements):
    """The whole file. The title is what a screen reader says."""
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}' {FONT} role='img'>",
        f"<title>{escape(title)}</title>",
        element("rect", width=width, height=height, rx=8, fill="#ffffff"),
        *elements,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
