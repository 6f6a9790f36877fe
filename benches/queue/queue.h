/* What the two subjects share: clocks, memory, and how a result is printed. */
#ifndef QUEUE_H
#define QUEUE_H

#include "../compare/bench.h"

#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Connections, for both; with libstytch as many threads. */
enum { CONNECTIONS = 64, TIMEOUT_MS = 120000 };

static inline double now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Of the whole process, user and system. */
static inline double cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static inline long status_of(const char *format) {
    char line[256];
    long found = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, format, &found) == 1) break;
    if (file) fclose(file);
    return found;
}

static inline void print_memory(void) {
    struct mallinfo2 heap = mallinfo2();
    printf("{\"heap_bytes\": %zu, \"resident_kb\": %ld}\n", heap.uordblks + heap.hblkhd, status_of("VmRSS: %ld"));
}

struct clocks {
    double wall, cpu;
};

static inline struct clocks clocks(void) { return (struct clocks){now_us(), cpu_us()}; }

static inline void print_flight(int calls, struct clocks start, struct clocks prepared) {
    struct clocks end = clocks();
    printf("{\"cpu_us\": %.3f, \"cpu_prepared_us\": %.3f, \"calls_per_second\": %.1f, \"threads\": %ld}\n",
           (end.cpu - start.cpu) / calls, (end.cpu - prepared.cpu) / calls, calls / (end.wall - start.wall) * 1e6,
           status_of("Threads: %ld"));
}

#endif
