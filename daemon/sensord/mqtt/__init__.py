# SPDX-License-Identifier: MIT
"""An MQTT client for asyncio, 3.1.1 and 5. The names are those of micropython-lib's umqtt."""
