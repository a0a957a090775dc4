# SPDX-License-Identifier: MIT
"""TDK InvenSense MPU6886: three accelerations through a FIFO of 1 KiB. Datasheet, revision 1.1."""

from .mpu6050 import CONFIG, MPU6050

DOC = "TDK InvenSense MPU6886."
ADDRESSES = (0x68, 0x69)
_ACCEL_CONFIG2 = 0x1D


class MPU6886(MPU6050):
    _ID, _NAME = 0x19, "MPU6886"
    _ROW_BYTES = 8  # the temperature comes along
    _KEEP_OLDEST = 0x40  # in CONFIG, FIFO_MODE: a full FIFO takes no more

    def _filter(self, number):
        self._put(CONFIG, self._KEEP_OLDEST | number)
        self._put(_ACCEL_CONFIG2, number)


DRIVER = MPU6886
