/* A library that uses libstytch on its own account; compiled twice, with a PLUGIN of its own each. */
#include <stdio.h>
#include <stdlib.h>

#include <stytch.h>

int PLUGIN(const char *token);

int PLUGIN(const char *token)
{
    stytch_options *options = stytch_options_new();
    stytch_client *client = NULL;
    stytch_response *session;
    stytch_error *error = NULL;

    if (stytch_options_set_base_url(options, getenv("STYTCH_BASE_URL"), &error)) {
        client = stytch_client_new(getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET"), options, &error);
    }
    session = stytch_impersonation_authenticate(client, token, client != NULL ? &error : NULL);
    if (session != NULL) {
        printf("%s\n", stytch_response_get_string(session, "/member/name"));
    } else {
        fprintf(stderr, "%s\n", stytch_error_message(error));
    }
    stytch_error_free(error);
    stytch_response_free(session);
    stytch_client_free(client);
    stytch_options_free(options);
    return session != NULL;
}
