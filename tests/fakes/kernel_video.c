// SPDX-License-Identifier: MIT
// The frames of video devices in the memory that a program maps; see kernel.c.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/mman.h>
#include "kernel.h"

#define MAX_BUFFERS 32
#define BUFFER_STEP 0x10000 // between the offsets of two buffers

// The buffers that the program has mapped, by their offset.
static struct {
    void *memory;
    size_t length;
} buffers[MAX_BUFFERS];

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
    const size_t i = (size_t)offset / BUFFER_STEP;
    if (!is_adopted(fd) || i >= MAX_BUFFERS) {
        return REAL(mmap64)(address, length, protection, flags, fd, offset);
    }
    void *memory = REAL(mmap64)(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    buffers[i].memory = memory;
    buffers[i].length = length;
    return memory;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    return mmap64(address, length, protection, flags, fd, offset);
}

// Waits for the next frame. It comes as a struct v4l2_buffer and the path of a file.
int video_dequeue(struct v4l2_buffer *buffer) {
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
        const size_t i = buffer->m.offset / BUFFER_STEP;
        if (read(file, buffers[i].memory, buffers[i].length) < (ssize_t)buffer->bytesused) {
            abort();
        }
        REAL(close)(file);
    }
    return finish();
}
