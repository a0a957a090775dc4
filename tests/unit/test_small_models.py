# SPDX-License-Identifier: MIT
"""Neighbours, clusters, regression and linear_map() work as upstream documents, and safely."""

import gc
from array import array

import emlearn_arrayutils
import emlearn_kmeans
import emlearn_linreg
import emlearn_neighbors

INTERPRETERS = ("sensord", "stock")

NAN, INF = float("nan"), float("inf")
X = array("f", [1, 2, 3, 4, 2, 3, 4, 5])
Y = array("f", [10, 15])


def raises(kind, function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except kind:
        return True
    raise AssertionError("%r accepted" % (arguments,))


def ints(*values):
    return array("h", values)


def neighbors(items=100, k=2):
    model = emlearn_neighbors.new(items, 3, k)
    for features, label in (
        (ints(-100, -100, -2), 0),
        (ints(-100, -100, -2), 0),
        (ints(100, 100, 2), 1),
        (ints(100, 100, 2), 1),
    ):
        model.additem(features, label)
    return model


def test_neighbors_as_upstreams_tests_use_them():
    model, out = neighbors(), ints(0, 0, 0)
    assert model.additem(ints(7, 8, 9), 1) == 4
    model.getitem(4, out)
    assert list(out) == [7, 8, 9]
    assert model.predict(ints(100, 100, 2)) == 1
    assert model.predict(ints(-100, -100, -2)) == 0
    assert [model.getresult(i) for i in (0, 1)] == [(0, 0, 0), (1, 0, 0)]
    assert model.getresult(4) == (3, 282, 1)


def test_neighbors_at_the_ends_of_the_range():
    """Here the squares of upstream's distances overflow."""
    model = emlearn_neighbors.new(2, 8, 1)
    model.additem(array("h", [32767] * 8), -32768)
    model.additem(array("h", [-32768] * 8), 32767)
    assert model.predict(array("h", [-32768] * 8)) == 32767
    assert model.getresult(1) == (0, 185360, -32768)  # 65535 times the root of 8


def test_neighbors_vote_and_ties_go_to_the_least_label():
    model = emlearn_neighbors.new(5, 1, 4)
    for value, label in ((1, 9), (2, 5), (3, 9), (4, 5), (100, 5)):
        model.additem(ints(value), label)
    assert model.predict(ints(0)) == 5
    model = emlearn_neighbors.new(3, 1, 3)
    for value, label in ((1, 300), (50, -7), (90, -7)):
        model.additem(ints(value), label)
    assert model.predict(ints(0)) == -7


def test_neighbors_refuse_wrong_arguments():
    for sizes in ((0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 2), (32768, 1, 1), (1, 65536, 1)):
        raises(ValueError, emlearn_neighbors.new, *sizes)
    raises(ValueError, emlearn_neighbors.new, 32767, 65535, 1)
    raises(TypeError, emlearn_neighbors.new, 1, "3", 1)
    model = neighbors(items=4)
    raises(ValueError, model.additem, ints(1, 2, 3), 0)  # full
    model = emlearn_neighbors.new(4, 3, 2)
    for wrong in (None, 1, bytes(6), ints(1, 2), ints(1, 2, 3, 4), array("f", [1, 2, 3])):
        raises((TypeError, ValueError), model.additem, wrong, 0)
        raises((TypeError, ValueError), model.predict, wrong)
    for label in (32768, -32769, None, "a"):
        raises((TypeError, ValueError), model.additem, ints(1, 2, 3), label)
    model.additem(ints(1, 2, 3), 0)
    raises(ValueError, model.predict, ints(1, 2, 3))  # one item, two neighbours
    raises(ValueError, model.getresult, 0)
    for index in (-1, 1):
        raises(ValueError, model.getitem, index, ints(0, 0, 0))


def test_clusters_as_upstreams_tests_use_them():
    for kind in (bytearray, lambda values: array("B", values)):
        values = kind([0, 0, 0, 10, 5, 2, 200, 50, 100, 255, 255, 255])
        centroids = kind([0, 0, 0, 200, 200, 200])
        assignments = emlearn_kmeans.cluster(values, centroids, features=3)
        assert list(assignments) == [0, 0, 1, 1]
        assert list(centroids) == [5, 2, 1, 227, 152, 177]
        assert emlearn_kmeans.euclidean_argmin(centroids, values[3:6]) == (0, 35)
    zeros = array("B", bytes(1000))
    assignments = emlearn_kmeans.cluster(zeros, array("B", bytes(100)), features=10, max_iter=2)
    assert list(assignments) == [0] * 100


def test_cluster_iter_gives_the_changes_of_each_round():
    values, centroids = array("B", [0, 2, 4, 100, 200]), array("B", [0, 1])
    assignments = array("B", [255] * 5)
    changes = list(emlearn_kmeans.cluster_iter(values, centroids, assignments, 1))
    assert changes[0] == 5 and changes[-1] == 0 and 0 not in changes[:-1]
    assert list(assignments) == [0, 0, 0, 1, 1] and list(centroids) == [2, 150]
    for max_iter, rounds in ((0, 0), (1, 1), (2, 2)):
        centroids, assignments = array("B", [0, 1]), array("B", [255] * 5)
        made = emlearn_kmeans.cluster_iter(values, centroids, assignments, 1, max_iter=max_iter)
        assert len(list(made)) == rounds
    centroids, assignments = array("B", [0, 1]), array("B", [255] * 5)
    made = emlearn_kmeans.cluster_iter(values, centroids, assignments, 1, stop_changes=5)
    assert len(list(made)) == 1


def test_clusters_refuse_wrong_arguments():
    right, two = bytearray(6), bytearray(2)
    for wrong in (None, 1, ints(1, 2), array("f", [1, 2])):
        raises((TypeError, ValueError), emlearn_kmeans.cluster, wrong, two, 2)
        raises((TypeError, ValueError), emlearn_kmeans.cluster, right, wrong, 2)
        raises((TypeError, ValueError), emlearn_kmeans.euclidean_argmin, right, wrong)
        raises((TypeError, ValueError), emlearn_kmeans.euclidean_argmin, wrong, two)
        raises((TypeError, ValueError), emlearn_kmeans.cluster_iter, right, two, wrong, 2)
    for features in (0, -1, 4, 65536):
        raises(ValueError, emlearn_kmeans.cluster, right, two, features)
    raises(ValueError, emlearn_kmeans.cluster, right, bytearray(), 2)
    raises(ValueError, emlearn_kmeans.cluster, right, bytearray(255), 1)
    raises(TypeError, emlearn_kmeans.cluster, right, bytes(2), 2)  # must be writable
    for vectors, point in ((bytes(4), b""), (b"", bytes(2)), (bytes(3), bytes(2))):
        raises(ValueError, emlearn_kmeans.euclidean_argmin, vectors, point)
    raises(ValueError, emlearn_kmeans.cluster_iter, right, two, bytearray(2), 2)


def test_regression_as_upstreams_tests_use_it():
    model = emlearn_linreg.new(4, 0.1, 0.5, 0.01)
    last, mse = emlearn_linreg.train(model, X, Y, max_iterations=100, tolerance=1e-6, verbose=0)
    assert last == 99 and abs(mse - model.score_mse(X, Y)) < 0.05
    assert abs(model.predict(X[:4]) - 10) < 0.8
    assert isinstance(model, emlearn_linreg.elasticnet)


def test_a_step_is_the_gradient_and_the_penalty():
    model = emlearn_linreg.new(2, 0.2, 0.25, 0.1)
    model.set_weights(array("f", [1.0, -0.01]))
    model.set_bias(0.5)
    model.step(array("f", [1, 2, 3, 1]), array("f", [1, 2]))
    # Errors 0.48 and 1.49; then L2 0.15 w, and a threshold of 0.1 x 0.05.
    weights = array("f", [0, 0])
    model.get_weights(weights)
    assert abs(weights[0] - (1 - 0.1 * (2.475 + 0.15) - 0.005)) < 1e-5, weights
    assert abs(weights[1] - (-0.01 - 0.1 * (1.225 - 0.0015) + 0.005)) < 1e-5, weights
    assert abs(model.get_bias() - (0.5 - 0.1 * 0.985)) < 1e-6
    assert model.get_n_features() == 2


def test_training_ends_where_it_should():
    def fresh(rate=0.01):
        return emlearn_linreg.new(4, 0.0, 0.5, rate)

    train = emlearn_linreg.train
    last, mse = train(fresh(), X, Y, 100000)
    assert 20 < last < 100000 and last % 10 == 0
    last, mse = train(fresh(), X, Y, 1000, score_limit=1.0, check_interval=1)
    assert last < 100 and mse <= 1.0
    model = fresh(rate=1.0)
    last, mse = train(model, X, Y, 1000)
    assert last < 100 and mse < 1e30  # the error grew, and the training was stopped
    for keywords in ({"max_iterations": 0}, {"check_interval": 0}, {"check_interval": -1}):
        raises(ValueError, train, fresh(), X, Y, **keywords)
    raises(TypeError, train, None, X, Y)
    raises(TypeError, train, fresh(), X)


def test_regression_refuses_wrong_arguments():
    for settings in (
        (0, 0.1, 0.5, 0.1),
        (65536, 0.1, 0.5, 0.1),
        (1, -1, 0.5, 0.1),
        (1, 0.1, 1.5, 0.1),
        (1, 0.1, 0.5, NAN),
        (1, INF, 0.5, 0.1),
    ):
        raises(ValueError, emlearn_linreg.new, *settings)
    model = emlearn_linreg.new(4, 0.1, 0.5, 0.01)
    four = array("f", [1, 2, 3, 4])
    for wrong in (None, 1, bytes(16), ints(1, 2, 3, 4), array("f", [1, 2, 3])):
        for method in (model.predict, model.get_weights, model.set_weights):
            raises((TypeError, ValueError), method, wrong)
        for method in (model.step, model.score_mse):
            raises((TypeError, ValueError), method, X, wrong)
            raises((TypeError, ValueError), method, wrong, Y)
    raises(ValueError, model.step, array("f"), array("f"))
    for bad in (NAN, INF):
        spoilt = array("f", [1, 2, bad, 4])
        raises(ValueError, model.predict, spoilt)
        raises(ValueError, model.set_weights, spoilt)
        raises(ValueError, model.set_bias, bad)
        raises(ValueError, model.step, spoilt, array("f", [1]))
        raises(ValueError, model.step, four, array("f", [bad]))
    model.step(four, array("f", [1]))
    assert model.score_mse(four, array("f", [1])) < 1


def test_nothing_is_allocated_by_a_prediction():
    model, features, item = neighbors(), ints(1, 2, 3), ints(0, 0, 0)
    values, centroids = bytearray(range(60)), bytearray(range(6))
    regression = emlearn_linreg.new(4, 0.1, 0.5, 0.01)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(20):
        model.predict(features)
        model.getitem(1, item)
        regression.step(X, Y)
    assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before
    assert emlearn_kmeans.euclidean_argmin(centroids, values[:2])[0] == 0


def test_linear_map_takes_bytes_both_ways():
    """Converts camera pixels for a model, and back."""
    pixels, values = bytearray([0, 128, 255]), array("f", [0.0] * 3)
    emlearn_arrayutils.linear_map(pixels, values, 0, 255, 0.0, 1.0)
    assert [round(255 * value) for value in values] == [0, 128, 255]
    for kind in (bytearray(3), array("B", [9] * 3)):
        emlearn_arrayutils.linear_map(values, kind, 0.0, 1.0, 0, 255)
        assert list(kind) == [0, 128, 255]
    small = array("b", [9] * 3)
    emlearn_arrayutils.linear_map(bytes([0, 128, 255]), small, 0, 255, -128, 127)
    assert list(small) == [-128, 0, 127]
    unsigned = array("B", [9] * 3)
    emlearn_arrayutils.linear_map(array("h", [-32768, 0, 32767]), unsigned, -32768, 32767, 0, 255)
    assert list(unsigned) == [0, 128, 255]
    emlearn_arrayutils.linear_map(array("f", [-1e9, NAN, 1e9]), unsigned, 0, 1, -10, 300)
    assert list(unsigned) == [0, 0, 255]
    for span in ((0, 0, 0, 1), (NAN, 1, 0, 1), (0, INF, 0, 1), (0, 1, 0, INF)):
        raises(ValueError, emlearn_arrayutils.linear_map, pixels, values, *span)
