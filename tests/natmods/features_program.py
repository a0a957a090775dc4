# SPDX-License-Identifier: MIT
"""Runs the native modules for test_features.py: features_program.py FOLDER

The file FOLDER/job.json has the keys "job", a function below, "settings", numbers, and "arrays", a
list of [typecode, file]. The function's result, an array or a list, is printed as JSON.
"""

import json
import sys
from array import array

import emlearn_fft
import emlearn_iir
import emlearn_iir_q15
import emlearn_kmeans
import emlearn_linreg
import emlearn_neighbors
import timebased
import vibration


def fft(real, imag):
    emlearn_fft.FFT(len(real)).run(real, imag)
    return list(real) + list(imag)


def rfft(values):
    n = len(values)
    real, imag = array("f", bytes(2 * n + 4)), array("f", bytes(2 * n + 4))
    emlearn_fft.RFFT(n).run(values, real, imag)
    return list(real) + list(imag)


def in_pieces(run, values):
    view, at, size = memoryview(values), 0, 1
    while at < len(values):
        run(view[at : at + size])
        at, size = at + size, size % 700 + 37
    return values


def iir(sections, values):
    return in_pieces(emlearn_iir.new(sections).run, values)


def iir_q15(sections, values):
    coefficients = emlearn_iir_q15.convert_coefficients(sections)
    return in_pieces(emlearn_iir_q15.new(coefficients).run, values)


def features(x, y, z, length, hop, compat):
    """The features of all windows, one after the other."""
    out, made = array("f", bytes(4 * timebased.N_FEATURES)), []
    for at in range(0, len(x) - length + 1, hop):
        window = [axis[at : at + length] for axis in (x, y, z)]
        timebased.calculate_features(window[0], window[1], window[2], out, compat)
        made += list(out)
    return made


def vibrations(values, edges, length, rate):
    statistics, made = vibration.new(length, rate, edges), []
    out = array("f", bytes(4 * (6 + len(edges) - 1)))
    for at in range(0, len(values) - length + 1, length):
        statistics.run(values[at : at + length], out)
        made += list(out)
    return made


def neighbors(items, labels, queries, n_features, k):
    model = emlearn_neighbors.new(len(labels), n_features, k)
    for i, label in enumerate(labels):
        model.additem(items[i * n_features : (i + 1) * n_features], label)
    made = []
    for at in range(0, len(queries), n_features):
        made.append(model.predict(queries[at : at + n_features]))
    return made


def kmeans(values, centroids, n_features, max_iter):
    assignments = emlearn_kmeans.cluster(values, centroids, n_features, max_iter=max_iter)
    return list(assignments) + list(centroids)


def linreg(x, y, n_features, alpha, l1_ratio, rate, iterations):
    model = emlearn_linreg.new(n_features, alpha, l1_ratio, rate)
    emlearn_linreg.train(model, x, y, max_iterations=iterations, tolerance=0.0)
    weights = array("f", bytes(4 * n_features))
    model.get_weights(weights)
    return list(weights) + [model.get_bias(), model.score_mse(x, y)]


def load(folder, typecode, name):
    with open(folder + "/" + name, "rb") as file:
        return array(typecode, file.read())


def main(folder):
    with open(folder + "/job.json") as file:
        job = json.load(file)
    arrays = [load(folder, typecode, name) for typecode, name in job["arrays"]]
    print(json.dumps(list(globals()[job["job"]](*(arrays + job["settings"])))))


main(sys.argv[1])
