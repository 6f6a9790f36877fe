/*
 * Many calls at once in one thread, with GLib's main loop, as programs with GTK have it.
 *
 *     cc -std=c99 bindings/c/loops/glib.c -lstytch $(pkg-config --cflags --libs glib-2.0) -o glib
 *     ./glib <tokens
 *
 * Standard input has an impersonation token a line. calls.h has the rest.
 */
#include <glib-unix.h>
#include <glib.h>

#include "calls.h"

struct calls {
    GMainLoop *loop;
    stytch_queue *queue;
    unsigned long left;
};

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    struct calls *calls = (struct calls *)data;

    (void)fd;
    (void)condition;
    calls->left -= print_what_has_finished(calls->queue);
    if (calls->left == 0) {
        g_main_loop_quit(calls->loop);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

int main(void)
{
    stytch_client *client = client_from_environment();
    struct calls calls;
    guint watch;

    calls.queue = queue_of_the_loop();
    calls.loop = g_main_loop_new(NULL, FALSE);
    watch = g_unix_fd_add(stytch_queue_fd(calls.queue), G_IO_IN, on_readable, &calls);
    calls.left = start_a_call_for_each_line(client, calls.queue);
    if (calls.left > 0) {
        g_main_loop_run(calls.loop);
    } else {
        g_source_remove(watch);
    }
    g_main_loop_unref(calls.loop);
    stytch_queue_free(calls.queue); /* nothing watches its descriptor any more */
    stytch_client_free(client);
    return 0;
}
