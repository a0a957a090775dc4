# SPDX-License-Identifier: MIT
"""emlearn_trees' own API: the parts that programs for upstream use, and its additions."""

import gc
import io
import os
from array import array

import emlearn_trees

INTERPRETERS = ("sensord", "stock")

DATA = __file__.rsplit("/", 2)[0] + "/data/"
FILES = ("har/uci_har.trees.csv", "trees/soft.csv", "trees/regression.csv")

FILE = "/tmp/test_emlearn_trees.trees"

# Two trees on two features: x0 < 10 is class 1, else x1 < -5 is class 2, else 0; and always 2.
HARD = "f,2\r\nc,3\r\nlb,0\r\nl,1\r\nl,2\r\nl,0\r\nr,0\r\nr,2\r\n"
HARD += "n,0,9.5,-1,1\r\nn,1,-5.5,-2,-3\r\nn,0,0.5,-2,-2"


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        return str(error)
    raise AssertionError("%r accepted" % (arguments,))


def loaded(source):
    model = emlearn_trees.new()
    emlearn_trees.load_model(model, source)
    return model


def predicted(model, *features):
    out = array("f", [9.0] * model.outputs())
    model.predict(array("h", features), out)
    return list(out)


def built(*nodes, n_features=1, leaves=(0, 1), roots=(0,)):
    """A forest of two classes, built by the calls that add pieces."""
    model = emlearn_trees.new(len(roots), len(nodes), len(leaves))
    model.setdata(n_features, 2, 0)
    for root in roots:
        model.addroot(root)
    for node in nodes:
        model.addnode(*node)
    for leaf in leaves:
        model.addleaf(leaf)
    return model


def saved(model):
    file = io.BytesIO()
    emlearn_trees.save_model(model, file)
    return file.getvalue()


def features_for(path, seed):
    """Features for the model in one of FILES, the same each time."""
    values = array("h", bytes(2 * (92 if "har" in path else 64)))
    for i in range(len(values)):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (seed >> 8) % 20000 - 10000 if "har" in path else (seed >> 8) % 17
    return values


def behaviour(model, path):
    """The results of a model in one of FILES for a hundred inputs."""
    out = array("f", [0.0] * model.outputs())
    found = []
    for seed in range(100):
        model.predict(features_for(path, seed), out)
        found.append(list(out))
    return found


def test_a_program_written_for_upstream_runs():
    model = emlearn_trees.new(10, 1000, 10)
    with open(DATA + FILES[0], "r") as f:
        emlearn_trees.load_model(model, f)
    out = array("f", range(model.outputs()))
    features = features_for(FILES[0], 1)
    model.predict(features, out)
    assert len(out) == 6 and abs(sum(out) - 1) < 1e-6
    assert model.classify(features) == list(out).index(max(out))


def test_pieces_added_one_by_one_are_a_forest():
    model = built((1, -2, 0, 10), (-1, -2, 1, -3), n_features=2, leaves=(1, 0), roots=(0, 1))
    assert model.outputs() == 2
    assert predicted(model, 9, -4) == [0.0, 1.0]
    assert predicted(model, 9, -3) == [1.0, 0.0]
    assert predicted(model, 10, -4) == [0.5, 0.5]
    assert [model.classify(array("h", f)) for f in ((9, -4), (9, -3), (10, -4))] == [1, 0, 0]


def test_values_at_the_ends_of_int16():
    for value, lowest, highest in (
        (-40000, 1, 1),
        (-32768, 1, 1),
        (-32767, 0, 1),
        (32767, 0, 1),
        (32768, 0, 0),
        (10**9, 0, 0),
    ):
        model = built((-1, -2, 0, value))
        assert model.classify(array("h", [-32768])) == lowest, value
        assert model.classify(array("h", [32767])) == highest, value


def test_thresholds_of_the_csv_are_exact():
    """Upstream drops the fraction and sends 1 to the right at 1.5, and 3 at 3.0."""
    for threshold, last_left in (
        ("1.5", 1),
        ("3.0", 3),
        ("-1.5", -2),
        ("-3", -3),
        ("-0.0", 0),
        ("1e-06", 0),
        ("-1e-06", -1),
        ("1.25e+03", 1250),
        ("32766.99", 32766),
        ("-32767.5", -32768),
    ):
        model = loaded(b"f,1\nc,2\nl,0\nl,1\nr,0\nn,0,%s,-1,-2" % threshold.encode())
        for value in (last_left - 1, last_left, last_left + 1):
            if value >= -32768:
                label = model.classify(array("h", [value]))
                assert label == int(value > last_left), (threshold, value)
    for threshold, label in (("32767", 0), ("1e300", 0), ("-32768.5", 1), ("-1e300", 1)):
        model = loaded(b"f,1\nc,2\nl,0\nl,1\nr,0\nn,0,%s,-1,-2" % threshold.encode())
        for value in (-32768, 32767):
            assert model.classify(array("h", [value])) == label, (threshold, value)


def test_all_sources_of_a_model_are_one():
    text = HARD.encode()
    image = saved(loaded(text))
    shifted = memoryview(b"x" + image)[1:]
    for source in (
        (text, bytearray(text), memoryview(text), io.StringIO(HARD), io.BytesIO(text))
        + (HARD.split("\r\n"), (line + "\n" for line in HARD.split("\r\n")))
        + (HARD.replace("\r\n", "\n").encode(), text + b"\r\n\r\n", b"?,unknown\r\n\r\n" + text)
        + (image, bytearray(image), memoryview(image), shifted, io.BytesIO(image))
    ):
        model = loaded(source)
        assert predicted(model, 9, 0) == [0.0, 0.5, 0.5]
        assert predicted(model, 10, -6) == [0.0, 0.0, 1.0]
        assert predicted(model, 10, -5) == [0.5, 0.0, 0.5]


def test_files_and_paths_of_both_forms():
    for path in FILES:
        expected = behaviour(loaded(DATA + path), path)
        assert len({str(outputs) for outputs in expected}) > 10
        image = saved(loaded(DATA + path))
        for mode in ("r", "rb"):
            with open(DATA + path, mode) as file:
                assert behaviour(loaded(file), path) == expected
        assert behaviour(loaded(image), path) == expected
        assert saved(loaded(image)) == image
    with open(DATA + "trees/hard.trees", "rb") as file:
        assert file.read() == saved(loaded(DATA + FILES[0]))
    assert predicted(loaded(DATA + "trees/hard.trees"), *features_for(FILES[0], 5))
    raises(OSError, loaded, DATA + "no such file")


def test_soft_leaves_may_go_on_over_lines():
    text = "f,1\nc,3\nlb,8\nl,[255   0\n   0]\nl,[  0\n\n 51 204]\nr,0\nn,0,0.5,-1,-2\n"
    for source in (text.encode(), io.StringIO(text), text.split("\n")):
        model = loaded(source)
        assert predicted(model, 0) == [1.0, 0.0, 0.0]
        assert [round(p, 5) for p in predicted(model, 1)] == [0.0, 0.2, 0.8]
    model = emlearn_trees.new(1, 1, 2)
    model.setdata(1, 3, 8)
    model.addroot(0)
    model.addnode(-1, -2, 0, 1)
    model.addleaf(bytes((255, 0, 0)))
    model.addleaf(bytearray((0, 51, 204)))
    assert model.classify(array("h", [1])) == 2
    assert saved(model) == saved(loaded(text.encode()))


def test_regression_gives_the_mean_of_its_trees():
    lines = ["f,1", "c,0", "lb,32", "l,-1.5", "l,2.25e1", "l,0.1", "r,0", "r,1"]
    lines += ["n,0,0.5,-1,-2", "n,0,5.5,-1,-3"]
    model = loaded(lines)
    assert model.outputs() == 1
    for x, mean in ((0, -1.5), (5, 10.5), (6, 11.3)):
        assert abs(predicted(model, x)[0] - mean) < 1e-6
    raises(ValueError, model.classify, array("h", [0]))


def test_forests_beyond_int16():
    """Upstream truncates roots to int16 and reads outside its memory."""
    gc.collect()
    model = emlearn_trees.new(1, 33001, 2)
    model.setdata(1, 2, 0)
    for _ in range(33000):
        model.addnode(-1, -1, 0, 0)
    model.addnode(-1, -2, 0, 5)
    model.addroot(33000)
    model.addleaf(0)
    model.addleaf(1)
    for _ in range(2):
        assert [model.classify(array("h", [x])) for x in (4, 5)] == [0, 1]
        emlearn_trees.save_model(model, FILE)
        model = None
        gc.collect()
        model = loaded(FILE)
    os.remove(FILE)


def test_features_beyond_127():
    for n_features, feature in ((129, 128), (300, 299), (65536, 65535)):
        model = built((-1, -2, feature, 1), n_features=n_features)
        features = array("h", bytes(2 * n_features))
        assert model.classify(features) == 0
        features[feature] = 1
        assert model.classify(features) == 1
    raises(ValueError, emlearn_trees.new().addnode, -1, -2, 65536, 1)
    raises(ValueError, emlearn_trees.new().addnode, -1, -2, -1, 1)


def test_more_classes_and_trees_than_fit_the_fast_way():
    for n_classes, n_trees in ((2, 255), (2, 256), (16, 7), (17, 7), (255, 13)):
        model = emlearn_trees.new()
        model.setdata(1, n_classes, 0)
        for i in range(n_trees):
            model.addroot(i)
            model.addnode(-2, -1, 0, i)
        model.addleaf(n_classes - 1)
        model.addleaf(0)
        for x in (0, n_trees // 3, n_trees):
            right = min(x + 1, n_trees) / n_trees
            out = predicted(model, x)
            assert abs(out[-1] - right) < 1e-6 and abs(out[0] - 1 + right) < 1e-6, (n_classes, x)


def test_limits_of_new():
    model = built((-1, -2, 0, 1))
    assert "max trees" in raises(ValueError, model.addroot, 0)
    assert "max nodes" in raises(ValueError, model.addnode, -1, -2, 0, 1)
    assert "max leaves" in raises(ValueError, model.addleaf, 0)
    text = HARD.encode()
    image = saved(loaded(text))
    for limits, what in (((1, 9, 9), "trees"), ((9, 2, 9), "nodes"), ((9, 9, 2), "leaves")):
        for source in (text, image):
            error = raises(
                ValueError, emlearn_trees.load_model, emlearn_trees.new(*limits), source
            )
            assert "max " + what in error, error
    emlearn_trees.load_model(emlearn_trees.new(2, 3, 3), text)
    raises(ValueError, emlearn_trees.new, -1, 1, 1)
    raises(TypeError, emlearn_trees.new, 1, 1)


def test_inconsistent_forests_are_refused():
    features = array("h", [0])
    for model in (
        emlearn_trees.new(),
        emlearn_trees.new(1, 1, 1).setdata(1, 2, 0),
        built((-1, -3, 0, 1)),
        built((1, -1, 0, 1)),
        built((-1, -2, 1, 1)),
        built((-1, -2, 0, 1), roots=(1,)),
        built((-1, -2, 0, 1), roots=()),
        built((-1, -2, 0, 1), leaves=()),
    ):
        raises(ValueError, model.predict, features, array("f", [0.0, 0.0]))
        raises(ValueError, model.classify, features)
        raises(ValueError, saved, model)
    model = emlearn_trees.new()
    raises(ValueError, model.outputs)
    raises(ValueError, model.addleaf, 0)
    raises(ValueError, model.addroot, -1)
    raises(ValueError, model.addnode, 0, -1, 0, 1)
    for data in ((0, 2, 0), (65537, 2, 0), (1, -1, 0), (1, 256, 0), (1, 2, 9), (1, 2, 32)):
        raises(ValueError, model.setdata, *data)
    model.setdata(1, 2, 0)
    raises(ValueError, model.addleaf, 2)
    raises(ValueError, model.addleaf, -1)
    model.addleaf(1)
    raises(ValueError, model.setdata, 1, 3, 0)
    soft = emlearn_trees.new().setdata(1, 2, 8)
    for leaf in (1, b"\x00", b"\x00" * 3, array("h", [1]), None):
        raises((TypeError, ValueError), soft.addleaf, leaf)
    regression = emlearn_trees.new().setdata(1, 0, 32)
    for leaf in (float("nan"), float("inf"), -1e300, "1", None):
        raises((TypeError, ValueError), regression.addleaf, leaf)
    complete = built((-1, -2, 0, 1))
    complete.classify(features)
    raises(ValueError, complete.addroot, 0)
    raises(ValueError, complete.setdata, 1, 2, 0)


def test_features_and_outputs_of_another_kind_are_refused():
    model = built((-1, -2, 0, 1), n_features=2)
    features, out = array("h", [0, 0]), array("f", [0.0, 0.0])
    for wrong in (array("H", [0, 0]), array("f", [0, 0]), b"1234", [0, 0], None, array("h", [0])):
        raises((TypeError, ValueError), model.predict, wrong, out)
        raises((TypeError, ValueError), model.classify, wrong)
    raises(ValueError, model.classify, array("h", [0, 0, 0]))
    for wrong in (array("f", [0.0]), array("f", [0.0] * 3), array("h", [0, 0]), [0, 0], None):
        raises((TypeError, ValueError), model.predict, features, wrong)
    raises(TypeError, emlearn_trees.load_model, None, HARD.encode())
    raises(TypeError, emlearn_trees.load_model, 1, HARD.encode())
    raises(TypeError, emlearn_trees.save_model, "model", io.BytesIO())
    for wrong in (1, None, [1], [b"f,2\n", None]):
        raises(TypeError, loaded, wrong)


def test_errors_in_a_file_name_the_line():
    head = "f,2\nc,3\nlb,0\nl,1\n"
    for text, line in (
        ("f,2\nl,1\n", 2),
        ("f,x\n", 1),
        ("f,2\nc,3\nlb,9\nl,1\n", 4),
        (head + "l,3\n", 5),
        (head + "l,1.5\n", 5),
        (head + "l,\n", 5),
        (head + "\nl,[0 0 0]\n", 6),
        (head + "r,-1\n", 5),
        (head + "r,0 0\n", 5),
        (head + "n,0,1.5,1\n", 5),
        (head + "n,0,nan,1,-1\n", 5),
        (head + "n,0,1.5,0,-1\n", 5),
        (head + "n,0,1..5,1,-1\n", 5),
        (head + "n,0,1e,1,-1\n", 5),
        (head + "n,0,1.5,99999999999999999999,-1\n", 5),
        ("f,2\nc,3\nlb,8\nl,1\n", 4),
        ("f,2\nc,3\nlb,8\nl,[1\n2\n256]", 6),
        ("f,2\nc,3\nlb,8\nl,[1 2]\n", 4),
        ("f,2\nc,3\nlb,8\nl,[1 2 3 4]\n", 4),
        ("f,2\nc,0\nl,1e300", 3),
    ):
        for source in (text.encode(), io.StringIO(text)):
            error = raises(ValueError, loaded, source)
            assert error.startswith("line %d: " % line), (text, error)
    for text in ("", "\n\n", "hello", head, head + "r,0\n", HARD[:-5], "f,2\nc,3\nlb,8\nl,[1 2 "):
        raises(ValueError, loaded, text.encode())
    raises(ValueError, loaded, io.StringIO("?" * 10000))


def test_a_model_that_cannot_be_loaded_leaves_the_old_one():
    model = loaded(HARD.encode())
    image = saved(model)
    for bad in (HARD.encode() + b"\r\nn,0,x,1,1", image[:-1], image + b"\x00\x00\x00\x00", b""):
        raises(ValueError, emlearn_trees.load_model, model, bad)
        assert predicted(model, 10, -5) == [0.5, 0.0, 0.5]
    emlearn_trees.load_model(model, DATA + FILES[1])
    assert model.outputs() == 10


def test_no_byte_of_the_binary_form_can_do_harm():
    for path in FILES:
        image = bytearray(saved(loaded(DATA + path)))
        n_features = 92 if "har" in path else 64
        for i in range(len(image)):
            for change in (0x01, 0x80, 0xFF):
                image[i] ^= change
                try:
                    model = loaded(image)
                    if i not in (8, 9):
                        predicted(model, *range(n_features))
                except ValueError:
                    pass
                image[i] ^= change
        for length in range(0, len(image), 7):
            raises(ValueError, loaded, bytes(image[:length]))


def test_the_binary_form_is_used_in_place():
    image = saved(loaded(DATA + FILES[0]))
    models = [emlearn_trees.new() for _ in range(4)]
    gc.collect()
    before = gc.mem_alloc()
    emlearn_trees.load_model(models[0], image)
    emlearn_trees.load_model(models[1], memoryview(image))
    assert gc.mem_alloc() - before < 200, gc.mem_alloc() - before
    # A bytearray can be resized, which moves it.
    changing = bytearray(image)
    emlearn_trees.load_model(models[2], changing)
    expected = behaviour(models[0], FILES[0])
    for i in range(len(changing)):
        changing[i] = 0xFF
    assert behaviour(models[2], FILES[0]) == expected
    # The model keeps a reference to the memory that it uses.
    emlearn_trees.load_model(models[3], bytes(image))
    del image, changing
    gc.collect()
    junk = [bytes(b"\xff" * 1500) for _ in range(50)]
    assert behaviour(models[3], FILES[0]) == expected and junk


def test_nothing_is_allocated_per_prediction():
    for path in FILES:
        model = loaded(DATA + path)
        features, out = features_for(path, 1), array("f", [0.0] * model.outputs())
        model.predict(features, out)
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(100):
            model.predict(features, out)
            if "regression" not in path:
                model.classify(features)
        assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before
