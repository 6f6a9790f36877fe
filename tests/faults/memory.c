/*
 * Memory that runs out, where it is preloaded: of the allocations of one thread, one or all from one on fail, or the
 * thread is held at one of them for good. Besides it notes when that thread first sends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { NONE, ONE_FAILS, ALL_FAIL, HELD };

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/* Shared with a process that is forked off, which may end in the middle. */
struct shared {
    volatile int seen, is_held, has_sent;
};
static struct shared *shared;
/* Found without a call, which might allocate. */
#define OWN static _Thread_local __attribute__((tls_model("initial-exec")))
OWN enum mode mode;
OWN int at;

__attribute__((constructor)) static void start(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* From now on, on this thread. */
void stytch_memory_arm(int new_mode, int new_at) {
    shared->seen = shared->is_held = shared->has_sent = 0;
    at = new_at;
    mode = (enum mode)new_mode;
}
void stytch_memory_disarm(void) { mode = NONE; }
int stytch_memory_seen(void) { return shared->seen; }
int stytch_memory_is_held(void) { return shared->is_held; }
int stytch_memory_has_sent(void) { return shared->has_sent; }

static int fails(void) {
    if (mode == NONE) return 0;
    int number = shared->seen++;
    if (mode == HELD && number == at) {
        shared->is_held = 1;
        for (;;) pause();
    }
    if (number == at ? mode != HELD : number > at && mode == ALL_FAIL) {
        errno = ENOMEM;
        return 1;
    }
    return 0;
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { return fails() ? NULL : __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) {
    if (fails()) return ENOMEM;
    *block = __libc_memalign(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

static void note(int fd) {
    int type;
    socklen_t size = sizeof type;
    if (mode != NONE && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0) shared->has_sent = 1;
}

#define SENDS(type, name, parameters, ...)                                      \
    type name parameters {                                                      \
        static type(*real) parameters;                                          \
        if (real == NULL) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);   \
        note(fd);                                                               \
        return real(__VA_ARGS__);                                               \
    }
SENDS(ssize_t, send, (int fd, const void *data, size_t length, int flags), fd, data, length, flags)
SENDS(ssize_t, sendto, (int fd, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t size),
      fd, data, length, flags, to, size)
SENDS(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message, flags)
SENDS(ssize_t, write, (int fd, const void *data, size_t length), fd, data, length)
SENDS(ssize_t, writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
