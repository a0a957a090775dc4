# SPDX-License-Identifier: MIT
"""The outputs that actions set. Each has set(state), which takes True, False, a number for PWM, or
None for its safe value, and close(), which leaves it at that; both may raise OSError."""

from machine import PWM, Pin

_FULL_DUTY = 65535


class PinOutput:
    """A pin that is on or off."""

    numeric = False

    def __init__(self, settings):
        """OSError or ValueError if there is no such pin, or another program has it."""
        self._active_low = settings["active_low"]
        self._safe = settings["safe"] == "on"
        # Never, not even for a moment, at another than its safe value.
        self._pin = Pin(settings["pin"], Pin.OUT, value=self._level(self._safe))

    def _level(self, on):
        return int(on != self._active_low)

    def set(self, state):
        self._pin.value(self._level(self._safe if state is None else bool(state)))

    def close(self):
        self.set(None)
        self._pin.deinit()


class PwmOutput:
    """Pulses of one frequency; a number is their duty in percent."""

    numeric = True

    def __init__(self, settings):
        """As PinOutput."""
        self._duty_percent = settings["duty"]
        self._safe = settings["safe"] == "on"
        self._pwm = PWM(
            settings["pwm"],
            freq=settings["frequency"],
            duty_u16=self._duty(self._safe),
            invert=settings["active_low"],
        )

    def _duty(self, state):
        percent = state if not isinstance(state, bool) else self._duty_percent if state else 0
        return round(_FULL_DUTY * percent / 100)

    def set(self, state):
        self._pwm.duty_u16(self._duty(self._safe if state is None else state))

    def close(self):
        self.set(None)
        if not self._safe:
            self._pwm.deinit()


class MessageOutput:
    """Messages: one when it is switched on, and one when it is switched off if that is wanted."""

    numeric = False

    def __init__(self, settings, publish):
        """`publish(topic, payload)` delivers a message, bytes, for certain."""
        self._settings = settings
        self._publish = publish
        self._on = False

    def set(self, state):
        on = bool(state)
        if on != self._on:
            self._on = on
            payload = self._settings["payload" if on else "payload_off"]
            if payload is not None:
                self._publish(self._settings["publish"], payload.encode())

    def close(self):
        self._on = False


def create(settings, publish):
    """The output of a checked [action.NAME] table."""
    if settings["pin"] is not None:
        return PinOutput(settings)
    if settings["pwm"] is not None:
        return PwmOutput(settings)
    return MessageOutput(settings, publish)
