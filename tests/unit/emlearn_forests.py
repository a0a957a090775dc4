# SPDX-License-Identifier: MIT
"""Forests for the tests of emlearn_trees, in each interpreter that they run in."""

import io
from array import array

import emlearn_trees

DATA = __file__.rsplit("/", 2)[0] + "/data/"
FILES = ("har/uci_har.trees.csv", "trees/soft.csv", "trees/regression.csv")

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
