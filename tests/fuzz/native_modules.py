# SPDX-License-Identifier: MIT
"""Calls the functions and methods of each native module with wrong types, sizes, element types and
orders of calls; see fuzzing.py for its command line.

A crash, an access outside an array and a changed constant are failures; an exception never is.
An input is a list of decisions: which function of which module, and for each of its arguments
whether it is a fitting one or any other.
"""

import array
import builtins
import gc
import io

import emlearn_fft
import emlearn_linreg
import fuzzing
from fuzzing import Choices
from guards import Guarded, Moved, guarded_call
from native_recipes import FORESTS, KINDS, METHODS, RECIPES, Evil

MOST_CALLS = 24
MOST_OBJECTS = 12
BUDGET_BYTES = 1 << 20  # of one array
NUMBERS = (
    0, 1, 2, 3, 4, 6, 7, 8, 16, 64, 127, 128, 254, 255, 256, 1024, 32767, 32768, 65535, 65536,
    (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, 1 << 64,
    10**30, -1, -2, -255, -32768, -32769, -(1 << 31), -(1 << 31) - 1, -(1 << 63), -(1 << 64),
)  # fmt: skip
FLOATS = (0.0, -0.0, 0.5, 1.0, -1.5, 1e-45, 3.4e38, 1e300, -1e300, 48000.0, float("inf"),
          float("-inf"), float("nan"))  # fmt: skip
TEXTS = ("", "A", "C", "Z", "GREY", "YUYV", "NV12", "YU12", "RGB3", "RGBP", "BGR3", "\0", "é" * 4,
         "/nonexistent/model.csv")  # fmt: skip
LENGTHS = (0, 1, 2, 3, 4, 6, 8, 16, 24, 32, 36, 64, 72, 92, 128, 129, 256, 1000)
# Where the methods are: a class takes any object as its first argument.
CLASSES = (emlearn_fft.FFT, emlearn_fft.RFFT, emlearn_linreg.elasticnet)


class Run:
    """One input: the objects made so far, and the call that is being made."""

    def __init__(self, data):
        self._choices = Choices(data)
        self._objects = []
        self._guards = []
        self.moving = []  # those of the current call that can move, with their types
        self._constants = []
        self._moved = Moved()
        self._depth = 0

    def mischief(self):
        if self._choices.byte() % 4 or self._depth > 1:
            for thing, kind in self.moving:
                self._moved.move(thing, kind)
        else:
            self._any_method()

    # Arguments

    def number(self):
        return self._choices.of(NUMBERS)

    def real(self):
        return self._choices.of(FLOATS)

    def object_of(self, make):
        """The last object that a function made, and None where there is none."""
        kind = KINDS[make]
        found = [thing for thing in self._objects if type(thing) is kind]
        return found[-1] if found else None

    def small(self, most):
        return self._choices.below(most) + 1

    def data(self, kind, n):
        """`n` elements, as an array, a slice of one, or, of bytes, as bytes or a bytearray."""
        form = self._choices.below(8)
        size = {"h": 2, "f": 4}.get(kind, 1)
        n = min(n, BUDGET_BYTES // size)
        if form < 5:
            guarded = Guarded(kind, n, self._choices.byte)
            self._guards.append(guarded)
            return guarded.view
        content = self._choices.take(min(n * size, 64))
        content += bytes(n * size - len(content))
        if kind == "B" and form == 5:
            constant = bytes(content)
            self._constants.append((constant, bytearray(constant)))
            return constant
        made = bytearray(content) if kind == "B" and form == 6 else array.array(kind, content)
        self.moving.append((made, kind))
        return made

    def anything(self):
        choices = self._choices
        kind = choices.below(16)
        if kind < 2:
            return self.number()
        if kind == 2:
            return self.real()
        if kind == 3:
            return choices.of(TEXTS)
        if kind < 8:
            return self.data(choices.of("bBhHiIfdq"), choices.of(LENGTHS))
        if kind == 8:
            return choices.of((None, True, (), [], {}, object(), print, int, emlearn_fft, Evil))
        if kind == 9:
            return tuple([self.number() for _ in range(choices.below(6))])
        if kind == 10:
            return [self.data("h", choices.of(LENGTHS)) for _ in range(choices.below(5))]
        if kind == 11:
            return choices.of(FORESTS)
        if kind < 14 and self._objects:
            return choices.of(self._objects)
        return Evil(self, choices.of(NUMBERS))

    # Calls

    def _perturbed(self, arguments):
        """Fitting arguments, of which now and then one is missing, too many or another."""
        choices = self._choices
        change = choices.below(4)
        if change == 0:
            for _ in range(choices.below(2) + 1):
                if arguments:
                    arguments[choices.below(len(arguments))] = self.anything()
            if choices.below(8) == 0:
                arguments = arguments[:-1]
            elif choices.below(8) == 0:
                arguments.append(self.anything())
        elif change == 1:
            for i, argument in enumerate(arguments):
                if type(argument) in (int, float) and choices.below(2):
                    arguments[i] = Evil(self, argument)
        return arguments

    def call(self, function, arguments, named=None):
        """Makes one call; keeps an object that it returns. Any exception is right."""
        guards, self._guards = self._guards, []
        constants, self._constants = self._constants, []
        self._depth += 1
        try:
            result = guarded_call(function, arguments, named or {}, guards, self._moved)
        except AssertionError:
            raise
        except Exception:
            return None
        finally:
            self._depth -= 1
            if not self._depth:
                self.moving = []
        for constant, copy in constants:
            assert constant == copy, "a constant was changed"
        if result is not None and not isinstance(result, (int, float, tuple, list)):
            self._objects = self._objects[-MOST_OBJECTS:] + [result]
        return result

    def _any_method(self):
        """A method of an object, or a class's function with anything as its object."""
        choices = self._choices
        if self._objects and choices.below(8):
            of = choices.of(self._objects)
        else:
            of = choices.of(CLASSES)
        names = [name for name in dir(of) if name[:2] != "__"]
        if not names:
            return
        method = getattr(of, choices.of(sorted(names)))
        if callable(method):
            self.call(method, [self.anything() for _ in range(choices.below(4))])

    def step(self):
        if self._choices.below(6) == 0:
            self._any_method()
            return 0
        function, make = self._choices.of(RECIPES)
        arguments = self._perturbed(make(self))
        named = {}
        if self._choices.below(16) == 0:
            named[self._choices.of(("max_iter", "features", "verbose", "no_such"))] = self.number()
        made = self.call(function, arguments, named)
        follow = METHODS.get(function)
        if made is None or follow is None:
            return 0
        for _ in range(self._choices.below(4) + 1):
            name, make = self._choices.of(follow)
            method = getattr(made, name, None) if isinstance(name, str) else name
            if method is not None:
                self.call(method, self._perturbed(make(self)))
        return 1

    def all(self):
        found = 0
        for _ in range(MOST_CALLS):
            if not self._choices.left:
                break
            found += self.step()
        return found


# A text may be the path of a file: none is made.
builtins.open = lambda path, mode="r": io.BytesIO(FORESTS[0])


def make():
    return fuzzing.random_bytes(400)


def check(data):
    run = Run(data)
    found = run.all()
    del run
    gc.collect()
    return found


fuzzing.main("native_modules", make, check)
