# SPDX-License-Identifier: MIT
"""Readings as HTTP POST requests: InfluxDB's line protocol, or JSON.

| file | does |
|---|---|
| `output.py` | the [http] table's outbox and its poster |
| `poster.py` | takes readings from the outbox, posts them, decides by the answer |
| `triage.py` | finds the reading that a server refuses among others |
| `forms.py`, `line_protocol.py` | the body of a request |
| `client.py`, `response.py` | the connection, and the parser of answers |
"""
