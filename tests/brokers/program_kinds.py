# SPDX-License-Identifier: MIT
"""Brokers that are a library of other programs: aedes (Node.js) and amqtt (Python)."""

import json
import pathlib
import subprocess

from brokers.broker import ALLOWED, DENIED, PASSWORDS, Broker
from support import TOP

INSTALLED = TOP / "build/brokers"


class Aedes(Broker):
    versions = ("3.1.1",)

    @property
    def name(self):
        package = INSTALLED / "node_modules/aedes/package.json"
        return "aedes " + json.loads(package.read_text())["version"]

    def configure(self):
        settings = {
            **self.ports,
            **self.limits,
            "modules": str(INSTALLED / "node_modules"),
            "passwords": PASSWORDS,
            "denied": "^" + DENIED.replace("+", "[^/]+") + "$",
            "key": str(self.key),
            "cert": str(self.certificate),
        }
        file = self.folder / "settings.json"
        file.write_text(json.dumps(settings))
        return ["node", pathlib.Path(__file__).with_name("aedes.mjs"), file]


class Amqtt(Broker):
    versions = ("3.1.1",)

    @property
    def name(self):
        shown = subprocess.run([INSTALLED / "amqtt/bin/python", "-c",
                                "import amqtt; print(amqtt.__version__)"],
                               capture_output=True, text=True, check=True)  # fmt: skip
        return "amqtt " + shown.stdout.strip()

    def configure(self):
        hashed = subprocess.run(
            [INSTALLED / "amqtt/bin/python", "-c",
             "import sys; from pwdlib import PasswordHash; "
             "[print(PasswordHash.recommended().hash(p)) for p in sys.argv[1:]]",
             *PASSWORDS.values()],
            capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        passwords = self.folder / "passwords"
        passwords.write_text(
            "".join(f"{name}:{one}\n" for name, one in zip(PASSWORDS, hashed, strict=True))
        )
        acl = {"board": ALLOWED, "reader": ["#"]}
        listeners = {
            "default": {"type": "tcp", "bind": f"127.0.0.1:{self.ports['plain']}"},
            "tls": {
                "type": "tcp", "bind": f"127.0.0.1:{self.ports['tls']}", "ssl": True,
                "certfile": str(self.certificate), "keyfile": str(self.key),
            },
            "ws": {"type": "ws", "bind": f"127.0.0.1:{self.ports['ws']}"},
        }  # fmt: skip
        plugins = {
            "amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(passwords)},
            "amqtt.plugins.topic_checking.TopicAccessControlListPlugin": {
                "publish_acl": acl, "acl": acl,
            },
        }  # fmt: skip
        config = self.folder / "amqtt.yaml"
        # JSON is YAML.
        config.write_text(json.dumps({"listeners": listeners, "plugins": plugins}))
        return [INSTALLED / "amqtt/bin/amqtt", "-c", config]
