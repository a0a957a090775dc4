# SPDX-License-Identifier: MIT
"""type = "i2c": a sensor chip on an I2C bus. A chip is one file in chips/."""
