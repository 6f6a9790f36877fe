/* Parses the answer with cJSON, reads the ten fields and lets it go, N times.
 *
 *     cjson ANSWER_FILE N
 */
#include "bench.h"
#include "fields.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void use(const char *text) {
    static _Thread_local volatile char first;
    if (!text || !*text) fail("a field of the answer", "is missing or empty");
    first = *text;
    (void)first;
}

int main(int count, char **arguments) {
    static char text[64 * 1024];
    if (count != 3) fail("usage", "cjson ANSWER_FILE N");
    FILE *file = fopen(arguments[1], "rb");
    size_t length = file ? fread(text, 1, sizeof text, file) : 0;
    if (!length) fail(arguments[1], "cannot be read");
    fclose(file);
    for (int i = atoi(arguments[2]); i > 0; i--) {
        cJSON *answer = cJSON_ParseWithLength(text, length);
        if (!answer) fail("cJSON", "the answer is not JSON");
        read_fields(answer, MOST_READS);
        cJSON_Delete(answer);
    }
    return 0;
}
