# SPDX-License-Identifier: MIT
# What differs from architecture to architecture. Names are Debian's; `make ARCH=armhf` reads the
# lines that end in _armhf.
#
#   TRIPLET      of the libraries in the build root; with "-gcc", of the cross compiler
#   LOADER       the dynamic linker, in the build root
#   PACKAGES     what the build root needs to build for it, added when that is first asked for
#   NATMOD_ARCH  of the .mpy modules that Debian's micropython loads; empty where it loads none
#   NATMOD_CROSS, NATMOD_CFLAGS  the compiler of these modules and what it needs to be told
#   QEMU, QEMU_CPU  which emulator runs it, as the weakest processor that it is made for: a better
#                one would hide instructions that this one does not have

ARCHITECTURES := amd64 arm64 armhf
FOREIGN := $(filter-out amd64,$(ARCHITECTURES))

TRIPLET_amd64 := x86_64-linux-gnu
LOADER_amd64 := usr/lib64/ld-linux-x86-64.so.2
NATMOD_ARCH_amd64 := x64

TRIPLET_arm64 := aarch64-linux-gnu
LOADER_arm64 := usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1
QEMU_arm64 := qemu-aarch64
QEMU_CPU_arm64 := cortex-a53

TRIPLET_armhf := arm-linux-gnueabihf
LOADER_armhf := usr/lib/arm-linux-gnueabihf/ld-linux-armhf.so.3
NATMOD_ARCH_armhf := armv7emdp
# Only the bare-metal compiler makes objects that the linker of .mpy files takes. Upstream's flags
# are for a Cortex-M7, whose FPv5 instructions no ARMv7-A processor has.
NATMOD_CROSS_armhf := arm-none-eabi-
NATMOD_CFLAGS_armhf := -mthumb -march=armv7-a+fp -mfloat-abi=hard -fpic -fno-common -U_FORTIFY_SOURCE
QEMU_armhf := qemu-arm
QEMU_CPU_armhf := cortex-a7

cross_packages = crossbuild-essential-$(1) pkgconf:$(1) libffi-dev:$(1) libmbedtls-dev:$(1)
PACKAGES_arm64 := $(call cross_packages,arm64)
PACKAGES_armhf := $(call cross_packages,armhf) gcc-arm-none-eabi libnewlib-arm-none-eabi
