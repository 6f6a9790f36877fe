/* The peer: libcurl's multi interface and cJSON, as a careful C programmer would use them for many calls at once.
 *
 *     multi URL CA_FILE flight N     N calls at once; how long they took
 *     multi URL CA_FILE waiting N    N calls on a server that does not answer; how much memory is held
 */
#include "queue.h"

#include "../compare/ten_fields.h"

#include <curl/curl.h>

enum { WARM_UP = 256 };

struct call {
    CURL *easy;
    char *body, *answer;
    size_t length, capacity;
};

static const char *ca;
static char url[512];
static struct curl_slist *headers;
static CURLM *multi;

_Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void use(const char *text) {
    static volatile char first;
    if (!text || !*text) fail("a field of the answer", "is missing or empty");
    first = *text;
    (void)first;
}

static size_t collect(char *data, size_t size, size_t count, void *context) {
    struct call *call = context;
    size_t length = size * count;
    if (call->length + length + 1 > call->capacity) {
        size_t capacity = 2 * (call->length + length + 1);
        char *larger = realloc(call->answer, capacity);
        if (!larger) return 0;
        call->answer = larger;
        call->capacity = capacity;
    }
    memcpy(call->answer + call->length, data, length);
    call->length += length;
    return length;
}

static struct call *prepare(void) {
    struct call *call = calloc(1, sizeof *call);
    CURL *easy = curl_easy_init();
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "impersonation_token", TOKEN);
    if (!call || !easy || !(call->body = cJSON_PrintUnformatted(object))) fail("libcurl", "no memory");
    cJSON_Delete(object);
    call->easy = easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, PROJECT_ID);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, SECRET);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "comparison/1.0");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(call->body));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
    return call;
}

static void start(struct call *call) {
    if (curl_multi_add_handle(multi, call->easy)) fail("libcurl", "cannot start a call");
}

static void end(CURL *easy, CURLcode code) {
    struct call *call;
    long status = 0;
    if (code) fail("libcurl", curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) fail("libcurl", "the status is not 200");
    cJSON *answer = cJSON_ParseWithLength(call->answer, call->length);
    if (!answer) fail("cJSON", "the answer is not JSON");
    use(text_of(answer, "request_id"));
    use(text_of(answer, "member_id"));
    use(text_of(answer, "organization_id"));
    use(text_of(answer, "session_token"));
    use(text_of(answer, "session_jwt"));
    cJSON_Delete(answer);
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    cJSON_free(call->body);
    free(call->answer);
    free(call);
}

static void drain(int count) {
    while (count > 0) {
        int left;
        if (curl_multi_perform(multi, &left)) fail("libcurl", "cannot go on");
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));)
            if (message->msg == CURLMSG_DONE) {
                end(message->easy_handle, message->data.result);
                count--;
            }
        if (count > 0 && curl_multi_poll(multi, NULL, 0, 1000, NULL)) fail("libcurl", "cannot wait");
    }
}

int main(int count, char **arguments) {
    if (count != 5) fail("usage", "multi URL CA_FILE flight|waiting N");
    int calls = atoi(arguments[4]);
    if (calls < 1) fail("usage", "the number is at least 1");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(multi = curl_multi_init())) fail("libcurl", "cannot start");
    ca = arguments[2];
    snprintf(url, sizeof url, "%s/v1/b2b/impersonation/authenticate", arguments[1]);
    headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
    if (!strcmp(arguments[3], "waiting")) {
        for (int i = 0; i < calls; i++) start(prepare());
        /* Until the connections stand and their requests are sent. */
        for (double until = now_us() + 3e6; now_us() < until;) {
            int left;
            curl_multi_perform(multi, &left);
            curl_multi_poll(multi, NULL, 0, 100, NULL);
        }
        print_memory();
        fflush(stdout);
        _Exit(0);
    }
    for (int i = 0; i < WARM_UP; i++) start(prepare());
    drain(WARM_UP);
    struct call **all = malloc((size_t)calls * sizeof *all);
    if (!all) fail("malloc", "no memory");
    struct clocks begun = clocks();
    for (int i = 0; i < calls; i++) all[i] = prepare();
    struct clocks prepared = clocks();
    for (int i = 0; i < calls; i++) start(all[i]);
    drain(calls);
    print_flight(calls, begun, prepared);
    free(all);
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    return 0;
}
