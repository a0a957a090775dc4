# SPDX-License-Identifier: MIT
"""type = "spi": a sensor chip on an SPI bus. A chip is one file in chips/."""
