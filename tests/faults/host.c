/*
 * What a host does around the library, where C is needed for it: part of the preloaded shim.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- User-level threads that take over poll(), as libraries for coroutines do ---------------------------------- */

/*
 *     scheduler:   first ....... second ... first ... second ...
 *                    |             |          |
 *     first:      call, poll >     |       > call, poll
 *     second:                   call, poll >
 *
 * A wait hands the OS thread to the scheduler, which resumes whoever's wait is over. The second coroutine starts when
 * the first has been in one wait for a while: then it has sent its request.
 */
enum { COROUTINES = 2, STACK = 1 << 20, ONE_WAIT_MS = 200 };

static struct {
    ucontext_t context;
    struct pollfd *fds;
    nfds_t count;
    int timeout;
    long since;
    int started, done;
    char *stack;
} coroutines[COROUTINES];
static ucontext_t scheduler;
static _Thread_local int current = -1; /* which of them runs on this thread */
static void (*run_one)(int, void *);
static void *run_argument;

static long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int real_poll(struct pollfd *fds, nfds_t count, int timeout) {
    struct timespec time = {timeout / 1000, timeout % 1000 * 1000000L};
    return (int)syscall(SYS_ppoll, fds, count, timeout < 0 ? NULL : &time, NULL, 8);
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
    if (current < 0) return real_poll(fds, count, timeout);
    int mine = current;
    coroutines[mine].fds = fds;
    coroutines[mine].count = count;
    coroutines[mine].timeout = timeout;
    swapcontext(&coroutines[mine].context, &scheduler);
    return real_poll(fds, count, 0);
}

static void coroutine(int number) {
    run_one(number, run_argument);
    coroutines[number].done = 1;
}

static void resume(int number) {
    current = number;
    swapcontext(&scheduler, &coroutines[number].context);
    current = -1;
    coroutines[number].since = now_ms();
}

/* Whether the wait that coroutine `number` is in is over. */
static int is_over(int number) {
    struct pollfd fds[16];
    if (coroutines[number].count > sizeof fds / sizeof *fds) abort();
    memcpy(fds, coroutines[number].fds, coroutines[number].count * sizeof *fds);
    if (real_poll(fds, coroutines[number].count, 5) > 0) return 1;
    int timeout = coroutines[number].timeout;
    return timeout >= 0 && now_ms() - coroutines[number].since >= timeout;
}

/* Calls run(0, argument) and run(1, argument) as coroutines of this thread. */
void stytch_host_interleave(void (*run)(int, void *), void *argument) {
    run_one = run;
    run_argument = argument;
    for (int i = 0; i < COROUTINES; i++) {
        getcontext(&coroutines[i].context);
        coroutines[i].stack = malloc(STACK);
        coroutines[i].context.uc_stack.ss_sp = coroutines[i].stack;
        coroutines[i].context.uc_stack.ss_size = STACK;
        coroutines[i].context.uc_link = &scheduler;
        makecontext(&coroutines[i].context, (void (*)(void))coroutine, 1, i);
    }
    while (!coroutines[0].done || !coroutines[1].done)
        for (int i = 0; i < COROUTINES; i++) {
            if (coroutines[i].done) continue;
            if (coroutines[i].started) {
                if (is_over(i)) resume(i);
            } else if (i == 0 || coroutines[0].done || now_ms() - coroutines[0].since > ONE_WAIT_MS) {
                coroutines[i].started = 1;
                resume(i);
            }
        }
    for (int i = 0; i < COROUTINES; i++) free(coroutines[i].stack);
}

/* ---- A thread that the host cancels ------------------------------------------------------------------------------ */

struct cancelled {
    void (*run)(void *);
    void *argument;
    int before, after;
};

static void *to_cancel(void *data) {
    struct cancelled *thread = data;
    int old;
    pthread_setcancelstate(thread->before, &old);
    thread->run(thread->argument);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &thread->after);
    pthread_testcancel();
    return NULL;
}

/*
 * Runs run(argument) on a thread that is cancelled after so many milliseconds, and whose cancellation the host has
 * disabled before, or not. 0 where the thread ended by that, with its state as the host had set it.
 */
int stytch_host_cancel(void (*run)(void *), void *argument, int milliseconds, int is_disabled) {
    int before = is_disabled ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
    struct cancelled thread = {run, argument, before, -1};
    pthread_t id;
    void *result;
    if (pthread_create(&id, NULL, to_cancel, &thread) != 0) return 1;
    usleep((useconds_t)milliseconds * 1000);
    pthread_cancel(id);
    pthread_join(id, &result);
    if (result != PTHREAD_CANCELED) return 2;
    return thread.after == before ? 0 : 3;
}

/* ---- What the library asks the environment for -------------------------------------------------------------------- */

static atomic_int asked;

char *getenv(const char *name) {
    static char *(*real)(const char *);
    if (real == NULL) real = (char *(*)(const char *))dlsym(RTLD_NEXT, "getenv");
    Dl_info caller;
    if (dladdr(__builtin_return_address(0), &caller) && strstr(caller.dli_fname, "libstytch") != NULL)
        atomic_fetch_add(&asked, 1);
    return real(name);
}

int stytch_host_asked(void) { return asked; }
