# SPDX-License-Identifier: MIT
"""The pins and PWM channels that the daemon has claimed, in a file of /run that outlives it.

`sensord safe` works from this file, whatever the configuration says by then. One file for each
configuration, outputs-DIGEST: {"configuration": its path, "outputs": {action: what is needed
to set its output}}. An output leaves it when it has its safe value again.
"""

from .. import log
from ..files import runtime, state

KEYS = ("pin", "pwm", "frequency", "duty", "active_low", "safe")


class Claims:
    """The notes of one daemon. Without a folder that can be written they are left out: an output
    is worth more than the note about it.

    Attribute: outputs, {action: {key: value}}.
    """

    def __init__(self, configuration):
        """`configuration` is the path that `sensord safe` will be given."""
        self._configuration = runtime.absolute(configuration)
        self._file = None
        self._is_told = False
        self.outputs = {}
        for file in runtime.files("outputs", configuration):
            # The note of an output that could not be made safe stays.
            self._file = file
            self.outputs = load(file)
            break

    def add(self, name, settings):
        """Notes an output that is about to be claimed; returns what was noted before, or None."""
        before = self.outputs.get(name)
        self.restore(name, {key: settings[key] for key in KEYS})
        return before

    def restore(self, name, entry):
        """Notes an entry again; None: the action has no output any more."""
        if entry == self.outputs.get(name):
            return
        if entry is None:
            del self.outputs[name]
        else:
            self.outputs[name] = entry
        try:
            self._write()
        except OSError as error:
            if not self._is_told:
                self._is_told = True
                log.warning(
                    "the outputs in use cannot be noted for sensord safe, which will use the "
                    "configuration: " + log.reason(error)
                )

    def _write(self):
        if self._file is None:
            self._file = runtime.new_file("outputs", self._configuration)
        if self.outputs:
            state.save(self._file, {"configuration": self._configuration, "outputs": self.outputs})
        else:
            runtime.remove(self._file)


def load(file):
    """{action: {key: value}} of a file; nothing if it cannot be read, and says why."""
    try:
        found = state.load(file)
        outputs = found["outputs"]
        if all(all(key in entry for key in KEYS) for entry in outputs.values()):
            return outputs
        reason = "it lacks a key"
    except OSError as error:
        reason = log.reason(error)
    except (ValueError, TypeError, KeyError, AttributeError):
        reason = "it is damaged"
    log.warning("%s is not used: %s" % (file, reason))
    return {}
