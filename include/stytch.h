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

/** Declares a function of the library. Define it yourself to change linkage. */
#ifndef STYTCH_API
#if defined(_WIN32) && !defined(STYTCH_STATIC)
#define STYTCH_API __declspec(dllimport)
#elif defined(__GNUC__)
#define STYTCH_API __attribute__((visibility("default")))
#else
#define STYTCH_API
#endif
#endif

/** Marks a function whose result must not be ignored: it has to be freed. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define STYTCH_MUST_USE [[nodiscard]]
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define STYTCH_MUST_USE [[nodiscard]]
#else
#define STYTCH_MUST_USE
#endif

/** Marks a function that a later version may not have. */
#if defined(__GNUC__)
#define STYTCH_DEPRECATED __attribute__((deprecated))
#elif defined(_MSC_VER)
#define STYTCH_DEPRECATED __declspec(deprecated)
#else
#define STYTCH_DEPRECATED
#endif

/**
 * The version of this interface: types, functions and their meanings.
 *
 * It changes only when a program that was built against an earlier header
 * may no longer work; functions and codes may be added without it.
 */
#define STYTCH_ABI_VERSION 1

/**
 * Why a call failed. Numbers are never changed. New ones may be added, so
 * treat one that you do not know like #STYTCH_ERROR_INTERNAL.
 */
typedef enum {
    /**
     * The caller's mistake: NULL, not UTF-8, empty, malformed, an impossible
     * option. The message says which argument and what to do.
     */
    STYTCH_ERROR_INVALID_ARGUMENT = 1,
    /**
     * No connection: name not resolved, refused, unreachable, or refused by
     * the proxy.
     */
    STYTCH_ERROR_CONNECTION = 2,
    /**
     * The server cannot be trusted: certificate, name or protocol version.
     */
    STYTCH_ERROR_TLS = 3,
    /**
     * The deadline passed.
     */
    STYTCH_ERROR_TIMEOUT = 4,
    /**
     * The connection failed, or the peer sent invalid HTTP, after the request
     * had begun.
     */
    STYTCH_ERROR_TRANSPORT = 5,
    /**
     * A response with a status other than 2xx.
     */
    STYTCH_ERROR_API = 6,
    /**
     * A 2xx response without what the call must return.
     */
    STYTCH_ERROR_INVALID_RESPONSE = 7,
    /**
     * The call was cancelled. Reserved: no call can be cancelled yet.
     */
    STYTCH_ERROR_CANCELLED = 8,
    /**
     * An internal error: a panic was caught, or memory ran out. Please report
     * a panic.
     */
    STYTCH_ERROR_INTERNAL = 9
} stytch_error_code_t;

/**
 * What became of the request. It follows from what was seen of it, whatever
 * stopped the call afterwards.
 */
typedef enum {
    /**
     * The request was sent, at least in part, but no conclusive response
     * arrived (none at all, or a 3xx or 5xx): it may have been carried out. A
     * single-use token in it may have been used.
     */
    STYTCH_DELIVERY_UNKNOWN = 0,
    /**
     * Nothing of the request was sent.
     */
    STYTCH_DELIVERY_NOT_SENT = 1,
    /**
     * Stytch rejected the request (4xx).
     */
    STYTCH_DELIVERY_REJECTED = 2,
    /**
     * Stytch accepted the request (2xx), and the response could not be used;
     * stytch_error_body() has what arrived.
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
 * How a client works, where the defaults do not fit. Only one thread at a time
 * may use them.
 */
typedef struct stytch_options stytch_options;

/**
 * A successful response of the API. It never changes, so any number of
 * threads may read it at once.
 *
 * The named getters, such as stytch_response_member_id(), return NULL if the
 * response does not contain the value.
 */
typedef struct stytch_response stytch_response;

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * Returns the version of the library that is running, such as "1.2.3".
 *
 * Compare with #STYTCH_VERSION, which is the version of the header.
 *
 * @return A static string. Never NULL.
 */
STYTCH_API const char *stytch_version(void);

/**
 * Returns the ABI version of the library that is running.
 *
 * A program that loads the library by hand (dlopen, ctypes) should refuse
 * one whose number is not the #STYTCH_ABI_VERSION that it was written for.
 */
STYTCH_API uint32_t stytch_abi_version(void);

/* Options ------------------------------------------------------------------- */

/**
 * Creates options with the defaults.
 *
 * Each setter checks what it is given at once, and copies it. It returns
 * `true`, or `false` with an error of code #STYTCH_ERROR_INVALID_ARGUMENT and
 * leaves the options as they were.
 *
 * @code
 * stytch_error *error = NULL;
 * stytch_client *client = NULL;
 * stytch_options *options = stytch_options_new();
 * if (stytch_options_set_timeout_ms(options, 10000, &error)
 *     && stytch_options_set_ca_file(options, "/etc/ssl/company.pem", &error))
 *     client = stytch_client_new(project_id, secret, options, &error);
 * stytch_options_free(options);
 * @endcode
 *
 * @return Options to free with stytch_options_free(); NULL only after an
 *         internal error.
 */
STYTCH_MUST_USE STYTCH_API stytch_options *stytch_options_new(void);

/**
 * Frees options. Clients that were created with them keep their own copy.
 *
 * @param options  May be NULL; then nothing happens.
 */
STYTCH_API void stytch_options_free(stytch_options *options);

/**
 * Sets where the API is. Without this a project id that starts with
 * `project-live-` goes to https://api.stytch.com and one that starts with
 * `project-test-` to https://test.stytch.com.
 *
 * @param options  Not NULL.
 * @param url      `https://host[:port][/prefix]`; `http://` only for a
 *                 loopback host (127.0.0.0/8, ::1, localhost), such as the
 *                 sandbox. No user info, query or fragment; a final slash is
 *                 ignored.
 * @param error    NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_base_url(stytch_options *options,
                                 const char *url,
                                 stytch_error **error);

/**
 * Sets the deadline of a whole call: name lookup, connecting, TLS, sending,
 * every byte of the response, and every retry with its waiting.
 *
 * @param options       Not NULL.
 * @param milliseconds  1 to 3,600,000. The default is 31,000, a little more
 *                      than the 30 s after which Stytch itself gives up.
 * @param error         NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_timeout_ms(stytch_options *options,
                                   uint32_t milliseconds,
                                   stytch_error **error);

/**
 * Sets the time that one attempt has for name lookup, proxy, connecting and
 * TLS, within the deadline of the call.
 *
 * @param options       Not NULL.
 * @param milliseconds  1 to 3,600,000. The default is 5,000.
 * @param error         NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_connect_timeout_ms(stytch_options *options,
                                           uint32_t milliseconds,
                                           stytch_error **error);

/**
 * Sets how many times the library retries a failed call. It retries only if
 * stytch_error_is_retryable() would be `true` and either nothing of the request
 * was sent, or the response was a 429 whose `Retry-After` ends before the
 * deadline. A request that may have been carried out is repeated only if it is
 * a GET.
 *
 * @param options  Not NULL.
 * @param count    0 to 10. The default is 2.
 * @param error    NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_max_retries(stytch_options *options,
                                    uint32_t count,
                                    stytch_error **error);

/**
 * Sets the certificate authorities to trust, from a PEM file, instead of the
 * built-in ones (Mozilla's). Several calls of this and of
 * stytch_options_set_ca_pem() add up. The file is read now; one that is
 * missing, empty or has no certificate is refused.
 *
 * An authority that is trusted here vouches for every name. Revocation is not
 * checked, and a certificate cannot be pinned.
 *
 * @param options   Not NULL.
 * @param pem_path  Path of a PEM file, in UTF-8.
 * @param error     NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_ca_file(stytch_options *options,
                                const char *pem_path,
                                stytch_error **error);

/**
 * Sets the certificate authorities to trust, from a PEM text; see
 * stytch_options_set_ca_file().
 *
 * @param options  Not NULL.
 * @param pem      One or more `-----BEGIN CERTIFICATE-----` blocks.
 * @param error    NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_ca_pem(stytch_options *options,
                               const char *pem,
                               stytch_error **error);

/**
 * Sets an HTTP proxy to reach the API through, by CONNECT. The proxy sees the
 * name of the API's host and no request. The environment (`HTTPS_PROXY` and
 * the like) is not used.
 *
 * @param options  Not NULL.
 * @param url      `http://[user:password@]host[:port]`, user and password
 *                 percent-encoded; the default port is 80. Only for an https
 *                 base URL.
 * @param error    NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_proxy(stytch_options *options,
                              const char *url,
                              stytch_error **error);

/**
 * Sets the name of your application, which stands in the `User-Agent` header
 * behind `libstytch/VERSION`, as `NAME/VERSION`.
 *
 * @param options  Not NULL.
 * @param name     Letters, digits and ``!#$%&'*+-.^_`|~`` (a token of RFC
 *                 9110, section 5.6.2), at most 256 of them.
 * @param version  The same.
 * @param error    NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_app_info(stytch_options *options,
                                 const char *name,
                                 const char *version,
                                 stytch_error **error);

/* Clients ------------------------------------------------------------------- */

/**
 * Creates a client. Nothing is sent until its first call.
 *
 * A process needs one client for each project. After a fork the child may go
 * on using it: it gets connections of its own.
 *
 * @param project_id  From Stytch's dashboard. At most 4 KiB, without `:`.
 * @param secret      From Stytch's dashboard. At most 4 KiB. It is copied, and
 *                    wiped when the client is freed.
 * @param options     NULL for the defaults. They are copied.
 * @param error       NULL, or where to put the reason on failure.
 * @return A client to free with stytch_client_free(). NULL on failure:
 *         #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_INTERNAL after an
 *         internal error.
 */
STYTCH_MUST_USE STYTCH_API
stytch_client *stytch_client_new(const char *project_id,
                                 const char *secret,
                                 const stytch_options *options,
                                 stytch_error **error);

/**
 * Frees a client, wipes its credentials and closes its connections. Responses
 * and errors that came from it live on.
 *
 * In a forked child it does the same to what the child has of its parent's
 * client, and leaves the parent's connections intact.
 *
 * @param client  May be NULL; then nothing happens. No other thread may be
 *                using it.
 */
STYTCH_API void stytch_client_free(stytch_client *client);

/* Impersonation ------------------------------------------------------------- */

/**
 * Turns an impersonation token into a session of 60 minutes for the member:
 * `POST /v1/b2b/impersonation/authenticate`.
 *
 * The token comes from the button "Impersonate Member" in Stytch's dashboard,
 * works once and expires after five minutes. The library never sends a token
 * again if an earlier attempt may have used it. The session cannot be extended.
 *
 * On failure stytch_error_is_retryable() says whether the same token may be
 * sent again. stytch_error_delivery() says what became of it:
 * #STYTCH_DELIVERY_NOT_SENT leaves it unused; so does
 * #STYTCH_DELIVERY_REJECTED with status 429 or with wrong credentials. Any
 * other rejection means that the token is of no use, and after
 * #STYTCH_DELIVERY_UNKNOWN it may have been used: get a new one. After
 * #STYTCH_DELIVERY_ACCEPTED it has been used.
 *
 * The call blocks the calling thread until a response has arrived or the
 * deadline has passed. It needs a stack of 64 KiB.
 *
 * @code
 * stytch_error *error = NULL;
 * stytch_response *session =
 *     stytch_impersonation_authenticate(client, token, &error);
 * if (session) {
 *     printf("member %s\n", stytch_response_member_id(session));
 * } else {
 *     fprintf(stderr, "%s\n", stytch_error_message(error));
 *     stytch_error_free(error);
 * }
 * stytch_response_free(session);
 * @endcode
 *
 * @param client               Not NULL.
 * @param impersonation_token  At most 8 KiB, without control characters.
 * @param error                NULL, or where to put the reason on failure.
 * @return A response to free with stytch_response_free(); its
 *         stytch_response_session_token() is neither NULL nor empty. NULL on
 *         failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_impersonation_authenticate(const stytch_client *client,
                                                   const char *impersonation_token,
                                                   stytch_error **error);

/* Responses ----------------------------------------------------------------- */

/**
 * Frees a response and wipes it.
 *
 * @param response  May be NULL; then nothing happens. No other thread may be
 *                  using it, or a string that was borrowed from it.
 */
STYTCH_API void stytch_response_free(stytch_response *response);

/**
 * Returns the whole response as received, byte for byte, with fields that
 * this library has never heard of. It may contain the session token: do not
 * log it.
 *
 * @return stytch_response_json_length() bytes and a NUL, borrowed from
 *         `response`; NULL only if `response` is NULL.
 */
STYTCH_API const char *stytch_response_json(const stytch_response *response);

/**
 * Returns the length of stytch_response_json() in bytes, without the final
 * NUL.
 */
STYTCH_API size_t stytch_response_json_length(const stytch_response *response);

/**
 * Returns the HTTP status of the response, 200 to 299; 0 if it was made
 * locally, without a request, or if `response` is NULL.
 */
STYTCH_API int32_t stytch_response_http_status(const stytch_response *response);

/**
 * Returns Stytch's id of this request. Log it: it is what Stytch's support
 * asks for.
 *
 * @return Borrowed from `response`; NULL if the response does not contain it.
 */
STYTCH_API
const char *stytch_response_request_id(const stytch_response *response);

/**
 * Returns the id of the member whom the session is for.
 *
 * @return Borrowed from `response`; NULL if the response does not contain it.
 */
STYTCH_API
const char *stytch_response_member_id(const stytch_response *response);

/**
 * Returns the id of the member's organization.
 *
 * @return Borrowed from `response`; NULL if the response does not contain it.
 */
STYTCH_API
const char *stytch_response_organization_id(const stytch_response *response);

/**
 * Returns the session token: a secret, for the member's cookie or your own
 * store.
 *
 * @return Borrowed from `response`; NULL if the response does not contain it.
 */
STYTCH_API
const char *stytch_response_session_token(const stytch_response *response);

/**
 * Returns the session as a JSON Web Token, signed RS256: a secret, which is
 * valid for five minutes.
 *
 * @return Borrowed from `response`; NULL if the response does not contain it.
 */
STYTCH_API
const char *stytch_response_session_jwt(const stytch_response *response);

/**
 * Returns any string of the response.
 *
 * All `stytch_response_get_*` functions take a JSON pointer (RFC 6901), such
 * as `"/member/name"` or `"/member/roles/0/role_id"`: `""` is the whole
 * document, `~1` stands for `/` and `~0` for `~` in a name. They return NULL
 * or `false` if the value is missing, is JSON null, or has another type. Of
 * members with the same name the last counts. The response was parsed when it
 * arrived: these functions only look things up, and loops over an array cost
 * time in proportion to its length.
 *
 * @code
 * const char *name = stytch_response_get_string(response, "/member/name");
 * size_t roles = 0, i;
 * char pointer[64];
 * stytch_response_get_length(response, "/member/roles", &roles);
 * for (i = 0; i < roles; i++) {
 *     sprintf(pointer, "/member/roles/%lu/role_id", (unsigned long)i);
 *     printf("%s: %s\n", name ? name : "?",
 *            stytch_response_get_string(response, pointer));
 * }
 * @endcode
 *
 * @return UTF-8, borrowed from `response`, the same pointer each time; NULL
 *         also for a string that C cannot represent as UTF-8 (one with U+0000
 *         or a lone surrogate), which stytch_response_get_json() still has.
 */
STYTCH_API
const char *stytch_response_get_string(const stytch_response *response,
                                       const char *pointer);

/**
 * Reads any boolean of the response; see stytch_response_get_string().
 *
 * @param response  The response to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param value     Written only on success. Not NULL.
 */
STYTCH_API
bool stytch_response_get_bool(const stytch_response *response,
                              const char *pointer,
                              bool *value);

/**
 * Reads any whole number of the response, written without fraction or
 * exponent, that fits; see stytch_response_get_string().
 *
 * @param response  The response to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param value     Written only on success. Not NULL.
 */
STYTCH_API
bool stytch_response_get_int64(const stytch_response *response,
                               const char *pointer,
                               int64_t *value);

/**
 * Reads any number of the response that is finite as a double, rounded to
 * nearest; see stytch_response_get_string().
 *
 * @param response  The response to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param value     Written only on success. Not NULL.
 */
STYTCH_API
bool stytch_response_get_double(const stytch_response *response,
                                const char *pointer,
                                double *value);

/**
 * Reads how many elements an array of the response has, or members an object;
 * see stytch_response_get_string().
 *
 * @param response  The response to look into. Not NULL.
 * @param pointer   A JSON pointer. Not NULL.
 * @param length    Written only on success. Not NULL.
 */
STYTCH_API
bool stytch_response_get_length(const stytch_response *response,
                                const char *pointer,
                                size_t *length);

/**
 * Returns the JSON text of any part of the response, as received: an object,
 * an array, a string with its quotes, `null`; see
 * stytch_response_get_string().
 *
 * @return A string to free with stytch_string_free(); NULL if nothing is
 *         there, or no memory for a copy.
 */
STYTCH_MUST_USE STYTCH_API
char *stytch_response_get_json(const stytch_response *response,
                               const char *pointer);

/* Errors -------------------------------------------------------------------- */

/**
 * Frees an error.
 *
 * @param error  May be NULL; then nothing happens. No other thread may be
 *               using it.
 */
STYTCH_API void stytch_error_free(stytch_error *error);

/**
 * Returns the error code.
 *
 * @return A #stytch_error_code_t; 0 if `error` is NULL.
 */
STYTCH_API int32_t stytch_error_code(const stytch_error *error);

/**
 * Returns what became of the request.
 *
 * What follows for a single-use token in it stands at the call that takes
 * such a token. Whether to make the call again is what
 * stytch_error_is_retryable() says.
 *
 * @return A #stytch_delivery_t; #STYTCH_DELIVERY_UNKNOWN, the cautious value,
 *         if `error` is NULL.
 */
STYTCH_API int32_t stytch_error_delivery(const stytch_error *error);

/**
 * Returns whether the same call, made again with the same arguments, may
 * succeed and cannot use a single-use token twice.
 *
 * Wait for stytch_error_retry_after_ms() first, if that is not -1. It is
 * `true` for a passing reason such as a refused connection, a timeout before
 * anything was sent, or status 429. For calls that do no harm when they are
 * carried out twice, it is `true` also if the connection failed later, and for
 * the statuses 500, 502, 503 and 504. The library's own retries, see
 * stytch_options_set_max_retries(), follow the same rule and go less far.
 *
 * @code
 * int attempts = 0;
 * stytch_error *error = NULL;
 * stytch_response *session;
 * while (!(session = stytch_impersonation_authenticate(client, token, &error))
 *        && stytch_error_is_retryable(error) && ++attempts < 3) {
 *     int64_t wait_ms = stytch_error_retry_after_ms(error);
 *     stytch_error_free(error);
 *     sleep_ms(wait_ms < 0 ? 1000 : wait_ms);
 * }
 * if (!session)
 *     fprintf(stderr, "%s\n", stytch_error_message(error));
 * stytch_error_free(error);
 * @endcode
 *
 * @return `false` if `error` is NULL.
 */
STYTCH_API bool stytch_error_is_retryable(const stytch_error *error);

/**
 * Returns a one-line, human-readable message: what was being done, why it
 * failed and what to do. It never contains a secret or a token.
 *
 * @return UTF-8, borrowed from `error`; NULL only if `error` is NULL.
 */
STYTCH_API const char *stytch_error_message(const stytch_error *error);

/**
 * Returns the HTTP status of the response.
 *
 * @return 100 to 999; 0 if no response arrived, or if `error` is NULL.
 */
STYTCH_API int32_t stytch_error_http_status(const stytch_error *error);

/**
 * Returns Stytch's `error_type`, such as "unable_to_auth_impersonation_token";
 * the `error` of a response in OAuth's form.
 *
 * @return UTF-8, borrowed from `error`; NULL if there is none.
 */
STYTCH_API const char *stytch_error_type(const stytch_error *error);

/**
 * Returns Stytch's `error_message` alone; the `error_description` of a
 * response in OAuth's form. stytch_error_message() contains it.
 *
 * @return UTF-8, borrowed from `error`; NULL if there is none.
 */
STYTCH_API const char *stytch_error_api_message(const stytch_error *error);

/**
 * Returns Stytch's `request_id`. Log it: it is what Stytch's support asks for.
 *
 * @return UTF-8, borrowed from `error`; NULL if there is none.
 */
STYTCH_API const char *stytch_error_request_id(const stytch_error *error);

/**
 * Returns Stytch's `error_url`, a page about this error; the `error_uri` of a
 * response in OAuth's form.
 *
 * @return UTF-8, borrowed from `error`; NULL if there is none.
 */
STYTCH_API const char *stytch_error_url(const stytch_error *error);

/**
 * Returns how long the server asks to wait: `Retry-After` (RFC 9110, section
 * 10.2.3), in seconds or as a date, counted from when the response arrived.
 *
 * @return Milliseconds; 0 for a date that has passed; -1 if none was given, or
 *         none that can be understood.
 */
STYTCH_API int64_t stytch_error_retry_after_ms(const stytch_error *error);

/**
 * Returns the body of the response as received, up to the limit of the call:
 * JSON, a gateway's HTML, or, after #STYTCH_DELIVERY_ACCEPTED, what arrived of
 * a session. It may contain secrets: do not log it.
 *
 * @return stytch_error_body_length() bytes and a NUL, borrowed from `error`;
 *         they may contain further NULs and need not be UTF-8. NULL if no
 *         response arrived.
 */
STYTCH_API const char *stytch_error_body(const stytch_error *error);

/**
 * Returns the length of stytch_error_body() in bytes, without the final NUL.
 */
STYTCH_API size_t stytch_error_body_length(const stytch_error *error);

/* Strings ------------------------------------------------------------------- */

/**
 * Frees a string that a function of this library returned as `char *`, and
 * wipes it first.
 *
 * Never use `free()` for such a string, and never this for a
 * `const char *`, which belongs to the handle that it came from.
 *
 * @param string  May be NULL, and then nothing happens.
 */
STYTCH_API void stytch_string_free(char *string);

#ifdef __cplusplus
}  // extern "C"
#endif /* __cplusplus */

#endif  /* STYTCH_H */
