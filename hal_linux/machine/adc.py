# SPDX-License-Identifier: MIT
"""machine.ADC and machine.ADCBlock: analogue inputs, through the kernel's IIO drivers.

| MicroPython | on Linux |
|---|---|
| ADC(id)          | number N or "in_voltageN": that channel of the first IIO device that has it; "mcp3008:3": a device, by its driver's name or as "iio:device0", and its channel; else a channel's label, as in in_voltage3_label |
| sample_ns, atten | only 0 is accepted: the driver sets both |
| read_uv()        | (raw + offset) * scale, in microvolts |
| read_u16()       | the driver's full scale (in_voltageN_type) is 65535; if the driver does not report its bits: 3.3 V is 65535, or use ADCBlock(bits=…) |
| ADCBlock(id, bits=…) | number N: iio:deviceN, or a driver's name. bits is the full scale for read_u16() |
| connect(channel), connect(source), connect(channel, source) | the ADC of a channel number or a label; with both, the label must be that channel's |
| block()          | the ADCBlock of an ADC |

Signed and differential channels ("mcp3422:voltage0-voltage1") read 0 from read_u16() below zero.
"""  # noqa: E501

import os

from linux.explain import EACCES, ENODEV, failure
from linux.files import Attribute, read_text

_DEVICES = "/sys/bus/iio/devices"
_REFERENCE_UV = 3300000
_FULL = 65535
_MISSING = "on a Raspberry Pi the chip's overlay adds it, such as dtoverlay=mcp3008 or ads1115"
_HINTS = {EACCES: "add the user to a group that may read IIO devices"}


def _devices():
    """The folders of all IIO devices, in the order of their numbers."""
    try:
        names = [name for name in os.listdir(_DEVICES) if name.startswith("iio:device")]
    except OSError:
        names = []
    return [_DEVICES + "/" + name for name in sorted(names, key=lambda name: int(name[10:]))]


def _channels(folder):
    """The channels of a device, such as "in_voltage3" and "in_voltage0-voltage1"."""
    names = os.listdir(folder)
    return sorted(n[:-4] for n in names if n.startswith("in_voltage") and n.endswith("_raw"))


def _channel_of(folder, source):
    """The device's channel for a number, a name or a label; None if it has none."""
    source = str(source)
    for channel in _channels(folder):
        if source in (channel, channel[3:], channel[10:]):
            return channel
    for channel in _channels(folder):
        if read_text("%s/%s_label" % (folder, channel)) == source:
            return channel
    return None


def _device(id):
    """The folder of a device by number, by "iio:device0" or by its driver's name."""
    name = "iio:device%d" % id if isinstance(id, int) else id
    for folder in _devices():
        if folder.endswith("/" + name) or read_text(folder + "/name") == name:
            return folder
    raise failure(ENODEV, "ADC: IIO device %s" % name, _found() or _MISSING)


def _found():
    return ", ".join(
        "%s is %s" % (folder.rsplit("/", 1)[1], read_text(folder + "/name"))
        for folder in _devices()
    )


def _find(id):
    """(folder, channel) of an ADC's id."""
    id = str(id)
    device, colon, source = (id[4:] if id.startswith("iio:") else id).partition(":")
    if colon:
        folder = _device("iio:" + device if id.startswith("iio:") else device)
        return folder, _required(folder, source)
    for folder in _devices():
        channel = _channel_of(folder, id)
        if channel:
            return folder, channel
    raise failure(ENODEV, "ADC: no IIO device has channel %s" % id, _found() or _MISSING)


def _required(folder, source):
    channel = _channel_of(folder, source)
    if channel is None:
        raise failure(ENODEV, "ADC: %s has no channel %s" % (folder, source),
                      "it has " + (", ".join(_channels(folder)) or "none"))  # fmt: skip
    return channel


def _real_bits(folder, channel):
    """(bits, signed) from the type of a buffered channel, "le:s12/16>>4"; None if not reported."""
    text = read_text("%s/scan_elements/%s_type" % (folder, channel))
    if not text:
        return None
    bits = text.split(":")[1].split("/")[0]
    return int(bits[1:]), bits[0] in "sS"


class ADC:
    CORE_TEMP = -1  # not supported: the processor's temperature is a hwmon value, not an ADC's

    def __init__(self, id, *, sample_ns=0, atten=0):
        """Opens a channel; OSError(ENODEV) lists those there are."""
        self._file = None
        self._connect(*_find(id), None)
        self.init(sample_ns=sample_ns, atten=atten)

    def init(self, *, sample_ns=0, atten=0):
        """Accepts no settings: ValueError for any."""
        if sample_ns or atten:
            raise ValueError("ADC: sample_ns and atten are set by the kernel's driver")

    def _connect(self, folder, channel, bits):
        self._folder = folder
        self._path = "%s/%s" % (folder, channel)
        self._scale = self._property("scale")
        if self._scale is None:
            self._scale = 1.0  # sysfs-bus-iio: without a scale the unit is millivolts
        self._offset = self._property("offset") or 0
        told = _real_bits(folder, channel)
        self._full = None
        if bits is not None:
            self._full = (1 << bits) - 1
        elif told is not None:
            self._full = (1 << (told[0] - told[1])) - 1
        try:
            self._file = Attribute(self._path + "_raw", 32)
        except OSError as error:
            raise failure(error.errno, self._path + "_raw", _HINTS.get(error.errno, _MISSING))

    def _property(self, name):
        # A property is the channel's own or shared by all voltages of the device.
        for path in (self._path, self._folder + "/in_voltage"):
            text = read_text("%s_%s" % (path, name))
            if text:
                return float(text)
        return None

    def __repr__(self):
        return "ADC(%r)" % self._path

    def _raw(self):
        if self._file is None:
            raise failure(ENODEV, self._path, "deinitialised")
        try:
            return int(self._file.text())
        except OSError as error:
            hint = _HINTS.get(error.errno, "is the chip still connected?")
            raise failure(error.errno, self._path + "_raw", hint)

    def read_uv(self):
        """The voltage in microvolts."""
        return round((self._raw() + self._offset) * self._scale * 1000)

    def read_u16(self):
        """The voltage as 0 to 65535 of the full scale."""
        if self._full is None:
            value = (self.read_uv() * _FULL + _REFERENCE_UV // 2) // _REFERENCE_UV
        else:
            value = (self._raw() * _FULL + self._full // 2) // self._full
        return min(max(value, 0), _FULL)

    def block(self):
        """The ADCBlock that the channel belongs to."""
        return ADCBlock(self._folder.rsplit("/", 1)[1])

    def deinit(self):
        """Closes the channel. Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None


class ADCBlock:
    def __init__(self, id, *, bits=None):
        """Opens an IIO device; OSError(ENODEV) lists those there are."""
        self._folder = _device(id)
        self.init(bits=bits)

    def init(self, *, bits=None):
        """Sets the full scale, in bits, for read_u16() of channels connected from now on."""
        if bits is not None and not 1 <= bits <= 32:
            raise ValueError("ADCBlock: bits must be 1 to 32")
        self._bits = bits

    def __repr__(self):
        return "ADCBlock(%r)" % self._folder

    def connect(self, channel, source=None):
        """Returns the ADC of a channel, by number, by name, or by both."""
        name = _required(self._folder, channel)
        if source is not None and _required(self._folder, source) != name:
            raise ValueError("ADCBlock: channel %s is not %s" % (channel, source))
        adc = object.__new__(ADC)
        adc._file = None
        adc._connect(self._folder, name, self._bits)
        return adc
