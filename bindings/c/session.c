/*
 * Verifies, refreshes or ends a Stytch session, and says who acts as whom.
 *
 *     cc -std=c99 -Iinclude bindings/c/session.c -Ltarget/release -lstytch -o session
 *     LD_LIBRARY_PATH=target/release ./session verify
 *
 *     verify     A JWT is verified on this machine: nothing of it is sent, and a revocation is not noticed.
 *                A session token says nothing by itself, so it is looked up as by `refresh`.
 *     refresh    Stytch is asked, and notices a revocation. The response has a fresh JWT; --json shows it.
 *     revoke     The session ends. One that has ended already is not a failure.
 *
 * The session, its token or its JWT (which has dots in it), is read from standard input, or taken from the command
 * line. Prefer standard input: other users of the machine can read a command line.
 *
 * Environment:
 *     STYTCH_PROJECT_ID   the project's id                          required
 *     STYTCH_SECRET       a secret of that project                  required
 *     STYTCH_BASE_URL     where the API is, a sandbox for instance  optional
 *
 * The exit status:
 *     0  verify, refresh: the session is valid; revoke: it has ended
 *     1  the same, but it could not be printed
 *     2  nothing was tried: bad usage, a missing variable or an invalid argument
 *     3  not sent: Stytch could not be reached, or its keys could not be fetched
 *     4  rejected: Stytch refused the request, for a reason that says nothing about the session
 *     5  unknown: the request was sent and no conclusive response came
 *     6  accepted, but the response could not be used
 *     7  not a valid session: forged, of another project, expired, revoked or unknown
 *
 * Only 7 means that the member is not signed in. None of the calls does harm when it is repeated.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stytch.h>

enum {
    EXIT_NOT_PRINTED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_SENT = 3,
    EXIT_REJECTED = 4,
    EXIT_UNKNOWN = 5,
    EXIT_ACCEPTED = 6,
    EXIT_NO_SESSION = 7
};

enum { SESSION_CAPACITY = 32 * 1024 + 3 }; /* the longest JWT that the library takes, the end of a line, a NUL */

/* ---- Printing ------------------------------------------------------------------------------- */

/* Text from elsewhere may contain escape sequences that a terminal would obey: show everything but ASCII's graphic
 * characters as '?'. authenticate.c shows how to keep other scripts. */
static void print_field(FILE *out, const char *label, const char *text)
{
    fprintf(out, "  %-16s ", label);
    for (text = text == NULL ? "(none)" : text; *text != '\0'; text++) {
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
    }
    fputc('\n', out);
}

static void print_if_there(FILE *out, const char *label, const char *text)
{
    if (text != NULL) {
        print_field(out, label, text);
    }
}

static void print_session(const stytch_response *response)
{
    bool impersonated = stytch_response_is_impersonated(response);

    puts(stytch_response_http_status(response) == 0 ? "The session is valid: its JWT was verified on this machine."
                                                    : "The session is valid: Stytch was asked.");
    print_field(stdout, "member", stytch_response_member_id(response));
    /* Only Stytch knows these two; a JWT has the ids alone. */
    print_if_there(stdout, "", stytch_response_get_string(response, "/member/name"));
    print_if_there(stdout, "", stytch_response_get_string(response, "/member/email_address"));
    print_field(stdout, "organization", stytch_response_organization_id(response));
    if (impersonated) {
        print_field(stdout, "impersonated by", stytch_response_impersonator_email_address(response));
        print_field(stdout, "", stytch_response_impersonator_id(response));
    } else {
        print_field(stdout, "impersonated by", "nobody");
    }
    print_field(stdout, "session", stytch_response_get_string(response, "/member_session/member_session_id"));
    print_field(stdout, "ends", stytch_response_get_string(response, "/member_session/expires_at"));
    print_if_there(stdout, "request id", stytch_response_request_id(response));
    if (impersonated) {
        puts("This is not the member: offer nothing that only the member may decide, and log who did it.");
    }
}

/* ---- Failure -------------------------------------------------------------------------------- */

static bool is_type(const stytch_error *error, const char *type)
{
    return stytch_error_type(error) != NULL && strcmp(stytch_error_type(error), type) == 0;
}

/* A network that fails or a wrong secret must not sign anybody out. So this takes none of what it does not know for
 * "no session": the JWT was refused here, or Stytch knows no such session, or refuses the JWT by one of its names. */
static bool is_no_session(const stytch_error *error)
{
    const char *type = stytch_error_type(error);

    return stytch_error_code(error) == STYTCH_ERROR_INVALID_TOKEN || is_type(error, "session_not_found") ||
           (stytch_error_http_status(error) == 400 && type != NULL && strstr(type, "jwt") != NULL);
}

static int exit_status(const stytch_error *error)
{
    if (stytch_error_code(error) == STYTCH_ERROR_INVALID_ARGUMENT) {
        return EXIT_USAGE;
    }
    if (is_no_session(error)) {
        return EXIT_NO_SESSION;
    }
    switch (stytch_error_delivery(error)) {
    case STYTCH_DELIVERY_NOT_SENT: return EXIT_NOT_SENT;
    case STYTCH_DELIVERY_REJECTED: return EXIT_REJECTED;
    case STYTCH_DELIVERY_ACCEPTED: return EXIT_ACCEPTED;
    default:                       return EXIT_UNKNOWN;
    }
}

static const char *advice(const stytch_error *error)
{
    if (stytch_error_is_retryable(error)) {
        return "This may pass, and says nothing about the session: wait, then try again.";
    }
    if (is_type(error, "jwt_expired")) {
        return "A JWT lives for five minutes, its session for longer: refresh it. Only Stytch can tell.";
    }
    if (is_type(error, "jwt_not_yet_valid")) {
        return "Look at this machine's clock, or refresh it: Stytch's clock decides then.";
    }
    if (is_no_session(error)) {
        return "Take whoever sent it as not signed in.";
    }
    if (is_type(error, "unauthorized_credentials")) {
        return "Correct STYTCH_PROJECT_ID and STYTCH_SECRET. This says nothing about the session.";
    }
    return "Fix what is described above. This says nothing about the session.";
}

static int report(const stytch_error *error)
{
    fprintf(stderr, "%s: %s\n", is_no_session(error) ? "Not a valid session" : "The session was not checked",
            stytch_error_message(error));
    if (stytch_error_http_status(error) != 0) {
        fprintf(stderr, "  %-16s %" PRId32 "\n", "HTTP status", stytch_error_http_status(error));
    }
    print_if_there(stderr, "type", stytch_error_type(error));
    print_if_there(stderr, "request id", stytch_error_request_id(error));
    if (stytch_error_retry_after_ms(error) >= 0) {
        fprintf(stderr, "  %-16s %" PRId64 " ms\n", "retry after", stytch_error_retry_after_ms(error));
    }
    print_field(stderr, "what to do", advice(error));
    return exit_status(error);
}

/* ---- The three commands --------------------------------------------------------------------- */

/* A session token is one word of base64url. */
static bool is_jwt(const char *session)
{
    return strchr(session, '.') != NULL;
}

static stytch_response *verify(const stytch_client *client, const char *session, stytch_error **error)
{
    return is_jwt(session) ? stytch_sessions_authenticate_jwt_local(client, session, -1, error)
                           : stytch_sessions_authenticate(client, session, NULL, NULL, error);
}

static stytch_response *refresh(const stytch_client *client, const char *session, stytch_error **error)
{
    return is_jwt(session) ? stytch_sessions_authenticate(client, NULL, session, NULL, error)
                           : stytch_sessions_authenticate(client, session, NULL, NULL, error);
}

static stytch_response *revoke(const stytch_client *client, const char *session, stytch_error **error)
{
    return is_jwt(session) ? stytch_sessions_revoke(client, NULL, NULL, session, NULL, error)
                           : stytch_sessions_revoke(client, NULL, session, NULL, NULL, error);
}

typedef stytch_response *command(const stytch_client *client, const char *session, stytch_error **error);

static command *command_named(const char *name)
{
    return strcmp(name, "verify") == 0    ? verify
           : strcmp(name, "refresh") == 0 ? refresh
           : strcmp(name, "revoke") == 0  ? revoke
                                          : NULL;
}

static int run(const stytch_client *client, command *command, const char *session, bool as_json)
{
    stytch_error *error = NULL;
    stytch_response *response = command(client, session, &error);
    int status = EXIT_SUCCESS;

    if (response != NULL && as_json) {
        fwrite(stytch_response_json(response), 1, stytch_response_json_length(response), stdout);
        putchar('\n');
    } else if (response != NULL && command != revoke) {
        print_session(response);
    } else if (response != NULL || (command == revoke && is_type(error, "session_not_found"))) {
        puts(response != NULL ? "The session has ended." : "The session does not exist any more.");
        puts("A JWT of it stays valid for local verification until it expires, in five minutes at most.");
    } else {
        status = report(error);
    }
    stytch_response_free(response);
    stytch_error_free(error);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("It was done, but could not be printed.\n", stderr);
        return EXIT_NOT_PRINTED;
    }
    return status;
}

/* ---- The arguments -------------------------------------------------------------------------- */

/* Reads one line without its end. Returns false where there is none, or one that no session can fill. */
static bool read_session(char *session, int capacity)
{
    if (fgets(session, capacity, stdin) == NULL) {
        fputs("No session token or JWT on standard input.\n", stderr);
        return false;
    }
    if (strchr(session, '\n') == NULL && !feof(stdin)) {
        fputs("The line on standard input is too long to be a session token or a JWT.\n", stderr);
        return false;
    }
    session[strcspn(session, "\r\n")] = '\0';
    return true;
}

/* Returns a client, or NULL and an error. An empty base URL is taken as one that is not set. */
static stytch_client *make_client(const char *project_id, const char *secret, stytch_error **error)
{
    const char *base_url = getenv("STYTCH_BASE_URL");
    stytch_options *options = stytch_options_new();
    stytch_client *client = NULL;

    if (base_url == NULL || base_url[0] == '\0' || stytch_options_set_base_url(options, base_url, error)) {
        client = stytch_client_new(project_id, secret, options, error);
    }
    stytch_options_free(options);
    return client;
}

int main(int argc, char **argv)
{
    static char line[SESSION_CAPACITY];
    bool as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
    int first = as_json ? 2 : 1;
    command *command = argc > first ? command_named(argv[first]) : NULL;
    const char *session = argc > first + 1 ? argv[first + 1] : "-";
    const char *project_id = getenv("STYTCH_PROJECT_ID");
    const char *secret = getenv("STYTCH_SECRET");
    stytch_client *client;
    stytch_error *error = NULL;
    int status;

    if (command == NULL || argc > first + 2 || (session[0] == '-' && session[1] != '\0')) {
        fprintf(stderr, "usage: %s [--json] verify|refresh|revoke [SESSION | -]\n", argv[0]);
        return EXIT_USAGE;
    }
    if (project_id == NULL || project_id[0] == '\0' || secret == NULL || secret[0] == '\0') {
        fputs("Set STYTCH_PROJECT_ID and STYTCH_SECRET in the environment.\n", stderr);
        return EXIT_USAGE;
    }
    if (strcmp(session, "-") == 0) {
        if (!read_session(line, sizeof line)) {
            return EXIT_USAGE;
        }
        session = line;
    }

    client = make_client(project_id, secret, &error);
    status = client != NULL ? run(client, command, session, as_json) : report(error);
    stytch_error_free(error);
    stytch_client_free(client);
    return status;
}
