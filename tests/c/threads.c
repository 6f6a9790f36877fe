/* Many threads on one client: each token opens one session, in the thread that sent it and in no other. */
#include "support.h"

enum { THREADS = 16, TOKENS_EACH = 12, RACERS = 8, RACES = 6 };

static stytch_client *client;

/* ---- Every thread with tokens of its own ----------------------------------------------------------- */

struct worker {
    pthread_t thread;
    char *tokens[TOKENS_EACH];
    char *sessions[TOKENS_EACH];
};

static void *spend_tokens(void *argument)
{
    struct worker *worker = (struct worker *)argument;

    for (int i = 0; i < TOKENS_EACH; i++) {
        stytch_error *error = NULL;
        stytch_response *response = stytch_impersonation_authenticate(client, worker->tokens[i], &error);

        CHECK_STRING(stytch_error_message(error), NULL);
        REQUIRE(response != NULL);
        worker->sessions[i] = strdup(stytch_response_session_token(response));
        CHECK_STRING(stytch_response_get_string(response, "/session_token"), worker->sessions[i]);
        stytch_response_free(response);
        stytch_error_free(error);
    }
    return NULL;
}

/* The same tokens again: all are refused, and each error is the calling thread's own. */
static void *spend_again(void *argument)
{
    struct worker *worker = (struct worker *)argument;

    for (int i = 0; i < TOKENS_EACH; i++) {
        stytch_error *error = NULL;

        CHECK(stytch_impersonation_authenticate(client, worker->tokens[i], &error) == NULL);
        CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
        CHECK_CONTAINS(stytch_error_body(error), stytch_error_request_id(error));
        stytch_error_free(error);
    }
    return NULL;
}

static void run_all(struct worker *workers, void *(*work)(void *))
{
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void each_token_opens_one_session(void)
{
    static struct worker workers[THREADS];
    static const char *sessions[THREADS * TOKENS_EACH];
    size_t count = 0;

    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < TOKENS_EACH; j++) {
            workers[i].tokens[j] = new_token();
        }
    }
    run_all(workers, spend_tokens);
    run_all(workers, spend_again);
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < TOKENS_EACH; j++) {
            sessions[count++] = workers[i].sessions[j];
        }
    }
    qsort(sessions, count, sizeof sessions[0], by_text);
    for (size_t i = 1; i < count; i++) {
        CHECK(strcmp(sessions[i - 1], sessions[i]) != 0);
    }
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < TOKENS_EACH; j++) {
            free(workers[i].tokens[j]);
            free(workers[i].sessions[j]);
        }
    }
}

/* ---- All threads with the same token ----------------------------------------------------------------- */

struct racer {
    pthread_t thread;
    const char *token;
    struct barrier *barrier;
    bool won;
};

static void *race(void *argument)
{
    struct racer *racer = (struct racer *)argument;
    stytch_error *error = NULL;
    stytch_response *response;

    barrier_wait(racer->barrier);
    response = stytch_impersonation_authenticate(client, racer->token, &error);
    racer->won = response != NULL;
    if (!racer->won) {
        CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    }
    stytch_error_free(error);
    stytch_response_free(response);
    return NULL;
}

static void one_wins(void)
{
    struct racer racers[RACERS];
    struct barrier barrier;
    char *token = new_token();
    int won = 0;

    barrier_begin(&barrier, RACERS);
    for (int i = 0; i < RACERS; i++) {
        racers[i].token = token;
        racers[i].barrier = &barrier;
        racers[i].won = false;
        REQUIRE(pthread_create(&racers[i].thread, NULL, race, &racers[i]) == 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(racers[i].thread, NULL);
        won += racers[i].won ? 1 : 0;
    }
    CHECK_INT(won, 1);
    barrier_end(&barrier);
    free(token);
}

/* ---- What is made in one thread and freed in another ---------------------------------------------------- */

static void *free_elsewhere(void *argument)
{
    stytch_response *response = (stytch_response *)argument;

    CHECK(stytch_response_get_string(response, "/member/email_address") != NULL);
    stytch_response_free(response);
    stytch_client_free(client);
    return NULL;
}

static void handles_are_not_bound_to_a_thread(void)
{
    pthread_t thread;
    char *token = new_token();
    stytch_response *response = stytch_impersonation_authenticate(client, token, NULL);

    REQUIRE(response != NULL);
    REQUIRE(pthread_create(&thread, NULL, free_elsewhere, response) == 0);
    pthread_join(thread, NULL);
    free(token);
}

int main(void)
{
    client = sandbox_client();
    each_token_opens_one_session();
    for (int i = 0; i < RACES; i++) {
        one_wins();
    }
    handles_are_not_bound_to_a_thread();
    return finish("threads");
}
