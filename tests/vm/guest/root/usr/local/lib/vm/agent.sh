#!/bin/sh
# SPDX-License-Identifier: MIT
# Says "ready", and runs what the test sends: a script in base64 a line. The answer is "STATUS BYTES"
# on a line, and so many bytes of output.
exec 3<>/dev/vm-agent
# A serial port, where there is no other, passes on what it is given.
[ ! -t 3 ] || stty raw -echo <&3
echo ready >&3
while read -r line <&3; do
    echo "$line" | base64 -d >/run/agent.script
    sh /run/agent.script >/run/agent.output 2>&1 </dev/null 3>&-
    echo "$? $(stat -c %s /run/agent.output)" >&3
    cat /run/agent.output >&3
done
