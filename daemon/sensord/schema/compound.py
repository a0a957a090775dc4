# SPDX-License-Identifier: MIT
"""Kinds of values that are made of others: arrays, tables, addresses of servers. See values.py."""

from . import sensor_hints
from .nearest import nearest
from .values import REQUIRED, Choice, Kind, Number, Text, toml_type

# The reading's own names; values/checked.py leaves such a field out.
RESERVED = ("time", "id", "time_synchronized")


def require_field_name(name):
    """Raises ValueError, with a text that completes "KEY …", for what cannot be a field's name."""
    if not isinstance(name, str) or not name:
        raise ValueError("needs a name for each field")
    if name in RESERVED:
        raise ValueError('cannot have a field called "%s": that is the reading\'s own' % name)
    if min(name) < " ":
        raise ValueError("cannot have control characters in a field's name")
    if '"' in name and "'" in name:
        raise ValueError(
            "cannot have both kinds of quotes in a field's name: a condition could not name it"
        )


class FieldName(Text):
    form = "a field's name"

    def parse(self, value):
        value = Text.parse(self, value)
        require_field_name(value)
        return value


class Renames(Kind):
    """New names of fields: parses to {name: new name}, where an empty one leaves a field out."""

    form = 'a table such as {id = "device", time = ""}'

    def parse(self, value):
        if not isinstance(value, dict):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        taken = []
        for name in value.values():
            if name != "":
                require_field_name(name)
            if name and name in taken:
                raise ValueError('gives the name "%s" twice' % name)
            taken.append(name)
        return dict(value)


class Driver(Choice):
    """The name of a built-in driver, or "module:Class"."""

    def __init__(self, doc, choices, default=REQUIRED):
        Choice.__init__(self, doc, choices, default)
        self.form += ', or "MODULE:CLASS"'

    def parse(self, value):
        if isinstance(value, str) and ":" in value:
            module, _, name = value.partition(":")
            for part in module.split(".") + [name]:
                if not part or not all(c.isalpha() or c.isdigit() or c == "_" for c in part):
                    raise ValueError('must be MODULE:CLASS, not "%s"' % value)
            return value
        return Choice.parse(self, value)

    def _shown(self, value):
        if not isinstance(value, str):
            return toml_type(value)
        names = [c for c in self.choices if isinstance(c, str)]
        meant = sensor_hints.chip(value, names, nearest)
        if meant is not None:
            return '"%s"; did you mean "%s"?' % (value, meant)
        hint = sensor_hints.other_type(value)
        if hint is None:
            hint = 'a chip that the kernel has a driver for is of type = "iio" or "hwmon"'
        return '"%s"; %s' % (value, hint)


class Several(Kind):
    """An array of values of one kind, each once."""

    def __init__(self, doc, kind, default=REQUIRED):
        Kind.__init__(self, doc, default)
        self._kind = kind
        self.form = "an array: each " + kind.form

    def parse(self, value):
        if not isinstance(value, list) or not value:
            shown = "an empty one" if value == [] else toml_type(value)
            raise ValueError("must be %s, not %s" % (self.form, shown))
        values = [self._kind.parse(item) for item in value]
        for i, item in enumerate(values):
            if item in values[:i]:
                raise ValueError("has %s twice" % item)
        return values


class FixedArray(Kind):
    """An array of so many values of one kind."""

    def __init__(self, doc, kind, count, default=REQUIRED):
        Kind.__init__(self, doc, default)
        self._kind, self._count = kind, count
        self.form = "an array of %d, each %s" % (count, kind.form)

    def parse(self, value):
        if not isinstance(value, list) or len(value) != self._count:
            shown = "%d" % len(value) if isinstance(value, list) else toml_type(value)
            raise ValueError("must be %s, not %s" % (self.form, shown))
        return [self._kind.parse(item) for item in value]


class Points(Kind):
    """Measured and true values: parses to a list of [measured, true]."""

    form = "an array such as [[0.0, 0.4], [100.0, 99.1]]"
    _MOST = 1000

    def parse(self, value):
        if not isinstance(value, list) or not all(isinstance(pair, list) for pair in value):
            raise ValueError("must be %s" % self.form)
        number = Number("", -1e30, 1e30)
        for pair in value:
            if len(pair) != 2:
                raise ValueError("must have pairs of a measured and a true value")
            for item in pair:
                number.parse(item)
        if not 2 <= len(value) <= self._MOST:
            raise ValueError("needs 2 to %d points; for one, use offset" % self._MOST)
        measured = sorted([pair[0] for pair in value])
        for i in range(1, len(measured)):
            if measured[i] == measured[i - 1]:
                raise ValueError("has the measured value %g twice" % measured[i])
        return value


class Command(Kind):
    form = "an array of strings, the program first"

    def parse(self, value):
        if not isinstance(value, list) or not value:
            hint = ': ["sh", "-c", "…"] runs a line of a shell' if isinstance(value, str) else ""
            raise ValueError("must be %s%s" % (self.form, hint))
        for word in value:
            if not isinstance(word, str) or "\0" in word:
                raise ValueError("must be %s" % self.form)
        if not value[0]:
            raise ValueError("must name a program first")
        return value


class PinName(Kind):
    form = 'a number, or a name such as "GPIO17" or "gpiochip0:17"'

    def parse(self, value):
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        if value == "" or (isinstance(value, int) and value < 0):
            raise ValueError("must be %s" % self.form)
        if isinstance(value, int):
            return value
        if value.isdigit():
            raise ValueError(
                'must be %s, not "%s": write %s without quotes' % (self.form, value, value)
            )
        chip, colon, line = value.partition(":")
        if chip.startswith("gpiochip") and not (colon and chip[8:].isdigit() and line.isdigit()):
            raise ValueError(
                'must be %s, not "%s": after gpiochip comes the chip\'s number, a colon and the '
                "line's number" % (self.form, value)
            )
        letters, digits = _split_digits(value)
        if digits and letters.lower() in ("gpio", "bcm", "gpio_", "gpio ") and letters != "GPIO":
            raise ValueError(
                'must be %s, not "%s"; did you mean "GPIO%s"?' % (self.form, value, digits)
            )
        return value


def _split_digits(text):
    """("GPIO", "17") of "GPIO17"."""
    end = len(text)
    while end and text[end - 1].isdigit():
        end -= 1
    return text[:end], text[end:]


def pin_claim(pin):
    """A pin as no two tables may name it: 17, "GPIO17" and "gpiochip0:17" are one."""
    if isinstance(pin, int):
        return "pin GPIO%d" % pin
    letters, digits = _split_digits(pin)
    if digits and letters in ("gpiochip0:", "GPIO"):
        return "pin GPIO%d" % int(digits)
    return "pin " + pin


class Table(Kind):
    form = "an inline table"

    def parse(self, value):
        if not isinstance(value, dict):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        return value


class Fields(Kind):
    """Which attribute of a driver becomes which field: parses to a list of (field, attribute)."""

    form = 'an array such as ["temperature"], or a table such as {temperature_c = "temperature"}'

    def parse(self, value):
        if isinstance(value, list):
            value = {
                item.replace(".", "_") if isinstance(item, str) else "": item for item in value
            }
        if not isinstance(value, dict) or not value:
            raise ValueError("must be %s" % self.form)
        for name, path in value.items():
            if not isinstance(path, str) or not path or not name:
                raise ValueError("must be %s" % self.form)
            require_field_name(name)
        return sorted(value.items())


def _with_zone(host):
    """An IPv6 address with its interface as the system has it: URLs have %25 for the %."""
    return host.replace("%25", "%") if ":" in host else host


def _is_ipv6(text):
    import socket

    try:
        socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
        return True
    except OSError:
        return False


def _bare_address(scheme, text):
    """(host, port or "") of an IPv6 address without brackets, if it can be read in one way only.
    Raises ValueError."""
    text = _with_zone(text)
    at = text.rfind(":")
    host, port = text[:at], text[at + 1 :]
    with_port = _is_ipv6(host) and port.isdigit()
    # The name of an interface has no colon.
    if _is_ipv6(text) and ":" not in text.partition("%")[2]:
        if with_port:
            raise ValueError(
                '"%s" can be an address, or an address and a port: write %s://[%s] or %s://[%s]:%s'
                % (text, scheme, text, scheme, host, port)
            )
        return text, ""
    if with_port:
        return host, port
    raise ValueError('"%s" is not an address' % text)


class Servers(Kind):
    """One URL or a list of them; parses to a list of (scheme, host, port, path), where the path is
    that of a WebSocket or None."""

    form = (
        '"mqtt://host:port", mqtts:// for TLS, ws:// and wss:// for WebSocket, or an array of them'
    )
    _PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}

    def parse(self, value):
        values = value if isinstance(value, list) else [value]
        if not values:
            raise ValueError("must name at least one server")
        return [self._server(item) for item in values]

    def _server(self, url):
        if not isinstance(url, str):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(url)))
        scheme, separator, rest = url.partition("://")
        if not separator or scheme not in self._PORTS:
            raise ValueError('must start with mqtt://, mqtts://, ws:// or wss://, not "%s"' % url)
        rest, slash, path = rest.partition("/")
        wrong = '"%s" is not of the form %s://host:port' % (url, scheme)
        if scheme in ("ws", "wss"):
            wrong += "/path"
            if "#" in path or any(not " " < c < "\x7f" for c in path):
                raise ValueError('"%s" has characters in its path that a URL cannot have' % url)
            path = "/" + path if slash else "/mqtt"
        elif path:
            raise ValueError(wrong)
        else:
            path = None
        if not rest or min(rest) <= " ":
            raise ValueError(wrong)
        if "@" in rest:
            raise ValueError("must not contain a user or password: use username and password")
        if rest.startswith("["):
            host, closing, port = rest[1:].partition("]")
            if not closing or (port and not port.startswith(":")):
                raise ValueError('"%s" is not an address' % url)
            port = port[1:]
            host = _with_zone(host)
        elif rest.count(":") > 1:
            host, port = _bare_address(scheme, rest)
        else:
            host, _, port = rest.partition(":")
        if not host or "?" in host or "#" in host or not all("0" <= c <= "9" for c in port):
            raise ValueError(wrong)
        number = int(port) if port else self._PORTS[scheme]
        if not 1 <= number <= 65535:
            raise ValueError('"%s" has a port outside 1 to 65535' % url)
        return scheme, host, number, path
