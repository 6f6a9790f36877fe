/* What an application does with the library: a token on standard input, the member's name on standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stytch.h>

int main(void)
{
    char token[8192] = "";
    stytch_error *error = NULL;
    stytch_options *options = stytch_options_new();
    stytch_client *client = NULL;
    stytch_response *session = NULL;
    int status = EXIT_FAILURE;

    if (fgets(token, sizeof token, stdin) == NULL) {
        return EXIT_FAILURE;
    }
    token[strcspn(token, "\n")] = '\0';
    if (strcmp(stytch_version(), STYTCH_VERSION) != 0 || stytch_abi_version() != STYTCH_ABI_VERSION) {
        fprintf(stderr, "header %s, library %s\n", STYTCH_VERSION, stytch_version());
    } else if (stytch_options_set_base_url(options, getenv("STYTCH_BASE_URL"), &error)) {
        client = stytch_client_new(getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET"), options, &error);
        session = client != NULL ? stytch_impersonation_authenticate(client, token, &error) : NULL;
    }
    if (session != NULL) {
        printf("%s\n", stytch_response_get_string(session, "/member/name"));
        status = EXIT_SUCCESS;
    } else {
        fprintf(stderr, "%s\n", error != NULL ? stytch_error_message(error) : "no session");
    }
    stytch_error_free(error);
    stytch_response_free(session);
    stytch_client_free(client);
    stytch_options_free(options);
    return status;
}
