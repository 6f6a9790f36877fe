/* The subject: libcurl and cJSON, as a careful C programmer would use them for this one call. One easy
 * handle a thread, used again and again, so that its connection is kept. */
#include "bench.h"
#include "fields.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct caller {
    CURL *easy;
    struct curl_slist *headers;
    char *answer;
    size_t length, capacity;
};

static const char *ca;
static char url[512];

void subject_start(const char *base_url, const char *ca_file) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) fail("libcurl", "cannot start");
    ca = ca_file;
    snprintf(url, sizeof url, "%s/v1/b2b/impersonation/authenticate", base_url);
}

void subject_end(void) { curl_global_cleanup(); }

static size_t collect(char *data, size_t size, size_t count, void *context) {
    struct caller *caller = context;
    size_t length = size * count;
    if (caller->length + length + 1 > caller->capacity) {
        size_t capacity = 2 * (caller->length + length + 1);
        char *larger = realloc(caller->answer, capacity);
        if (!larger) return 0;
        caller->answer = larger;
        caller->capacity = capacity;
    }
    memcpy(caller->answer + caller->length, data, length);
    caller->length += length;
    caller->answer[caller->length] = '\0';
    return length;
}

void *subject_open(void) {
    struct caller *caller = calloc(1, sizeof *caller);
    CURL *easy = curl_easy_init();
    if (!caller || !easy) fail("libcurl", "no memory");
    caller->easy = easy;
    caller->headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, PROJECT_ID);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, SECRET);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "comparison/1.0");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, caller->headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 31000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, caller);
    return caller;
}

void subject_close(void *handle) {
    struct caller *caller = handle;
    curl_easy_cleanup(caller->easy);
    curl_slist_free_all(caller->headers);
    free(caller->answer);
    free(caller);
}

void subject_call(void *handle, int reads) {
    struct caller *caller = handle;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "impersonation_token", TOKEN);
    char *body = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!body) fail("cJSON", "no memory");
    caller->length = 0;
    curl_easy_setopt(caller->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    curl_easy_setopt(caller->easy, CURLOPT_POSTFIELDS, body);
    CURLcode code = curl_easy_perform(caller->easy);
    cJSON_free(body);
    if (code) fail("libcurl", curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(caller->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) fail("libcurl", "the status is not 200");
    cJSON *answer = cJSON_ParseWithLength(caller->answer, caller->length);
    if (!answer) fail("cJSON", "the answer is not JSON");
    use(text_of(answer, "request_id"));
    use(text_of(answer, "member_id"));
    use(text_of(answer, "organization_id"));
    use(text_of(answer, "session_token"));
    use(text_of(answer, "session_jwt"));
    read_fields(answer, reads);
    cJSON_Delete(answer);
}
