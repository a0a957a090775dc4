# SPDX-License-Identifier: MIT
"""Runs in Debian's micropython: connects to a broker and publishes once. stock_publish.py PORT

The least that a script can do over MQTT 3.1.1, sections 3.1 to 3.3: no reading, no configuration.
"""

import socket
import sys

CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04peer"
PUBLISH = b"\x30\x12\x00\x0cpeer/reading{}\n\n"


def main(port):
    connection = socket.socket()
    connection.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    connection.write(CONNECT)
    assert connection.read(4) == b"\x20\x02\x00\x00"
    connection.write(PUBLISH)
    connection.close()


main(int(sys.argv[1]))
