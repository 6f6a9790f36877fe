/*
 * What the C test programs need of a system, under one name on each: POSIX ones, and Windows with mingw-w64.
 */
#ifndef TESTS_C_PORTABLE_H
#define TESTS_C_PORTABLE_H

#if !defined _POSIX_C_SOURCE && !defined __FreeBSD__ /* which would hide much of its own, as Apple would without: */
#define _POSIX_C_SOURCE 200809L
#define _DARWIN_C_SOURCE
#endif
#ifdef _WIN32
#define __USE_MINGW_ANSI_STDIO 1 /* for PRId64 in formats that are checked */
#define _WIN32_WINNT 0x0A00
#endif

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>

#define SHUT_WR SD_SEND
#define NO_SUCH_FILE "(os error " /* its words are in the language of the machine */

enum { HAS_DESCRIPTORS = 0 }; /* that stytch_queue_fd could return */

static inline void start_network(void)
{
    WSADATA data;

    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        abort();
    }
}

static inline void close_socket(int socket_fd)
{
    closesocket((SOCKET)socket_fd);
}
#else
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_SUCH_FILE strerror(ENOENT)

enum { HAS_DESCRIPTORS = 1 };

static inline void start_network(void)
{
}

static inline void close_socket(int socket_fd)
{
    close(socket_fd);
}
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* Windows has no SIGPIPE; on macOS no peer of these programs closes first */
#endif

/* Lets through no thread before all have come; macOS has no pthread_barrier_t. It serves once. */
struct barrier {
    pthread_mutex_t lock;
    pthread_cond_t all_here;
    int missing;
};

static inline void barrier_begin(struct barrier *barrier, int threads)
{
    if (pthread_mutex_init(&barrier->lock, NULL) != 0 || pthread_cond_init(&barrier->all_here, NULL) != 0) {
        abort();
    }
    barrier->missing = threads;
}

static inline void barrier_wait(struct barrier *barrier)
{
    pthread_mutex_lock(&barrier->lock);
    barrier->missing--;
    if (barrier->missing == 0) {
        pthread_cond_broadcast(&barrier->all_here);
    }
    while (barrier->missing > 0) {
        pthread_cond_wait(&barrier->all_here, &barrier->lock);
    }
    pthread_mutex_unlock(&barrier->lock);
}

static inline void barrier_end(struct barrier *barrier)
{
    pthread_cond_destroy(&barrier->all_here);
    pthread_mutex_destroy(&barrier->lock);
}

#endif
