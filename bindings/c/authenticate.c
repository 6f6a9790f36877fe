/*
 * Turns an impersonation token into a Stytch session, and says who is now impersonated.
 *
 *     cc -std=c99 -Iinclude bindings/c/authenticate.c -Ltarget/release -lstytch -o authenticate
 *     LD_LIBRARY_PATH=target/release ./authenticate
 *
 * The token, or the whole link that Stytch's dashboard opened with it, is read from standard input, or taken from
 * the command line. Prefer standard input: other users of the machine can read a command line.
 *
 * Environment:
 *     STYTCH_PROJECT_ID   the project's id                          required
 *     STYTCH_SECRET       a secret of that project                  required
 *     STYTCH_BASE_URL     where the API is, a sandbox for instance  optional
 *
 * The exit status says what became of the token:
 *     0  a session was started
 *     1  a session was started, but could not be printed
 *     2  nothing was tried: bad usage, a missing variable or an invalid argument
 *     3  not sent: the token is unspent and can be used again
 *     4  rejected: Stytch refused the request
 *     5  unknown: the request was sent and no conclusive response came, so the token may have been used
 *     6  accepted, but the response could not be used: the token has been used
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
    EXIT_ACCEPTED = 6
};

enum {
    LINE_CAPACITY = 64 * 1024 + 3, /* the longest link that the library takes, the end of a line, a NUL */
    POINTER_CAPACITY = 64          /* a JSON pointer with an index in it */
};
static const size_t EXCERPT_LENGTH = 400; /* how much of an unexpected body to show */

/* ---- Printing what came over the network ---------------------------------------------------- */

/* Characters that a terminal or a log may obey, or that show nothing: controls, also those above ASCII (C1), line
 * separators, marks of direction, zero-width characters, private use, tags. */
static bool is_harmless(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x200b, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x206f}, {0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, UINT32_MAX},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1]) {
            return false;
        }
    }
    return true;
}

/* Returns the length of the UTF-8 character at `text`, or 0 if there is none, or one that is not harmless. */
static size_t character(const unsigned char *text, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;
    uint32_t code = count > 1 ? text[0] & (0x7fU >> count) : text[0];

    if (count == 0 || count > length) {
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3f);
    }
    return code >= smallest[count] && is_harmless(code) ? count : 0;
}

/* Text from elsewhere may contain escape sequences that a terminal would obey, and bytes that are not UTF-8: show
 * those bytes as '?'. What the library made for a log, as its messages, has none. */
static void print_text(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t count = character((const unsigned char *)text + i, length - i);

        if (count == 0) {
            fputc('?', out);
        }
        fwrite(text + i, 1, count, out);
        i += count == 0 ? 1 : count;
    }
}

static void print_string(FILE *out, const char *text)
{
    if (text == NULL) {
        text = "(none)";
    }
    print_text(out, text, strlen(text));
}

static void print_field(FILE *out, const char *label, const char *text)
{
    fprintf(out, "  %-16s ", label);
    print_string(out, text);
    fputc('\n', out);
}

/* ---- Success: who, where, on whose behalf, until when ---------------------------------------- */

static void print_roles(const stytch_response *response)
{
    char pointer[POINTER_CAPACITY];
    size_t count = 0;

    stytch_response_get_length(response, "/member_session/roles", &count); /* absent: stays 0 */
    printf("  %-16s ", "roles");
    for (size_t i = 0; i < count; i++) {
        snprintf(pointer, sizeof pointer, "/member_session/roles/%lu", (unsigned long)i);
        fputs(i == 0 ? "" : ", ", stdout);
        print_string(stdout, stytch_response_get_string(response, pointer));
    }
    puts(count == 0 ? "(none)" : "");
}

static void print_session(const stytch_response *response)
{
    puts("A session was started.");
    print_field(stdout, "member", stytch_response_get_string(response, "/member/name"));
    print_field(stdout, "", stytch_response_get_string(response, "/member/email_address"));
    print_field(stdout, "", stytch_response_member_id(response));
    print_field(stdout, "organization",
                stytch_response_get_string(response, "/organization/organization_name"));
    print_field(stdout, "", stytch_response_get_string(response, "/organization/organization_slug"));
    print_field(stdout, "", stytch_response_organization_id(response));
    print_roles(response);
    if (stytch_response_is_impersonated(response)) {
        print_field(stdout, "impersonated by", stytch_response_impersonator_email_address(response));
        print_field(stdout, "", stytch_response_impersonator_id(response));
    }
    print_field(stdout, "ends", stytch_response_get_string(response, "/member_session/expires_at"));
    print_field(stdout, "request id", stytch_response_request_id(response));
    /* Whoever holds the session token is the member, and terminals and logs are kept. */
    puts("The session token is not shown here; --json prints the whole response, token included.");
}

/* ---- Failure: all that is known, and what to do next ----------------------------------------- */

static const char *code_name(int32_t code)
{
    switch (code) {
    case STYTCH_ERROR_INVALID_ARGUMENT: return "INVALID_ARGUMENT";
    case STYTCH_ERROR_CONNECTION:       return "CONNECTION";
    case STYTCH_ERROR_TLS:              return "TLS";
    case STYTCH_ERROR_TIMEOUT:          return "TIMEOUT";
    case STYTCH_ERROR_TRANSPORT:        return "TRANSPORT";
    case STYTCH_ERROR_API:              return "API";
    case STYTCH_ERROR_INVALID_RESPONSE: return "INVALID_RESPONSE";
    case STYTCH_ERROR_CANCELLED:        return "CANCELLED";
    case STYTCH_ERROR_INTERNAL:         return "INTERNAL";
    case STYTCH_ERROR_INVALID_TOKEN:    return "INVALID_TOKEN";
    default:                            return "a code of a newer library";
    }
}

static const char *delivery_name(int32_t delivery)
{
    switch (delivery) {
    case STYTCH_DELIVERY_NOT_SENT: return "NOT_SENT";
    case STYTCH_DELIVERY_REJECTED: return "REJECTED";
    case STYTCH_DELIVERY_ACCEPTED: return "ACCEPTED";
    default:                       return "UNKNOWN";
    }
}

/* May the token be sent again? The library says so; the rest are hints for a person. */
static const char *advice(const stytch_error *error)
{
    const char *type = stytch_error_type(error);

    if (stytch_error_is_retryable(error)) {
        return "The token is unspent: wait, then send the same token again. It lives for five minutes.";
    }
    if (type != NULL && strcmp(type, "unauthorized_credentials") == 0) {
        return "Correct STYTCH_PROJECT_ID and STYTCH_SECRET, then send the same token again.";
    }
    switch (stytch_error_delivery(error)) {
    case STYTCH_DELIVERY_NOT_SENT:
        return "Nothing was sent, so the token is unspent: fix what is described above first.";
    case STYTCH_DELIVERY_ACCEPTED:
        return "Its session cannot be used: make a new token. If it happens again, tell Stytch the request id.";
    default:
        return "Fix what is described above. This token may have been used: do not send it again, make a new one.";
    }
}

static int exit_status(const stytch_error *error)
{
    if (stytch_error_code(error) == STYTCH_ERROR_INVALID_ARGUMENT) {
        return EXIT_USAGE;
    }
    switch (stytch_error_delivery(error)) {
    case STYTCH_DELIVERY_NOT_SENT: return EXIT_NOT_SENT;
    case STYTCH_DELIVERY_REJECTED: return EXIT_REJECTED;
    case STYTCH_DELIVERY_ACCEPTED: return EXIT_ACCEPTED;
    default:                       return EXIT_UNKNOWN;
    }
}

/* A body in JSON has been read into the other fields. Anything else is worth a look, a gateway's page for
 * instance, and so is the body of a session that was lost: nothing else is left of it. */
static void print_body_excerpt(const stytch_error *error)
{
    const char *body = stytch_error_body(error);
    size_t length = stytch_error_body_length(error);
    size_t shown = length < EXCERPT_LENGTH ? length : EXCERPT_LENGTH;

    if (body == NULL || length == 0) {
        return;
    }
    if (body[0] == '{' && stytch_error_delivery(error) != STYTCH_DELIVERY_ACCEPTED) {
        return;
    }
    fprintf(stderr, "  %-16s ", "body");
    print_text(stderr, body, shown);
    fprintf(stderr, "%s\n", shown < length ? " ..." : "");
}

static void print_error(const stytch_error *error)
{
    fputs("No session: ", stderr);
    print_string(stderr, stytch_error_message(error));
    fputc('\n', stderr);
    print_field(stderr, "code", code_name(stytch_error_code(error)));
    print_field(stderr, "delivery", delivery_name(stytch_error_delivery(error)));
    if (stytch_error_http_status(error) != 0) {
        fprintf(stderr, "  %-16s %" PRId32 "\n", "HTTP status", stytch_error_http_status(error));
    }
    if (stytch_error_type(error) != NULL) {
        print_field(stderr, "type", stytch_error_type(error));
    }
    if (stytch_error_request_id(error) != NULL) {
        print_field(stderr, "request id", stytch_error_request_id(error));
    }
    if (stytch_error_url(error) != NULL) {
        print_field(stderr, "url", stytch_error_url(error));
    }
    if (stytch_error_retry_after_ms(error) >= 0) {
        fprintf(stderr, "  %-16s %" PRId64 " ms\n", "retry after", stytch_error_retry_after_ms(error));
    }
    print_body_excerpt(error);
    print_field(stderr, "what to do", advice(error));
}

/* ---- The work ------------------------------------------------------------------------------- */

/* Returns a client, or NULL and an error. Options are copied, so they need not outlive this function. */
static stytch_client *make_client(const char *project_id, const char *secret, const char *base_url,
                                  stytch_error **error)
{
    stytch_options *options = stytch_options_new();
    stytch_client *client = NULL;

    if (base_url == NULL || stytch_options_set_base_url(options, base_url, error)) {
        client = stytch_client_new(project_id, secret, options, error);
    }
    stytch_options_free(options);
    return client;
}

/* A token has no question mark; a link with one has. */
static stytch_response *start_session(const stytch_client *client, const char *token_or_link, stytch_error **error)
{
    stytch_response *response = NULL;
    char *token;

    if (strchr(token_or_link, '?') == NULL) {
        return stytch_impersonation_authenticate(client, token_or_link, error);
    }
    token = stytch_impersonation_token_from_url(token_or_link, error);
    if (token != NULL) {
        response = stytch_impersonation_authenticate(client, token, error);
    }
    stytch_string_free(token);
    return response;
}

static int authenticate(const stytch_client *client, const char *token_or_link, bool as_json)
{
    stytch_error *error = NULL;
    stytch_response *response = start_session(client, token_or_link, &error);

    if (response == NULL) {
        int status = exit_status(error);
        print_error(error);
        stytch_error_free(error);
        return status;
    }
    if (as_json) {
        fwrite(stytch_response_json(response), 1, stytch_response_json_length(response), stdout);
        putchar('\n');
    } else {
        print_session(response);
    }
    stytch_response_free(response);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("A session was started, but it could not be printed.\n", stderr);
        return EXIT_NOT_PRINTED;
    }
    return EXIT_SUCCESS;
}

/* Reads one line without its end. Returns false where there is none, or one that no link can fill. */
static bool read_line(char *line, int capacity)
{
    if (fgets(line, capacity, stdin) == NULL) {
        fputs("No token on standard input.\n", stderr);
        return false;
    }
    if (strchr(line, '\n') == NULL && !feof(stdin)) {
        fputs("The line on standard input is too long to be a token or a link.\n", stderr);
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

/* An empty variable is taken as one that is not set. */
static const char *environment(const char *name, bool required)
{
    const char *value = getenv(name);

    if (value != NULL && value[0] != '\0') {
        return value;
    }
    if (required) {
        fprintf(stderr, "Set %s in the environment.\n", name);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static char line[LINE_CAPACITY];
    bool as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
    int positional = as_json ? 2 : 1;
    const char *token = argc > positional ? argv[positional] : "-";
    const char *project_id;
    const char *secret;
    stytch_client *client;
    stytch_error *error = NULL;
    int status;

    if (argc > positional + 1 || (token[0] == '-' && token[1] != '\0')) {
        fprintf(stderr, "usage: %s [--json] [TOKEN | LINK | -]\n", argv[0]);
        return EXIT_USAGE;
    }
    project_id = environment("STYTCH_PROJECT_ID", true);
    secret = environment("STYTCH_SECRET", true);
    if (project_id == NULL || secret == NULL) {
        return EXIT_USAGE;
    }
    if (strcmp(token, "-") == 0) {
        if (!read_line(line, sizeof line)) {
            return EXIT_USAGE;
        }
        token = line;
    }

    client = make_client(project_id, secret, environment("STYTCH_BASE_URL", false), &error);
    if (client == NULL) {
        status = exit_status(error);
        print_error(error);
        stytch_error_free(error);
        return status;
    }
    status = authenticate(client, token, as_json);
    stytch_client_free(client);
    return status;
}
