# SPDX-License-Identifier: MIT
# The differences between architectures. Names are Debian's, except armv6; `make ARCH=armhf` reads the
# lines that end in _armhf.
#
#   DEBIAN       Debian's name of the packages' architecture, if it differs from the name here
#   TRIPLET      of the libraries in the build root; with "-gcc", of the cross compiler
#   LOADER       the dynamic linker, in the build root; empty where programs are static
#   PACKAGES     added to the build root when this architecture is first built
#   LIBRARIES    packages unpacked into LIBRARIES_FOLDER, for their static libraries
#   CFLAGS, LDFLAGS  further flags for the compiler and the linker
#   NATMOD_ARCH  of the .mpy modules that Debian's micropython loads; empty if it loads none
#   NATMOD_CROSS, NATMOD_CFLAGS  the compiler of these modules and its flags
#   QEMU, QEMU_CPU  the emulator, and the weakest processor that the build is for: a better one would
#                hide instructions that this one does not have
#   BOARD, QEMU_PACKAGE  the machine, by QEMU's name, on which `make vm-test` boots it, and the
#                emulator's package; empty if Debian has no kernel for these boards

ARCHITECTURES := amd64 arm64 armhf armv6
FOREIGN := $(filter-out amd64,$(ARCHITECTURES))

TRIPLET_amd64 := x86_64-linux-gnu
LOADER_amd64 := usr/lib64/ld-linux-x86-64.so.2
# Relocations of pointers in frozen code, 400 kB, as a bitmap of 4 kB: they are read at each start.
LDFLAGS_amd64 := -Wl,-z,pack-relative-relocs
NATMOD_ARCH_amd64 := x64
BOARD_amd64 := q35
QEMU_PACKAGE_amd64 := qemu-system-x86

TRIPLET_arm64 := aarch64-linux-gnu
LOADER_arm64 := usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1
QEMU_arm64 := qemu-aarch64
QEMU_CPU_arm64 := cortex-a53
BOARD_arm64 := virt
QEMU_PACKAGE_arm64 := qemu-system-arm

TRIPLET_armhf := arm-linux-gnueabihf
LOADER_armhf := usr/lib/arm-linux-gnueabihf/ld-linux-armhf.so.3
NATMOD_ARCH_armhf := armv7emdp
# Only the bare-metal compiler makes objects that the linker of .mpy files accepts. Upstream's flags
# are for a Cortex-M7, whose FPv5 instructions no ARMv7-A processor has.
NATMOD_CROSS_armhf := arm-none-eabi-
NATMOD_CFLAGS_armhf := -mthumb -march=armv7-a+fp -mfloat-abi=hard -fpic -fno-common -U_FORTIFY_SOURCE
QEMU_armhf := qemu-arm
QEMU_CPU_armhf := cortex-a7

cross_packages = crossbuild-essential-$(1) pkgconf:$(1) libffi-dev:$(1) libmbedtls-dev:$(1)
PACKAGES_arm64 := $(call cross_packages,arm64)
PACKAGES_armhf := $(call cross_packages,armhf) gcc-arm-none-eabi libnewlib-arm-none-eabi

# The Raspberry Pi Zero and 1: Debian's armhf is for ARMv7, and its armel does not use their
# floating-point unit. So the interpreter is static, with armel's libraries and calling convention,
# and its own code is compiled for ARMv6 with that unit. It needs only the static part of these
# libraries, so they are unpacked without their dependencies.
DEBIAN_armv6 := armhf
TRIPLET_armv6 := arm-linux-gnueabi
PACKAGES_armv6 := gcc-arm-linux-gnueabi libc6-dev-armel-cross binutils-arm-linux-gnueabihf
LIBRARIES_armv6 := libffi-dev:armel libffi8:armel libmbedtls-dev:armel
CFLAGS_armv6 = -march=armv6+fp -marm -mfloat-abi=softfp -DSENSORD_STATIC \
    -I$(LIBRARIES_FOLDER)/usr/include -I$(LIBRARIES_FOLDER)/usr/include/$(TRIPLET_armv6)
LDFLAGS_armv6 = -static -L$(LIBRARIES_FOLDER)/usr/lib/$(TRIPLET_armv6) \
    -Wl,--wrap=dlopen,--wrap=dlsym,--wrap=dlclose \
    -Wl,--start-group -lmbedtls -lmbedx509 -lmbedcrypto -Wl,--end-group
QEMU_armv6 := qemu-arm
QEMU_CPU_armv6 := arm1176
