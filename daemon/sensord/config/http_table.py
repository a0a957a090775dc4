# SPDX-License-Identifier: MIT
"""The table [http]."""

from ..schema.url import URL, Headers
from ..schema.values import Choice, Duration, ExistingFile, Integer, Secret, Text

HTTP = {
    "url": URL("Where to post the readings, with the path and the query that the server needs."),
    "format": Choice(
        "json: an array of objects; influx: InfluxDB's line protocol, which VictoriaMetrics, "
        "QuestDB and Telegraf take too.",
        ("json", "influx"),
        "json",
    ),
    "batch": Integer(
        "The most readings in a request; one also ends at 32 KiB.",
        1,
        1000,
        100,
    ),
    "interval": Duration(
        "The least time between requests, in which readings gather; a full request leaves at "
        "once.",
        0,
        86400000,
        1000,
    ),
    "timeout": Duration(
        "How long the server may take to answer.",
        1000,
        120000,
        10000,
    ),
    "username": Text("The user name, for a server that asks for one (Basic).", None),
    "password": Secret("The password. Better: password_credential.", None),
    "password_credential": Text(
        "The name of the systemd credential that holds the password (LoadCredential=).", None
    ),
    "token": Secret(
        'The token: sent as "Authorization: Token …" with format = "influx", else as "Bearer …". '
        "Better: token_credential.",
        None,
    ),
    "token_credential": Text(
        "The name of the systemd credential that holds the token (LoadCredential=).", None
    ),
    "headers": Headers("More headers of each request, such as the key of an API.", {}),
    "ca_file": ExistingFile(
        "The certificates (PEM) to trust for https://; the system's if not given, which take "
        "1.5 MB of memory.",
        None,
    ),
}


def contradictions(http):
    """Yields (key, text) for each value of [http] that does not go with the others."""
    for name in ("password", "token"):
        if http[name] is not None and http[name + "_credential"] is not None:
            yield name, "and %s_credential exclude each other: keep one" % name
    has_token = http["token"] is not None or http["token_credential"] is not None
    for key in ("password", "password_credential"):
        if http[key] is not None and http["username"] is None:
            yield key, "needs a username"
    if has_token and http["username"] is not None:
        yield "username", "and a token exclude each other: keep one"
    if has_token or http["username"] is not None:
        for name in http["headers"]:
            if name.lower() == "authorization":
                yield "headers", "has Authorization, which the token or username makes too"
    if http["ca_file"] is not None and http["url"][0] != "https":
        yield "ca_file", "is for https://, and url is not"
    path, _, query = http["url"][3].partition("?")
    if http["format"] == "json":
        if path.endswith("/api/v2/write") or path.endswith("/api/v3/write_lp"):
            yield "format", 'must be "influx" for this url, which takes no JSON'
    else:
        from ..http.line_protocol import unit_ns

        if unit_ns(query) is None:
            yield "url", "has an unknown precision: leave it out, or choose ns, us, ms or s"
