# SPDX-License-Identifier: MIT
"""machine.ADC and machine.ADCBlock: analogue inputs, through the kernel's IIO drivers."""

class ADC:
    CORE_TEMP: int
    def __init__(self, id: int | str, *, sample_ns: int = 0, atten: int = 0) -> None:
        """Opens a channel; OSError(ENODEV) lists what there is."""
    def init(self, *, sample_ns: int = 0, atten: int = 0) -> None:
        """Takes no settings: ValueError for any."""
    def read_uv(self) -> int:
        """The voltage in microvolts."""
    def read_u16(self) -> int:
        """The voltage as 0 to 65535 of the full scale."""
    def block(self) -> ADCBlock:
        """The ADCBlock that the channel belongs to."""
    def deinit(self) -> None:
        """Closes the channel. Idempotent."""

class ADCBlock:
    def __init__(self, id: int | str, *, bits: int | None = None) -> None:
        """An IIO device; OSError(ENODEV) lists those there are."""
    def init(self, *, bits: int | None = None) -> None:
        """Sets the bits that read_u16() of channels connected from now on takes as full scale."""
    def connect(self, channel: int | str, source: int | str | None = None) -> ADC:
        """The ADC of a channel, by number or by name, or by both."""
