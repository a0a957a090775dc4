// SPDX-License-Identifier: MIT
// The common declarations of the fake kernel. The names are hidden: visible in a preloaded library,
// they would replace a program's own.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "interposed.h"

#define MAX_MESSAGE 65536

enum { OPEN = 1, IOCTL = 2, CLOSE = 3, STAT = 4 };

// A request to the server; `handle` names an open device or line request.
typedef struct {
    uint32_t kind;
    int32_t handle;
    uint64_t request;
    uint64_t value; // of an ioctl whose argument is a number
    uint32_t length;
    unsigned char data[MAX_MESSAGE];
} message_t;

// The server's reply. A new descriptor comes with it as SCM_RIGHTS.
typedef struct {
    int32_t error; // errno, 0 for success; -1: not a fake device
    int32_t result;
    int32_t handle;
    uint32_t length;
    unsigned char data[MAX_MESSAGE];
} reply_t;

struct i2c_rdwr_ioctl_data;
struct i2c_smbus_ioctl_data;
struct spi_ioc_transfer;
struct v4l2_buffer;

#pragma GCC visibility push(hidden)

// kernel.c
extern message_t message;
extern reply_t reply;
// The connection to the server, or -1 if the test has none.
int server(void);
// Adds to the message's data.
void put(const void *data, size_t size);
// Sends `message`, receives `reply`; returns the descriptor that came with it, or -1.
int call(void);
// The ioctl's result by `reply`; sets errno.
int finish(void);

// kernel_descriptors.c
// Notes that `fd` stands for the open device `handle`; returns `fd`.
int adopt(int fd, int handle);
bool is_adopted(int fd);
int handle_of(int fd);

// The ioctls whose arguments point to more data, or that wait. `message` names the device and request.
// kernel_buses.c
int i2c_rdwr(struct i2c_rdwr_ioctl_data *transfer);
int i2c_smbus(struct i2c_smbus_ioctl_data *access);
int spi_message(struct spi_ioc_transfer *transfers, size_t n);
// kernel_video.c
int video_dequeue(struct v4l2_buffer *buffer);

#pragma GCC visibility pop
