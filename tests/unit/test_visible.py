# SPDX-License-Identifier: MIT
"""Characters that a terminal obeys are shown: a message from outside cannot repaint the screen,
set its title, or answer for the user."""

import json

from sensord.visible import visible

INTERPRETERS = ("cpython", "sensord", "stock")


def test_each_control_character_is_shown():
    for code in list(range(0x20)) + list(range(0x7F, 0xA0)):
        assert visible("a%sb" % chr(code)) == "a\\u%04xb" % code


def test_marks_of_direction_and_separators_of_lines_are_shown():
    marks = [0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066, 0x2069]
    for code in marks:
        assert visible(chr(code)) == "\\u%04x" % code


def test_other_text_stays():
    for text in ("", "plain ~", "Küche 21 °C …", "温度", "שלום", "🌡", "\xa0", "\u2026\u2070"):
        assert visible(text) == text


def test_json_stays_the_same_json():
    for text in ("a\x7fb", "\x9b31m", "\u202egnp", "line\u2028break"):
        written = '{"v": "%s"}' % text
        assert json.loads(visible(written)) == {"v": text}
