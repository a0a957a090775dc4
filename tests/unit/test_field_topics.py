# SPDX-License-Identifier: MIT
"""topic_per_field: one topic for each field, apart from the sensor's own topics."""

from sensord.mqtt.field_topics import FieldTopics
from sensord.mqtt.topics import Topics


def messages(*fields):
    return FieldTopics(Topics("sensord/{host}/{sensor}", "pi")).messages("s", fields)


def test_values_as_plain_text():
    assert messages(
        ("a", 21.5), ("b", 3), ("c", True), ("d", "warm ü"), ("e", None), ("f", float("nan"))
    ) == [
        ("sensord/pi/s/a", b"21.5"),
        ("sensord/pi/s/b", b"3"),
        ("sensord/pi/s/c", b"true"),
        ("sensord/pi/s/d", "warm ü".encode()),
        ("sensord/pi/s/e", b"null"),
        ("sensord/pi/s/f", b"null"),
    ]  # fmt: skip


def test_a_field_never_has_a_topic_of_the_sensor():
    """A field called status would make the sensor unavailable in Home Assistant."""
    assert [topic for topic, _ in messages(("status", 1), ("set", 2), ("status_", 3))] == [
        "sensord/pi/s/status_", "sensord/pi/s/set_", "sensord/pi/s/status__2",
    ]  # fmt: skip


def test_a_field_is_one_level_and_no_wildcard():
    found = [topic for topic, _ in messages(("x/y+#\0\n", 1), ("x_y____", 2), ("", 3))]
    assert found == ["sensord/pi/s/x_y____", "sensord/pi/s/x_y_____2", "sensord/pi/s/_"]


def test_a_field_keeps_its_topic():
    topics = FieldTopics(Topics("{sensor}", "pi"))
    first = topics.messages("s", [("a/b", 1), ("a_b", 2)])
    again = topics.messages("s", [("a_b", 4), ("a/b", 3)])
    assert [topic for topic, _ in first] == ["s/a_b", "s/a_b_2"]
    assert again == [("s/a_b_2", b"4"), ("s/a_b", b"3")]
