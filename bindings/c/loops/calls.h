/*
 * What the loops share, so that each file shows its loop alone: a client, a call for each token that standard input
 * has, and what is printed when a call has finished. Include it in one file of a program.
 *
 * Environment:
 *     STYTCH_PROJECT_ID   the project's id                          required
 *     STYTCH_SECRET       a secret of that project                  required
 *     STYTCH_BASE_URL     where the API is, a sandbox for instance  optional
 */
#ifndef LOOPS_CALLS_H
#define LOOPS_CALLS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stytch.h>

/* Text from elsewhere may contain escape sequences that a terminal would obey. */
static inline void print_text(FILE *out, const char *text)
{
    for (text = text == NULL ? "(none)" : text; *text != '\0'; text++) {
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
    }
}

/* Prints why, and ends the program. */
static inline void give_up(const char *what, const stytch_error *error)
{
    fprintf(stderr, "%s: ", what);
    print_text(stderr, error != NULL ? stytch_error_message(error) : "it failed");
    fputc('\n', stderr);
    exit(2);
}

static inline stytch_client *client_from_environment(void)
{
    const char *base_url = getenv("STYTCH_BASE_URL");
    stytch_error *error = NULL;
    stytch_options *options = stytch_options_new();
    stytch_client *client = NULL;

    if (base_url == NULL || base_url[0] == '\0' || stytch_options_set_base_url(options, base_url, &error)) {
        client = stytch_client_new(getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET"), options, &error);
    }
    stytch_options_free(options);
    if (client == NULL) {
        give_up("No client", error);
    }
    return client;
}

static inline stytch_queue *queue_of_the_loop(void)
{
    stytch_error *error = NULL;
    stytch_queue *queue = stytch_queue_new(&error);

    if (queue == NULL) {
        give_up("No queue", error);
    }
    return queue;
}

static inline void print_failure(unsigned long line, const stytch_error *error)
{
    fprintf(stderr, "line %lu: ", line);
    print_text(stderr, stytch_error_message(error));
    fputs(stytch_error_is_retryable(error) ? " (the token may be sent again)\n" : "\n", stderr);
}

/* Starts a call for each line of standard input, and returns how many are under way. The number of the line is what
 * the call is known by: the token is not kept, and never printed. */
static inline unsigned long start_a_call_for_each_line(const stytch_client *client, stytch_queue *queue)
{
    char token[8 * 1024 + 3];
    unsigned long line = 0, started = 0;

    while (fgets(token, sizeof token, stdin) != NULL) {
        stytch_error *error = NULL;

        token[strcspn(token, "\r\n")] = '\0';
        line++;
        /* The call comes back from stytch_queue_next(), so nobody has to keep it. */
        if (stytch_impersonation_authenticate_start(client, token, queue, (void *)line, &error) != NULL) {
            started++;
        } else {
            print_failure(line, error); /* too many at once, or no token at all */
            stytch_error_free(error);
        }
    }
    return started;
}

/* Prints and frees whatever has finished, and returns how many calls that were. Run it when the descriptor is
 * readable. */
static inline unsigned long print_what_has_finished(stytch_queue *queue)
{
    unsigned long finished = 0;
    stytch_call *call;

    while ((call = stytch_queue_next(queue)) != NULL) {
        unsigned long line = (unsigned long)stytch_call_userdata(call);
        stytch_error *error = NULL;
        stytch_response *session = stytch_call_take(call, &error);

        if (session != NULL) {
            printf("line %lu: ", line);
            print_text(stdout, stytch_response_member_id(session));
            fputs(" impersonated by ", stdout);
            print_text(stdout, stytch_response_impersonator_email_address(session));
            putchar('\n');
        } else {
            print_failure(line, error);
        }
        stytch_response_free(session);
        stytch_error_free(error);
        stytch_call_free(call);
        finished++;
    }
    return finished;
}

#endif
