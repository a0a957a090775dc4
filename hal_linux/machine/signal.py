# SPDX-License-Identifier: MIT
"""machine.Signal: a pin that is active or not, at either level.

| MicroPython | on Linux |
|---|---|
| Signal(pin, invert=False)          | `pin` is any object with value() |
| Signal(pin arguments..., invert=…) | makes the Pin; `value` is the signal's |
"""

from .pin import Pin

_READ = object()


class Signal:
    def __init__(self, pin, *args, invert=False, **kwargs):
        """Raises what Pin() raises."""
        self._invert = 1 if invert else 0
        if hasattr(pin, "value"):
            if kwargs or len(args) > 1:
                raise TypeError("Signal: a pin that exists takes no more arguments than invert")
            if args:
                self._invert = 1 if args[0] else 0
        else:
            if invert and kwargs.get("value") is not None:
                kwargs["value"] = not kwargs["value"]
            pin = Pin(pin, *args, **kwargs)
        self._pin = pin

    def value(self, x=_READ):
        """Sets the signal, or returns it: 1 for active."""
        if x is _READ:
            return self._pin.value() ^ self._invert
        self._pin.value((1 if x else 0) ^ self._invert)

    def __call__(self, x=_READ):
        return self.value(x)

    def on(self):
        """Activates the signal."""
        self.value(1)

    def off(self):
        """Deactivates the signal."""
        self.value(0)
