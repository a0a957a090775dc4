#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes "ready", and runs the test's scripts: each is a line in base64. The answer is a line "STATUS
# BYTES", followed by so many bytes of output.
exec 3<>/dev/vm-agent
# Where it is a serial port, it must pass all bytes on unchanged.
[ ! -t 3 ] || stty raw -echo <&3
echo ready >&3
while read -r line <&3; do
    echo "$line" | base64 -d >/run/agent.script
    sh /run/agent.script >/run/agent.output 2>&1 </dev/null 3>&-
    echo "$? $(stat -c %s /run/agent.output)" >&3
    cat /run/agent.output >&3
done
