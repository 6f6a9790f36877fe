/*
 * A web server in one thread that turns impersonation links into sessions: libmicrohttpd, many requests at once.
 *
 *     cc -std=c99 bindings/c/loops/microhttpd.c -lstytch $(pkg-config --cflags --libs libmicrohttpd) -o server
 *     ./server 8080
 *     curl 'http://127.0.0.1:8080/authenticate?stytch_token_type=multi_tenant_impersonation&token=…'
 *
 * A request is suspended while its call is under way, and resumed when the call has come out of the queue:
 *
 *     handle()  --> start the call, suspend     (the loop serves others)     finish() --> resume --> handle() responds
 *
 * The response says who acts as whom. A real application would set a cookie with the session's JWT here; this one keeps
 * session and token to itself, and logs neither: what it prints are the library's own events, which have no secret.
 * Port 0 takes a free one; the first line on standard output is the URL. SIGINT and SIGTERM end the server.
 */
#define _GNU_SOURCE /* ppoll */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "calls.h"

/* A request of a browser, from its first line until its response has been sent. */
struct request {
    struct MHD_Connection *connection;
    char *body; /* the response, once it is known */
    int status; /* 0 until then */
};

static stytch_client *client;
static stytch_queue *queue;
static volatile sig_atomic_t is_to_end = 0;

static void on_signal(int number)
{
    (void)number;
    is_to_end = 1;
}

/* ---- The call --------------------------------------------------------------------------------- */

/* Parts of the response come as JSON, with their quotes, so there is nothing to escape. */
static char *who_acts_as_whom(const stytch_response *session)
{
    static const char format[] = "{\"member_id\":%s,\"impersonator_email_address\":%s}\n";
    char *member = stytch_response_get_json(session, "/member_id");
    char *impersonator = stytch_response_get_json(
        session, "/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address");
    size_t length = sizeof format + (member ? strlen(member) : 4) + (impersonator ? strlen(impersonator) : 4);
    char *body = (char *)malloc(length);

    if (body != NULL) {
        snprintf(body, length, format, member ? member : "null", impersonator ? impersonator : "null");
    }
    stytch_string_free(impersonator);
    stytch_string_free(member);
    return body;
}

static void fail(struct request *request, int status, const char *word)
{
    char body[128];

    snprintf(body, sizeof body, "{\"error\":\"%s\"}\n", word);
    request->status = status;
    request->body = strdup(body);
}

/* A browser learns whether to ask for a new link; why is for the log. */
static void fail_as(struct request *request, const stytch_error *error)
{
    if (stytch_error_code(error) == STYTCH_ERROR_BUSY || stytch_error_is_retryable(error)) {
        fail(request, MHD_HTTP_SERVICE_UNAVAILABLE, "try_the_same_link_again");
    } else if (stytch_error_code(error) == STYTCH_ERROR_INVALID_ARGUMENT) {
        fail(request, MHD_HTTP_BAD_REQUEST, "not_a_token");
    } else if (stytch_error_delivery(error) == STYTCH_DELIVERY_REJECTED && stytch_error_http_status(error) == 401) {
        fail(request, MHD_HTTP_UNAUTHORIZED, "get_a_new_link");
    } else {
        fail(request, MHD_HTTP_BAD_GATEWAY, "get_a_new_link");
    }
}

static void finish(stytch_call *call)
{
    struct request *request = (struct request *)stytch_call_userdata(call);
    stytch_error *error = NULL;
    stytch_response *session = stytch_call_take(call, &error);

    if (session != NULL) {
        request->status = MHD_HTTP_OK;
        request->body = who_acts_as_whom(session);
    } else {
        fail_as(request, error);
    }
    stytch_response_free(session);
    stytch_error_free(error);
    stytch_call_free(call);
    MHD_resume_connection(request->connection);
}

static void finish_all(void)
{
    stytch_call *call;
    char *event;

    while ((event = stytch_queue_next_event(queue, NULL)) != NULL) {
        fprintf(stderr, "%s\n", event);
        stytch_string_free(event);
    }
    while ((call = stytch_queue_next(queue)) != NULL) {
        finish(call);
    }
}

/* ---- HTTP ------------------------------------------------------------------------------------- */

static enum MHD_Result respond(struct request *request)
{
    static char no_memory[] = "{\"error\":\"no_memory\"}\n";
    char *body = request->body != NULL ? request->body : no_memory;
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;

    if (response != NULL) {
        MHD_add_response_header(response, "Content-Type", "application/json");
        MHD_add_response_header(response, "Cache-Control", "no-store");
        result = MHD_queue_response(request->connection, (unsigned)request->status, response);
        MHD_destroy_response(response);
    }
    return result;
}

static void start(struct request *request, const char *url)
{
    const char *type = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, "stytch_token_type");
    const char *token = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, "token");
    stytch_error *error = NULL;

    if (client == NULL) {
        fail(request, MHD_HTTP_SERVICE_UNAVAILABLE, "ending");
    } else if (strcmp(url, "/authenticate") != 0) {
        fail(request, MHD_HTTP_NOT_FOUND, "not_found");
    } else if (type == NULL || strcmp(type, "multi_tenant_impersonation") != 0) {
        fail(request, MHD_HTTP_BAD_REQUEST, "not_an_impersonation");
    } else if (stytch_impersonation_authenticate_start(client, token, queue, request, &error) != NULL) {
        MHD_suspend_connection(request->connection);
    } else {
        fail_as(request, error);
        stytch_error_free(error);
    }
}

/* libmicrohttpd calls it when the head has arrived, when the request has, and again when it was resumed. */
static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state)
{
    struct request *request = (struct request *)*state;

    (void)data;
    (void)version;
    (void)upload;
    *upload_size = 0; /* a body is of no interest */
    if (request == NULL) {
        request = (struct request *)calloc(1, sizeof *request);
        *state = request;
        if (request == NULL) {
            return MHD_NO;
        }
        request->connection = connection;
        return MHD_YES;
    }
    if (request->status != 0) {
        return respond(request);
    }
    if (strcmp(method, "GET") != 0) {
        fail(request, MHD_HTTP_METHOD_NOT_ALLOWED, "get_only");
    } else {
        start(request, url);
    }
    return request->status != 0 ? respond(request) : MHD_YES;
}

static void forget(void *data, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    struct request *request = (struct request *)*state;

    (void)data;
    (void)connection;
    (void)code;
    if (request != NULL) {
        free(request->body);
        free(request);
    }
    *state = NULL;
}

/* ---- The loop --------------------------------------------------------------------------------- */

static void run(struct MHD_Daemon *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd watched[2];
    sigset_t none;

    sigemptyset(&none);
    watched[0].fd = info->epoll_fd;
    watched[1].fd = stytch_queue_fd(queue);
    watched[0].events = watched[1].events = POLLIN;
    while (!is_to_end) {
        MHD_UNSIGNED_LONG_LONG milliseconds = 1000;
        struct timespec time;

        if (MHD_get_timeout(server, &milliseconds) != MHD_YES || milliseconds > 1000) {
            milliseconds = 1000;
        }
        time.tv_sec = (time_t)(milliseconds / 1000);
        time.tv_nsec = (long)(milliseconds % 1000) * 1000000;
        /* The signals that end the server arrive here and nowhere else. */
        if (ppoll(watched, 2, &time, &none) < 0 && errno != EINTR) {
            give_up("ppoll", NULL);
        }
        finish_all();
        MHD_run(server);
    }
}

static struct MHD_Daemon *serve(int port)
{
    struct sockaddr_in address;
    struct MHD_Daemon *server;
    const union MHD_DaemonInfo *info;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* Without MHD_USE_INTERNAL_POLLING_THREAD it has no thread, and is run by ours. */
    server = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, NULL,
                              MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, forget,
                              NULL, MHD_OPTION_END);
    info = server != NULL ? MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (info == NULL) {
        give_up("No server at this port", NULL);
    }
    printf("http://127.0.0.1:%d\n", info->port);
    fflush(stdout);
    return server;
}

int main(int argc, char **argv)
{
    struct sigaction action;
    sigset_t ending;
    struct MHD_Daemon *server;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);

    client = client_from_environment();
    queue = queue_of_the_loop();
    stytch_queue_set_log_level(queue, STYTCH_LOG_INFO, NULL);
    server = serve(argc > 1 ? atoi(argv[1]) : 8080);
    run(server);

    /* What is under way ends as cancelled, so that no request stays suspended. */
    close(MHD_quiesce_daemon(server));
    stytch_client_free(client);
    client = NULL;
    finish_all();
    MHD_run(server);
    MHD_stop_daemon(server);
    stytch_queue_free(queue);
    return 0;
}
