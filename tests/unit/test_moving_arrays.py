# SPDX-License-Identifier: MIT
"""A number of one's own class runs Python code while a native module takes it, and that code may
move an array of the same call. The module must use the array where it is then: not the memory that
it left, which belongs to other objects by now."""

from array import array

import emlearn_arrayutils
import emlearn_iir_q15
import emlearn_linreg
import emlearn_neighbors
import emlearn_trees
import pixels
import soundlevel

INTERPRETERS = ("sensord", "stock")


class Number:
    """A number that calls a function when it is taken."""

    def __init__(self, value, act):
        self._value, self._act = value, act

    def __int__(self):
        self._act()
        return self._value

    __float__ = __int__


def refused(text, function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        assert text in str(error), error
    else:
        raise AssertionError("accepted an array that has another length by then")


def growing(values, kind="f"):
    """The function that makes an array longer, so that it moves."""
    return lambda: values.extend(array(kind, bytes(8192)))


def test_arrays_that_grow_while_a_number_is_taken_are_refused():
    samples, out = array("f", bytes(64)), array("f", bytes(64))
    number = Number(-1.0, growing(samples))
    refused("length", emlearn_arrayutils.linear_map, samples, out, number, 1.0, 0.0, 1.0)

    sections = array("f", [1.0, 0.0, 0.0, 1.0, 0.0, 0.0] * 4)
    refused("4 x 6", soundlevel.new, sections, "A", Number(0.5, growing(sections)), 1)

    sections = array("f", [1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    number = Number(8192.0, growing(sections))
    refused("6 per section", emlearn_iir_q15.convert_coefficients, sections, number)

    features, model = array("h", bytes(8)), emlearn_neighbors.new(2, 4, 1)
    refused("features", model.additem, features, Number(1, growing(features, "h")))

    x, y, model = (
        array("f", bytes(32)),
        array("f", bytes(16)),
        emlearn_linreg.new(2, 0.0, 0.5, 0.1),
    )
    refused("dimensions", emlearn_linreg.train, model, x, y, 1, Number(0.1, growing(x)))


def test_a_picture_goes_where_its_target_is_by_then():
    source, target = bytes([77]) * 16, bytearray(16)
    width = Number(4, lambda: target.extend(bytes(4096)))
    pixels.convert(source, "GREY", (4, 4), target, "GREY", (width, 4))
    assert target[:16] == source


def test_a_forest_that_is_completed_while_a_number_is_taken_grows_no_more():
    def forest():
        model = emlearn_trees.new(2, 2, 2)
        model.setdata(1, 2, 0)
        model.addleaf(0)
        model.addleaf(1)
        model.addnode(-1, -2, 0, 5)
        model.addroot(0)
        return model

    features = array("h", [3])
    for name, others in (("addroot", ()), ("addnode", (-2, 0, 5)), ("addleaf", ())):
        model = forest()
        number = Number(0, lambda model=model: model.classify(features))
        refused("the model is complete", getattr(model, name), number, *others)
        assert model.classify(features) == 0
