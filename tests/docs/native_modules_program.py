# SPDX-License-Identifier: MIT
"""Prints, as JSON, the names in the native modules and how many arguments each function takes.

Runs in sensord's interpreter, whose errors state the number of arguments.
"""

import array
import json
import sys

FLOATS = array.array("f", [1, 0, 0, 1, 0, 0])
MANY = 20


def _network(module):
    kind = "int8" if module == "emlearn_cnn_int8" else "fp32"
    with open(sys.argv[1] + "/mnist_cnn_%s.tmdl" % kind, "rb") as file:
        return file.read()


def objects(name, module):
    """{the function or class that makes it: an object} of a module's own types."""
    if name.startswith("emlearn_cnn_"):
        return {"new": module.new(_network(name))}
    if name == "emlearn_fft":
        return {"FFT": module.FFT(8), "RFFT": module.RFFT(8)}
    if name == "emlearn_iir_q15":
        return {"new": module.new(module.convert_coefficients(FLOATS))}
    arguments = {
        "emlearn_iir": (FLOATS,),
        "emlearn_linreg": (2, 0.0, 0.0, 0.1),
        "emlearn_neighbors": (4, 2, 1),
        "emlearn_trees": (),
        "soundlevel": (array.array("f", [1, 0, 0, 1, 0, 0] * 4), "A", 0.5, 10),
        "thirdoctave": (array.array("f", [0.1] * 36), array.array("f", [0.1] * 2)),
        "vibration": (16, 100.0, array.array("f", [0, 50])),
    }
    return {"new": module.new(*arguments[name])} if name in arguments else {}


def _error(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except TypeError as error:
        return str(error.args[0])
    except ValueError:
        pass
    return ""


def _number_after(text, words):
    return int(text.split(words)[1].split(" ")[0].rstrip(","))


def arguments(function, own, names):
    """[least, most, names] of the arguments of a function; `own` of them are self.

    `names` are the arguments that it should accept by name, [] for none.
    """
    few, many = _error(function), _error(function, *[1] * MANY)
    if "extra positional" in many:
        most = 1
        while "extra positional" not in _error(function, *[1] * (most + 1)):
            most += 1
        given = dict.fromkeys(names[1:], 1)
        error = _error(function, 1, **given)
        wrong = "keyword" in error or "argument required" in error
        return [None, most, [] if wrong else names]
    if "takes " in many:
        exactly = _number_after(many, "takes ") - own
        return [exactly, exactly, []]
    least = _number_after(few, "missing ") if "missing " in few else 0
    return [least, _number_after(many, "at most ") - own, []]


def public(thing):
    return [name for name in dir(thing) if not name.startswith("_")]


found = {}
wanted = json.loads(sys.stdin.read())
for module_name, functions in wanted.items():
    module = __import__(module_name)
    made = objects(module_name, module)
    entry = {"names": public(module), "values": {}, "functions": {}, "methods": {}}
    for name in entry["names"]:
        value = getattr(module, name)
        if isinstance(value, (int, str)):
            entry["values"][name] = type(value).__name__
        elif not isinstance(value, type) or name in made:
            entry["functions"][name] = arguments(value, 0, functions.get(name, []))
    for maker, thing in made.items():
        entry["methods"][maker] = {m: arguments(getattr(thing, m), 1, []) for m in public(thing)}
    found[module_name] = entry
print(json.dumps(found))
