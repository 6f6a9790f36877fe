/*
 * Many calls at once in one thread, with epoll alone.
 *
 *     cc -std=c99 bindings/c/loops/epoll.c -lstytch -o epoll
 *     ./epoll <tokens
 *
 * Standard input has an impersonation token a line. calls.h has the rest.
 */
#include <sys/epoll.h>
#include <unistd.h>

#include "calls.h"

int main(void)
{
    stytch_client *client = client_from_environment();
    stytch_queue *queue = queue_of_the_loop();
    int loop = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event readable;
    unsigned long left;

    /* One descriptor for all calls, however many there are. */
    readable.events = EPOLLIN;
    readable.data.ptr = queue;
    if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, stytch_queue_fd(queue), &readable) != 0) {
        give_up("epoll", NULL);
    }
    left = start_a_call_for_each_line(client, queue);
    while (left > 0) {
        struct epoll_event event;

        if (epoll_wait(loop, &event, 1, -1) == 1) {
            left -= print_what_has_finished((stytch_queue *)event.data.ptr);
        }
    }
    close(loop); /* it watches the queue's descriptor, so it goes first */
    stytch_queue_free(queue);
    stytch_client_free(client);
    return 0;
}
