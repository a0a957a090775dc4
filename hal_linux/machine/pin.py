# SPDX-License-Identifier: MIT
"""machine.Pin: a GPIO line.

| MicroPython | on Linux |
|---|---|
| Pin(17)               | line 17 of the pin header's controller (on a Raspberry Pi: GPIO17) |
| Pin("GPIO17")         | the line of that name, on any chip |
| Pin("gpiochip1:3")    | line 3 of a chip |
| mode                  | IN, OUT, OPEN_DRAIN, OPEN_SOURCE; ALT and ANALOG: ValueError |
| pull                  | None, PULL_UP, PULL_DOWN |
| value=                | set together with the mode, without a glitch |
| drive, alt            | ValueError unless left out |
| irq(handler, trigger) | edges of an input; levels, priority, wake, hard: ValueError |
| two Pins of one line  | equal and share the line, but are not the same object |

Linux interrupts no program: the kernel keeps edges with their times, and the handler is called
from the asyncio loop (irq() makes the task), or from poll_events() in a program without asyncio. A
Pin with a handler lives until irq(None) or deinit(). Any other releases its line when it is
collected: keep a reference to an output for as long as it is needed.

Beyond MicroPython: irq's `debounce` in ms; `await pin.edge()`; poll_events(); deinit(); the irq
object's timestamp_ns(); `lost_edges`. A Pin can be registered with select.poll for its edges.

Of the character device and sysfs (no pulls, open drain, names, debounce), the first that works is
used. SENSORD_GPIO=chip or =sysfs in the environment forces one.
"""

import io
import os
import select

from linux import gpio

_GET_FILENO = 10  # MP_STREAM_GET_FILENO, py/stream.h
_CLOSE = 4  # MP_STREAM_CLOSE
_READ = object()  # value() is a read, value(None) sets 0 as on a microcontroller
_BATCH = 64  # the most edges that one poll_events() delivers

_DIRECTION = gpio.GPIO_V2_LINE_FLAG_INPUT | gpio.GPIO_V2_LINE_FLAG_OUTPUT
_EDGES = gpio.GPIO_V2_LINE_FLAG_EDGE_RISING | gpio.GPIO_V2_LINE_FLAG_EDGE_FALLING
_MODES = {  # the values of Pin.IN, ...
    0: gpio.GPIO_V2_LINE_FLAG_INPUT,
    1: gpio.GPIO_V2_LINE_FLAG_OUTPUT,
    2: gpio.GPIO_V2_LINE_FLAG_OUTPUT | gpio.GPIO_V2_LINE_FLAG_OPEN_DRAIN,
    6: gpio.GPIO_V2_LINE_FLAG_OUTPUT | gpio.GPIO_V2_LINE_FLAG_OPEN_SOURCE,
}
_MODE = _MODES[0] | _MODES[2] | _MODES[6]
_PULLS = {
    None: gpio.GPIO_V2_LINE_FLAG_BIAS_DISABLED,
    1: gpio.GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
    2: gpio.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
}
_PULL = _PULLS[None] | _PULLS[1] | _PULLS[2]

_chosen = None


def _interface():
    """The module of the kernel interface in use; chosen at the first call."""
    global _chosen
    if _chosen is None:
        from linux import gpiochip, gpiosysfs

        modules = {"chip": gpiochip, "sysfs": gpiosysfs}
        forced = os.getenv("SENSORD_GPIO")
        if forced:
            if forced not in modules:
                raise ValueError("SENSORD_GPIO is '%s': must be chip or sysfs" % forced)
            _chosen = modules[forced]
        else:
            _chosen = _first_working(gpiochip, gpiosysfs)
    return _chosen


def _first_working(gpiochip, gpiosysfs):
    try:
        gpiochip.check()
        return gpiochip
    except OSError as error:
        try:
            gpiosysfs.check()
        except OSError:
            # The error of the preferred interface says what to do.
            raise error
        return gpiosysfs


class Pin(io.IOBase):
    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    ALT = 3
    ALT_OPEN_DRAIN = 4
    ANALOG = 5
    OPEN_SOURCE = 6
    PULL_UP = 1
    PULL_DOWN = 2
    PULL_HOLD = 4
    DRIVE_0 = 0
    DRIVE_1 = 1
    DRIVE_2 = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2
    IRQ_LOW_LEVEL = 4
    IRQ_HIGH_LEVEL = 8

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=0, alt=-1):
        """See the module's table. With only an id, the line keeps its state.

        ValueError for a line that does not exist and for settings that Linux does not have;
        OSError(EBUSY) names the line's user, OSError(EACCES) the device and the group to join.
        """
        if isinstance(id, Pin):
            id = id.id
        self.id = id
        self._line = _interface().Line(id)
        try:
            self.init(mode, pull, value=value, drive=drive, alt=alt)
        except Exception:
            self._line.close()
            raise

    def init(self, mode=-1, pull=-1, *, value=None, drive=0, alt=-1):
        """Changes the settings that are given and keeps the others."""
        if drive != 0:
            raise ValueError("Pin: Linux cannot set the drive strength")
        if alt != -1:
            raise ValueError("Pin: alternate functions are set by the device tree, not by Pin")
        line = self._line
        flags = before = line.state.flags
        if mode != -1:
            if mode not in _MODES:
                raise ValueError("Pin: mode must be IN, OUT, OPEN_DRAIN or OPEN_SOURCE")
            flags = flags & ~_MODE | _MODES[mode]
        if pull != -1:
            if pull not in _PULLS:
                raise ValueError("Pin: pull must be None, PULL_UP or PULL_DOWN")
            flags = flags & ~_PULL | _PULLS[pull]
        if value is not None:
            value = 1 if value else 0
            if flags == before:
                line.set(value)
                return
            line.state.level = value
        if mode == -1 and pull == -1:
            return
        if flags & gpio.GPIO_V2_LINE_FLAG_OUTPUT:
            flags &= ~_EDGES
            self._forget()
        line.configure(flags, debounce_us=line.state.debounce_us if flags & _EDGES else 0)

    def value(self, x=_READ):
        """Gets the level, 0 or 1, or sets the output to the truth of `x`."""
        if x is _READ:
            return self._line.get()
        self._line.set(1 if x else 0)

    def __call__(self, x=_READ):
        if x is _READ:
            return self._line.get()
        self._line.set(1 if x else 0)

    def on(self):
        """Sets the output to 1."""
        self._line.set(1)

    def off(self):
        """Sets the output to 0."""
        self._line.set(0)

    high = on
    low = off

    def toggle(self):
        """Sets the output to the opposite of the level last set."""
        line = self._line
        level = line.state.level
        if level is None:
            level = line.get()
        line.set(1 - level)

    def mode(self, mode=-1):
        """Gets or sets the mode."""
        if mode != -1:
            return self.init(mode)
        flags = self._line.state.flags & _MODE
        return next(mode for mode, wanted in _MODES.items() if flags == wanted)

    def pull(self, pull=-1):
        """Gets or sets the pull resistor."""
        if pull != -1:
            return self.init(pull=pull)
        flags = self._line.state.flags
        return Pin.PULL_UP if flags & _PULLS[1] else Pin.PULL_DOWN if flags & _PULLS[2] else None

    def irq(
        self, handler=_READ, trigger=IRQ_FALLING | IRQ_RISING, *, priority=1, wake=None,
        hard=False, debounce=0,
    ):  # fmt: skip
        """Calls handler(pin) for each edge, from the asyncio loop or poll_events().

        `debounce` is in ms: shorter pulses make no edge. irq(None) ends it; irq() without any
        argument changes nothing. Returns the callback object, see pinirq.Irq. A handler's
        exception goes to the loop's exception handler, and out of poll_events().
        """
        state = self._line.state
        if handler is _READ:
            return state.irq
        if wake is not None or hard or priority != 1:
            raise ValueError("Pin.irq: Linux has no hard interrupts, priorities or wake-ups here")
        self._detect(trigger if handler else 0, debounce if handler else 0)
        self._forget()
        if handler is not None:
            from .pinirq import Irq

            state.irq = Irq(self, self._line, handler, trigger)
        return state.irq

    def _forget(self):
        state = self._line.state
        if state.irq is not None:
            state.irq.stop()
            state.irq = None

    def _detect(self, trigger, debounce_ms):
        """Sets the edges that the kernel keeps to those of `trigger`."""
        if trigger & ~3:
            raise ValueError("Pin: trigger must be IRQ_RISING, IRQ_FALLING or both")
        line = self._line
        flags = line.state.flags & ~_EDGES
        if trigger:
            if not flags & gpio.GPIO_V2_LINE_FLAG_INPUT:
                raise ValueError("%s: edges need mode IN" % line.name)
            # The kernel's edge flags are the trigger's, shifted.
            flags |= trigger * gpio.GPIO_V2_LINE_FLAG_EDGE_RISING
        debounce_us = int(debounce_ms * 1000)
        if flags != line.state.flags or debounce_us != line.state.debounce_us:
            line.configure(flags, debounce_us=debounce_us)

    async def edge(self, trigger=IRQ_FALLING | IRQ_RISING, debounce=0):
        """Waits for the next edge: (True if rising, its time on CLOCK_MONOTONIC in ns).

        The kernel keeps further edges for the next call. Not together with a handler.
        """
        if self._line.state.irq is not None:
            raise ValueError("%s: its edges go to the irq handler" % self._line.name)
        from linux.files import readable

        self._detect(trigger, debounce)
        while True:
            edge = self._line.take()
            if edge & trigger:
                return edge == Pin.IRQ_RISING, self._line.timestamp_ns
            if not edge:
                await readable(self._line.fileno())

    def poll_events(self, timeout_ms=0):
        """Calls the handler for the edges so far, or waits for one up to `timeout_ms` (-1: for
        ever). Returns their number. For programs without asyncio."""
        irq = self._line.state.irq
        if irq is None:
            raise ValueError("%s: no handler, see irq()" % self._line.name)
        if timeout_ms:
            poller = select.poll()
            poller.register(self, select.POLLIN)
            poller.poll(timeout_ms)
        for n in range(_BATCH):
            if not irq.take():
                return n
            irq()
        return _BATCH

    @property
    def lost_edges(self):
        """How many edges the kernel dropped because its buffer was full."""
        return self._line.state.lost

    def ioctl(self, request, argument):
        if request == _GET_FILENO:
            return self._line.fileno()
        if request == _CLOSE:
            self.deinit()
            return 0
        return -1

    def deinit(self):
        """Releases the line and ends its irq. Idempotent."""
        self._forget()
        self._line.close()

    def __eq__(self, other):
        return isinstance(other, Pin) and self._line.state is other._line.state

    def __hash__(self):
        return id(self._line.state)

    def __repr__(self):
        return "Pin(%r)" % (self.id,)
