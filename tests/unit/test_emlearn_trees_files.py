# SPDX-License-Identifier: MIT
"""emlearn_trees' models in files and memory: the CSV, the binary form, damaged ones of both."""

import gc
import io
from array import array

import emlearn_trees
from emlearn_forests import (
    DATA,
    FILES,
    HARD,
    behaviour,
    features_for,
    loaded,
    predicted,
    raises,
    saved,
)

INTERPRETERS = ("sensord", "stock")


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
