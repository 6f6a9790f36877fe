/* A string of stytch_response_get_json() is wiped as a whole when it is freed, also one that the caller has cut. */
#include "../c/support.h"

#include <malloc.h>

extern void __libc_free(void *);

static const char *watched; /* a string that is to be freed */
static size_t watched_length;
static int found_wiped = -1; /* what free() saw of it: 1 nothing but zeros, 0 something else */

/* This program's, before the C library's. */
void free(void *block)
{
    const char *start = (const char *)block;

    if (block != NULL && watched != NULL && watched >= start && watched < start + malloc_usable_size(block)) {
        found_wiped = 1;
        for (size_t i = 0; i < watched_length; i++) {
            found_wiped = watched[i] == '\0' ? found_wiped : 0;
        }
        watched = NULL;
    }
    __libc_free(block);
}

int main(void)
{
    static const char body[] = "{\"session_token\":\"session-0123456789\",\"list\":[\"one\",\"two\"]}";
    static const char *const pointers[] = {"/session_token", "/list", ""};
    stytch_client *client = sandbox_client();
    stytch_response *response;

    queue_answer("200 OK", body, strlen(body));
    response = stytch_impersonation_authenticate(client, "any-token", NULL);
    REQUIRE(response != NULL);
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        for (size_t cut = 0; cut < 8; cut++) {
            char *string = stytch_response_get_json(response, pointers[i]);

            set_context("pointer", pointers[i]);
            REQUIRE(string != NULL);
            found_wiped = -1;
            watched_length = strlen(string);
            watched = string;
            string[cut] = '\0'; /* as strtok does */
            stytch_string_free(string);
            CHECK_INT(found_wiped, 1);
        }
    }
    stytch_response_free(response);
    stytch_client_free(client);
    return finish("cut_string");
}
