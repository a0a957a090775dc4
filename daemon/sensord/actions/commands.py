# SPDX-License-Identifier: MIT
"""Commands to an output, as the broker delivers them, and the count of those not obeyed."""

from linux.libc import clock_monotonic_ns

from .. import log

_WORDS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
_LONGEST = 24  # bytes: more than any command has, and too few to keep the processor busy
_QUIET_S = 3600


def parse(message, is_pwm):
    """The value of a command (bytes): True, False, a duty in percent for PWM, or None for AUTO.
    Raises ValueError, with what a command must be."""
    word = _word(message)
    if word == "auto":
        return None
    percent = _percent(word) if is_pwm else None
    if percent is not None:
        return percent
    if word in _WORDS:
        return _WORDS[word]
    wanted = "0 to 100" if is_pwm else "ON, OFF"
    shown = repr(bytes(message[:_LONGEST]))[1:]
    if len(message) > _LONGEST:
        shown += " and more, %d bytes" % len(message)
    raise ValueError("a command must be %s or AUTO, not %s" % (wanted, shown))


def _word(message):
    """The text of a message that may be a command, in small letters, or ""."""
    if len(message) > _LONGEST or not all(byte < 128 for byte in message):
        return ""
    return message.decode().strip().lower()


def _percent(word):
    try:
        percent = float(word)
    except ValueError:
        return None
    if "_" in word:  # which float() reads past
        return None
    return percent if 0 <= percent <= 100 else None


class Refusals:
    """The commands to one action that are not obeyed. The journal names the first, and after an
    hour the next one with the number since: nobody can fill it with messages."""

    def __init__(self, name, count):
        """`count()` is called for each."""
        self._name = name
        self._count = count
        self._since = 0  # the refusals since the last message
        self._told_s = None
        self._told_retained = False

    def add(self, reason):
        """A command is refused for a reason, in words."""
        self._count()
        self._since += 1
        now_s = clock_monotonic_ns() // 1000000000
        if self._told_s is not None and now_s - self._told_s < _QUIET_S:
            return
        if self._told_s is None:
            text = reason
        else:
            text = "%d commands refused since the last message; now: %s" % (self._since, reason)
        log.warning("%s: %s" % (self._name, text))
        self._told_s, self._since = now_s, 0

    def add_retained(self, topic):
        """A command is ignored because it is retained at the broker."""
        self._count()
        if not self._told_retained:
            self._told_retained = True
            log.warning(
                "%s: a retained command is ignored: delete it with mosquitto_pub -r -n -t %s, or "
                'set retained_commands = "obey" in [mqtt]' % (self._name, topic)
            )
