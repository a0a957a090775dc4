# SPDX-License-Identifier: MIT
# The hardware layer: `machine` as on a microcontroller, and `linux` below it.
package("linux")
package("machine")
