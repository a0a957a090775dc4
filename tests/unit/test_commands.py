# SPDX-License-Identifier: MIT
"""Only what is a command switches an output, however long or odd the message is."""

from sensord.actions.commands import parse

INTERPRETERS = ("sensord", "stock")


def refusal(message, is_pwm=False):
    try:
        return "taken: %r" % parse(message, is_pwm)
    except ValueError as error:
        return str(error)


def test_commands():
    words = (b"ON", b" true\n", b"1", b"off", b"False", b"0", b"Auto")
    assert [parse(word, False) for word in words] == [True, True, True, False, False, False, None]
    assert [parse(word, True) for word in (b"0", b"1", b"99.5", b" 100", b"1e1")] == [
        0.0, 1.0, 99.5, 100.0, 10.0,
    ]  # fmt: skip
    assert parse(b"ON", True) is True and parse(b"auto", True) is None
    assert not isinstance(parse(b"1", True), bool)


def test_what_is_no_command():
    for message in (b"", b"open", b"2", b"\xff", b"\xc3\xa4", b"on\0", b"o n", b"50", b"{}"):
        assert refusal(message).startswith("a command must be ON, OFF or AUTO, not "), message
    for message in (b"101", b"-1", b"nan", b"inf", b"-inf", b"1e309", b"1_0", b"0x10", b"5,5"):
        assert refusal(message, True).startswith("a command must be 0 to 100 or AUTO"), message


def test_a_long_message_is_no_command_whatever_it_begins_with():
    for message in (
        b"ON" + b" " * 40 + b"or not", b"50" + b" " * 40 + b"junk", b"1" * 16000,
        b"0." + b"0" * 9999, b"50." + b"0" * 16000, b" " * 100000, bytes(1 << 20),
    ):  # fmt: skip
        text = refusal(message, True)
        assert text.endswith(" and more, %d bytes" % len(message)) and len(text) < 200, text


def test_a_refusal_is_one_line_of_plain_characters():
    text = refusal(b"\x1b[2J\r\n\x9b\xff'\"")
    assert all(" " <= c <= "~" for c in text), text
