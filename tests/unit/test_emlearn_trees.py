# SPDX-License-Identifier: MIT
"""emlearn_trees' own API: the parts that programs for upstream use, and its additions."""

import gc
import io
import os
from array import array

import emlearn_trees
from emlearn_forests import (
    DATA,
    FILES,
    HARD,
    built,
    features_for,
    loaded,
    predicted,
    raises,
    saved,
)

INTERPRETERS = ("sensord", "stock")
FILE = "/tmp/test_emlearn_trees.trees"


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
