# SPDX-License-Identifier: MIT
"""Runs a file's test functions, in any Python: run.py FILE. conftest.py reads the output."""

import sys


def main(path):
    namespace = {"__name__": "tested", "__file__": path}
    with open(path) as file:
        source = file.read()
    exec(compile(source, path, "exec"), namespace)
    for name in sorted(namespace):
        if name.startswith("test_"):
            run(name, namespace[name])


def run(name, test):
    try:
        test()
    except Exception as error:
        print("== %s FAIL" % name)
        if hasattr(sys, "print_exception"):
            sys.print_exception(error, sys.stdout)
        else:
            import traceback

            traceback.print_exc(file=sys.stdout)
    else:
        print("== %s PASS" % name)


main(sys.argv[1])
