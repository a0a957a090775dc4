# SPDX-License-Identifier: MIT
"""The topics of one host."""


class Topics:
    """Makes topics from the key `topic` of [mqtt], such as "sensord/{host}/{sensor}".

    A topic of the host itself is made of the levels without {sensor}, and a name at the end.
    Attribute: beginning, with which the topics of all sensors begin.
    """

    def __init__(self, template, host):
        for character in "/+#\0":
            host = host.replace(character, "_")
        self._template = template.replace("{host}", host)
        self.beginning = self._template.split("{sensor}", 1)[0]

    def reading(self, name):
        """The readings of a sensor, or the state of an action's output."""
        return self._template.replace("{sensor}", name)

    def sensor_status(self, name):
        """Whether a sensor or an action works."""
        return self.reading(name) + "/status"

    def command(self, name):
        """The commands to an action."""
        return self.reading(name) + "/set"

    def host_status(self):
        """Whether the host is online."""
        return self._host("status")

    def host_metrics(self):
        """The daemon's resource use, and the state of the delivery."""
        return self._host("metrics")

    def host_info(self):
        """The host's description and its quantities."""
        return self._host("info")

    def _host(self, name):
        levels = [level for level in self._template.split("/") if level != "{sensor}"]
        return "/".join(levels + [name])
