/* Reads a token and prints the member's name, from a thread with the stack of 64 KiB that the header asks for: over
 * http, and, to a refusal, over TLS, which takes more of it. The TLS sandbox and its CA are the arguments. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stytch.h>

struct job {
    stytch_client *client;
    char token[256];
    int32_t http_status;
    char name[256];
};

static void *work(void *argument)
{
    struct job *job = argument;
    stytch_error *error;
    stytch_response *response = stytch_impersonation_authenticate(job->client, job->token, &error);

    if (response != NULL) {
        job->http_status = stytch_response_http_status(response);
        strncpy(job->name, stytch_response_get_string(response, "/member/name"), sizeof job->name - 1);
    } else {
        job->http_status = stytch_error_http_status(error);
    }
    stytch_response_free(response);
    stytch_error_free(error);
    return NULL;
}

static int on_a_small_stack(struct job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t size = 64 * 1024;

#ifdef PTHREAD_STACK_MIN
    /* On 64-bit Arm, glibc gives no thread less than 128 KiB. */
    if ((size_t)PTHREAD_STACK_MIN > size) {
        size = (size_t)PTHREAD_STACK_MIN;
    }
#endif
    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, size) != 0 ||
        pthread_create(&thread, &attributes, work, job) != 0) {
        return -1;
    }
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    return job->http_status;
}

static stytch_client *client(const char *base_url, const char *ca_file)
{
    stytch_options *options = stytch_options_new();
    stytch_client *made = NULL;

    if (stytch_options_set_base_url(options, base_url, NULL) &&
        (ca_file == NULL || stytch_options_set_ca_file(options, ca_file, NULL))) {
        made = stytch_client_new(getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET"), options, NULL);
    }
    stytch_options_free(options);
    return made;
}

int main(int argc, char **argv)
{
    static struct job plain, over_tls;

    if (argc != 3 || scanf("%255s", plain.token) != 1) {
        return 2;
    }
    plain.client = client(getenv("STYTCH_BASE_URL"), NULL);
    over_tls.client = client(argv[1], argv[2]);
    strcpy(over_tls.token, "no token of this sandbox");
    if (on_a_small_stack(&plain) != 200 || on_a_small_stack(&over_tls) != 401) {
        fprintf(stderr, "http answered %ld, TLS %ld\n", (long)plain.http_status, (long)over_tls.http_status);
        return 1;
    }
    puts(plain.name);
    stytch_client_free(plain.client);
    stytch_client_free(over_tls.client);
    return 0;
}
