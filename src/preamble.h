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
