# SPDX-License-Identifier: MIT
# The hardware layer: `machine` and `camera` as on a microcontroller, and `linux` below them.
package("camera")
package("linux")
package("machine")
