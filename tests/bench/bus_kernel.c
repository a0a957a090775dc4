// SPDX-License-Identifier: MIT
// Preloaded, answers the ioctls of a GPIO line, an I2C chip and an SPI loopback: each makes one call of
// the real kernel that does next to nothing, and computes the answer in the program itself. bus_speed.py
// explains why.
//
// The devices are /dev/null; any descriptor works, because the requests of the three differ.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "../fakes/interposed.h"
#include "../fakes/interposed_open.h"

#define GPIO_TYPE 0xB4 // the type of all ioctls in <linux/gpio.h>
#define I2C_TYPE 0x07 // <linux/i2c-dev.h>
#define CHIP "/dev/gpiochip0"
#define I2C_ADDRESS 0x40
#define REGISTERS 256

static uint64_t level;

static const char *moved(const char *path) {
    const char *const devices[] = { CHIP, "/dev/i2c-1", "/dev/spidev0.0" };
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (strcmp(path, devices[i]) == 0) {
            return "/dev/null";
        }
    }
    return path;
}

static int open_any(const char *path, int flags, mode_t mode) {
    return REAL(open)(moved(path), flags, mode);
}

// libgpiod checks whether the file is a character device of the subsystem gpio.
int stat(const char *restrict path, struct stat *restrict to) {
    return REAL(stat)(moved(path), to);
}

int stat64(const char *restrict path, struct stat64 *restrict to) {
    return REAL(stat64)(moved(path), to);
}

int lstat(const char *restrict path, struct stat *restrict to) {
    return REAL(lstat)(moved(path), to);
}

int lstat64(const char *restrict path, struct stat64 *restrict to) {
    return REAL(lstat64)(moved(path), to);
}

char *realpath(const char *restrict path, char *restrict to) {
    if (to == NULL && strcmp(path, "/sys/dev/char/1:3/subsystem") == 0) { // /dev/null's
        return strdup("/sys/bus/gpio");
    }
    return REAL(realpath)(path, to);
}

static int fail(int error) {
    errno = error;
    return -1;
}

static int gpio_ioctl(unsigned long request, void *argument) {
    struct gpio_v2_line_values *values = argument;
    switch (request) {
        case GPIO_V2_LINE_SET_VALUES_IOCTL:
            level = (level & ~values->mask) | (values->bits & values->mask);
            return 0;
        case GPIO_V2_LINE_GET_VALUES_IOCTL:
            values->bits = level & values->mask;
            return 0;
        case GPIO_V2_LINE_SET_CONFIG_IOCTL:
            return 0;
        case GPIO_GET_CHIPINFO_IOCTL:
            *(struct gpiochip_info *)argument =
                (struct gpiochip_info){ .name = "gpiochip0", .label = "bench", .lines = 54 };
            return 0;
        case GPIO_V2_GET_LINEINFO_IOCTL: {
            struct gpio_v2_line_info *info = argument;
            *info = (struct gpio_v2_line_info){ .offset = info->offset, .flags = GPIO_V2_LINE_FLAG_INPUT };
            return 0;
        }
        case GPIO_V2_GET_LINE_IOCTL: {
            struct gpio_v2_line_request *line = argument;
            line->fd = open_any("/dev/null", O_RDWR | O_CLOEXEC, 0);
            return line->fd < 0 ? -1 : 0;
        }
    }
    return fail(ENOTTY);
}

// A chip whose registers hold their own number.
static void read_registers(unsigned first, unsigned char *to, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = (unsigned char)((first + i) % REGISTERS);
    }
}

static int i2c_rdwr(const struct i2c_rdwr_ioctl_data *transfer) {
    const struct i2c_msg *m = transfer->msgs;
    if (transfer->nmsgs != 2 || m[0].addr != I2C_ADDRESS || m[1].addr != I2C_ADDRESS) {
        return fail(ENXIO);
    }
    if (m[0].flags != 0 || m[0].len != 1 || m[1].flags != I2C_M_RD) {
        return fail(EINVAL);
    }
    read_registers(m[0].buf[0], m[1].buf, m[1].len);
    return 2;
}

static int i2c_ioctl(unsigned long request, void *argument) {
    switch (request) {
        case I2C_RDWR:
            return i2c_rdwr(argument);
        case I2C_FUNCS:
            *(unsigned long *)argument = I2C_FUNC_I2C;
            return 0;
    }
    return fail(ENOTTY);
}

// MISO is wired to MOSI.
static int spi_message(const struct spi_ioc_transfer *t) {
    if (t->tx_buf != 0 && t->rx_buf != 0) {
        memcpy((void *)(uintptr_t)t->rx_buf, (const void *)(uintptr_t)t->tx_buf, t->len);
    }
    return (int)t->len;
}

static int spi_ioctl(unsigned long request, void *argument) {
    if (request == SPI_IOC_MESSAGE(1)) {
        return spi_message(argument);
    }
    if (_IOC_NR(request) == 0) {
        return fail(EINVAL);
    }
    if (_IOC_DIR(request) == _IOC_READ) {
        memset(argument, 0, _IOC_SIZE(request)); // mode 0, 8 bits
    }
    return 0;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    request &= 0xffffffff; // some bindings pass it as an int
    const unsigned type = _IOC_TYPE(request);
    if (type != GPIO_TYPE && type != I2C_TYPE && type != SPI_IOC_MAGIC) {
        return REAL(ioctl)(fd, request, argument);
    }
    // The kernel accepts this ioctl for any file: it sets a flag that the descriptor already has.
    if (syscall(SYS_ioctl, fd, FIOCLEX) != 0) {
        return -1;
    }
    return type == GPIO_TYPE  ? gpio_ioctl(request, argument)
           : type == I2C_TYPE ? i2c_ioctl(request, argument)
                              : spi_ioctl(request, argument);
}
