#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a virtual environment of Python packages, inside the build root:
#
#   packaging/venv.sh FOLDER NAME.lock     each package must have the hash in NAME.lock, of `make lock`
#
# The environment's own setuptools builds packages that come as source: pip would fetch another for
# that, without a hash.
set -eu
folder=$1 lock=$2
pip="$folder/bin/python -m pip --disable-pip-version-check install --require-hashes --no-deps"

rm -rf "$folder"
python3 -m venv "$folder"
if grep '^setuptools==' "$lock" > "$folder/setuptools.lock"; then
    $pip -r "$folder/setuptools.lock"
fi
$pip --no-build-isolation -r "$lock"
