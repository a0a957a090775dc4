# SPDX-License-Identifier: MIT
"""Fitting calls of the native modules, for native_modules.py, which changes their arguments.

A recipe is a function and a function that makes its arguments, a list, for a Run.
"""

import array

import emlearn_arrayutils
import emlearn_cnn_fp32
import emlearn_cnn_int8
import emlearn_fft
import emlearn_iir
import emlearn_iir_q15
import emlearn_kmeans
import emlearn_linreg
import emlearn_neighbors
import emlearn_trees
import pixels
import soundlevel
import thirdoctave
import timebased
import vibration

# Forests: of classes by hard and by soft voting, of numbers, and three texts that are none.
FORESTS = (
    b"f,2\nc,2\nl,0\nl,1\nr,0\nn,0,1,-1,-2\n",
    b"f,2\nc,2\nlb,8\nl,[1 254]\nl,[200 55]\nr,0\nn,1,3,1,-2\nn,0,1,-1,-2\n",
    b"f,1\nc,0\nlb,32\nl,0.5\nl,-1.5\nr,0\nn,0,1,-1,-2\n",
    b"1,2,3\n",
    b"\x89TRF\1\x08" + bytes(58),
    b"",
)


class Evil:
    """Stands for a number, a file, a clock or an iterator, and meanwhile moves the arrays that
    were passed in the same call, or calls methods of the objects there are."""

    def __init__(self, run, what):
        self._run, self._what = run, what

    def _act(self):
        run, self._run = self._run, None
        if run is not None:
            run.mischief()
        return self._what

    def __int__(self):
        return int(self._act())

    def __float__(self):
        return float(self._act())

    def __call__(self, *arguments):
        return self._act()

    def __iter__(self):
        return self

    def __next__(self):
        if self._run is None:
            raise StopIteration
        self._act()
        return FORESTS[0]

    def readinto(self, buffer):
        self._act()
        part = FORESTS[0][: len(buffer)]
        buffer[: len(part)] = part
        return self._what if self._what else 0

    def write(self, data):
        return self._act() or len(data)

    def close(self):
        self._act()


def _sizes(run):
    return (2 * run.small(16), 2 * run.small(16))


def _convert(run):
    source, target = _sizes(run), _sizes(run)
    formats = ("GREY", "YUYV", "NV12", "YU12", "RGB3", "RGBP")
    from_format, to_format = formats[run.small(6) - 1], formats[run.small(6) - 1]
    return [
        run.data("B", pixels.size(from_format, source)), from_format, source,
        run.data("B", pixels.size(to_format, target)), to_format, target,
        _crop(run, source),
    ]  # fmt: skip


def _crop(run, size):
    x, y = run.small(size[0]) - 1, run.small(size[1]) - 1
    return (x, y, run.small(size[0] - x), run.small(size[1] - y)) if run.small(2) > 1 else None


def _vectors(run, kind):
    features, n = run.small(8), run.small(16)
    return [run.data(kind, features * n), run.data(kind, features), run.data(kind, n), features]


def _cluster(run):
    features, n, clusters = run.small(8), run.small(16), run.small(8)
    return [run.data("B", features * n), run.data("B", features * clusters), features]


def _cluster_iter(run):
    features, n, clusters = run.small(8), run.small(16), run.small(8)
    data = [run.data("B", features * n), run.data("B", features * clusters), run.data("B", n)]
    return data + [features, run.small(4), 0]


def _linear_map(run):
    n, kinds = run.small(32), "bBhf"
    kind, other = kinds[run.small(4) - 1], kinds[run.small(4) - 1]
    return [run.data(kind, n), run.data(other, n), -1.0, 1.0, 0, 200]


def _meter(run):
    sections = array.array("f", [1.0, 0.5, 0.25, 1.0, -0.1, 0.01] * 4)
    run.moving.append((sections, "f"))
    return [sections, "ACZ"[run.small(3) - 1], 0.1, run.small(9)]


def _forest_file(run):
    return [run.object_of(emlearn_trees.new), FORESTS[run.small(6) - 1]]


def _save(run):
    return [run.object_of(emlearn_trees.new), Evil(run, 0)]


def _train(run):
    model = run.object_of(emlearn_linreg.new)
    features, n = model.get_n_features() if model else 1, run.small(8)
    return [model, run.data("f", features * n), run.data("f", n), 5, 1e-6, 2, 10.0, 0.5]


def _vibration(run):
    edges = array.array("f", [0.0, 10.0, 20.0, 50.0])
    run.moving.append((edges, "f"))
    return [16 << run.small(4) - 1, 100.0, edges]


def _bank(run):
    return [run.data("f", 36 * run.small(3)), run.data("f", 2 + run.small(4))]


def _axes(run):
    n = 3 + run.small(8)
    return [run.data("h", n) for _ in range(3)]


def _network(run):
    return [NETWORKS[run.small(len(NETWORKS)) - 1]]


def _networks():
    """One of each kind with every operator, and what is none."""
    found = [b"", bytes(64)]
    for name in ("operators_int8.tflite", "operators_fp32.tflite"):
        with open(DATA + name, "rb") as file:
            found.append(file.read())
    return found


DATA = __file__.rsplit("/", 1)[0] + "/../data/cnn/made/"
NETWORKS = _networks()

RECIPES = (
    (pixels.convert, _convert),
    (pixels.size, lambda run: ["RGB3", _sizes(run)]),
    (emlearn_arrayutils.linear_map, _linear_map),
    (emlearn_fft.FFT, lambda run: [2 << run.small(7)]),
    (emlearn_fft.RFFT, lambda run: [2 << run.small(7)]),
    (emlearn_iir.new, lambda run: [run.data("f", 6 * run.small(10))]),
    (emlearn_iir_q15.new, lambda run: [run.data("h", 6 * run.small(10))]),
    (emlearn_iir_q15.convert_coefficients, lambda run: [run.data("f", 6 * run.small(10)), 8192]),
    (emlearn_kmeans.euclidean_argmin, lambda run: _vectors(run, "B")[:2]),
    (emlearn_kmeans.cluster, _cluster),
    (emlearn_kmeans.cluster_iter, _cluster_iter),
    (emlearn_linreg.new, lambda run: [run.small(4), 0.1, 0.5, 0.01]),
    (emlearn_linreg.train, _train),
    (emlearn_neighbors.new, lambda run: [run.small(8), run.small(4), 1]),
    (emlearn_trees.new, lambda run: [run.small(4), run.small(8), run.small(8)]),
    (emlearn_trees.load_model, _forest_file),
    (emlearn_trees.save_model, _save),
    (soundlevel.new, _meter),
    (thirdoctave.new, _bank),
    (timebased.calculate_features, lambda run: _axes(run) + [run.data("f", 92), False]),
    (timebased.calculate_features_xyz, lambda run: [_axes(run), True]),
    (vibration.new, _vibration),
    (emlearn_cnn_int8.new, _network),
    (emlearn_cnn_fp32.new, _network),
)  # fmt: skip

# The classes of the objects that these two make, which have no name in their modules.
KINDS = {
    emlearn_trees.new: type(emlearn_trees.new()),
    emlearn_linreg.new: type(emlearn_linreg.new(1, 0.1, 0.5, 0.01)),
}

_NODE = ("addnode", lambda run: [1, -1, 0, run.small(9)])
_PCM = ("process", lambda run: [run.data("h", run.small(64))])
_NETWORK_IN, _NETWORK_OUT = 5 * 5 * 3, 6
_NETWORK_RUN = ("run", lambda run: [run.data("f", _NETWORK_IN), run.data("f", _NETWORK_OUT)])
# After an object was made, mostly its own methods follow, or functions that take it.
METHODS = {
    emlearn_fft.FFT: (
        ("run", lambda run: [run.data("f", 4), run.data("f", 4)]),
        ("fill", lambda run: [run.data("f", 2), run.data("f", 2)]),
    ),
    emlearn_fft.RFFT: (
        ("run", lambda run: [run.data("f", 4), run.data("f", 3), run.data("f", 3)]),
    ),
    emlearn_iir.new: (("run", lambda run: [run.data("f", run.small(64))]),),
    emlearn_iir_q15.new: (("run", lambda run: [run.data("h", run.small(64))]),),
    emlearn_kmeans.cluster_iter: (("__next__", lambda run: []),),
    emlearn_linreg.new: (
        ("step", lambda run: [run.data("f", 4), run.data("f", 2)]),
        ("predict", lambda run: [run.data("f", run.small(4))]),
        ("score_mse", lambda run: [run.data("f", 4), run.data("f", 2)]),
        ("get_weights", lambda run: [run.data("f", run.small(4))]),
        ("set_weights", lambda run: [run.data("f", run.small(4))]),
        ("set_bias", lambda run: [0.5]),
        (emlearn_linreg.train, _train),
    ),
    emlearn_neighbors.new: (
        ("additem", lambda run: [run.data("h", run.small(4)), run.small(4)]),
        ("getitem", lambda run: [0, run.data("h", run.small(4))]),
        ("predict", lambda run: [run.data("h", run.small(4))]),
        ("getresult", lambda run: [0]),
    ),
    emlearn_trees.new: (
        ("setdata", lambda run: [2, run.small(3), run.small(2) - 1]),
        ("addroot", lambda run: [0]),
        _NODE,
        _NODE,
        ("addleaf", lambda run: [run.small(2) - 1]),
        ("predict", lambda run: [run.data("h", 2), run.data("f", run.small(3))]),
        ("classify", lambda run: [run.data("h", 2)]),
        (emlearn_trees.load_model, _forest_file),
        (emlearn_trees.load_model, _forest_file),
        (emlearn_trees.save_model, _save),
    ),
    soundlevel.new: (
        _PCM,
        ("process", lambda run: [run.data("B", run.small(64))]),
        ("settle", lambda run: []),
        ("read", lambda run: [run.data("f", 8)]),
    ),
    thirdoctave.new: (_PCM, ("read", lambda run: [run.data("f", 3 * run.small(3))])),
    vibration.new: (
        ("run", lambda run: [run.data("f", 16), run.data("f", 9)]),
        ("run", lambda run: [run.data("h", 16), run.data("f", 9)]),
    ),
    emlearn_cnn_int8.new: (
        _NETWORK_RUN,
        (
            "profile",
            lambda run: [run.data("f", _NETWORK_IN), run.data("f", _NETWORK_OUT), Evil(run, 1)],
        ),
        ("memory", lambda run: []),
    ),
    emlearn_cnn_fp32.new: (_NETWORK_RUN, ("input_dimensions", lambda run: [])),
}
