# SPDX-License-Identifier: MIT
"""`make demo`: a noise monitor on real audio, each MQTT message as it arrives, then a summary.

usage: demo.py [DEVICE]    DEVICE: an ALSA capture device instead of the recording
"""

import contextlib
import json
import sys
import tempfile
import time

from support import ALSA_SOUNDS, Broker, Daemon, Microphone, Subscriber

SECONDS = 15
RECORDINGS = sorted(ALSA_SOUNDS.glob("[FRS]*.wav"))  # a voice that names the loudspeakers

CONFIG = """\
[mqtt]
server = "mqtt://127.0.0.1:{port}"

[sensor.noise]
type = "sound"
device = "{device}"
rate = {rate}
interval = "1 s"

[sensor.board]
type = "system"
interval = "5 s"
"""


def show(topic, payload):
    print(f"{topic}  {payload}", flush=True)


def main():
    device = sys.argv[1] if len(sys.argv) > 1 else None
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        broker = stack.enter_context(Broker(folder))
        subscriber = stack.enter_context(Subscriber(broker, on_message=show))
        environment, rate = {}, 16000
        if device is None:
            microphone = stack.enter_context(Microphone(folder, RECORDINGS))
            environment, rate = microphone.environment, microphone.rate
            print(f"microphone: arecord on {len(RECORDINGS)} recordings from {ALSA_SOUNDS}")
        else:
            print(f"microphone: {device}")
        config = CONFIG.format(port=broker.port, device=device or "mic", rate=rate)
        daemon = stack.enter_context(Daemon(folder, config, environment))
        time.sleep(SECONDS)
        if daemon.process.poll() is not None:
            sys.exit("sensord ended early: " + daemon.messages())
        memory, cpu = daemon.memory_kb(), daemon.cpu_s()
        alive_s = time.monotonic() - daemon.started
        status = daemon.stop()
        readings = [
            json.loads(payload)
            for topic, payload, _, _ in subscriber.messages
            if topic.endswith("/noise")
        ]
        if not readings or status != 0:
            sys.exit(f"no reading arrived; sensord said: {daemon.messages()}")
        levels = [reading["laeq_db"] for reading in readings]
        overruns = sum(reading["overruns"] for reading in readings)
        print(
            f"{len(subscriber.messages)} messages, "
            f"LAeq {min(levels):.1f} to {max(levels):.1f} dB, {overruns} overruns, "
            f"RSS {memory['Rss']} kB, private {memory['Private']} kB, "
            f"CPU {100 * cpu / alive_s:.2f} %"
        )


if __name__ == "__main__":
    main()
