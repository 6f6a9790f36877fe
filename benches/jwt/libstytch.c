/* The subject: libstytch from C. The keys are given, so nothing is fetched. */
#include "turns.h"

#include <stytch.h>

static stytch_client *client;
static const char *token;

static void verify(void) {
    stytch_error *error = NULL;
    stytch_response *session = stytch_sessions_authenticate_jwt_local(client, token, -1, &error);
    if (!session) fail("libstytch", stytch_error_message(error));
    if (!stytch_response_is_impersonated(session)) fail("libstytch", "sees no impersonation");
    stytch_response_free(session);
}

int main(int count, char **arguments) {
    if (count != 2) fail("usage", "libstytch FOLDER");
    const char *folder = arguments[1];
    token = file(folder, "token", NULL);
    stytch_error *error = NULL;
    stytch_options *options = stytch_options_new();
    if (!stytch_options_set_jwks_json(options, file(folder, "jwks.json", NULL), &error))
        fail("libstytch", stytch_error_message(error));
    client = stytch_client_new(file(folder, "project_id", NULL), "secret-test-bench", options, &error);
    stytch_options_free(options);
    if (!client) fail("libstytch", stytch_error_message(error));
    take_turns(verify);
    stytch_client_free(client);
    return 0;
}
