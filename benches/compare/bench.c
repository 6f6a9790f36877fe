/* Runs a subject, and prints what it measured as one line of JSON.
 *
 *     PROGRAM URL CA_FILE calls N [READS]    N calls and nothing else, for callgrind, strace and cold starts
 *     PROGRAM URL CA_FILE timed N [READS]    CPU time of a call, and the median of the calls' durations
 *     PROGRAM URL CA_FILE threads T N        T threads, N calls each: calls per second
 *     PROGRAM URL CA_FILE idle T             T calls at once, on a server that answers when all are there;
 *                                            then how much memory is held
 *
 * With READS, every call reads so many fields by pointer, besides those that have functions.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Calls before the clock starts: connection, caches and the allocator have settled. */
enum { WARM_UP = 20, MOST_THREADS = 1024 };

_Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why ? why : "(no reason)");
    exit(1);
}

void use(const char *text) {
    /* The compiler must not leave the reading out. */
    static _Thread_local volatile char first;
    if (!text || !*text) fail("a field of the answer", "is missing or empty");
    first = *text;
    (void)first;
}

static double now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void calls(int count, int reads) {
    void *handle = subject_open();
    for (int i = 0; i < count; i++) subject_call(handle, reads);
    subject_close(handle);
}

static void timed(int count, int reads) {
    double *latencies = malloc((size_t)count * sizeof *latencies);
    if (!latencies) fail("malloc", "no memory");
    void *handle = subject_open();
    for (int i = 0; i < WARM_UP; i++) subject_call(handle, reads);
    double cpu = cpu_us();
    for (int i = 0; i < count; i++) {
        double start = now_us();
        subject_call(handle, reads);
        latencies[i] = now_us() - start;
    }
    cpu = cpu_us() - cpu;
    subject_close(handle);
    qsort(latencies, (size_t)count, sizeof *latencies, by_value);
    printf("{\"cpu_us\": %.3f, \"p50_us\": %.3f}\n", cpu / count, latencies[count / 2]);
    free(latencies);
}

struct crowd {
    pthread_barrier_t start, end;
    int warm_up, calls;
};

static void *member(void *argument) {
    struct crowd *crowd = argument;
    void *handle = subject_open();
    for (int i = 0; i < crowd->warm_up; i++) subject_call(handle, 0);
    pthread_barrier_wait(&crowd->start);
    for (int i = 0; i < crowd->calls; i++) subject_call(handle, 0);
    pthread_barrier_wait(&crowd->end);
    return handle;
}

/* Has `threads` threads make `calls` calls each, and returns how long that took. The handles are left open. */
static double run(int threads, int warm_up, int calls, void **handles) {
    static pthread_t ids[MOST_THREADS];
    struct crowd crowd = {.warm_up = warm_up, .calls = calls};
    pthread_barrier_init(&crowd.start, NULL, (unsigned)threads + 1);
    pthread_barrier_init(&crowd.end, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, member, &crowd)) fail("pthread_create", "no thread");
    pthread_barrier_wait(&crowd.start);
    double start = now_us();
    pthread_barrier_wait(&crowd.end);
    double elapsed = now_us() - start;
    for (int i = 0; i < threads; i++) pthread_join(ids[i], &handles[i]);
    pthread_barrier_destroy(&crowd.start);
    pthread_barrier_destroy(&crowd.end);
    return elapsed;
}

static long resident_kb(void) {
    char line[256];
    long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
    if (file) fclose(file);
    return kb;
}

int main(int count, char **arguments) {
    static void *handles[MOST_THREADS];
    if (count < 5) fail("usage", "PROGRAM URL CA_FILE calls|timed N [READS], threads T N, or idle T");
    const char *mode = arguments[3];
    int number = atoi(arguments[4]);
    if (number < 1) fail("usage", "the number is at least 1");
    subject_start(arguments[1], arguments[2]);
    int reads = count > 5 ? atoi(arguments[5]) : 0;
    if (!strcmp(mode, "calls") || !strcmp(mode, "timed")) {
        if (reads < 0 || reads > MOST_READS) fail("usage", "0 to 10 fields can be read by pointer");
        if (!strcmp(mode, "calls")) calls(number, reads);
        else timed(number, reads);
    }
    else if (number > MOST_THREADS) fail("usage", "too many threads");
    else if (!strcmp(mode, "threads") && count > 5) {
        int each = atoi(arguments[5]);
        /* The first call of each thread is timed in its turn: so are the connections that it opens. */
        double elapsed = run(number, 0, each, handles);
        printf("{\"calls_per_second\": %.1f}\n", number * (double)each / elapsed * 1e6);
    } else if (!strcmp(mode, "idle")) {
        mallopt(M_ARENA_MAX, 1);
        run(number, 0, 1, handles);
        struct mallinfo2 heap = mallinfo2();
        printf("{\"heap_bytes\": %zu, \"resident_kb\": %ld}\n", heap.uordblks + heap.hblkhd, resident_kb());
    } else fail("usage", "the mode is calls, timed, threads or idle");
    if (!strcmp(mode, "threads") || !strcmp(mode, "idle"))
        for (int i = 0; i < number; i++) subject_close(handles[i]);
    subject_end();
    return 0;
}
