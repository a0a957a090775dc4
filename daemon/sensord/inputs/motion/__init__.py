# SPDX-License-Identifier: MIT
"""type = "motion": an activity tracker."""
