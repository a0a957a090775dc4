# SPDX-License-Identifier: MIT
package("sensord")
