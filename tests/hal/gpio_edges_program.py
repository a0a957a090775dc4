# SPDX-License-Identifier: MIT
"""MicroPython programs that wait for edges; test_gpio.py and test_gpio_sysfs.py run them."""

import asyncio
import gc
import os
import select

from machine.pin import Pin


def open_files():
    return len(os.listdir("/proc/self/fd"))


def interrupts(debounce="0"):
    pin = Pin(17, Pin.IN, Pin.PULL_UP)
    seen = []
    done = asyncio.Event()

    def handler(which):
        seen.append((which is pin, irq.flags(), irq.timestamp_ns()))
        if len(seen) == 2:
            raise ValueError("a fault in the handler")
        if len(seen) == 4:
            done.set()

    irq = pin.irq(handler, debounce=float(debounce))
    print(irq is pin.irq(), irq.trigger() == Pin.IRQ_RISING | Pin.IRQ_FALLING)

    async def main():
        print("ready")
        await asyncio.wait_for_ms(done.wait(), 10000)

    asyncio.run(main())
    print(seen, pin.lost_edges)
    print(pin.irq(None), pin.irq())


def unplugged():
    pin = Pin(17, Pin.IN)
    pin.irq(print)

    async def main():
        asyncio.get_event_loop().set_exception_handler(
            lambda loop, context: print(context["exception"].errno)
        )
        print("ready")
        await asyncio.sleep_ms(300)

    asyncio.run(main())
    for call in (pin.value, lambda: pin.mode(Pin.OUT), lambda: Pin(17)):
        try:
            call()
            print("no error")
        except OSError as error:
            print(error.errno, error.args[1])


def edges():
    pin = Pin(17, Pin.IN)

    async def main():
        print("ready")
        print(await pin.edge())
        print(await pin.edge(Pin.IRQ_FALLING))
        pin.irq(print)
        try:
            await pin.edge()
        except ValueError as error:
            print(error)
        pin.irq(None)
        try:
            await asyncio.wait_for_ms(pin.edge(), 30)
        except asyncio.TimeoutError:
            print("no edge")

    asyncio.run(main())


def synchronous():
    pin = Pin(17, Pin.IN)
    irq = pin.irq(lambda p: print(p(), irq.flags()), Pin.IRQ_RISING)
    print(pin.poll_events())
    poller = select.poll()
    poller.register(pin, select.POLLIN)
    print(poller.poll(0))
    print("ready")
    print([(o is pin, e) for o, e in poller.poll(5000)])
    print(pin.poll_events())
    print(irq.trigger(Pin.IRQ_FALLING) == Pin.IRQ_RISING)
    print("ready")
    print(pin.poll_events(5000), pin.poll_events(), pin.lost_edges)


def irq_from_its_handler():
    """The handler ends its own irq; a dropped Pin with a handler keeps working."""

    async def main():
        button = Pin(17, Pin.IN)
        done = asyncio.Event()

        def handler(pin):
            pin.deinit()
            done.set()

        button.irq(handler, Pin.IRQ_RISING)
        del button
        gc.collect()
        print("ready")
        await asyncio.wait_for_ms(done.wait(), 10000)
        await asyncio.sleep_ms(0)

    asyncio.run(main())
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(500):
        # No loop runs: these Pins must be freed.
        pin = Pin(17, Pin.IN)
        pin.irq(print)
        pin.deinit()
    gc.collect()
    print(gc.mem_alloc() - before < 2000)


class Rotary:
    """A driver in the style of microcontrollers' drivers: two pins, one handler for both."""

    STEPS = (0, -1, 1, 0, 1, 0, 0, -1, -1, 0, 0, 1, 0, 1, -1, 0)

    def __init__(self, clk, dt, on_change):
        self._clk = Pin(clk, Pin.IN, Pin.PULL_UP)
        self._dt = Pin(dt, Pin.IN, Pin.PULL_UP)
        self._state = (self._clk() << 1) | self._dt()
        self._on_change = on_change
        self.quarters = 0
        for pin in (self._clk, self._dt):
            pin.irq(handler=self._turned, trigger=Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def _turned(self, pin):
        state = (self._clk.value() << 1) | self._dt.value()
        self.quarters += self.STEPS[self._state << 2 | state]
        self._state = state
        self._on_change(self.quarters)


def rotary():
    async def main():
        turned = asyncio.ThreadSafeFlag()
        knob = Rotary(17, 4, lambda n: (print(n), n in (4, 0) and turned.set()))
        print("ready")
        await asyncio.wait_for_ms(turned.wait(), 10000)
        await asyncio.wait_for_ms(turned.wait(), 10000)
        print(knob.quarters)

    asyncio.run(main())


def sysfs_edges():
    pin = Pin(17, Pin.IN)
    before = open_files()

    async def main():
        waiting = asyncio.create_task(pin.edge())
        await asyncio.sleep_ms(50)
        print("ready")
        rising, first_ns = await waiting
        waiting = asyncio.create_task(pin.edge(Pin.IRQ_FALLING))
        await asyncio.sleep_ms(50)
        print("ready")
        falling, second_ns = await waiting
        print((rising, falling) == (True, False) and second_ns > first_ns)
        called = asyncio.Event()

        def handler(pin):
            print("called", pin(), irq.flags(), irq.timestamp_ns() > second_ns)
            called.set()

        irq = pin.irq(handler, Pin.IRQ_RISING)
        await asyncio.sleep_ms(50)
        print("ready")
        await asyncio.wait_for_ms(called.wait(), 5000)
        pin.deinit()

    asyncio.run(main())
    print(max(0, open_files() - before))
