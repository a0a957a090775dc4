# SPDX-License-Identifier: MIT
"""An MQTT 3.1.1 client for asyncio. The names are those of micropython-lib's umqtt."""
