# SPDX-License-Identifier: MIT
"""Topics are those of the template, and no host name can make others of them."""

from sensord.mqtt.topics import Topics


def test_the_default_template():
    topics = Topics("sensord/{host}/{sensor}", "pi")
    assert topics.reading("noise") == "sensord/pi/noise"
    assert topics.sensor_status("noise") == "sensord/pi/noise/status"
    assert topics.command("fan") == "sensord/pi/fan/set"
    assert topics.host_status() == "sensord/pi/status"
    assert topics.host_metrics() == "sensord/pi/metrics"
    assert topics.host_info() == "sensord/pi/info"


def test_a_sensor_that_is_not_the_last_level():
    topics = Topics("{sensor}/of/{host}", "pi")
    assert topics.reading("noise") == "noise/of/pi"
    assert topics.sensor_status("noise") == "noise/of/pi/status"
    assert topics.host_info() == "of/pi/info"


def test_a_host_name_is_one_level_and_no_filter():
    topics = Topics("a/{host}/{sensor}", "x/y+#\0z")
    assert topics.reading("s") == "a/x_y___z/s"
