/* Reads two tokens and prints two members' names. The first is exchanged here; the second by a child process, with the
 * client that it has from its parent, over a connection of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stytch.h>

static int authenticate(const stytch_client *client)
{
    char token[256];
    stytch_error *error;
    stytch_response *response;

    if (scanf("%255s", token) != 1) {
        return EXIT_FAILURE;
    }
    response = stytch_impersonation_authenticate(client, token, &error);
    if (response == NULL) {
        fprintf(stderr, "%s\n", stytch_error_message(error));
        stytch_error_free(error);
        return EXIT_FAILURE;
    }
    puts(stytch_response_get_string(response, "/member/name"));
    stytch_response_free(response);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
    stytch_options *options = stytch_options_new();
    stytch_client *client;
    pid_t child;
    int status;

    if (!stytch_options_set_base_url(options, getenv("STYTCH_BASE_URL"), NULL)) {
        return 2;
    }
    client = stytch_client_new(getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET"), options, NULL);
    stytch_options_free(options);
    if (client == NULL || authenticate(client) != EXIT_SUCCESS) {
        return EXIT_FAILURE;
    }
    child = fork();
    if (child == 0) {
        /* What stdin has read ahead, the child has too. */
        status = authenticate(client);
        stytch_client_free(client);
        return status;
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        return EXIT_FAILURE;
    }
    stytch_client_free(client);
    return WEXITSTATUS(status);
}
