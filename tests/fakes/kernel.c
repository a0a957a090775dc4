// SPDX-License-Identifier: MIT
// A fake kernel below a process: preloaded, it sends ioctls on the test's devices to the test's server
// (kernel.py), and everything else to the real kernel.
//
//   FAKE_KERNEL  the server's socket (AF_UNIX, SOCK_SEQPACKET)
//   FAKE_SYS     a folder in place of /sys
//
// The structs come from the kernel's own headers, in this machine's layout: a program that packs them
// wrongly fails here as it would on hardware.
//
// This file has the calls of the server and the ioctls; kernel_paths.c finds devices by their paths,
// kernel_descriptors.c by their descriptors.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <string.h>
#include "kernel.h"

message_t message;
reply_t reply;

int server(void) {
    static int fd = -1;
    if (fd == -1) {
        fd = connect_to_test("FAKE_KERNEL", 500);
    }
    return fd;
}

void put(const void *data, size_t size) {
    if (message.length + size > MAX_MESSAGE) {
        abort();
    }
    memcpy(message.data + message.length, data, size);
    message.length += (uint32_t)size;
}

int call(void) {
    const int s = server();
    const size_t size = offsetof(message_t, data) + message.length;
    if (send(s, &message, size, MSG_NOSIGNAL) != (ssize_t)size) {
        abort();
    }
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = { &reply, sizeof(reply) };
    struct msghdr header = { .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof(control.space) };
    if (recvmsg(s, &header, MSG_CMSG_CLOEXEC) < (ssize_t)offsetof(reply_t, data)) {
        abort();
    }
    int fd = -1;
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (rights != NULL && rights->cmsg_type == SCM_RIGHTS) {
        memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
    }
    return fd;
}

int finish(void) {
    if (reply.error != 0) {
        errno = reply.error;
        return -1;
    }
    return reply.result;
}

static int fake_ioctl(int handle, unsigned long request, void *argument) {
    message = (message_t){ .kind = IOCTL, .handle = handle, .request = request & 0xffffffff };
    switch (request) {
        case I2C_RETRIES:
        case I2C_TIMEOUT:
        case I2C_SLAVE:
        case I2C_SLAVE_FORCE:
        case I2C_TENBIT:
        case I2C_PEC:
            message.value = (uintptr_t)argument;
            call();
            return finish();
        case I2C_FUNCS:
            call();
            if (reply.error == 0) {
                memcpy(argument, reply.data, sizeof(unsigned long));
            }
            return finish();
        case I2C_RDWR:
            return i2c_rdwr(argument);
        case I2C_SMBUS:
            return i2c_smbus(argument);
        case VIDIOC_DQBUF:
            return video_dequeue(argument);
    }
    const size_t size = _IOC_SIZE(request);
    if (_IOC_TYPE(request) == SPI_IOC_MAGIC && _IOC_NR(request) == 0) {
        return spi_message(argument, size / sizeof(struct spi_ioc_transfer));
    }
    if (_IOC_DIR(request) & _IOC_WRITE) {
        put(argument, size);
    }
    const int fd = call();
    if (reply.error == 0 && (_IOC_DIR(request) & _IOC_READ)) {
        memcpy(argument, reply.data, reply.length < size ? reply.length : size);
    }
    if (reply.error == 0 && request == GPIO_V2_GET_LINE_IOCTL) {
        ((struct gpio_v2_line_request *)argument)->fd = adopt(fd, reply.handle);
    }
    return finish();
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (is_adopted(fd)) {
        return fake_ioctl(handle_of(fd), request, argument);
    }
    // The kernel checks the descriptor first, an emulator the request.
    if (REAL(fcntl)(fd, F_GETFD) == -1) {
        return -1;
    }
    return REAL(ioctl)(fd, request, argument);
}
