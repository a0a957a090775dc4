# SPDX-License-Identifier: MIT
"""The brokers of docs/brokers.md: those of Debian here, the others in program_kinds.py."""

import http.client
import json
import subprocess

from brokers.broker import ALLOWED, DENIED, PASSWORDS, Broker, version_of
from brokers.program_kinds import Aedes, Amqtt
from support import free_port, stop, wait_until


class Mosquitto(Broker):
    kinds = ("plain", "tls", "ws", "wss")

    @property
    def name(self):
        return "mosquitto " + version_of("mosquitto")

    def configure(self):
        tls = [f"certfile {self.certificate}", f"keyfile {self.key}"]
        passwords, acl = self.folder / "passwords", self.folder / "acl"
        passwords.touch(0o600)
        for name, password in PASSWORDS.items():
            subprocess.run(["mosquitto_passwd", "-b", passwords, name, password], check=True)
        acl.write_text(
            f"user board\ntopic deny {DENIED}\ntopic readwrite #\nuser reader\ntopic readwrite #\n"
        )
        acl.chmod(0o600)
        # Limits of a listener, for each one.
        own = [f"{name} {value}" for name, value in self.limits.items() if name == "max_qos"]
        lines = ["user root", "per_listener_settings false", "allow_anonymous false"]
        lines += [f"password_file {passwords}", f"acl_file {acl}", "persistence true"]
        lines += [f"persistence_location {self.folder}/", "autosave_on_changes true"]
        lines += ["autosave_interval 1", "log_type all"]
        lines += [f"{name} {value}" for name, value in self.limits.items() if name != "max_qos"]
        for kind in self.kinds:
            lines += [f"listener {self.ports[kind]} 127.0.0.1", *own]
            lines += ["protocol websockets"] if kind in ("ws", "wss") else []
            lines += tls if kind in ("tls", "wss") else []
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        return ["mosquitto", "-c", config]


class RabbitMQ(Broker):
    kinds = ("plain", "tls", "ws", "wss")
    path = "/ws"

    @property
    def name(self):
        return "RabbitMQ " + version_of("rabbitmq-server")

    def configure(self):
        users = [
            {"name": name, "password": password, "tags": []}
            for name, password in PASSWORDS.items()
        ]
        everything = {"vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
        denied = r"^(?!sensord\.[^.]+\.denied$)"
        topics = {"vhost": "/", "exchange": "amq.topic"}
        definitions = {
            "vhosts": [{"name": "/"}],
            "users": users,
            "permissions": [{"user": name, **everything} for name in PASSWORDS],
            "topic_permissions": [
                {"user": "board", **topics, "write": denied, "read": denied},
                {"user": "reader", **topics, "write": ".*", "read": ".*"},
            ],
        }
        (self.folder / "definitions.json").write_text(json.dumps(definitions))
        (self.folder / "enabled_plugins").write_text("[rabbitmq_mqtt, rabbitmq_web_mqtt].\n")
        at = {kind: f"127.0.0.1:{port}" for kind, port in self.ports.items()}
        amqp, distribution, epmd = free_port(), free_port(), free_port()
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{amqp}",
            f"mqtt.listeners.tcp.1 = {at['plain']}",
            f"mqtt.listeners.ssl.1 = {at['tls']}",
            f"ssl_options.cacertfile = {self.ca}",
            f"ssl_options.certfile = {self.certificate}",
            f"ssl_options.keyfile = {self.key}",
            "web_mqtt.tcp.ip = 127.0.0.1",
            f"web_mqtt.tcp.port = {self.ports['ws']}",
            "web_mqtt.ssl.ip = 127.0.0.1",
            f"web_mqtt.ssl.port = {self.ports['wss']}",
            f"web_mqtt.ssl.cacertfile = {self.ca}",
            f"web_mqtt.ssl.certfile = {self.certificate}",
            f"web_mqtt.ssl.keyfile = {self.key}",
            "anonymous_login_user = none",
            f"load_definitions = {self.folder}/definitions.json",
            *(f"{name} = {value}" for name, value in self.limits.items()),
        ]
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text("brokers")
            cookie.chmod(0o400)
        self.environment = {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "broker@localhost",
            "RABBITMQ_NODE_PORT": str(amqp),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOGS": "-",
            # Otherwise a shell would run between the test and the node.
            "RABBITMQ_ALLOW_INPUT": "true",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        self._epmd = subprocess.Popen(
            ["epmd", "-port", str(epmd), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL
        )
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server", "-noinput"]

    def start(self):
        self._starts = self.log().count("Server startup complete") if self.folder.joinpath(
            "log").exists() else 0  # fmt: skip
        super().start()

    def started(self):
        wait_until(
            lambda: self.log().count("Server startup complete") > self._starts, 60, "its start"
        )

    def __exit__(self, *_):
        # A clean shutdown takes up to half a minute, and nothing here is kept.
        self.kill()
        stop(self._epmd)


class Ejabberd(Broker):
    kinds = ("plain", "tls", "ws", "wss")

    @property
    def name(self):
        return "ejabberd " + version_of("ejabberd")

    def user(self, name):
        return f"{name}@localhost"

    def configure(self):
        chain = self.folder / "chain.pem"
        chain.write_text(self.certificate.read_text() + self.key.read_text())
        self._api = free_port()
        limits = "".join(f"    {name}: {value}\n" for name, value in self.limits.items())
        listeners = ""
        for kind in ("plain", "tls"):
            listeners += f"  - port: {self.ports[kind]}\n    ip: 127.0.0.1\n    module: mod_mqtt\n"
            listeners += "    tls: true\n" if kind == "tls" else ""
            listeners += limits
        for kind in ("ws", "wss"):
            listeners += (
                f"  - port: {self.ports[kind]}\n    ip: 127.0.0.1\n    module: ejabberd_http\n"
                f"    tls: {str(kind == 'wss').lower()}\n"
                "    request_handlers:\n      /mqtt: mod_mqtt\n"
            )
        # A topic is allowed if one of the filters that match it allows it.
        rights = "".join(f'      "{topic}": [allow]\n' for topic in ALLOWED)
        rights += '      "#":\n        - allow: reader\n'
        config = self.folder / "ejabberd.yml"
        config.write_text(
            "loglevel: info\nhosts: [localhost]\n"
            f"certfiles: [{chain}]\n"
            f"listen:\n{listeners}"
            f"  - port: {self._api}\n    ip: 127.0.0.1\n    module: ejabberd_http\n"
            "    request_handlers:\n      /api: mod_http_api\n"
            "acl:\n  loopback:\n    ip: 127.0.0.0/8\n  reader:\n    user: reader@localhost\n"
            "access_rules:\n  of_reader:\n    allow: reader\n"
            "api_permissions:\n  all:\n    who: {access: {allow: loopback}}\n    what: '*'\n"
            f"modules:\n  mod_mqtt:\n    access_publish:\n{rights}"
            f"    access_subscribe:\n{rights}"
        )
        (self.folder / "spool").mkdir(exist_ok=True)
        self.environment = {
            "HOME": str(self.folder),
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(self.folder / "ejabberd.log"),
            "ERL_LIBS": "/usr/lib/x86_64-linux-gnu",
            "ERL_CRASH_DUMP_BYTES": "0",
        }
        return ["erl", "-noinput", "-mnesia", "dir", f'"{self.folder}/spool"', "-s", "ejabberd"]

    def log(self):
        own = self.folder / "ejabberd.log"
        return super().log() + (own.read_text(errors="replace") if own.exists() else "")

    def started(self):
        for name, password in PASSWORDS.items():
            api = http.client.HTTPConnection("127.0.0.1", self._api, timeout=20)
            user = {"user": name, "host": "localhost", "password": password}
            api.request("POST", "/api/register", json.dumps(user),
                        {"Content-Type": "application/json"})  # fmt: skip
            answer = api.getresponse()
            # 409: it has been started before.
            assert answer.status in (200, 409), (answer.status, answer.read())
            api.close()


class Nats(Broker):
    """It has one listener for MQTT: with TLS (the limit `tls`) or without."""

    kinds = ("plain", "ws")
    versions = ("3.1.1",)

    def __init__(self, folder, **limits):
        if limits.get("tls"):
            self.kinds = ("tls",)
        super().__init__(folder, **limits)

    @property
    def name(self):
        return "NATS " + version_of("nats-server")

    def configure(self):
        users = []
        for name, password in PASSWORDS.items():
            deny = (
                'permissions: {publish: {deny: "sensord.*.denied"}, subscribe: '
                '{deny: "sensord.*.denied"}}'
                if name == "board"
                else ""
            )
            users.append(f'{{user: {name}, password: "{password}", {deny}}}')
        listener = f"listen: 127.0.0.1:{self.ports[self.kinds[0]]}, "
        if self.kinds == ("tls",):
            listener += f'tls: {{cert_file: "{self.certificate}", key_file: "{self.key}"}}, '
        websocket = ""
        if "ws" in self.kinds:
            websocket = f"websocket: {{listen: 127.0.0.1:{self.ports['ws']}, no_tls: true}}\n"
        config = self.folder / "nats.conf"
        config.write_text(
            "server_name: tests\n"
            f"listen: 127.0.0.1:{free_port()}\n"
            f'jetstream: {{store_dir: "{self.folder}/jetstream"}}\n'
            f"max_payload: {self.limits.get('max_payload', 1048576)}\n"
            f"authorization: {{users: [{', '.join(users)}]}}\n"
            f"mqtt: {{{listener} max_ack_pending: 100}}\n" + websocket
        )
        return ["nats-server", "-c", config]


KINDS = (Mosquitto, RabbitMQ, Ejabberd, Nats, Aedes, Amqtt)
