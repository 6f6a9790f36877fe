/*
 * Stands in for parts of the system, where it is preloaded: look-up, threads and socket buffers.
 * What it does is said by STYTCH_SHIM, or later by stytch_shim_set(), as words:
 *
 *   answer=A,B,...   the addresses of every name that ends in ".test"
 *   error=N          getaddrinfo returns N
 *   empty            getaddrinfo returns success and no address
 *   fail_first=N     the first N look-ups fail for the moment
 *   delay=MS         it takes so long
 *   stuck            it never returns
 *   nothread         no thread can be made
 *   sndbuf=N         sockets have a send buffer of N bytes
 *   connect=N        connect fails with errno N
 *   connect6=N       so it does over IPv6 alone
 *   neighbour        link-local addresses, with the loopback interface, lead to 127.0.0.1
 *   greeted          connect waits until the peer has said something, for a while
 *   ahead=S          the clocks run S seconds ahead
 *   late=MS          a thread of the library's that waits in recv reads so much after something has come
 *   stack=K          a look-up takes K KiB of its thread's stack
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic(const char *) words;
static atomic_int look_ups;

void stytch_shim_set(const char *text) { words = text; }
int stytch_shim_look_ups(void) { return look_ups; }

/* Read once: a row may change the environment while this runs. */
__attribute__((constructor)) static void start(void) {
    const char *text = getenv("STYTCH_SHIM");
    if (text != NULL) words = strdup(text);
}

static const char *config(void) {
    const char *text = words;
    return text == NULL ? "" : text;
}

/* The value of `name=value`, or NULL. */
static const char *value(const char *name) {
    const char *at = strstr(config(), name);
    return at == NULL ? NULL : at + strlen(name);
}

static void pause_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) continue;
}

static struct addrinfo *address(const char *text, size_t length, const char *service, int kind) {
    char host[64];
    if (length >= sizeof host) abort();
    memcpy(host, text, length);
    host[length] = 0;
    struct addrinfo hints = {0}, *found = NULL;
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = kind;
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    if (real(host, service, &hints, &found) != 0) abort();
    return found;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    size_t length = node == NULL ? 0 : strlen(node);
    if (length < 5 || strcmp(node + length - 5, ".test") != 0)
        return real(node, service, hints, result);
    atomic_fetch_add(&look_ups, 1);
    const char *text;
    if (strstr(config(), "stuck") != NULL)
        for (;;) pause_ms(1000000);
    if ((text = value("stack=")) != NULL) {
        size_t size = (size_t)atol(text) * 1024;
        volatile char *frame = alloca(size);
        for (size_t at = 0; at < size; at += 512) frame[at] = 1;
    }
    if ((text = value("delay=")) != NULL) pause_ms(atol(text));
    if ((text = value("fail_first=")) != NULL && look_ups <= atoi(text)) return EAI_AGAIN;
    if ((text = value("error=")) != NULL) {
        if (atoi(text) == EAI_SYSTEM) errno = EIO;
        return atoi(text);
    }
    *result = NULL;
    if ((text = value("answer=")) == NULL) return strstr(config(), "empty") ? 0 : EAI_NONAME;
    struct addrinfo **next = result;
    int kind = hints == NULL ? SOCK_STREAM : hints->ai_socktype;
    while (*text != 0 && *text != ' ') {
        size_t part = strcspn(text, ", ");
        *next = address(text, part, service, kind);
        next = &(*next)->ai_next;
        text += part;
        if (*text == ',') text++;
    }
    return 0;
}

/* The lists above are chains of the system's own one-element lists, which it frees as chains. */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(
            RTLD_NEXT, "pthread_create");
    if (strstr(config(), "nothread") != NULL) return EAGAIN;
    return real(thread, attributes, run, argument);
}

int socket(int domain, int type, int protocol) {
    int (*real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    int fd = real(domain, type, protocol);
    const char *text = value("sndbuf=");
    if (fd >= 0 && text != NULL) {
        int size = atoi(text);
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    return fd;
}

int connect(int fd, const struct sockaddr *target, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    const char *text = value(target->sa_family == AF_INET6 ? "connect6=" : "connect=");
    if (text == NULL) text = value("connect=");
    struct sockaddr_in6 other;
    if (strstr(config(), "neighbour") != NULL && target->sa_family == AF_INET6) {
        memcpy(&other, target, sizeof other);
        if (IN6_IS_ADDR_LINKLOCAL(&other.sin6_addr) && other.sin6_scope_id == if_nametoindex("lo")) {
            inet_pton(AF_INET6, "::ffff:127.0.0.1", &other.sin6_addr);
            other.sin6_scope_id = 0;
            target = (const struct sockaddr *)&other;
        }
    }
    if (text != NULL && target->sa_family != AF_UNIX) {
        errno = atoi(text);
        return -1;
    }
    int result = real(fd, target, length);
    if (strstr(config(), "greeted") != NULL) {
        int error = errno;
        struct pollfd said = {fd, POLLIN, 0};
        poll(&said, 1, 400);
        errno = error;
    }
    return result;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags) {
    static ssize_t (*real)(int, void *, size_t, int);
    if (real == NULL) real = (ssize_t (*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
    const char *text = value("late=");
    char name[16] = "";
    if (text != NULL && !(flags & MSG_DONTWAIT) && prctl(PR_GET_NAME, name) == 0 && strncmp(name, "stytch", 6) == 0) {
        struct pollfd come = {fd, POLLIN, 0};
        if (poll(&come, 1, 200) > 0) pause_ms(atol(text));
    }
    return real(fd, buffer, size, flags);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    const char *text = value("ahead=");
    if (result == 0 && text != NULL) time->tv_sec += atol(text);
    return result;
}

/* Waits until a time of the clocks above end when it is that time by the system's own. */
long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (real == NULL) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long all[6];
    va_list list;
    va_start(list, number);
    for (int at = 0; at < 6; at++) all[at] = va_arg(list, long);
    va_end(list);
    const char *text = value("ahead=");
    struct timespec time;
    if (text != NULL && number == SYS_futex && (all[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET && all[3] != 0) {
        time = *(struct timespec *)all[3];
        time.tv_sec -= atol(text);
        all[3] = (long)&time;
    }
    return real(number, all[0], all[1], all[2], all[3], all[4], all[5]);
}
