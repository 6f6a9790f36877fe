/* The subject: libstytch from C. One client, shared by all threads. */
#include "bench.h"

#include <stytch.h>

static stytch_client *client;

void subject_start(const char *base_url, const char *ca_file) {
    stytch_error *error;
    stytch_options *options = stytch_options_new();
    if (!stytch_options_set_base_url(options, base_url, &error) ||
        !stytch_options_set_ca_file(options, ca_file, &error))
        fail("libstytch", stytch_error_message(error));
    client = stytch_client_new(PROJECT_ID, SECRET, options, &error);
    if (!client) fail("libstytch", stytch_error_message(error));
    stytch_options_free(options);
}

void subject_end(void) { stytch_client_free(client); }

void *subject_open(void) { return client; }

void subject_close(void *handle) { (void)handle; }

void subject_call(void *handle, int reads) {
    stytch_error *error;
    stytch_response *session = stytch_impersonation_authenticate(handle, TOKEN, &error);
    if (!session) fail("libstytch", stytch_error_message(error));
    use(stytch_response_request_id(session));
    use(stytch_response_member_id(session));
    use(stytch_response_organization_id(session));
    use(stytch_response_session_token(session));
    use(stytch_response_session_jwt(session));
    static const char *const pointers[MOST_READS] = {POINTERS};
    for (int i = 0; i < reads; i++) use(stytch_response_get_string(session, pointers[i]));
    stytch_response_free(session);
}
