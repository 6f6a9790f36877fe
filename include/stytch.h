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
    STYTCH_ERROR_INTERNAL = 9,
    /**
     * A session JWT failed local verification; stytch_error_type() says why.
     */
    STYTCH_ERROR_INVALID_TOKEN = 10
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
 * Sets the keys that session JWTs are verified with. They are the only ones
 * then, and none are fetched.
 *
 * @param options    Not NULL.
 * @param jwks_json  A JSON Web Key Set (RFC 7517), such as the response of
 *                   stytch_sessions_get_jwks(), with at least one usable key
 *                   and without private ones. At most 256 KiB and 64 keys.
 * @param error      NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_jwks_json(stytch_options *options,
                                  const char *jwks_json,
                                  stytch_error **error);

/**
 * Sets how far this machine's clock and Stytch's may differ when the times of
 * a session JWT are verified.
 *
 * @param options  Not NULL.
 * @param seconds  0 to 300. The default is 10.
 * @param error    NULL, or where to put the reason on failure.
 */
STYTCH_API
bool stytch_options_set_jwt_leeway_seconds(stytch_options *options,
                                           uint32_t seconds,
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

/**
 * Returns the impersonation token of the link that Stytch's dashboard opens:
 * the project's redirect URL with
 * `stytch_token_type=multi_tenant_impersonation&token=…` added.
 *
 * The query is decoded as a form is. A link in which one of the two parameters
 * is missing, stands twice or is malformed is refused, and so is a token of
 * another type, which the message names: hand such a link to the flow that it
 * belongs to. No message contains the token.
 *
 * @code
 * stytch_error *error = NULL;
 * char *token = stytch_impersonation_token_from_url(request_uri, &error);
 * stytch_response *session =
 *     token ? stytch_impersonation_authenticate(client, token, &error) : NULL;
 * stytch_string_free(token);
 * stytch_response_free(session);
 * stytch_error_free(error);
 * @endcode
 *
 * @param url    An absolute URL, or a path or bare query with its `?`: what a
 *               server sees of a request. At most 64 KiB. Not NULL.
 * @param error  NULL, or where to put the reason on failure, which is
 *               #STYTCH_ERROR_INVALID_ARGUMENT.
 * @return A string to free with stytch_string_free(). NULL on failure.
 */
STYTCH_MUST_USE STYTCH_API
char *stytch_impersonation_token_from_url(const char *url,
                                          stytch_error **error);

/* Sessions ------------------------------------------------------------------ */

/**
 * Asks Stytch about a session, by its token or its JWT, and gets a fresh JWT:
 * `POST /v1/b2b/sessions/authenticate`.
 *
 * An expired JWT is accepted as long as its session lives. The response has
 * the session as `member_session`, the member and the organization;
 * stytch_response_is_impersonated() says whether somebody acts as the member.
 * An impersonated session cannot be extended and has no custom claims: with
 * `session_duration_minutes` or `session_custom_claims` Stytch refuses it.
 *
 * An error with status 404 and type "session_not_found" means that the session
 * is unknown, has expired or was revoked. The call does no harm when it is
 * repeated: see stytch_error_is_retryable(). It blocks until a response has
 * arrived or the deadline has passed, and needs a stack of 64 KiB.
 *
 * @code
 * stytch_error *error = NULL;
 * stytch_response *session =
 *     stytch_sessions_authenticate(client, token_of_cookie, NULL, NULL, &error);
 * if (session && stytch_response_is_impersonated(session))
 *     printf("%s acts as %s\n",
 *            stytch_response_impersonator_email_address(session),
 *            stytch_response_member_id(session));
 * stytch_response_free(session);
 * stytch_error_free(error);
 * @endcode
 *
 * @param client         Not NULL.
 * @param session_token  At most 8 KiB. NULL if `session_jwt` is given.
 * @param session_jwt    At most 32 KiB. NULL if `session_token` is given.
 * @param params_json    NULL, or a JSON object of at most 64 KiB with further
 *                       fields of the request, such as
 *                       `session_duration_minutes` or `authorization_check`.
 * @param error          NULL, or where to put the reason on failure.
 * @return A response to free with stytch_response_free(). NULL on failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_sessions_authenticate(const stytch_client *client,
                                              const char *session_token,
                                              const char *session_jwt,
                                              const char *params_json,
                                              stytch_error **error);

/**
 * Verifies a session JWT locally: the signature, the project, and the times.
 * Nothing is sent, except that the keys are fetched when they are first
 * needed, and again from time to time.
 *
 * A session that has been revoked is not noticed: its JWT stays valid until it
 * expires, five minutes after it was issued at most. Use a small
 * `max_token_age_seconds` with stytch_sessions_authenticate_jwt(), or
 * stytch_sessions_authenticate(), where that matters.
 *
 * The rules are those of RFC 7515, 7519 and 8725: RS256 only, one spelling of
 * the token, a key that the token names, the project as audience, Stytch or
 * the base URL as issuer, and both the JWT and its session not expired, with
 * the leeway of stytch_options_set_jwt_leeway_seconds(). The response has
 * `member_session` as the API would return it, and `session_jwt`; its
 * stytch_response_http_status() is 0.
 *
 * A token that is refused is #STYTCH_ERROR_INVALID_TOKEN, and
 * stytch_error_type() is one of:
 *
 * - "jwt_malformed", "jwt_bad_algorithm", "jwt_unknown_key",
 *   "jwt_bad_signature": not a token of Stytch's;
 * - "jwt_wrong_issuer", "jwt_wrong_audience", "jwt_not_a_session": signed by
 *   Stytch, and not for a member's session of this project;
 * - "jwt_expired", "jwt_not_yet_valid", "jwt_too_old": only these three may be
 *   a session after all; stytch_sessions_authenticate_jwt() asks the API.
 *
 * If there are no keys, the error is that of fetching them, with the delivery
 * of that request. Keys are kept for as long as the API says, from one to 15
 * minutes; while they cannot be fetched, the last ones serve for an hour. A
 * token with an unknown key makes the library look for new keys at most once
 * in 30 seconds. However many threads wait, there is one request.
 *
 * @code
 * stytch_error *error = NULL;
 * stytch_response *session =
 *     stytch_sessions_authenticate_jwt_local(client, jwt_of_cookie, -1, &error);
 * if (session)
 *     printf("member %s\n", stytch_response_member_id(session));
 * else
 *     printf("not signed in: %s\n", stytch_error_message(error));
 * stytch_response_free(session);
 * stytch_error_free(error);
 * @endcode
 *
 * @param client                 Not NULL.
 * @param session_jwt            Not NULL. Whatever it contains is judged as a
 *                               token.
 * @param max_token_age_seconds  How long ago it may have been issued; -1 for no
 *                               limit; with 0 every token is too old.
 * @param error                  NULL, or where to put the reason on failure.
 * @return A response to free with stytch_response_free(). NULL on failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_sessions_authenticate_jwt_local(const stytch_client *client,
                                                        const char *session_jwt,
                                                        int64_t max_token_age_seconds,
                                                        stytch_error **error);

/**
 * Verifies a session JWT locally, as stytch_sessions_authenticate_jwt_local()
 * does, and asks the API only where it may know better: the token is this
 * project's own and expired, too old or not yet valid, or no keys can be had.
 * A forged token never reaches the network.
 *
 * A response of the API has a fresh `session_jwt`, and the member and the
 * organization too; stytch_response_http_status() tells the two apart.
 *
 * @param client                 Not NULL.
 * @param session_jwt            Not NULL. Whatever it contains is judged as a
 *                               token.
 * @param max_token_age_seconds  How long ago it may have been issued to be
 *                               accepted locally; -1 for no limit; with 0 the
 *                               API is always asked.
 * @param error                  NULL, or where to put the reason on failure.
 * @return A response to free with stytch_response_free(). NULL on failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_sessions_authenticate_jwt(const stytch_client *client,
                                                  const char *session_jwt,
                                                  int64_t max_token_age_seconds,
                                                  stytch_error **error);

/**
 * Ends a session, or with `member_id` every session of a member:
 * `POST /v1/b2b/sessions/revoke`.
 *
 * Any 2xx status is a success, whatever became of the body: the session has
 * ended. Status 404 with type "session_not_found" means that there is no such
 * session any more, so take it for done. The call does no harm when it is
 * repeated. A JWT of the session stays valid for local verification until it
 * expires, up to five minutes later.
 *
 * @param client             Not NULL.
 * @param member_session_id  At most 4 KiB. Exactly one of this and the
 *                           following is not NULL.
 * @param session_token      At most 8 KiB.
 * @param session_jwt        At most 32 KiB.
 * @param member_id          At most 4 KiB.
 * @param error              NULL, or where to put the reason on failure.
 * @return A response to free with stytch_response_free(). NULL on failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_sessions_revoke(const stytch_client *client,
                                        const char *member_session_id,
                                        const char *session_token,
                                        const char *session_jwt,
                                        const char *member_id,
                                        stytch_error **error);

/**
 * Lists the sessions of a member: `GET /v1/b2b/sessions`.
 *
 * The response has them in the array `/member_sessions`; it is a list, so
 * stytch_response_is_impersonated() is `false`. At most 16 MiB are read.
 *
 * @param client           Not NULL.
 * @param organization_id  At most 4 KiB. Not NULL.
 * @param member_id        At most 4 KiB. Not NULL.
 * @param error            NULL, or where to put the reason on failure.
 * @return A response to free with stytch_response_free(). NULL on failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_sessions_get(const stytch_client *client,
                                     const char *organization_id,
                                     const char *member_id,
                                     stytch_error **error);

/**
 * Gets the keys that session JWTs are signed with, as the server sends them:
 * `GET /v1/b2b/sessions/jwks/{project_id}`.
 *
 * Local verification fetches and caches keys by itself; this call neither
 * reads nor fills that cache. It sends no credentials.
 *
 * @param client  Not NULL.
 * @param error   NULL, or where to put the reason on failure.
 * @return A response with the array `/keys`, to free with
 *         stytch_response_free(). NULL on failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_sessions_get_jwks(const stytch_client *client,
                                          stytch_error **error);

/* Any other call ------------------------------------------------------------ */

/**
 * Makes any other call of Stytch's API, with the project's credentials.
 *
 * Any 2xx status with a whole body is a success, an empty body too. What may
 * be repeated follows from the method (RFC 9110, section 9.2): after a failed
 * GET the library retries by itself, after a failed PUT or DELETE
 * stytch_error_is_retryable() allows it to the caller, and a POST or PATCH
 * whose request was sent counts as possibly carried out.
 *
 * @code
 * stytch_error *error = NULL;
 * stytch_response *found = stytch_request(
 *     client, "POST", "/v1/b2b/organizations/search", "{\"limit\":10}", &error);
 * size_t count = 0;
 * stytch_response_get_length(found, "/organizations", &count);
 * stytch_response_free(found);
 * stytch_error_free(error);
 * @endcode
 *
 * @param client     Not NULL.
 * @param method     "GET", "POST", "PUT", "PATCH" or "DELETE".
 * @param path       Starts with `/v1/` and may have a query; percent-encoded
 *                   ASCII without `#`, backslash, and empty, `.` or `..`
 *                   segments. At most 8 KiB.
 * @param json_body  One JSON value of at most 16 MiB; NULL for no body.
 * @param error      NULL, or where to put the reason on failure.
 * @return A response to free with stytch_response_free(); of an empty body
 *         stytch_response_json() is "". At most 16 MiB are read. NULL on
 *         failure.
 */
STYTCH_MUST_USE STYTCH_API
stytch_response *stytch_request(const stytch_client *client,
                                const char *method,
                                const char *path,
                                const char *json_body,
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
 * asks for. It is fit for that: 1 to 256 graphic ASCII characters.
 *
 * @return Borrowed from `response`; NULL if the response does not contain it,
 *         or another text in its place, which stytch_response_get_string()
 *         has.
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
 * Returns whether somebody acts as the member: whether the `member_session` of
 * the response has an authentication factor of type "impersonated".
 *
 * @return `false` also for lists of sessions, and if `response` is NULL.
 */
STYTCH_API
bool stytch_response_is_impersonated(const stytch_response *response);

/**
 * Returns the id of whoever acts as the member: of a member of the project's
 * dashboard, not of an organization.
 *
 * @return Borrowed from `response`; NULL if the session is not impersonated or
 *         does not contain it.
 */
STYTCH_API
const char *stytch_response_impersonator_id(const stytch_response *response);

/**
 * Returns the e-mail address of whoever acts as the member.
 *
 * @return Borrowed from `response`; NULL if the session is not impersonated or
 *         does not contain it.
 */
STYTCH_API
const char *stytch_response_impersonator_email_address(const stytch_response *response);

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
 * Of the server's words it has up to 500 characters, as one line of printable
 * ones: controls, line separators, marks of direction and others that a log
 * or a terminal obeys are replaced by spaces. Words that repeat a piece of a
 * secret, in whatever encoding, are replaced by "[redacted]".
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
 * the `error` of a response in OAuth's form. For a session JWT that was refused
 * it is a word of this library's, see stytch_sessions_authenticate_jwt_local().
 * Fit for a log: 1 to 256 graphic ASCII characters.
 *
 * @return Borrowed from `error`; NULL if there is none, or another text in its
 *         place, which stytch_error_body() has.
 */
STYTCH_API const char *stytch_error_type(const stytch_error *error);

/**
 * Returns Stytch's `error_message` alone; the `error_description` of a
 * response in OAuth's form. stytch_error_message() contains its start.
 *
 * It is one line of up to 4,096 printable characters, or "[redacted]", for the
 * reasons that are given there.
 *
 * @return UTF-8, borrowed from `error`; NULL if there is none.
 */
STYTCH_API const char *stytch_error_api_message(const stytch_error *error);

/**
 * Returns Stytch's `request_id`. Log it: it is what Stytch's support asks for.
 * It is fit for that: 1 to 256 graphic ASCII characters.
 *
 * @return Borrowed from `error`; NULL if there is none, or another text in its
 *         place, which stytch_error_body() has.
 */
STYTCH_API const char *stytch_error_request_id(const stytch_error *error);

/**
 * Returns Stytch's `error_url`, a page about this error; the `error_uri` of a
 * response in OAuth's form. It starts with `https://` or `http://` and has at
 * most 2,048 graphic ASCII characters.
 *
 * @return Borrowed from `error`; NULL if there is none, or another text in its
 *         place, which stytch_error_body() has.
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
 * wipes all of it first, whatever was written into it.
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
