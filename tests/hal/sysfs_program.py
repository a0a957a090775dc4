# SPDX-License-Identifier: MIT
"""MicroPython programs for test_sysfs_classes.py."""

import os

from machine.adc import ADC, ADCBlock
from machine.pwm import PWM


def attempt(function, *arguments, **keywords):
    try:
        print(function(*arguments, **keywords))
    except (OSError, ValueError) as error:
        print(type(error).__name__, getattr(error, "errno", ""), error)


class Pin:
    def __init__(self, id):
        self.id = id


def pwm():
    pwm = PWM(0, freq=1000, duty_u16=32768)
    print(pwm, pwm.freq(), pwm.duty_u16(), pwm.duty_ns())
    pwm.freq(50)
    print(pwm.freq(), pwm.duty_u16(), pwm.duty_ns())
    pwm.duty_ns(1500000)
    pwm.freq(100)
    print(pwm.freq(), pwm.duty_ns())
    pwm.init(freq=20000, duty_ns=25000)
    print(pwm.freq(), pwm.duty_u16(), pwm.duty_ns())
    pwm.duty_u16(65535)
    print(pwm.duty_u16(), pwm.duty_ns())
    pwm.duty_u16(0)
    print(pwm.duty_u16(), pwm.duty_ns())
    attempt(pwm.duty_u16, 65536)
    attempt(pwm.duty_ns, 50001)
    attempt(pwm.freq, 0)
    attempt(pwm.init, duty_u16=1, duty_ns=1)
    pwm.deinit()
    pwm.deinit()
    attempt(pwm.freq)
    pwm.init(freq=10)
    print(pwm.freq(), pwm.duty_u16())


def order(seed):
    """Every change of freq and duty, in both directions."""
    state = int(seed)
    pwm = PWM("pwmchip0:1")
    for _ in range(200):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        freq = 1 + (state >> 8) % 20000
        if state & 64:
            pwm.init(freq=freq, duty_u16=(state >> 4) & 0xFFFF)
        elif state & 32:
            pwm.duty_u16((state >> 4) & 0xFFFF)
        elif state & 16:
            pwm.freq(freq) if pwm._pulse_ns is None else pwm.init(freq=freq, duty_ns=0)
        else:
            pwm.duty_ns((1000000000 // pwm.freq() if pwm.freq() else 1) // 3)
    print("done")


def duty_first():
    pwm = PWM(1)
    pwm.duty_u16(16384)
    pwm.freq(100)
    print(pwm.duty_u16(), pwm.duty_ns())


def left_behind():
    print(PWM(0, freq=1000).duty_ns())


def invert():
    pwm = PWM(0, freq=1000, duty_u16=100, invert=True)
    pwm.init(invert=False)


def where(id):
    attempt(PWM, eval(id))


def pwm_leaks():
    PWM(0).deinit()
    before = len(os.listdir("/proc/self/fd"))
    for i in range(300):
        pwm = PWM(0, freq=1000)
        pwm.deinit()
        if i % 10 == 0:
            try:
                PWM(9)
            except ValueError:
                pass
    print(len(os.listdir("/proc/self/fd")) - before)


def adc(*ids):
    for id in ids:
        adc = ADC(int(id) if id.isdigit() else id)
        print(adc.read_u16(), adc.read_uv())


def adc_errors(*ids):
    for id in ids:
        attempt(ADC, int(id) if id.isdigit() else id)
    attempt(ADC, 0, atten=3)


def vanishing(path):
    adc = ADC(0)
    print(adc.read_uv())
    with open(path, "w") as file:
        file.write("1000\n")
    print(adc.read_uv())
    adc.deinit()
    attempt(adc.read_uv)


def block():
    print(ADC("iio:device1:2").block())
    block = ADCBlock(0, bits=10)
    print(block.connect(0).read_u16(), block.connect("in_voltage1").read_u16())
    print(block.connect(1, "battery").read_uv(), block.connect("battery").read_uv())
    attempt(block.connect, 0, "battery")
    attempt(block.connect, 7)
    attempt(ADCBlock, "ads9999")
    attempt(ADCBlock, 0, bits=0)
    print(ADCBlock("ads1115"))


def adc_leaks():
    ADC(0).deinit()
    before = len(os.listdir("/proc/self/fd"))
    for i in range(10000):
        adc = ADC("iio:device0:0")
        if i % 2:
            adc.deinit()
        if i % 100 == 0:
            try:
                ADC("iio:device0:99")
            except OSError:
                pass
    del adc
    import gc

    gc.collect()
    print(len(os.listdir("/proc/self/fd")) - before)
