# SPDX-License-Identifier: MIT
"""The configuration's schema: every error is one line with file, line, key and remedy."""

import os

from sensord import config
from sensord.config.check import sensor_keys
from sensord.inputs import types
from sensord.schema.nearest import distance, nearest

FILE = __file__
TYPES = ", ".join(['"%s"' % name for name in types()])

GOOD = """
[mqtt]
server = ["mqtt://localhost:1883", "mqtts://broker.example"]
username = "pi"
password_credential = "mqtt-password"
topic = "sensord/{host}/{sensor}"
qos = 1
home_assistant = true

[host]
organisation = "Hotel Example"
room = "Plant room 2"

[outbox]
directory = "/var/lib/sensord/outbox"
max_size = "8 MiB"

[sensor.noise]
type = "sound"
device = "default"
rate = 16000
weighting = "A"
time_weighting = "fast"
interval = "1.5 s"
sensitivity = -26

[sensor.board]
type = "system"
"""

HTTP = '[sensor.n]\ntype = "system"\n[http]\nurl = "%s"\n'

# (document, [(line, message)])
BAD = (
    ("", [(1, "there is no sensor: add a table such as [sensor.system]")]),
    (
        '[sensor.noise]\ntype = "sound"\nweightin = "A"\n',
        [(3, 'unknown key "weightin" in [sensor.noise]; did you mean "weighting"?')],
    ),
    (
        '[sensor.board]\ntype = "system"\nxyzzy = 1\n',
        [
            (
                3,
                'unknown key "xyzzy" in [sensor.board]; known: interval, path, publish, repeat, '
                "sample, statistics, type, values",
            )
        ],
    ),
    (
        '[sensor.noise]\ntype = "soud"\n',
        [(2, '[sensor.noise] unknown type "soud"; did you mean "sound"?')],
    ),
    (
        '[sensor.a]\ntype = "weather"\n[sensor.b]\ntype = 3\n',
        [
            (2, '[sensor.a] unknown type "weather"; known: ' + TYPES),
            (4, "[sensor.b] unknown type an integer; known: " + TYPES),
        ],
    ),
    ("[sensor.a]\n", [(1, '[sensor.a] needs the key "type": one of ' + TYPES)]),
    ("[sensor]\na = 1\n", [(2, "sensor must be written as a table: [sensor.NAME]")]),
    (
        '[sensor."a/b"]\ntype = "system"\n',
        [(1, '"a/b" cannot be a sensor\'s name: use letters, digits, "-" and "_"')],
    ),
    (
        '[sensor.n]\ntype = "sound"\nrate = "16000"\n',
        [(3, "[sensor.n] rate must be an integer, not a string: write it without quotes")],
    ),
    (
        '[sensor.n]\ntype = "sound"\nrate = 16000.0\n',
        [(3, "[sensor.n] rate must be an integer, not a number")],
    ),
    (
        '[sensor.n]\ntype = "sound"\nrate = true\n',
        [(3, "[sensor.n] rate must be an integer, not a boolean")],
    ),
    (
        '[sensor.n]\ntype = "sound"\nrate = 1\n',
        [(3, "[sensor.n] rate must be from 8000 to 192000, not 1")],
    ),
    (
        '[sensor.n]\ntype = "sound"\nsensitivity = nan\n',
        [(3, "[sensor.n] sensitivity must be from -120.0 to 20.0, not nan")],
    ),
    (
        '[sensor.n]\ntype = "sound"\nweighting = "B"\n',
        [(3, '[sensor.n] weighting must be "A", "C" or "Z", not "B"')],
    ),
    (
        '[sensor.n]\ntype = "sound"\ninterval = 1\n',
        [(3, '[sensor.n] interval must be a duration such as "30 s", not an integer')],
    ),
    (
        '[sensor.n]\ntype = "sound"\ninterval = "1"\n',
        [(3, '[sensor.n] interval "1" has no unit: use one of ms, s, min, h, d')],
    ),
    (
        '[sensor.n]\ntype = "sound"\ninterval = "1 sec"\n',
        [(3, '[sensor.n] interval has the unknown unit "sec": use one of ms, s, min, h, d')],
    ),
    (
        '[sensor.n]\ntype = "sound"\ninterval = "1 ms"\n',
        [(3, '[sensor.n] interval must be from 100 ms to 1 d, not "1 ms"')],
    ),
    (
        '[sensor.n]\ntype = "sound"\ninterval = "soon"\n',
        [(3, '[sensor.n] interval must be a duration such as "30 s", not "soon"')],
    ),
    (
        '[sensor.n]\ntype = "sound"\nreplay = "/no/such.wav"\n',
        [(3, '[sensor.n] replay names a file that is not there: "/no/such.wav"')],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\n',
        [(3, '[mqtt] needs the key "server": "mqtt://host:port", mqtts:// for TLS, '
             "ws:// and wss:// for WebSocket, or an array of them")],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "localhost:1883"\n',
        [(4, '[mqtt] server must start with mqtt://, mqtts://, ws:// or wss://, not '
             '"localhost:1883"')],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "mqtt://host:70000"\n',
        [(4, '[mqtt] server "mqtt://host:70000" has a port outside 1 to 65535')],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "mqtt://me:pw@host"\n',
        [(4, "[mqtt] server must not contain a user or password: use username and password")],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "mqtt://h"\ntopic = "a/{host}"\n',
        [(5, "[mqtt] topic must have {sensor} as one of its levels")],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "mqtt://h"\n'
        'username = "u"\npassword = "a"\npassword_credential = "b"\n',
        [(6, "[mqtt] password and password_credential exclude each other: keep one")],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "mqtt://h"\npassword = "a"\n',
        [(5, "[mqtt] password needs a username")],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "mqtt://[::1"\n',
        [(4, '[mqtt] server "mqtt://[::1" is not an address')],
    ),
    (
        '[sensor.n]\ntype = "system"\n[mqtt]\nserver = "mqtt://h"\nca_file = "/"\n',
        [(5, '[mqtt] ca_file must be the path of a file, and "/" is not')],
    ),
    (
        '[host]\nrom = "2"\n[sensor.info]\ntype = "system"\n[sensor.history]\ntype = "system"\n',
        [
            (2, 'unknown key "rom" in [host]; did you mean "room"?'),
            (3, "a sensor cannot be called info: that is the host's own topic"),
            (5, "a sensor cannot be called history: that is the host's own topic"),
        ],
    ),
    (
        '[sensor.status]\ntype = "system"\npath = "/no/such"\n',
        [
            (1, "a sensor cannot be called status: that is the host's own topic"),
            (3, '[sensor.status] path names a folder that is not there: "/no/such"'),
        ],
    ),
    (
        '[sensor.n]\ntype = "sound"\ninterval = "' + "1" * 400 + ' s"\ndevice = "a\\u0000b"\n',
        [
            (3, '[sensor.n] interval must be a duration such as "30 s", not "%s s"' % ("1" * 400)),
            (4, "[sensor.n] device must not contain control characters"),
        ],
    ),
    (
        '[sensor.n]\ntype = "system"\n[outbox]\nmax_size = "8 MB"\n',
        [(4, '[outbox] max_size has the unknown unit "MB": use one of B, KiB, MiB, GiB')],
    ),
    (
        '[sensr.n]\ntype = "system"\n',
        [(1, 'unknown table "sensr"; did you mean "sensor"?')],
    ),
    (
        '[[sensor]]\ntype = "system"\n',
        [
            (
                1,
                "write [sensor.NAME] with single brackets: double ones make a list of tables",
            )
        ],
    ),
    ('[sensor.n]\ntype = "system"\n[sensor.n]\n', [(3, None)]),
    (
        '[sensor.n]\ntype = "system"\n[http]\nformat = "csv"\n',
        [
            (3, '[http] needs the key "url": "http://host:port/path", or https:// for TLS'),
            (4, '[http] format must be "json" or "influx", not "csv"'),
        ],
    ),
    (
        HTTP % "http://me:pw@host/x",
        [(4, "[http] url must not contain a user or password: use username and password")],
    ),
    (HTTP % "host:8086/x",
     [(4, '[http] url must start with http:// or https://, not "host:8086/x"')]),
    (HTTP % "http://host:99999/x",
     [(4, '[http] url "http://host:99999/x" has a port outside 1 to 65535')]),
    (HTTP % "http://:80",
     [(4, '[http] url "http://:80" is not of the form http://host:port/path')]),
    (HTTP % "http://[::1",
     [(4, '[http] url "http://[::1" is not of the form http://host:port/path')]),
    (
        HTTP % "http://h/a b",
        [(4, "[http] url must have blanks and other characters than ASCII's as %XX")],
    ),
    (HTTP % "http://h/#a",
     [(4, '[http] url must not have a part behind "#": a server never gets it')]),
    (
        HTTP % "http://h:8086/api/v2/write?org=o&bucket=b" + 'format = "json"\n',
        [(5, '[http] format must be "influx" for this url, which takes no JSON')],
    ),
    (
        HTTP % "http://h/write?db=a&precision=m" + 'format = "influx"\n',
        [(4, "[http] url has an unknown precision: leave it out, or choose ns, us, ms or s")],
    ),
    (
        HTTP % "http://h" + 'token = "a"\nusername = "b"\nheaders = {authorization = "c"}\n',
        [
            (6, "[http] username and a token exclude each other: keep one"),
            (7, "[http] headers has Authorization, which the token or username makes too"),
        ],
    ),
    (
        HTTP % "http://h" + 'token = "a"\ntoken_credential = "b"\npassword = "c"\n',
        [
            (5, "[http] token and token_credential exclude each other: keep one"),
            (7, "[http] password needs a username"),
        ],
    ),
    (HTTP % "http://h" + 'headers = {Host = "a"}\n',
     [(5, '[http] headers cannot have "Host": the daemon writes that itself')]),
    (HTTP % "http://h" + 'headers = {X = "a\\nb"}\n',
     [(5, '[http] headers needs a text of ASCII characters for "X"')]),
    (HTTP % "http://h" + 'headers = {"X Y" = "a"}\n',
     [(5, '[http] headers cannot have a header called "X Y"')]),
    (HTTP % "http://h" + 'batch = 0\ninterval = 5\n',
     [(5, "[http] batch must be from 1 to 1000, not 0"),
      (6, '[http] interval must be a duration such as "30 s", not an integer')]),
    ('http = 3\n[sensor.n]\ntype = "system"\n', [(1, "http must be written as a table: [http]")]),
    # All errors at once, in the order of the file.
    (
        '[sensor.n]\ntype = "sound"\nrate = "x"\nfoo = 1\n[mqtt]\nqos = 2\n',
        [
            (3, "[sensor.n] rate must be an integer, not a string"),
            (4, 'unknown key "foo" in [sensor.n]; known: '
                + ", ".join(sorted(sensor_keys("sound", {})))),
            (5, '[mqtt] needs the key "server": "mqtt://host:port", mqtts:// for TLS, '
                "ws:// and wss:// for WebSocket, or an array of them"),
            (6, "[mqtt] qos must be from 0 to 1, not 2"),
        ],
    ),
)  # fmt: skip


def load(text):
    path = "sensord-test-config.toml"
    with open(path, "w") as file:
        file.write(text)
    try:
        return config.load(path), []
    except config.ConfigError as error:
        return None, error.messages
    finally:
        os.remove(path)


def test_a_good_configuration_is_complete():
    settings, errors = load(GOOD)
    assert not errors, errors
    mqtt, noise = settings["mqtt"], settings["sensor"]["noise"]
    assert mqtt["server"] == [
        ("mqtt", "localhost", 1883, None),
        ("mqtts", "broker.example", 8883, None),
    ]
    assert noise["interval"] == 1500 and noise["replay"] is None and noise["sensitivity"] == -26
    assert settings["sensor"]["board"]["interval"] == 30000
    assert settings["outbox"]["max_size"] == 8 * 1024 * 1024
    assert settings["journal"]["level"] == "info"
    assert settings["host"]["organisation"] == "Hotel Example"
    assert settings["host"]["location"] is None


def test_addresses_of_brokers():
    for url, parsed in (
        ("mqtt://[2001:db8::5]:99", ("mqtt", "2001:db8::5", 99, None)),
        ("mqtt://2001:db8::5", ("mqtt", "2001:db8::5", 1883, None)),
        ("mqtts://2001:db8:1:2:3:4:5:6:99", ("mqtts", "2001:db8:1:2:3:4:5:6", 99, None)),
        ("mqtt://2001:db8::1:abcd", ("mqtt", "2001:db8::1:abcd", 1883, None)),
        ("mqtt://fe80::1%eth0", ("mqtt", "fe80::1%eth0", 1883, None)),
        ("mqtt://fe80::1%eth0:1", ("mqtt", "fe80::1%eth0", 1, None)),
        ("mqtt://[fe80::1%25eth0]:1", ("mqtt", "fe80::1%eth0", 1, None)),
        ("mqtt://broker.example./", ("mqtt", "broker.example.", 1883, None)),
        ("ws://h", ("ws", "h", 80, "/mqtt")),
        ("ws://h/", ("ws", "h", 80, "/")),
        ("wss://[::1]/a/b?c=d", ("wss", "::1", 443, "/a/b?c=d")),
    ):
        settings, errors = load('[sensor.b]\ntype = "system"\n[mqtt]\nserver = "%s"\n' % url)
        assert not errors, errors
        assert settings["mqtt"]["server"] == [parsed], (url, settings["mqtt"]["server"])
    for url, words in (
        ("mqtt://2001:db8::1:99", "write mqtt://[2001:db8::1:99] or mqtt://[2001:db8::1]:99"),
        ("mqtt://fe80::1%eth0:x", '"fe80::1%eth0:x" is not an address'),
        ("mqtt://a:b:c", '"a:b:c" is not an address'),
        ("mqtt://h/path", "is not of the form mqtt://host:port"),
        ("ws://h/a b", "characters in its path"),
        ("ws://h/a#b", "characters in its path"),
        ("ws:///mqtt", "is not of the form ws://host:port/path"),
    ):
        _, errors = load('[sensor.b]\ntype = "system"\n[mqtt]\nserver = "%s"\n' % url)
        assert len(errors) == 1 and words in errors[0], errors


def test_keys_that_need_tls():
    server = '[sensor.b]\ntype = "system"\n[mqtt]\nserver = "mqtt%s://h"\n'
    for secure, more, words in (
        ("", 'alpn = "x"', "alpn is for mqtts:// and wss://, and no server is one"),
        ("s", 'alpn = "x y"', "alpn must be the name of one protocol"),
        ("s", 'key_passphrase_credential = "x"', "goes with key_file or key_credential"),
    ):
        _, errors = load(server % secure + more + "\n")
        assert len(errors) == 1 and words in errors[0], errors


def test_a_server_for_http():
    for url, parsed in (
        ("http://h", ("http", "h", 80, "/")),
        ("https://h.example/a?b=c", ("https", "h.example", 443, "/a?b=c")),
        ("http://[::1]:8086/write?db=x&u=%20", ("http", "::1", 8086, "/write?db=x&u=%20")),
        ("http://h?a=/b", ("http", "h", 80, "/?a=/b")),
    ):
        settings, errors = load(HTTP % url)
        assert not errors, errors
        assert settings["http"]["url"] == parsed, settings["http"]["url"]
        assert settings["mqtt"] is None and settings["http"]["batch"] == 100
    assert load(GOOD)[0]["http"] is None


def test_every_mistake_is_one_line_that_says_what_to_do():
    wrong = []
    for text, expected in BAD:
        _, messages = load(text)
        wanted = ["sensord-test-config.toml:%d: %s" % (n, m) for n, m in expected if m]
        if expected[0][1] is None:
            # The parser's own message: only its position counts here.
            wanted = messages
            assert len(messages) == 1 and messages[0].startswith(
                "sensord-test-config.toml:%d: " % expected[0][0]
            ), messages
        if sorted(messages) != sorted(wanted):
            wrong.append("%r\n  said   %r\n  wanted %r" % (text, messages, wanted))
    assert not wrong, "\n".join(wrong)


def test_a_missing_file_is_one_message():
    try:
        config.load("/no/such/file.toml")
        raise AssertionError("loaded")
    except config.ConfigError as error:
        assert error.messages == ["/no/such/file.toml: there is no such file"], error.messages


def test_the_nearest_name_is_offered_only_when_it_is_near():
    assert distance("kitten", "sitting") == 3
    assert distance("ab", "ba") == 1
    assert nearest("intervall", ["interval", "rate"]) == "interval"
    assert nearest("RATE", ["interval", "rate"]) == "rate"
    assert nearest("colour", ["interval", "rate"]) is None
    assert nearest("host", ["qos", "server"]) is None
