// SPDX-License-Identifier: MIT
// The ioctls of bus_speed.py from C, on structs that are filled once.
//
// usage: bus_calls CALLS. For each line on stdin it makes CALLS ioctls of each kind, and prints a JSON
// list of the process CPU time of one in ns: pin, register, transfer.
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define LINE 17
#define ADDRESS 0x40
#define REGISTER 0x05
#define TRANSFER_BYTES 1024

typedef void step_t(int fd);

static struct gpio_v2_line_values values = { .mask = 1 };

static unsigned char number = REGISTER;
static unsigned char word[2];
static struct i2c_msg messages[2] = {
    { .addr = ADDRESS, .len = 1, .buf = &number },
    { .addr = ADDRESS, .flags = I2C_M_RD, .len = 2, .buf = word },
};
static struct i2c_rdwr_ioctl_data read_word = { .msgs = messages, .nmsgs = 2 };

static unsigned char sent[TRANSFER_BYTES], received[TRANSFER_BYTES];
static struct spi_ioc_transfer transfer = { .len = TRANSFER_BYTES };

static void check(bool good, const char *what) {
    if (!good) {
        perror(what);
        exit(1);
    }
}

static int open_device(const char *path) {
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    check(fd >= 0, path);
    return fd;
}

static int request_line(int chip) {
    struct gpio_v2_line_request request = {
        .offsets = { LINE },
        .num_lines = 1,
        .config.flags = GPIO_V2_LINE_FLAG_OUTPUT,
    };
    check(ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0, "line request");
    return request.fd;
}

static void toggle(int fd) {
    values.bits ^= 1;
    check(ioctl(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) == 0, "line");
}

static void read_register(int fd) {
    check(ioctl(fd, I2C_RDWR, &read_word) == 2, "register");
}

static void exchange(int fd) {
    check(ioctl(fd, SPI_IOC_MESSAGE(1), &transfer) == TRANSFER_BYTES, "transfer");
}

static int64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static double ns_a_call(step_t *step, int fd, int calls) {
    const int64_t start = cpu_ns();
    for (int i = 0; i < calls; i++) {
        step(fd);
    }
    return (double)(cpu_ns() - start) / calls;
}

int main(int argc, char **argv) {
    check(argc == 2, "usage: bus_calls CALLS");
    const int calls = atoi(argv[1]);
    const int line = request_line(open_device("/dev/gpiochip0"));
    const int i2c = open_device("/dev/i2c-1");
    const int spi = open_device("/dev/spidev0.0");
    memset(sent, 0x5A, sizeof(sent));
    transfer.tx_buf = (uintptr_t)sent;
    transfer.rx_buf = (uintptr_t)received;

    for (char go[8]; fgets(go, sizeof(go), stdin) != NULL;) {
        const double pin_ns = ns_a_call(toggle, line, calls);
        const double register_ns = ns_a_call(read_register, i2c, calls);
        const double transfer_ns = ns_a_call(exchange, spi, calls);
        printf("[%.1f, %.1f, %.1f]\n", pin_ns, register_ns, transfer_ns);
        fflush(stdout);
    }
    check(word[0] == REGISTER && word[1] == REGISTER + 1, "the register's value");
    check(memcmp(sent, received, sizeof(sent)) == 0, "what came back");
    return 0;
}
