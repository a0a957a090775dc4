# SPDX-License-Identifier: MIT
"""Announces this host to Home Assistant by its MQTT discovery.

identity.py   the identifier of the device
entities.py   the topic and the message of each entity
templates.py  how Home Assistant gets a value out of a reading
announced.py  the file that lists what the broker retains of this host
repeats.py    the last readings, for entities that are new
announcer.py  publishes the announcements, and takes back those of what is gone
"""
