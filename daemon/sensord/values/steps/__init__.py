# SPDX-License-Identifier: MIT
"""The steps that a value can take between its check and its reading, each if the configuration
asks for it. The order of all of them:

    kind, the chip's own limits       values/checked.py
    scale and offset, or points       calibration.py, called by the check
    valid                             values/checked.py
    median, smooth                    filters.py
    statistics                        statistics.py
    digits, name                      names.py
    change                            changes.py

Most configurations use none of them, so no module here is imported without need.
"""
