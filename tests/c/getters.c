/* Reading a response: RFC 6901 pointers, types, edges of numbers and strings, life of what is returned. */
#include "support.h"

static stytch_client *client;

/* A response whose document also has the members given, which come first. */
static stytch_response *document(const char *members)
{
    size_t size = strlen(members) + 64;
    char *json = (char *)malloc(size);
    stytch_response *response;

    REQUIRE(json != NULL);
    snprintf(json, size, "{%s,\"session_token\":\"the-token\"}", members);
    response = response_of(client, json);
    CHECK_INT(stytch_response_json_length(response), strlen(json));
    CHECK_STRING(stytch_response_json(response), json);
    CHECK_STRING(stytch_response_session_token(response), "the-token");
    free(json);
    return response;
}

static void check_json(const stytch_response *response, const char *pointer, const char *expected)
{
    char *json = stytch_response_get_json(response, pointer);

    set_context("get_json", pointer);
    CHECK_STRING(json, expected);
    stytch_string_free(json);
    set_context("", "");
}

/* ---- Pointers -------------------------------------------------------------------------------------- */

static void pointers(void)
{
    static const struct {
        const char *pointer;
        const char *json; /* NULL: there is nothing */
    } rows[] = {
        {"/list/0", "10"},
        {"/list/11", "21"},
        {"/list/12", NULL},
        {"/list/-", NULL},
        {"/list/00", NULL},
        {"/list/01", NULL},
        {"/list/+1", NULL},
        {"/list/-1", NULL},
        {"/list/1e0", NULL},
        {"/list/1.0", NULL},
        {"/list/ 1", NULL},
        {"/list/1 ", NULL},
        {"/list/0x1", NULL},
        {"/list/", NULL},
        {"/list/18446744073709551616", NULL},
        {"/list/18446744073709551617", NULL},
        {"/list/99999999999999999999999999", NULL},
        {"/list/0/0", NULL},
        {"/list/length", NULL},
        {"/nested/deep/0/name", "\"first\""},
        {"/nested/deep/1/name", "\"second\""},
        {"/nested/deep/2/name", NULL},
        {"/object/0", "\"zero\""},
        {"/object/01", "\"zero one\""},
        {"/object/-", "\"dash\""},
        {"/object/ ", "\"space\""},
        {"/object/a~1b", "\"slash\""},
        {"/object/a/b", NULL},
        {"/object/m~0n", "\"tilde\""},
        {"/object/m~n", NULL},
        {"/object/~01", "\"tilde one\""},
        {"/object/~1", "\"only slash\""},
        {"/object/a~2b", NULL},
        {"/object/a~", NULL},
        {"/object/~", NULL},
        {"/object/%25", NULL},
        {"/object/%", "\"percent\""},
        {"/object/c\xc3\xa9", "\"accent\""},
        {"/object/escaped", "\"key written with an escape\""},
        {"/object/q\"q", "\"quote\""},
        {"/object/", "\"empty key\""},
        {"/object//", NULL},
        {"/object//empty", NULL},
        {"/empty//inner", "7"},
        {"/OBJECT", NULL},
        {"/object/escaped/", NULL},
        {"object", NULL},
        {"#/object", NULL},
        {"/", NULL},
        {"//", NULL},
        {" ", NULL},
        {"/nothing/below", NULL},
        {"/nothing", "null"},
        {"/session_token/0", NULL},
    };
    stytch_response *response = document(
        "\"list\":[10,11,12,13,14,15,16,17,18,19,20,21],"
        "\"nested\":{\"deep\":[{\"name\":\"first\"},{\"name\":\"second\"}]},"
        "\"object\":{\"0\":\"zero\",\"01\":\"zero one\",\"-\":\"dash\",\" \":\"space\",\"a/b\":\"slash\","
        "\"m~n\":\"tilde\",\"~1\":\"tilde one\",\"/\":\"only slash\",\"%\":\"percent\",\"c\xc3\xa9\":\"accent\","
        "\"esc\\u0061ped\":\"key written with an escape\",\"q\\\"q\":\"quote\",\"\":\"empty key\"},"
        "\"empty\":{\"\":{\"inner\":7}},"
        "\"nothing\":null");
    size_t length = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_json(response, rows[i].pointer, rows[i].json);
    }
    CHECK(stytch_response_get_length(response, "", &length));
    CHECK_INT(length, 6);
    check_json(response, "", stytch_response_json(response));
    stytch_response_free(response);
}

/* ---- Types ------------------------------------------------------------------------------------------ */

struct shape {
    const char *pointer;
    bool string, boolean, int64, number, counted;
};

static void check_shape(const stytch_response *response, const struct shape *shape)
{
    bool boolean = false;
    int64_t integer = 0;
    double number = 0;
    size_t length = 0;

    set_context("type of", shape->pointer);
    CHECK((stytch_response_get_string(response, shape->pointer) != NULL) == shape->string);
    CHECK(stytch_response_get_bool(response, shape->pointer, &boolean) == shape->boolean);
    CHECK(stytch_response_get_int64(response, shape->pointer, &integer) == shape->int64);
    CHECK(stytch_response_get_double(response, shape->pointer, &number) == shape->number);
    CHECK(stytch_response_get_length(response, shape->pointer, &length) == shape->counted);
    set_context("", "");
}

static void types(void)
{
    static const struct shape shapes[] = {
        {"/string", true, false, false, false, false},  {"/digits", true, false, false, false, false},
        {"/empty", true, false, false, false, false},   {"/yes", false, true, false, false, false},
        {"/no", false, true, false, false, false},      {"/null", false, false, false, false, false},
        {"/integer", false, false, true, true, false},  {"/fraction", false, false, false, true, false},
        {"/array", false, false, false, false, true},   {"/object", false, false, false, false, true},
        {"/absent", false, false, false, false, false}, {"", false, false, false, false, true},
    };
    stytch_response *response =
        document("\"string\":\"text\",\"digits\":\"12\",\"empty\":\"\",\"yes\":true,\"no\":false,\"null\":null,"
                 "\"integer\":12,\"fraction\":1.5,\"array\":[],\"object\":{\"a\":1,\"b\":2}");
    bool value = false;
    size_t length = 99;

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        check_shape(response, &shapes[i]);
    }
    CHECK_STRING(stytch_response_get_string(response, "/empty"), "");
    CHECK(stytch_response_get_bool(response, "/yes", &value) && value);
    CHECK(stytch_response_get_bool(response, "/no", &value) && !value);
    CHECK(stytch_response_get_length(response, "/array", &length) && length == 0);
    CHECK(stytch_response_get_length(response, "/object", &length) && length == 2);
    stytch_response_free(response);
}

/* Fields with a getter of their own, of types that no document promises. */
static void named_fields_of_other_types(void)
{
    stytch_response *response =
        document("\"request_id\":7,\"member_id\":null,\"organization_id\":[\"x\"],\"session_jwt\":{\"a\":1}");

    CHECK_STRING(stytch_response_request_id(response), NULL);
    CHECK_STRING(stytch_response_member_id(response), NULL);
    CHECK_STRING(stytch_response_organization_id(response), NULL);
    CHECK_STRING(stytch_response_session_jwt(response), NULL);
    stytch_response_free(response);
}

/* ---- Numbers ---------------------------------------------------------------------------------------- */

static void integers(void)
{
    static const struct {
        const char *text;
        bool fits;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-1", true, -1},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"18446744073709551615", false, 0},
        {"18446744073709551617", false, 0},
        {"123456789012345678901234567890", false, 0},
        {"1.0", false, 0},
        {"1e2", false, 0},
        {"1E2", false, 0},
        {"0.0", false, 0},
        {"-0.0", false, 0},
        {"1e400", false, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char members[64];
        int64_t value = 4711;
        stytch_response *response;

        snprintf(members, sizeof members, "\"n\":%s", rows[i].text);
        response = document(members);
        set_context("get_int64 of", rows[i].text);
        CHECK(stytch_response_get_int64(response, "/n", &value) == rows[i].fits);
        CHECK_INT(value, rows[i].fits ? rows[i].value : 4711);
        set_context("", "");
        check_json(response, "/n", rows[i].text);
        stytch_response_free(response);
    }
}

static void doubles(void)
{
    static const struct {
        const char *text;
        bool finite;
    } rows[] = {
        {"0", true},
        {"-1", true},
        {"1.5", true},
        {"0.1", true},
        {"1e23", true}, /* readers that round twice get this wrong */
        {"8.41e21", true},
        {"9007199254740993", true},
        {"9223372036854775807", true},
        {"123456789012345678901234567890", true},
        {"2.2250738585072011e-308", true},
        {"2.2250738585072014E-308", true},
        {"5e-324", true},
        {"2.4703282292062327e-324", true},
        {"1e-400", true},
        {"1.7976931348623157e+308", true},
        {"1.7976931348623158e308", true},
        {"1.7976931348623159e308", false},
        {"1e309", false},
        {"-1e309", false},
        {"1e99999999999999999999", false},
        {"1e-99999999999999999999", true},
        {"0e99999999999999999999", true},
        {"0.500000000000000166533453693773481063544750213623046875", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char members[128];
        double value = 4711;
        double expected = rows[i].finite ? strtod(rows[i].text, NULL) : 4711;
        stytch_response *response;

        snprintf(members, sizeof members, "\"n\":%s", rows[i].text);
        response = document(members);
        set_context("get_double of", rows[i].text);
        CHECK(stytch_response_get_double(response, "/n", &value) == rows[i].finite);
        CHECK(memcmp(&value, &expected, sizeof value) == 0);
        set_context("", "");
        check_json(response, "/n", rows[i].text);
        stytch_response_free(response);
    }
}

/* ---- Strings ---------------------------------------------------------------------------------------- */

static void strings(void)
{
    stytch_response *response = document(
        "\"plain\":\"text\",\"escapes\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"accent\":\"\\u00e9\xc3\xa9\","
        "\"astral\":\"\\ud83d\\ude00\\uD83D\\uDE00\",\"nul\":\"a\\u0000b\",\"nul first\":\"\\u0000\","
        "\"lone\":\"a\\ud83d\",\"lone low\":\"\\ude00a\",\"key\\u0000nul\":1,\"list\":[\"a\\u0000\",\"after\"]");
    char *json;

    CHECK_STRING(stytch_response_get_string(response, "/plain"), "text");
    CHECK_STRING(stytch_response_get_string(response, "/escapes"), "\"\\/\b\f\n\r\t");
    CHECK_STRING(stytch_response_get_string(response, "/accent"), "\xc3\xa9\xc3\xa9");
    CHECK_STRING(stytch_response_get_string(response, "/astral"), "\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
    CHECK_STRING(stytch_response_get_string(response, "/nul"), NULL);
    CHECK_STRING(stytch_response_get_string(response, "/nul first"), NULL);
    CHECK_STRING(stytch_response_get_string(response, "/list/0"), NULL);
    CHECK_STRING(stytch_response_get_string(response, "/list/1"), "after");
    json = stytch_response_get_json(response, "/nul");
    CHECK_STRING(json, "\"a\\u0000b\"");
    stytch_string_free(json);
    json = stytch_response_get_json(response, "/lone"); /* no text, but still JSON's escape for it */
    CHECK_CONTAINS(json, "\\ud83d");
    stytch_string_free(json);
    stytch_response_free(response);
}

/* ---- Documents that a strict reader would refuse as a whole ------------------------------------------- */

static void duplicates(void)
{
    stytch_response *response =
        document("\"a\":1,\"b\":{\"x\":1},\"list\":[{\"k\":\"old\",\"k\":\"new\"}],\"a\":2,\"b\":{\"y\":2},"
                 "\"member_id\":\"first\",\"member_id\":\"last\",\"c\":1,\"\\u0063\":2");
    int64_t value = 0;

    CHECK(stytch_response_get_int64(response, "/a", &value) && value == 2);
    CHECK(!stytch_response_get_int64(response, "/b/x", &value));
    CHECK(stytch_response_get_int64(response, "/b/y", &value) && value == 2);
    CHECK(stytch_response_get_int64(response, "/c", &value) && value == 2);
    CHECK_STRING(stytch_response_get_string(response, "/list/0/k"), "new");
    CHECK_STRING(stytch_response_member_id(response), "last");
    CHECK_STRING(stytch_response_get_string(response, "/member_id"), "last");
    stytch_response_free(response);
}

static void depth(void)
{
    enum { LEVELS = 10000 };
    char *members = filled(2 * LEVELS + 64, '\0');
    char pointer[512] = "/deep";
    stytch_response *response;
    int64_t value = 0;

    strcpy(members, "\"member_id\":\"m\",\"deep\":");
    memset(members + strlen(members), '[', LEVELS);
    memset(members + strlen(members), ']', LEVELS);
    strcat(members, ",\"after\":1");
    response = document(members);
    CHECK_STRING(stytch_response_member_id(response), "m");
    CHECK_STRING(stytch_response_get_string(response, "/member_id"), "m");
    CHECK(stytch_response_get_int64(response, "/after", &value) && value == 1);
    for (int i = 0; i < 120; i++) {
        size_t length = 0;

        CHECK(stytch_response_get_length(response, pointer, &length) && length == 1);
        strcat(pointer, "/0");
    }
    stytch_response_free(response);
    free(members);
}

/* The document ends where its object ends; what follows is kept and not read. */
static void bytes_after_the_document(void)
{
    static const char body[] = " {\"session_token\":\"s\",\"member_id\":\"m\"} trailing\0\xff bytes";
    stytch_response *response;

    queue_answer("201 Created", body, sizeof body - 1);
    response = stytch_impersonation_authenticate(client, "any-token", NULL);
    REQUIRE(response != NULL);
    CHECK_INT(stytch_response_http_status(response), 201);
    CHECK_INT(stytch_response_json_length(response), sizeof body - 1);
    CHECK(memcmp(stytch_response_json(response), body, sizeof body) == 0); /* with the final NUL */
    CHECK_STRING(stytch_response_session_token(response), "s");
    CHECK_STRING(stytch_response_get_string(response, "/member_id"), "m");
    stytch_response_free(response);
}

/* ---- Life and threads ---------------------------------------------------------------------------------- */

static void strings_stay_where_they_are(void)
{
    stytch_response *response = document("\"text\":\"with \\u00e9scape\",\"other\":\"value\"");
    const char *json = stytch_response_json(response);
    const char *text = stytch_response_get_string(response, "/text");

    for (int i = 0; i < 1000; i++) {
        char pointer[32];

        snprintf(pointer, sizeof pointer, "/absent/%d", i);
        CHECK_STRING(stytch_response_get_string(response, pointer), NULL);
        CHECK_STRING(stytch_response_get_string(response, "/other"), "value");
        CHECK(stytch_response_get_string(response, "/text") == text);
    }
    CHECK_STRING(text, "with \xc3\xa9scape");
    CHECK(stytch_response_json(response) == json);
    stytch_response_free(response);
}

enum { READERS = 8 };

struct reading {
    const stytch_response *response;
    struct barrier barrier;
    const char *text[READERS];
};

struct reader {
    pthread_t thread;
    struct reading *reading;
    int number;
};

/* All start at once, so that the first look into the document is a race. */
static void *read_along(void *argument)
{
    struct reader *reader = (struct reader *)argument;
    const stytch_response *response = reader->reading->response;
    int64_t value = 0;
    char *json;

    barrier_wait(&reader->reading->barrier);
    reader->reading->text[reader->number] = stytch_response_get_string(response, "/text");
    CHECK(stytch_response_get_int64(response, "/number", &value) && value == 7);
    json = stytch_response_get_json(response, "/list");
    CHECK_STRING(json, "[1,2]");
    stytch_string_free(json);
    CHECK_STRING(stytch_response_session_token(response), "the-token");
    return NULL;
}

static void many_readers(void)
{
    struct reading reading;
    struct reader readers[READERS];
    stytch_response *response = document("\"text\":\"\\u00e9\",\"number\":7,\"list\":[1,2]");

    reading.response = response;
    barrier_begin(&reading.barrier, READERS);
    for (int i = 0; i < READERS; i++) {
        readers[i].reading = &reading;
        readers[i].number = i;
        REQUIRE(pthread_create(&readers[i].thread, NULL, read_along, &readers[i]) == 0);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        CHECK_STRING(reading.text[i], "\xc3\xa9");
    }
    barrier_end(&reading.barrier);
    stytch_response_free(response);
}

int main(void)
{
    client = sandbox_client();
    pointers();
    types();
    named_fields_of_other_types();
    integers();
    doubles();
    strings();
    duplicates();
    depth();
    bytes_after_the_document();
    strings_stay_where_they_are();
    for (int i = 0; i < 10; i++) {
        many_readers();
    }
    stytch_client_free(client);
    return finish("getters");
}
