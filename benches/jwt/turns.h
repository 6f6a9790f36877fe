/* What the C subjects share. A subject takes the folder that make_token.py wrote, and then its turns from standard input:
 * for a line with a number it verifies that often, and prints the CPU time of its process and the time on the clock that
 * this took, in nanoseconds. */
#ifndef TURNS_H
#define TURNS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* Returns a file of the folder, with a NUL behind it. It is never freed. */
static char *file(const char *folder, const char *name, size_t *length) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "rb");
    if (!stream) fail(path, "does not open");
    char *bytes = malloc(65536);
    size_t read = fread(bytes, 1, 65535, stream);
    fclose(stream);
    bytes[read] = '\0';
    if (length) *length = read;
    return bytes;
}

static long long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void take_turns(void (*verify)(void)) {
    char line[32];
    while (fgets(line, sizeof line, stdin)) {
        long count = atol(line);
        long long cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
        for (long i = 0; i < count; i++) verify();
        cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        wall = now(CLOCK_MONOTONIC) - wall;
        printf("%lld %lld\n", cpu, wall);
        fflush(stdout);
    }
}

#endif
