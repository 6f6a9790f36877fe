/*
 * What the programs share that pass bad arguments: the texts that no function may take, and what holds for every
 * refusal.
 */
#ifndef TESTS_C_HOSTILE_H
#define TESTS_C_HOSTILE_H

#include "support.h"

enum { HUGE_LENGTH = 1024 * 1024 };

static char not_an_error; /* what *error points at before a call: must be gone after it */

static inline stytch_error *poison(void)
{
    return (stytch_error *)(void *)&not_an_error;
}

/* A call that has to be refused; it returns whether it was not. */
typedef bool (*refusable)(const char *text, stytch_error **error);

struct place {
    const char *name;
    refusable function;
};

struct hostile {
    const char *name;
    const char *text;
};

static struct hostile hostiles[] = {
    {"NULL", NULL},
    {"empty", ""},
    {"stray byte", "abc\xff"},
    {"lone continuation byte", "\x80"},
    {"cut sequence", "abc\xe2\x82"},
    {"overlong NUL", "abc\xc0\x80"},
    {"surrogate", "\xed\xa0\x80"},
    {"beyond Unicode", "\xf4\x90\x80\x80"},
    {"newline", "abc\ndef"},
    {"carriage return", "abc\r\nX-Header: 1"},
    {"escape", "\x1b[2J"},
    {"one", "\x01"},
    {"tab", "abc\tdef"},
    {"delete", "abc\x7f"},
    {"1 MB of control characters", NULL}, /* see make_long_texts() */
    {"1 MB that is not UTF-8", NULL},
    {"1 MB of text", NULL},
};
enum { HOSTILE_COUNT = sizeof hostiles / sizeof hostiles[0] };

static inline void make_long_texts(void)
{
    hostiles[HOSTILE_COUNT - 3].text = filled(HUGE_LENGTH, '\x02');
    hostiles[HOSTILE_COUNT - 2].text = filled(HUGE_LENGTH, '\xff');
    hostiles[HOSTILE_COUNT - 1].text = filled(HUGE_LENGTH, 'x');
}

static inline void free_long_texts(void)
{
    for (size_t i = HOSTILE_COUNT - 3; i < HOSTILE_COUNT; i++) {
        free((char *)hostiles[i].text);
    }
}

/* ---- Checks that hold for every refusal -------------------------------------------------------- */

static inline void check_plain_message(const char *message)
{
    REQUIRE(message != NULL);
    CHECK(strlen(message) > 10 && strlen(message) < 1000);
    for (const char *c = message; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            CHECK(!"the message holds a control character");
            break;
        }
    }
}

static inline void check_refused(refusable function, const char *text)
{
    stytch_error *error = poison();

    CHECK(!function(text, &error));
    REQUIRE(error != poison());
    CHECK_ERROR(error, STYTCH_ERROR_INVALID_ARGUMENT, STYTCH_DELIVERY_NOT_SENT);
    check_plain_message(stytch_error_message(error));
    CHECK_INT(stytch_error_http_status(error), 0);
    CHECK_STRING(stytch_error_type(error), NULL);
    CHECK_STRING(stytch_error_request_id(error), NULL);
    CHECK_STRING(stytch_error_url(error), NULL);
    CHECK_INT(stytch_error_retry_after_ms(error), -1);
    CHECK(!stytch_error_is_retryable(error));
    CHECK_STRING(stytch_error_api_message(error), NULL);
    CHECK_STRING(stytch_error_body(error), NULL);
    CHECK_INT(stytch_error_body_length(error), 0);
    stytch_error_free(error);

    CHECK(!function(text, NULL));
}

#endif
