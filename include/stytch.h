/**
 * @file stytch.h
 * @brief libstytch: Stytch's B2B impersonation for C and whatever speaks C.
 *
 * Five rules explain every function:
 *
 * 1. **Names.** A function is named after what it works on: `stytch_client_*`,
 *    `stytch_options_*`, `stytch_response_*`, `stytch_error_*`. A call to the
 *    API is named as in Stytch's own SDKs.
 * 2. **`NULL` or `false` means failure.** What can fail for more than one
 *    reason takes a `stytch_error **error` last. It may be `NULL`. On entry
 *    `*error` is set to `NULL`, on failure to an error that you free. There is
 *    no last error and no errno.
 * 3. **Who makes it says who frees it.** Each type has one `_free`, which does
 *    nothing for `NULL`, and no function consumes a handle. A `const char *`
 *    that is returned belongs to the handle in the call and lives as long as
 *    that; a `char *` is yours, for stytch_string_free(). Strings that go in
 *    are NUL-terminated UTF-8 and are copied before the function returns.
 * 4. **Every pointer is checked, every panic is caught.** No input makes the
 *    process crash or print. The library installs no signal handler, writes to
 *    no standard stream and takes no setting from the environment.
 * 5. **A client is shared, its free is not.** What takes a
 *    `const stytch_client *` may be called from any number of threads at once.
 *    Responses and errors never change, so any thread may read them. A `_free`
 *    must not run while another thread uses that handle. After `fork` the
 *    child may go on using its client.
 *
 * @code
 * stytch_error *error;
 * stytch_client *client = stytch_client_new(project_id, secret, NULL, &error);
 * stytch_response *session =
 *     client ? stytch_impersonation_authenticate(client, token, &error) : NULL;
 * if (session) {
 *     start_session(stytch_response_session_token(session));
 * } else {
 *     fprintf(stderr, "%s\n", stytch_error_message(error));
 *     stytch_error_free(error);
 * }
 * stytch_response_free(session);
 * stytch_client_free(client);
 * @endcode
 *
 * This library is an independent work, not one of Stytch, Inc.
 *
 * Generated from src by cbindgen: change it there.
 */

#ifndef STYTCH_H
#define STYTCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The library --------------------------------------------------------------- */

/** The version of this header. The running library's is stytch_version(). */
#define STYTCH_VERSION "0.1.0"
/** The first number of #STYTCH_VERSION, to compare with `#if`. */
#define STYTCH_VERSION_MAJOR 0
/** The second number of #STYTCH_VERSION. */
#define STYTCH_VERSION_MINOR 1
/** The third number of #STYTCH_VERSION. */
#define STYTCH_VERSION_PATCH 0

/**
 * The version of this interface: types, functions and their meanings.
 *
 * It changes only when a program that was built against an earlier header
 * may no longer work; functions and codes may be added without it.
 */
#define STYTCH_ABI_VERSION 1

/**
 * Why a call failed. Numbers are never changed; new ones may be added, so
 * treat one that you do not know like #STYTCH_ERROR_INTERNAL.
 */
typedef enum {
    /**
     * The caller's mistake: NULL, not UTF-8, empty, malformed, an impossible
     * option. The message says which argument and what to do.
     */
    STYTCH_ERROR_INVALID_ARGUMENT = 1,
    /**
     * No connection: name not resolved, refused, unreachable, or the proxy
     * said no.
     */
    STYTCH_ERROR_CONNECTION = 2,
    /**
     * The server could not be trusted: certificate, name or protocol version.
     */
    STYTCH_ERROR_TLS = 3,
    /**
     * The deadline passed.
     */
    STYTCH_ERROR_TIMEOUT = 4,
    /**
     * The connection broke, or spoke no valid HTTP, after the request had
     * begun.
     */
    STYTCH_ERROR_TRANSPORT = 5,
    /**
     * An answer with a status that is not 2xx.
     */
    STYTCH_ERROR_API = 6,
    /**
     * A 2xx answer that carries no usable session.
     */
    STYTCH_ERROR_INVALID_RESPONSE = 7,
    /**
     * Kept for calls that can be cancelled. None can be so far.
     */
    STYTCH_ERROR_CANCELLED = 8,
    /**
     * A defect in the library: a panic was caught. Please report it.
     */
    STYTCH_ERROR_INTERNAL = 9
} stytch_error_code_t;

/**
 * What became of the request: may the same token be sent again?
 */
typedef enum {
    /**
     * Bytes left and no final answer came back, or one that does not tell (a
     * 3xx or 5xx). The token may be spent: get a new one.
     */
    STYTCH_DELIVERY_UNKNOWN = 0,
    /**
     * Not one byte of the request left. The token is unspent: try it again
     * while it lives.
     */
    STYTCH_DELIVERY_NOT_SENT = 1,
    /**
     * Stytch answered and refused (4xx). Mend what the error names; after
     * status 429 the same token may be tried again, later.
     */
    STYTCH_DELIVERY_REJECTED = 2,
    /**
     * Stytch answered 2xx, and the answer could not be used. The token is
     * spent; stytch_error_body() has what arrived.
     */
    STYTCH_DELIVERY_ACCEPTED = 3
} stytch_delivery_t;

/**
 * A project's credentials and its connections. Any number of threads may make
 * calls with one client at once; connections are kept and shared.
 */
typedef struct stytch_client stytch_client;

/**
 * Why a call failed. It never changes, so any thread may read it.
 */
typedef struct stytch_error stytch_error;

/**
 * How a client works, where the defaults do not fit. Not for several threads
 * at once.
 */
typedef struct stytch_options stytch_options;

/**
 * A session, and the whole answer that it came in. It never changes, so any
 * number of threads may read it at once.
 */
typedef struct stytch_response stytch_response;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that is running, as "1.2.3".
 *
 * Compare with #STYTCH_VERSION, which is the version of the header.
 *
 * @return A static string. Never NULL.
 */
const char *stytch_version(void);

/**
 * The ABI version of the library that is running.
 *
 * A program that loads the library by hand (dlopen, ctypes) should refuse
 * one whose number is not the #STYTCH_ABI_VERSION that it was written for.
 */
uint32_t stytch_abi_version(void);

/* Options ------------------------------------------------------------------- */

/**
 * Makes a set of options in which every default holds.
 *
 * Each setter copies what it is given and checks it at once. It returns
 * `true`, or `false` with an error of code #STYTCH_ERROR_INVALID_ARGUMENT and
 * leaves the options as they were.
 *
 * @return Options to free with stytch_options_free(); NULL only after a
 *         defect in the library.
 */
stytch_options *stytch_options_new(void);

/**
 * Frees options. Clients that were made with them keep their own copy.
 *
 * @param options  May be NULL, and then nothing happens.
 */
void stytch_options_free(stytch_options *options);

/**
 * Where the API is. Without this a project id that starts with
 * `project-live-` goes to https://api.stytch.com and one that starts with
 * `project-test-` to https://test.stytch.com.
 *
 * @param options  Not NULL.
 * @param url      `https://host[:port][/prefix]`; `http://` only for a
 *                 loopback host (127.0.0.0/8, ::1, localhost), as the sandbox
 *                 is. No user info, query or fragment; a final slash is
 *                 ignored.
 * @param error    NULL, or where to put the reason on failure.
 */
bool stytch_options_set_base_url(stytch_options *options,
                                 const char *url,
                                 stytch_error **error);

/**
 * The deadline of a whole call: name look-up, connecting, TLS, sending, every
 * byte of the answer, and every retry with its waiting.
 *
 * @param options       Not NULL.
 * @param milliseconds  1 to 3,600,000. The default is 31,000, a little more
 *                      than the 30 s after which Stytch itself gives up.
 * @param error         NULL, or where to put the reason on failure.
 */
bool stytch_options_set_timeout_ms(stytch_options *options,
                                   uint32_t milliseconds,
                                   stytch_error **error);

/**
 * The time that one try has for name look-up, proxy, connecting and TLS,
 * within the deadline of the call.
 *
 * @param options       Not NULL.
 * @param milliseconds  1 to 3,600,000. The default is 5,000.
 * @param error         NULL, or where to put the reason on failure.
 */
bool stytch_options_set_connect_timeout_ms(stytch_options *options,
                                           uint32_t milliseconds,
                                           stytch_error **error);

/**
 * How often a call may be tried again by itself. It is, only where the token
 * is surely unspent: no byte of the request left and the reason may pass, or
 * the answer was a 429 whose `Retry-After` ends before the deadline.
 *
 * @param options  Not NULL.
 * @param count    0 to 10. The default is 2.
 * @param error    NULL, or where to put the reason on failure.
 */
bool stytch_options_set_max_retries(stytch_options *options,
                                    uint32_t count,
                                    stytch_error **error);

/**
 * Trusts the certificates of a PEM file instead of the built-in ones
 * (Mozilla's). Several calls of this and of stytch_options_set_ca_pem() add
 * up. The file is read now; one that is missing, empty or has no certificate
 * is refused.
 *
 * @param options   Not NULL.
 * @param pem_path  A path in the file system's own form, UTF-8.
 * @param error     NULL, or where to put the reason on failure.
 */
bool stytch_options_set_ca_file(stytch_options *options,
                                const char *pem_path,
                                stytch_error **error);

/**
 * Trusts the certificates of a PEM text instead of the built-in ones; see
 * stytch_options_set_ca_file().
 *
 * @param options  Not NULL.
 * @param pem      One or more `-----BEGIN CERTIFICATE-----` blocks.
 * @param error    NULL, or where to put the reason on failure.
 */
bool stytch_options_set_ca_pem(stytch_options *options,
                               const char *pem,
                               stytch_error **error);

/**
 * Reaches the API through an HTTP proxy, by CONNECT. The proxy sees the name
 * of the API's host, and no request. The environment (`HTTPS_PROXY` and the
 * like) is not looked at.
 *
 * @param options  Not NULL.
 * @param url      `http://[user:password@]host[:port]`, user and password
 *                 percent-encoded; the default port is 80. Only for an https
 *                 base URL.
 * @param error    NULL, or where to put the reason on failure.
 */
bool stytch_options_set_proxy(stytch_options *options,
                              const char *url,
                              stytch_error **error);

/**
 * Names your application in the `User-Agent` header, behind
 * `libstytch/VERSION`, as `NAME/VERSION`.
 *
 * @param options  Not NULL.
 * @param name     Letters, digits and ``!#$%&'*+-.^_`|~`` (a token of RFC
 *                 9110, section 5.6.2), at most 256 of them.
 * @param version  The same.
 * @param error    NULL, or where to put the reason on failure.
 */
bool stytch_options_set_app_info(stytch_options *options,
                                 const char *name,
                                 const char *version,
                                 stytch_error **error);

/* Clients ------------------------------------------------------------------- */

/**
 * Makes a client. Nothing is sent until its first call.
 *
 * A process needs one client for each project. After `fork` the child may go
 * on using it: it gets connections of its own.
 *
 * @param project_id  From Stytch's dashboard. At most 4 KiB, no `:`.
 * @param secret      From Stytch's dashboard. At most 4 KiB. It is copied,
 *                    and wiped when the client is freed.
 * @param options     NULL for the defaults. They are copied.
 * @param error       NULL, or where to put the reason on failure.
 * @return A client to free with stytch_client_free(); NULL on failure, which
 *         is always #STYTCH_ERROR_INVALID_ARGUMENT save for a defect in the
 *         library.
 */
stytch_client *stytch_client_new(const char *project_id,
                                 const char *secret,
                                 const stytch_options *options,
                                 stytch_error **error);

/**
 * Frees a client and closes its connections. Responses and errors that came
 * from it live on.
 *
 * @param client  May be NULL, and then nothing happens. No other thread may
 *                be using it.
 */
void stytch_client_free(stytch_client *client);

/* Impersonation ------------------------------------------------------------- */

/**
 * Turns an impersonation token into a session of 60 minutes for the member:
 * `POST /v1/b2b/impersonation/authenticate`.
 *
 * The token comes from the button "Impersonate Member" in Stytch's dashboard,
 * works once and expires after five minutes. It is sent at most once, unless
 * it is surely unspent; see stytch_options_set_max_retries(). The session
 * cannot be extended.
 *
 * The call blocks the calling thread until there is an answer or the deadline
 * has passed. Any number of threads may make it with the same client. It
 * needs a stack of 64 KiB.
 *
 * @param client               Not NULL.
 * @param impersonation_token  At most 8 KiB, without control characters.
 * @param error                NULL, or where to put the reason on failure;
 *                             stytch_error_delivery() then says whether the
 *                             token may be sent again.
 * @return A response to free with stytch_response_free(); its
 *         stytch_response_session_token() is never NULL. NULL on failure.
 */
stytch_response *stytch_impersonation_authenticate(const stytch_client *client,
                                                   const char *impersonation_token,
                                                   stytch_error **error);

/* Responses ----------------------------------------------------------------- */

/**
 * Frees a response, and wipes it first.
 *
 * @param response  May be NULL, and then nothing happens. No other thread may
 *                  be using it, or a string that was borrowed from it.
 */
void stytch_response_free(stytch_response *response);

/**
 * The whole answer as received, byte for byte, with fields that this library
 * has never heard of. It holds the session token: do not log it.
 *
 * @return stytch_response_json_length() bytes and a NUL, borrowed from
 *         `response`; NULL only if `response` is NULL.
 */
const char *stytch_response_json(const stytch_response *response);

/**
 * The length of stytch_response_json() in bytes, without the final NUL.
 */
size_t stytch_response_json_length(const stytch_response *response);

/**
 * The HTTP status of the answer, 200 to 299; 0 if `response` is NULL.
 */
int32_t stytch_response_http_status(const stytch_response *response);

/**
 * Stytch's id of this request. Log it: it is what Stytch's support asks for.
 *
 * It is fit for a log: 1 to 256 graphic ASCII characters.
 *
 * @return Borrowed from `response`; NULL where the answer has none, or
 *         another text in its place, which stytch_response_get_string() has.
 */
const char *stytch_response_request_id(const stytch_response *response);

/**
 * The member who is impersonated.
 *
 * @return Borrowed from `response`; NULL where the answer has none.
 */
const char *stytch_response_member_id(const stytch_response *response);

/**
 * The organization of the member.
 *
 * @return Borrowed from `response`; NULL where the answer has none.
 */
const char *stytch_response_organization_id(const stytch_response *response);

/**
 * The session token: a secret, for the member's cookie or your own store.
 *
 * @return Borrowed from `response`, never empty; NULL only if `response` is
 *         NULL.
 */
const char *stytch_response_session_token(const stytch_response *response);

/**
 * The session as a JSON Web Token, signed RS256. A secret; it lives for five
 * minutes.
 *
 * @return Borrowed from `response`; NULL where the answer has none.
 */
const char *stytch_response_session_jwt(const stytch_response *response);

/**
 * Any string of the answer.
 *
 * All `stytch_response_get_*` functions take a JSON pointer (RFC 6901), as
 * `"/member/name"` or `"/member/roles/0/role_id"`: `""` is the whole
 * document, `~1` stands for `/` and `~0` for `~` in a name. They report NULL
 * or `false` where nothing is there, or `null`, or something of another type.
 * Of members with the same name the last counts. The answer is parsed once,
 * at the first such call.
 *
 * @return UTF-8, borrowed from `response`, the same pointer each time; NULL
 *         also for a string that C cannot hold as UTF-8 (one with U+0000 or a
 *         lone surrogate), which stytch_response_get_json() still has.
 */
const char *stytch_response_get_string(const stytch_response *response,
                                       const char *pointer);

/**
 * Any boolean of the answer; see stytch_response_get_string().
 *
 * @param response  The answer to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param value     Written only on success. Not NULL.
 */
bool stytch_response_get_bool(const stytch_response *response,
                              const char *pointer,
                              bool *value);

/**
 * Any whole number of the answer, written without fraction or exponent, that
 * fits; see stytch_response_get_string().
 *
 * @param response  The answer to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param value     Written only on success. Not NULL.
 */
bool stytch_response_get_int64(const stytch_response *response,
                               const char *pointer,
                               int64_t *value);

/**
 * Any number of the answer that is finite as a double, rounded to nearest;
 * see stytch_response_get_string().
 *
 * @param response  The answer to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param value     Written only on success. Not NULL.
 */
bool stytch_response_get_double(const stytch_response *response,
                                const char *pointer,
                                double *value);

/**
 * How many elements an array of the answer has, or members an object; see
 * stytch_response_get_string().
 *
 * @param response  The answer to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param length    Written only on success. Not NULL.
 */
bool stytch_response_get_length(const stytch_response *response,
                                const char *pointer,
                                size_t *length);

/**
 * The JSON text of any part of the answer, as received: an object, an array,
 * a string with its quotes, `null`; see stytch_response_get_string().
 *
 * @return A string to free with stytch_string_free(); NULL only where nothing
 *         is there.
 */
char *stytch_response_get_json(const stytch_response *response,
                               const char *pointer);

/* Errors -------------------------------------------------------------------- */

/**
 * Frees an error.
 *
 * @param error  May be NULL, and then nothing happens. No other thread may
 *               be using it.
 */
void stytch_error_free(stytch_error *error);

/**
 * Why it failed.
 *
 * @return A #stytch_error_code_t; 0 if `error` is NULL.
 */
int32_t stytch_error_code(const stytch_error *error);

/**
 * What became of the request, and so of the token in it.
 *
 * This is what a program decides by: #STYTCH_DELIVERY_NOT_SENT leaves the
 * token usable, everything else asks for a new one.
 *
 * @return A #stytch_delivery_t; #STYTCH_DELIVERY_UNKNOWN, the cautious
 *         answer, if `error` is NULL.
 */
int32_t stytch_error_delivery(const stytch_error *error);

/**
 * One sentence for a person or a log: what was being done, why it failed and
 * what to do. It never contains a secret or a token.
 *
 * Of the server's words it has up to 500 characters, as one line of printable
 * ones: controls, line separators, marks of direction and others that a log
 * or a terminal obeys are replaced by spaces. Words that repeat a piece of a
 * secret, in whatever encoding, are replaced by "[redacted]".
 *
 * @return UTF-8, borrowed from `error`; NULL only if `error` is NULL.
 */
const char *stytch_error_message(const stytch_error *error);

/**
 * The HTTP status of the answer.
 *
 * @return 100 to 999; 0 where no answer came, or if `error` is NULL.
 */
int32_t stytch_error_http_status(const stytch_error *error);

/**
 * Stytch's `error_type`, as "unable_to_auth_impersonation_token"; an OAuth
 * answer's `error`. Fit for a log: 1 to 256 graphic ASCII characters.
 *
 * @return Borrowed from `error`; NULL where there is none, or another text in
 *         its place, which stytch_error_body() has.
 */
const char *stytch_error_type(const stytch_error *error);

/**
 * Stytch's `request_id`. Log it: it is what Stytch's support asks for. It is
 * fit for that: 1 to 256 graphic ASCII characters.
 *
 * @return Borrowed from `error`; NULL where there is none, or another text in
 *         its place, which stytch_error_body() has.
 */
const char *stytch_error_request_id(const stytch_error *error);

/**
 * Stytch's `error_url`, a page about this error; an OAuth answer's
 * `error_uri`. It starts with `https://` or `http://` and has at most 2,048
 * graphic ASCII characters.
 *
 * @return Borrowed from `error`; NULL where there is none, or another text in
 *         its place, which stytch_error_body() has.
 */
const char *stytch_error_url(const stytch_error *error);

/**
 * How long the server asks to wait: `Retry-After` (RFC 9110, section 10.2.3),
 * given in seconds or as a date, counted from when the answer came.
 *
 * @return Milliseconds; 0 for a date that has passed; -1 where none was
 *         given, or none that can be understood.
 */
int64_t stytch_error_retry_after_ms(const stytch_error *error);

/**
 * The answer's body as received, up to 1 MiB of it: JSON, a gateway's HTML,
 * or, after #STYTCH_DELIVERY_ACCEPTED, what arrived of a session.
 *
 * @return stytch_error_body_length() bytes and a NUL, borrowed from `error`;
 *         they may hold further NULs and need not be UTF-8. NULL where no
 *         answer came.
 */
const char *stytch_error_body(const stytch_error *error);

/**
 * The length of stytch_error_body() in bytes, without the final NUL.
 */
size_t stytch_error_body_length(const stytch_error *error);

/* Strings ------------------------------------------------------------------- */

/**
 * Frees a string that a function of this library returned as `char *`, and
 * wipes all of it first, whatever was written into it.
 *
 * Never use `free()` for such a string, and never this for a
 * `const char *`, which belongs to the handle that it came from.
 *
 * @param string  May be NULL, and then nothing happens.
 */
void stytch_string_free(char *string);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* STYTCH_H */
