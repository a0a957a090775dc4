# SPDX-License-Identifier: MIT
"""The accelerometers that sensord has drivers for, one module each; see ../chip.py."""
