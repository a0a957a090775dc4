# SPDX-License-Identifier: MIT
"""Networks on the ten digits, and data that is not a network: a user gets the digit, or an error
with the reason, never a crash or a wrong number.

tests/natmods/test_cnn_operators.py compares every operator with the reference runtime.
"""

import gc
from array import array

import emlearn_cnn_fp32
import emlearn_cnn_int8

INTERPRETERS = ("sensord", "stock")

DATA = __file__.rsplit("/", 2)[0] + "/data/cnn/"
MODULES = {"int8": emlearn_cnn_int8, "fp32": emlearn_cnn_fp32}
CASES = [(kind, form) for kind in MODULES for form in ("tmdl", "tflite")]


def read(name):
    with open(DATA + name, "rb") as file:
        return file.read()


def network(kind, form):
    return MODULES[kind].new(read("mnist_cnn_%s.%s" % (kind, form)))


def digit(i):
    return array("B", read("mnist/mnist_example_%d.bin" % i))


def error_of(kind, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        return str(error)
    raise AssertionError("%r accepted" % (arguments,))


def test_ten_of_ten_digits():
    for kind, form in CASES:
        # As in programs for upstream.
        model = MODULES[kind].new(array("B", read("mnist_cnn_%s.%s" % (kind, form))))
        (length,) = model.output_dimensions()
        probabilities = array("f", (-1 for _ in range(length)))
        for i in range(10):
            model.run(digit(i), probabilities)
            best = max(range(length), key=lambda k: probabilities[k])
            assert best == i, (kind, form, i, probabilities)
            # TinyMaix truncates towards zero, in int8 upwards by as much as 1/256 each.
            assert abs(sum(probabilities) - 1) < 0.04, (kind, form, probabilities)


def test_both_formats_of_one_network_agree():
    out = {form: array("f", bytes(40)) for form in ("tmdl", "tflite")}
    for kind, tolerance in (("int8", 0.1), ("fp32", 1e-5)):
        models = {form: network(kind, form) for form in out}
        for i in range(10):
            for form, result in out.items():
                models[form].run(digit(i), result)
            difference = max(abs(a - b) for a, b in zip(out["tmdl"], out["tflite"]))
            assert difference < tolerance, (kind, i, difference)


def test_dimensions_and_memory():
    for kind, form in CASES:
        model = network(kind, form)
        assert model.input_dimensions() == (28, 28, 1)
        assert model.output_dimensions() == (10,)
        scratch, others = model.memory()
        # The two largest adjacent tensors are the input and the first layer's result.
        least = (28 * 28 + 13 * 13 * 8) * (1 if kind == "int8" else 4)
        assert least <= scratch < 1.7 * least, (kind, form, scratch)
        # TinyMaix's weights are copied into another order.
        limit = 3000 + (len(read("mnist_cnn_%s.tmdl" % kind)) if form == "tmdl" else 0)
        assert others < limit, (kind, form, others)


def test_bytes_and_floats_mean_the_same():
    """A byte means byte / 255; in int8 too, for networks whose input range is 0 to 1."""
    for kind, form in CASES:
        model = network(kind, form)
        image, results = digit(3), []
        values = array("f", [value / 255 for value in image])
        for given in (image, bytes(image), bytearray(image), memoryview(image), values):
            out = array("f", bytes(40))
            model.run(given, out)
            results.append(list(out))
        for result in results:
            assert max(abs(a - b) for a, b in zip(result, results[0])) < 1e-6, (kind, form)


def test_data_is_used_in_place():
    data = array("B", read("mnist_cnn_int8.tflite"))
    gc.collect()
    before = gc.mem_alloc()
    model = emlearn_cnn_int8.new(data)
    gc.collect()
    # Scratch memory, tables and biases, but no second copy of the weights.
    assert gc.mem_alloc() - before < sum(model.memory()) + 1500
    model.run(digit(1), array("f", bytes(40)))


def test_data_that_moved_is_noticed():
    data = bytearray(read("mnist_cnn_int8.tmdl"))
    model = emlearn_cnn_int8.new(data)
    data.extend(bytes(100000))
    out = array("f", bytes(40))
    for function in (model.output_dimensions, model.input_dimensions, model.memory):
        assert "length" in error_of(ValueError, function)
    assert "length" in error_of(ValueError, model.run, digit(1), out)
    assert "length" in error_of(ValueError, model.profile, digit(1), out, int)


def test_data_that_moves_while_profiling_is_noticed():
    data = bytearray(read("mnist_cnn_fp32.tmdl"))
    model = emlearn_cnn_fp32.new(data)

    def clock():
        data.extend(bytes(50000))
        return 0

    assert "length" in error_of(ValueError, model.profile, digit(1), array("f", bytes(40)), clock)


def test_run_allocates_nothing():
    for kind, form in CASES:
        model, image, out = network(kind, form), digit(5), array("f", bytes(40))
        model.run(image, out)
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(100):
            model.run(image, out)
        assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before


def test_profile_counts_the_caller_s_clock():
    class Clock:
        now = 0

        def __call__(self):
            self.now += 5
            return self.now

    for kind, form in CASES:
        model, out, expected = network(kind, form), array("f", bytes(40)), array("f", bytes(40))
        layers = model.profile(digit(7), out, Clock())
        names = ["CONV_2D"] * 3 + ["MEAN", "FULLY_CONNECTED", "SOFTMAX"]
        assert layers == [(name, 5) for name in names], layers
        model.run(digit(7), expected)
        assert list(out) == list(expected)


def test_wrong_inputs_and_outputs():
    for kind, form in CASES:
        model, image, out = network(kind, form), digit(0), array("f", bytes(40))
        for wrong in (image[:-1], bytes(785), b"", array("f", [0.5] * 783), array("f", [])):
            assert "input size" in error_of(ValueError, model.run, wrong, out)
        for wrong in (array("h", [0] * 784), array("b", [0] * 784), array("d", [0.0] * 784)):
            assert "expecting" in error_of(ValueError, model.run, wrong, out)
        for wrong in (None, 1, [0] * 784):
            error_of(TypeError, model.run, wrong, out)
        for wrong in (array("f", [0] * 9), array("f", [0] * 11), array("f", [])):
            assert "output size" in error_of(ValueError, model.run, image, wrong)
        for wrong in (bytearray(40), array("d", [0.0] * 10), array("i", [0] * 10)):
            assert "float" in error_of(ValueError, model.run, image, wrong)
        for wrong in (None, bytes(40), [0.0] * 10):
            error_of((TypeError, ValueError), model.run, image, wrong)
        for wrong in (float("nan"), float("inf"), -float("inf")):
            values = array("f", [0.5] * 784)
            values[300] = wrong
            assert "finite" in error_of(ValueError, model.run, values, out)
        error_of(TypeError, model.profile, image, out, None)


def test_a_model_of_the_other_number_type_says_which_module_loads_it():
    for form in ("tmdl", "tflite"):
        for kind, other in (("int8", "fp32"), ("fp32", "int8")):
            message = error_of(
                ValueError, MODULES[kind].new, read("mnist_cnn_%s.%s" % (other, form))
            )
            assert "emlearn_cnn_" + other in message, message


def test_data_that_is_not_a_model_is_refused():
    for module in MODULES.values():
        for wrong in (b"", b"MAIX", b"TFL3", bytes(1000), b"\0\0\0\0TFL3", b"MAIX" + bytes(60)):
            error_of(ValueError, module.new, wrong)
        for wrong in (array("f", [1.0] * 100), array("h", [1] * 100), array("b", [1] * 100)):
            assert "bytes" in error_of(ValueError, module.new, wrong)
        for wrong in (None, 1, [1, 2]):
            error_of(TypeError, module.new, wrong)


def test_a_model_that_is_cut_short():
    for kind, form in CASES:
        data = read("mnist_cnn_%s.%s" % (kind, form))
        for n in range(0, len(data), 61):
            try:
                model = MODULES[kind].new(data[:n])
            except ValueError:
                continue
            # The missing bytes may be some that are not needed.
            model.run(digit(0), array("f", bytes(40)))
            assert form == "tflite" and n > len(data) - 200, (kind, form, n)


def test_a_damaged_model_never_crashes():
    state = 1
    for kind, form in CASES:
        original = read("mnist_cnn_%s.%s" % (kind, form))
        loaded = 0
        for _ in range(300):
            data = bytearray(original)
            for _ in range(3):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                at = (state >> 8) % (len(data) if state & 128 else 200)
                data[at] = state >> 16 & 0xFF
            try:
                model = MODULES[kind].new(data)
                size = 1
                for n in model.input_dimensions():
                    size *= n
                out = 1
                for n in model.output_dimensions():
                    out *= n
                model.run(bytes(size), array("f", bytes(4 * out)))
                loaded += 1
            except (ValueError, MemoryError):
                pass
        assert loaded > 30, (kind, form, loaded)


def test_a_run_in_parts():
    """A heavy network leaves the other sensors their turns, and gives the same."""
    for kind, form in CASES:
        model = network(kind, form)
        whole, parts = array("f", bytes(40)), array("f", bytes(40))
        assert error_of(ValueError, model.step, parts, 1000) == "start() comes first"
        for work in (-5, 1, 1000, (1 << 30) - 1):
            model.run(digit(4), whole)
            model.start(digit(4))
            left, steps = model.work(), 0
            while left:
                before, left = left, model.step(parts, work)
                assert left < before, (kind, form, work)
                steps += 1
            assert list(parts) == list(whole), (kind, form, work)
            assert steps == 1 if work > 1000000 else steps >= 20, (kind, form, work, steps)
            assert error_of(ValueError, model.step, parts, 1) == "start() comes first"
        # A run in between uses the same memory.
        model.start(digit(5))
        model.run(digit(6), whole)
        assert error_of(ValueError, model.step, parts, 1) == "start() comes first"
        model.start(digit(5))
        model.start(digit(6))
        while model.step(parts, 5000):
            pass
        assert list(parts) == list(whole)
        assert error_of(ValueError, model.start, b"123") == "wrong input size"
        model.start(digit(5))
        assert error_of(ValueError, model.step, array("f", [1]), 1) == "wrong output size"


def test_the_work_of_a_network():
    for kind, form in CASES:
        assert 50000 < network(kind, form).work() < 500000, (kind, form)
