/*
 * Many calls at once in one thread, with libuv.
 *
 *     cc -std=c99 bindings/c/loops/libuv.c -lstytch $(pkg-config --cflags --libs libuv) -o libuv
 *     ./libuv <tokens
 *
 * Standard input has an impersonation token a line. calls.h has the rest.
 */
#define _GNU_SOURCE /* for uv.h */
#include <uv.h>

#include "calls.h"

struct calls {
    stytch_queue *queue;
    unsigned long left;
};

static void stop_watching(uv_poll_t *watcher)
{
    uv_close((uv_handle_t *)watcher, NULL); /* with its last handle the loop ends */
}

static void on_readable(uv_poll_t *watcher, int status, int events)
{
    struct calls *calls = (struct calls *)watcher->data;

    (void)events;
    if (status < 0) {
        give_up(uv_strerror(status), NULL);
    }
    calls->left -= print_what_has_finished(calls->queue);
    if (calls->left == 0) {
        stop_watching(watcher);
    }
}

int main(void)
{
    stytch_client *client = client_from_environment();
    uv_loop_t *loop = uv_default_loop();
    uv_poll_t watcher;
    struct calls calls;

    calls.queue = queue_of_the_loop();
    watcher.data = &calls;
    if (uv_poll_init(loop, &watcher, stytch_queue_fd(calls.queue)) != 0 ||
        uv_poll_start(&watcher, UV_READABLE, on_readable) != 0) {
        give_up("uv_poll", NULL);
    }
    calls.left = start_a_call_for_each_line(client, calls.queue);
    if (calls.left == 0) {
        stop_watching(&watcher);
    }
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
    stytch_queue_free(calls.queue); /* nothing watches its descriptor any more */
    stytch_client_free(client);
    return 0;
}
