#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs one step of the build: prints its description and how long it took, writes its output to
# build/log/NAME.log, and prints the end of that if the step fails.
#
#   packaging/step.sh NAME DESCRIPTION COMMAND...
set -u
name=$1 what=$2
shift 2
log=build/log/$name.log
mkdir -p build/log
printf '%s ... ' "$what"
start=$(date +%s)
if "$@" >"$log" 2>&1 </dev/null; then
    echo "$(($(date +%s) - start)) s"
else
    status=$?
    echo "failed after $(($(date +%s) - start)) s; the end of $log:"
    tail -n 40 "$log"
    exit $status
fi
