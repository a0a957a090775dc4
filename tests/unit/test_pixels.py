# SPDX-License-Identifier: MIT
"""Conversion of camera frames for a model: a wrong pixel here is a wrong label later."""

import pixels

INTERPRETERS = ("sensord", "stock")


def raises(kind, *arguments):
    try:
        pixels.convert(*arguments)
    except kind:
        return
    raise AssertionError("%r accepted" % (arguments,))


def converted(source, source_format, source_size, target_format, target_size, crop=None):
    target = bytearray(pixels.size(target_format, target_size))
    pixels.convert(source, source_format, source_size, target, target_format, target_size, crop)
    return target


def pseudo_random(n, seed=1):
    values = bytearray(n)
    for i in range(n):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = seed >> 16 & 0xFF
    return values


def rgb_of(y, u, v):
    """BT.601 of limited range, from the recommendation, in floating point."""
    y, u, v = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    rgb = (y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u)
    return [min(255, max(0, round(255 * value))) for value in rgb]


def yuv_at(data, kind, width, height, x, y):
    if kind == "YUYV":
        pair = (y * width + x // 2 * 2) * 2
        return data[(y * width + x) * 2], data[pair + 1], data[pair + 3]
    n = width * height
    chroma = y // 2 * (width // 2) + x // 2
    if kind == "NV12":
        return data[y * width + x], data[n + 2 * chroma], data[n + 2 * chroma + 1]
    return data[y * width + x], data[n + chroma], data[n + n // 4 + chroma]


def test_sizes():
    for kind, size in (
        ("GREY", 24), ("YUYV", 48), ("NV12", 36), ("YU12", 36), ("RGB3", 72), ("RGBP", 48),
    ):  # fmt: skip
        assert pixels.size(kind, (6, 4)) == size
    assert pixels.size("GREY", (4096, 1)) == 4096


def test_every_yuv_layout_becomes_the_right_colour():
    width, height = 6, 4
    for kind in ("YUYV", "NV12", "YU12"):
        data = pseudo_random(pixels.size(kind, (width, height)))
        rgb = converted(data, kind, (width, height), "RGB3", (width, height))
        for i in range(width * height):
            expected = rgb_of(*yuv_at(data, kind, width, height, i % width, i // width))
            got = rgb[3 * i : 3 * i + 3]
            # Factors in 1/256 differ by at most two steps from the recommendation's.
            assert max(abs(a - b) for a, b in zip(expected, got)) <= 2, (kind, i, expected, got)


def test_grey_is_the_luma_in_full_range():
    data = bytes([16, 90, 235, 240, 0, 1, 126, 2])
    grey = converted(data, "YUYV", (4, 1), "GREY", (4, 1))
    assert list(grey) == [0, 255, 0, 128]
    # The same picture in colour has the same brightness, to a step or two of rounding.
    data = pseudo_random(pixels.size("NV12", (8, 8)))
    for i in range(64, 96):
        data[i] = 128
    rgb = converted(data, "NV12", (8, 8), "RGB3", (8, 8))
    grey = converted(data, "NV12", (8, 8), "GREY", (8, 8))
    again = converted(rgb, "RGB3", (8, 8), "GREY", (8, 8))
    assert max(abs(a - b) for a, b in zip(grey, again)) <= 1
    assert bytes(converted(b"\x07\xff", "GREY", (2, 1), "GREY", (2, 1))) == b"\x07\xff"


def test_each_pixel_is_the_mean_of_those_it_covers():
    width, height, to_width, to_height = 10, 7, 4, 3
    data = pseudo_random(width * height, 7)
    small = converted(data, "GREY", (width, height), "GREY", (to_width, to_height))
    covered = 0
    for ty in range(to_height):
        for tx in range(to_width):
            box = [
                data[y * width + x]
                for y in range(height * ty // to_height, height * (ty + 1) // to_height)
                for x in range(width * tx // to_width, width * (tx + 1) // to_width)
            ]
            covered += len(box)
            assert small[ty * to_width + tx] == (sum(box) + len(box) // 2) // len(box)
    assert covered == len(data)


def test_the_mean_of_colours():
    rgb = bytes([10, 20, 30, 20, 40, 60, 30, 60, 90, 40, 80, 120])
    assert list(converted(rgb, "RGB3", (2, 2), "RGB3", (1, 1))) == [25, 50, 75]
    # Both pixels of a pair have its colour; two pairs have the mean of their colours.
    yuyv = bytes([100, 60, 100, 200, 100, 100, 100, 160])
    assert list(converted(yuyv, "YUYV", (4, 1), "RGB3", (1, 1))) == list(
        converted(bytes([100, 80, 100, 180]), "YUYV", (2, 1), "RGB3", (1, 1))
    )
    # A box that begins and ends inside a pair has the colour of all pairs it touches.
    assert list(converted(yuyv, "YUYV", (4, 1), "RGB3", (1, 1), (1, 0, 2, 1))) == list(
        converted(yuyv, "YUYV", (4, 1), "RGB3", (1, 1))
    )


def test_rgb565_keeps_the_high_bits():
    for r, g, b in (
        (0, 0, 0),
        (255, 255, 255),
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (90, 33, 7),
    ):
        packed = converted(bytes([r, g, b]), "RGB3", (1, 1), "RGBP", (1, 1))
        assert packed[0] | packed[1] << 8 == (r >> 3) << 11 | (g >> 2) << 5 | b >> 3
        back = converted(packed, "RGBP", (1, 1), "RGB3", (1, 1))
        assert max(abs(x - y) for x, y in zip(back, (r, g, b))) <= 7
    assert list(converted(b"\xff\xff", "RGBP", (1, 1), "RGB3", (1, 1))) == [255, 255, 255]


def test_yuyv_shrinks_and_comes_from_rgb():
    data = bytes([10, 50, 20, 60, 30, 70, 40, 80])
    assert list(converted(data, "YUYV", (4, 1), "YUYV", (4, 1))) == list(data)
    assert list(converted(data, "YUYV", (4, 1), "YUYV", (2, 1))) == [15, 60, 35, 70]
    rgb = bytes([200, 100, 50, 200, 100, 50])
    there = converted(rgb, "RGB3", (2, 1), "YUYV", (2, 1))
    back = converted(there, "YUYV", (2, 1), "RGB3", (2, 1))
    assert max(abs(a - b) for a, b in zip(rgb, back)) <= 3


def test_crop_and_nearest():
    data = bytes(range(20))
    assert list(converted(data, "GREY", (5, 4), "GREY", (2, 2), (3, 1, 2, 2))) == [8, 9, 13, 14]
    assert list(converted(data, "GREY", (5, 4), "GREY", (4, 1), (1, 0, 2, 1))) == [1, 1, 2, 2]


def test_nothing_out_of_bounds():
    """Any argument gives an error or the right result, and no byte outside the target changes."""
    grey = bytes(16)
    target = bytearray(64)
    good = (grey, "GREY", (4, 4), target, "GREY", (4, 4))
    for i, value in (
        (0, bytes(15)), (1, "BA81"), (1, ""), (1, "GREYS"), (2, (4, 5)), (2, (0, 4)), (2, (4,)),
        (2, (-1, 4)), (2, (4097, 1)), (2, (4, 4, 4)), (3, bytearray(15)),
        (4, "NV12"), (4, "MJPG"), (5, (9, 9)), (5, (4, 0)),
    ):  # fmt: skip
        raises(ValueError, *good[:i], value, *good[i + 1 :])
    # On 32 bit the interpreter raises an OverflowError.
    raises((ValueError, OverflowError), grey, "GREY", (1 << 40, 4), *good[3:])
    for i, value in ((0, None), (0, "text"), (1, 7), (2, 4), (2, ("a", 4)), (3, grey), (5, None)):
        raises((TypeError, ValueError), *good[:i], value, *good[i + 1 :])
    for crop in ((0, 0, 5, 4), (4, 0, 1, 1), (0, 0, 0, 1), (1, 1, 4, 1), (0, 0, 4), (4096,) * 4):
        raises(ValueError, *good, crop)
    for kind in ("YUYV", "NV12", "YU12"):
        raises(ValueError, bytes(100), kind, (5, 4), target, "GREY", (4, 4))
    raises(ValueError, bytes(100), "NV12", (4, 5), target, "GREY", (4, 4))
    both = bytearray(32)
    raises(ValueError, both, "GREY", (4, 4), memoryview(both)[8:], "GREY", (4, 4))
    pixels.convert(both, "GREY", (4, 4), memoryview(both)[16:], "GREY", (4, 4), None)
    assert target == bytearray(64)
