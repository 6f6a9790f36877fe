/* What the parts of api.cpp share. */
#ifndef TESTS_CPP_SUPPORT_HPP
#define TESTS_CPP_SUPPORT_HPP

#include "../c/support.h"

#include <functional>
#include <string>

#include <stytch.hpp>

namespace {

std::string token() {
    char *made = new_token();
    const std::string copy(made);
    free(made);
    return copy;
}

stytch::client client() {
    return stytch::client(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"),
                          stytch::options().base_url(env("STYTCH_BASE_URL")).max_retries(0));
}

/* What a function throws, outliving everything that it used. */
stytch::error error_of(const std::function<void()> &function) {
    try {
        function();
    } catch (const stytch::error &error) {
        return error;
    }
    fputs("an error was expected\n", stderr);
    exit(1);
}

std::string missing_of(const std::function<void()> &function) {
    try {
        function();
    } catch (const stytch::missing &missing) {
        return missing.what();
    }
    fputs("stytch::missing was expected\n", stderr);
    exit(1);
}

void refused(const char *part, const std::function<void()> &function) {
    const stytch::error error = error_of(function);
    CHECK(error.code() == stytch::error_code::invalid_argument);
    CHECK(error.delivery() == stytch::delivery::not_sent);
    CHECK_CONTAINS(error.what(), part);
}

stytch::response response_to(const char *body) {
    queue_answer("200 OK", body, strlen(body));
    return client().impersonation_authenticate("any-token");
}

} // namespace

#endif
