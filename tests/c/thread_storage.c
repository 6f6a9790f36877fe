/*
 * A host with much thread-local storage, which glibc takes out of the stack of each thread, and a name
 * service whose plug-in needs a deep stack: a lookup works all the same. On Windows and macOS a program cannot
 * stand in for the system's name service: there the system's own says that it knows no such name.
 */
#include "support.h"

enum { STORAGE = 4 * 1024 * 1024, FRAME = 512 * 1024 };

#ifdef __cplusplus
static thread_local char storage[STORAGE];
#else
static _Thread_local char storage[STORAGE];
#endif

#if defined _WIN32 || defined __APPLE__
enum { STANDS_IN = 0 };
#else
enum { STANDS_IN = 1 };
#endif

static int lookups;

#if !defined _WIN32 && !defined __APPLE__
/* In place of the system's: the library's lookups come here. */
#ifdef __cplusplus
extern "C"
#endif
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    volatile char frame[FRAME];

    (void)node;
    (void)service;
    (void)hints;
    for (size_t i = 0; i < sizeof frame; i += 512) {
        frame[i] = 1;
    }
    storage[STORAGE - 1] = 1;
    lookups++;
    *result = NULL;
    return EAI_NONAME;
}
#endif

int main(void)
{
    stytch_error *error = NULL;
    stytch_options *options = sandbox_options();
    stytch_client *client;

    storage[0] = 1;
    REQUIRE(stytch_options_set_base_url(options, "https://gateway.invalid:1", NULL));
    client = client_with(options);
    for (int i = 0; i < 3; i++) {
        CHECK(stytch_impersonation_authenticate(client, "any-token", &error) == NULL);
        CHECK_ERROR(error, STYTCH_ERROR_CONNECTION, STYTCH_DELIVERY_NOT_SENT);
        CHECK_CONTAINS(stytch_error_message(error), "looking up");
        stytch_error_free(error);
        error = NULL;
    }
    CHECK_INT(lookups, STANDS_IN ? 3 : 0);
    stytch_client_free(client);
    stytch_options_free(options);
    return finish("thread_storage");
}
