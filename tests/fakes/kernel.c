// SPDX-License-Identifier: MIT
// A fake kernel below a process: preloaded, it sends ioctls on the test's devices to the test's server
// (kernel.py), and everything else to the real kernel.
//
//   FAKE_KERNEL  the server's socket (AF_UNIX, SOCK_SEQPACKET)
//   FAKE_SYS     a folder in place of /sys
//
// The structs come from the kernel's own headers, in this machine's layout: a program that packs them
// wrongly fails here as it would on hardware.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FD 1024
#define MAX_MESSAGE 65536
#define MAX_VIDEO_BUFFERS 32
#define VIDEO_MAJOR 81
#define VIDEO_BUFFER_STEP 0x10000 // between the offsets of two buffers

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

static int handles[MAX_FD]; // handle + 1 of each fake descriptor
static message_t message;
static reply_t reply;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int server(void) {
    static int fd = -1;
    if (fd == -1 && getenv("FAKE_KERNEL") != NULL) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("FAKE_KERNEL"));
        // Far from the numbers that a test counts when it looks for leaked descriptors.
        int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        fd = fcntl(s, F_DUPFD_CLOEXEC, 500);
        REAL(close)(s);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
            perror("FAKE_KERNEL");
            abort();
        }
    }
    return fd;
}

// Sends `message`, receives `reply`; returns the descriptor that came with it, or -1.
static int call(void) {
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

static void put(const void *data, size_t size) {
    if (message.length + size > MAX_MESSAGE) {
        abort();
    }
    memcpy(message.data + message.length, data, size);
    message.length += (uint32_t)size;
}

static int adopt(int fd, int handle) {
    if (fd < 0 || fd >= MAX_FD) {
        abort();
    }
    handles[fd] = handle + 1;
    return fd;
}

static int open_fake(const char *path, int flags) {
    message = (message_t){ .kind = OPEN, .value = (uint64_t)flags };
    put(path, strlen(path));
    const int fd = call();
    if (reply.error > 0) {
        errno = reply.error;
        return -1;
    }
    return reply.error == 0 ? adopt(fd, reply.handle) : -2;
}

static const char *moved(const char *path, char *space) {
    const char *sys = getenv("FAKE_SYS");
    if (sys == NULL || strncmp(path, "/sys/", 5) != 0) {
        return path;
    }
    snprintf(space, 4096, "%s/%s", sys, path + 5);
    return space;
}

static int open_any(const char *path, int flags, mode_t mode) {
    char space[4096];
    if (strncmp(path, "/dev/", 5) == 0 && server() != -1) {
        const int fd = open_fake(path, flags);
        if (fd != -2) {
            return fd;
        }
    }
    return REAL(open)(moved(path, space), flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(path, flags, mode);
}

// The names to which _FORTIFY_SOURCE changes other programs' calls.
int __open_2(const char *path, int flags) {
    return open_any(path, flags, 0);
}

int __open64_2(const char *path, int flags) {
    return open_any(path, flags, 0);
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
    char space[4096];
    return REAL(fopen)(moved(path, space), mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode) {
    char space[4096];
    return REAL(fopen64)(moved(path, space), mode);
}

DIR *opendir(const char *path) {
    char space[4096];
    return REAL(opendir)(moved(path, space));
}

int stat(const char *restrict path, struct stat *restrict to) {
    char space[4096];
    return REAL(stat)(moved(path, space), to);
}

static bool is_fake(const char *path) {
    if (strncmp(path, "/dev/", 5) != 0 || server() == -1) {
        return false;
    }
    message = (message_t){ .kind = STAT };
    put(path, strlen(path));
    call();
    return reply.error == 0;
}

// A fake device is a character device with the number of a camera at the end of its name.
int stat64(const char *restrict path, struct stat64 *restrict to) {
    char space[4096];
    if (is_fake(path)) {
        const char *digits = path + strcspn(path, "0123456789");
        *to = (struct stat64){ .st_mode = S_IFCHR | 0660, .st_nlink = 1 };
        to->st_rdev = makedev(VIDEO_MAJOR, (unsigned)atoi(digits));
        return 0;
    }
    return REAL(stat64)(moved(path, space), to);
}

int access(const char *path, int mode) {
    char space[4096];
    return is_fake(path) ? 0 : REAL(access)(moved(path, space), mode);
}

ssize_t readlink(const char *restrict path, char *restrict to, size_t size) {
    char space[4096];
    return REAL(readlink)(moved(path, space), to, size);
}

// A duplicate stands for the same open device, which closes with the last of them.
int fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    const int result = REAL(fcntl)(fd, command, argument);
    const bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (duplicates && result >= 0 && fd < MAX_FD && handles[fd] != 0) {
        adopt(result, handles[fd] - 1);
    }
    return result;
}

static bool is_open(int handle) {
    for (int fd = 0; fd < MAX_FD; fd++) {
        if (handles[fd] == handle + 1) {
            return true;
        }
    }
    return false;
}

int close(int fd) {
    if (fd >= 0 && fd < MAX_FD && handles[fd] != 0) {
        const int handle = handles[fd] - 1;
        handles[fd] = 0;
        if (!is_open(handle)) {
            message = (message_t){ .kind = CLOSE, .handle = handle };
            call();
        }
    }
    return REAL(close)(fd);
}

#if __SIZEOF_LONG__ == 4
// The names that 32-bit programs built for 64-bit times and files call.
int __fcntl_time64(int fd, int command, ...) __attribute__((alias("fcntl")));
int __stat64_time64(const char *restrict path, void *restrict to);

int __stat64_time64(const char *restrict path, void *restrict to) {
    char space[4096];
    return REAL(__stat64_time64)(moved(path, space), to);
}
#endif

static int finish(void) {
    if (reply.error != 0) {
        errno = reply.error;
        return -1;
    }
    return reply.result;
}

// Sends the messages of I2C_RDWR to the server: address, flags, length, and the data of writes.
static int i2c_rdwr(struct i2c_rdwr_ioctl_data *transfer) {
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

static int i2c_smbus(struct i2c_smbus_ioctl_data *access) {
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
static int spi_message(struct spi_ioc_transfer *transfers, size_t n) {
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

// The buffers of video devices that the program has mapped, by their offset.
static struct {
    void *memory;
    size_t length;
} video_buffers[MAX_VIDEO_BUFFERS];

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
    const size_t i = (size_t)offset / VIDEO_BUFFER_STEP;
    if (fd < 0 || fd >= MAX_FD || handles[fd] == 0 || i >= MAX_VIDEO_BUFFERS) {
        return REAL(mmap64)(address, length, protection, flags, fd, offset);
    }
    void *memory = REAL(mmap64)(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    video_buffers[i].memory = memory;
    video_buffers[i].length = length;
    return memory;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    return mmap64(address, length, protection, flags, fd, offset);
}

// Waits for the next frame. It comes as a struct v4l2_buffer and the path of a file.
static int video_dequeue(struct v4l2_buffer *buffer) {
    const message_t asked = message;
    for (;;) {
        message = asked;
        put(buffer, sizeof(*buffer));
        call();
        if (reply.error != EAGAIN) {
            break;
        }
        usleep(1000); // a descriptor without O_NONBLOCK waits
    }
    if (reply.error == 0) {
        memcpy(buffer, reply.data, sizeof(*buffer));
        reply.data[reply.length] = '\0';
        const int file = REAL(open)((char *)reply.data + sizeof(*buffer), O_RDONLY);
        const size_t i = buffer->m.offset / VIDEO_BUFFER_STEP;
        if (read(file, video_buffers[i].memory, video_buffers[i].length) < (ssize_t)buffer->bytesused) {
            abort();
        }
        REAL(close)(file);
    }
    return finish();
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
    if (fd >= 0 && fd < MAX_FD && handles[fd] != 0) {
        return fake_ioctl(handles[fd] - 1, request, argument);
    }
    // The kernel checks the descriptor first, an emulator the request.
    if (REAL(fcntl)(fd, F_GETFD) == -1) {
        return -1;
    }
    return REAL(ioctl)(fd, request, argument);
}
