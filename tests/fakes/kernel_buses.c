// SPDX-License-Identifier: MIT
// The transfers of I2C and SPI buses, which point to their data; see kernel.c.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <string.h>
#include "kernel.h"

// Sends the messages of I2C_RDWR to the server: address, flags, length, and the data of writes.
int i2c_rdwr(struct i2c_rdwr_ioctl_data *transfer) {
    if (transfer->nmsgs > I2C_RDWR_IOCTL_MAX_MSGS) {
        errno = EINVAL;
        return -1;
    }
    for (uint32_t i = 0; i < transfer->nmsgs; i++) {
        const struct i2c_msg *m = &transfer->msgs[i];
        put(&m->addr, 2);
        put(&m->flags, 2);
        put(&m->len, 2);
        if (!(m->flags & I2C_M_RD)) {
            put(m->buf, m->len);
        }
    }
    call();
    const unsigned char *from = reply.data;
    for (uint32_t i = 0; reply.error == 0 && i < transfer->nmsgs; i++) {
        if (transfer->msgs[i].flags & I2C_M_RD) {
            memcpy(transfer->msgs[i].buf, from, transfer->msgs[i].len);
            from += transfer->msgs[i].len;
        }
    }
    return finish();
}

int i2c_smbus(struct i2c_smbus_ioctl_data *access) {
    union i2c_smbus_data none = { 0 };
    union i2c_smbus_data *data = access->data != NULL ? access->data : &none;
    const uint32_t size = access->size;
    put(&access->read_write, 1);
    put(&access->command, 1);
    put(&size, 4);
    put(data, sizeof(*data));
    call();
    if (reply.error == 0 && reply.length == sizeof(*data)) {
        memcpy(data, reply.data, sizeof(*data));
    }
    return finish();
}

// Sends the transfers of SPI_IOC_MESSAGE: length, speed, bits, cs_change, delay, then the bytes.
int spi_message(struct spi_ioc_transfer *transfers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct spi_ioc_transfer *t = &transfers[i];
        put(&t->len, 4);
        put(&t->speed_hz, 4);
        put(&t->bits_per_word, 1);
        put(&t->cs_change, 1);
        put(&t->delay_usecs, 2);
        for (uint32_t j = 0; j < t->len; j++) {
            put(t->tx_buf != 0 ? (unsigned char *)(uintptr_t)t->tx_buf + j : (unsigned char *)"", 1);
        }
    }
    call();
    const unsigned char *from = reply.data;
    for (size_t i = 0; reply.error == 0 && i < n; i++) {
        if (transfers[i].rx_buf != 0) {
            memcpy((void *)(uintptr_t)transfers[i].rx_buf, from, transfers[i].len);
        }
        from += transfers[i].len;
    }
    return finish();
}
