# SPDX-License-Identifier: MIT
"""type = "w1": thermometers on the 1-Wire bus."""
