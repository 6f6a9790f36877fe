/* Links nothing of the library: opens the file that its argument names, makes a call, closes it, and does so
 * again. Closing must leave nothing behind that runs into unmapped code when the thread or the process ends. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stytch.h> /* types and numbers */

static const char *library_path;
static char tokens[2][8192];

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);

    if (found == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    return found;
}

/* A function pointer from dlsym, without a cast that ISO C has no meaning for. */
#define LOAD(name) *(void **)&name##_ = symbol(library, #name)

static void *use(void *token)
{
    uint32_t (*stytch_abi_version_)(void);
    stytch_options *(*stytch_options_new_)(void);
    void (*stytch_options_free_)(stytch_options *);
    bool (*stytch_options_set_base_url_)(stytch_options *, const char *, stytch_error **);
    stytch_client *(*stytch_client_new_)(const char *, const char *, const stytch_options *, stytch_error **);
    void (*stytch_client_free_)(stytch_client *);
    stytch_response *(*stytch_impersonation_authenticate_)(const stytch_client *, const char *, stytch_error **);
    const char *(*stytch_response_get_string_)(const stytch_response *, const char *);
    void (*stytch_response_free_)(stytch_response *);
    void *library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
    stytch_options *options;
    stytch_client *client;
    stytch_response *session;

    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    LOAD(stytch_abi_version);
    LOAD(stytch_options_new);
    LOAD(stytch_options_free);
    LOAD(stytch_options_set_base_url);
    LOAD(stytch_client_new);
    LOAD(stytch_client_free);
    LOAD(stytch_impersonation_authenticate);
    LOAD(stytch_response_get_string);
    LOAD(stytch_response_free);
    if (stytch_abi_version_() != STYTCH_ABI_VERSION) {
        fprintf(stderr, "another ABI\n");
        exit(EXIT_FAILURE);
    }

    options = stytch_options_new_();
    stytch_options_set_base_url_(options, getenv("STYTCH_BASE_URL"), NULL);
    client = stytch_client_new_(getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET"), options, NULL);
    session = stytch_impersonation_authenticate_(client, (const char *)token, NULL);
    if (session == NULL) {
        fprintf(stderr, "no session\n");
        exit(EXIT_FAILURE);
    }
    printf("%s\n", stytch_response_get_string_(session, "/member/name"));
    stytch_response_free_(session);
    stytch_client_free_(client);
    stytch_options_free_(options);
    dlclose(library);
    return NULL;
}

int main(int argc, char **argv)
{
    library_path = argc == 2 ? argv[1] : "libstytch.so.0";
    for (int i = 0; i < 2; i++) {
        pthread_t thread;

        if (fgets(tokens[i], sizeof tokens[i], stdin) == NULL) {
            return EXIT_FAILURE;
        }
        tokens[i][strcspn(tokens[i], "\n")] = '\0';
        /* The thread ends after the library was closed, and its thread-local data with it. */
        if (pthread_create(&thread, NULL, use, tokens[i]) != 0 || pthread_join(thread, NULL) != 0) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
