/* stytch.hpp against the sandbox: what it gives, what it throws, and that nothing is freed twice or never. */
#include "support.hpp"
#include "calls.hpp"
#include "sessions.hpp"

#include <cstdio>
#include <exception>
#include <iterator>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <stytch.hpp>

static_assert(!std::is_copy_constructible<stytch::client>::value, "a handle has one owner");
static_assert(!std::is_copy_constructible<stytch::options>::value, "a handle has one owner");
static_assert(!std::is_copy_constructible<stytch::response>::value, "a handle has one owner");
static_assert(std::is_nothrow_move_constructible<stytch::client>::value, "fit for containers");
static_assert(std::is_nothrow_move_constructible<stytch::options>::value, "fit for containers");
static_assert(std::is_nothrow_move_assignable<stytch::response>::value, "fit for containers");
static_assert(std::is_nothrow_copy_constructible<stytch::error>::value, "thrown and stored without a second failure");
static_assert(std::is_base_of<std::exception, stytch::error>::value, "caught by who knows nothing of it");

namespace {

void a_session() {
    const stytch::response session = client().impersonation_authenticate(token());
    CHECK(session.http_status() == 200);
    CHECK(!session.session_token().empty());
    CHECK(!session.session_jwt().empty());
    CHECK(session.session_token() == session.get<std::string>("/session_token"));
    CHECK(session.member_id() == session.get<std::string>("/member/member_id"));
    CHECK(session.organization_id() == session.get<std::string>("/organization/organization_id"));
    CHECK(session.request_id() == session.get<std::string>("/request_id"));
    CHECK(session.get<std::int64_t>("/status_code") == 200);
    CHECK(session.length("/member_session/authentication_factors") == 1);
    CHECK(session.json().front() == '{' && session.json() == stytch_response_json(session.c_handle()));
}

void every_type() {
    const stytch::response r = response_to(
        R"({"session_token":"t","s":"text","e":"","b":true,"i":-9223372036854775808,"d":1.5,"n":null,"a":[1,2,3],"o":{"k":0}})");
    CHECK(r.get<std::string>("/s") == "text" && r.get<std::string>(std::string("/s")) == "text");
    CHECK(r.get<bool>("/b"));
    CHECK(r.get<std::int64_t>("/i") == INT64_MIN);
    CHECK(r.get<double>("/d") > 1.4 && r.get<double>("/d") < 1.6);
    CHECK(r.length("/a") == 3 && r.length("/o") == 1);
    CHECK(r.json("/a") == "[1,2,3]" && r.json("/n") == "null" && r.json("/s") == "\"text\"");
    CHECK(r.member_id().empty() && r.session_jwt().empty() && r.session_token() == "t");

    /* There and empty is not absent. */
    std::string out = "before";
    CHECK(r.get("/e", out) && out.empty());

    out = "before";
    bool flag = true;
    std::int64_t whole = 7;
    double number = 7;
    CHECK(!r.get("/n", out) && !r.get("/i", out) && !r.get("/nowhere", out) && out == "before");
    CHECK(!r.get("/s", flag) && flag);
    CHECK(!r.get("/d", whole) && whole == 7);
    CHECK(!r.get("/s", number) && number > 6);
    CHECK(r.get("/b", flag) && r.get("/i", whole) && r.get("/d", number) && whole == INT64_MIN);

    CHECK(r.get_or("/s", "other") == "text" && r.get_or("/n", "other") == "other");
    CHECK(r.get_or<std::string>("/n", "other") == "other" && r.get_or("/n", out) == "before");
    CHECK(r.get_or("/b", false) && r.get_or("/nowhere", true));
    CHECK(r.get_or<std::int64_t>("/a/2", 9) == 3 && r.get_or<std::int64_t>("/a/3", 9) == 9);
    CHECK(r.get_or("/nowhere", 2.5) > 2.4);

    CHECK(missing_of([&] { r.get<std::string>("/n"); }) == "the response has no string at \"/n\"");
    CHECK(missing_of([&] { r.get<bool>("/s"); }) == "the response has no boolean at \"/s\"");
    CHECK(missing_of([&] { r.get<std::int64_t>("/d"); }) == "the response has no whole number at \"/d\"");
    CHECK(missing_of([&] { r.get<double>("/s"); }) == "the response has no number at \"/s\"");
    CHECK(missing_of([&] { r.length("/s"); }) == "the response has no array or object at \"/s\"");
    CHECK(missing_of([&] { r.json("/nowhere"); }) == "the response has no value at \"/nowhere\"");
    /* A pointer that a NUL cuts off is not the shorter pointer. */
    CHECK(!missing_of([&] { r.get<std::string>(std::string("/s\0x", 4)); }).empty());
    CHECK(!missing_of([&] { r.get<std::string>(nullptr); }).empty());
}

void every_field_of_an_error() {
    stytch::error kept = error_of([] { client().impersonation_authenticate("never-made"); });
    CHECK(kept.code() == stytch::error_code::api);
    CHECK(kept.delivery() == stytch::delivery::rejected);
    CHECK(kept.http_status() == 401);
    CHECK(kept.type() == "unable_to_auth_impersonation_token");
    CHECK(!kept.request_id().empty() && kept.body().find(kept.request_id()) != std::string::npos);
    CHECK(kept.url().find("https://") == 0);
    CHECK(!kept.is_retryable() && !kept.api_message().empty());
    CHECK_CONTAINS(kept.what(), kept.api_message().c_str());
    CHECK(kept.message() == kept.what() && !kept.message().empty());
    CHECK(kept.retry_after() == std::chrono::milliseconds(-1));

    queue_fault("{\"status\":429,\"headers\":{\"Retry-After\":\"7\"},\"body\":\"slow\"}");
    const stytch::error other = error_of([] { client().impersonation_authenticate("any-token"); });
    CHECK(other.http_status() == 429 && other.retry_after() == std::chrono::seconds(7));
    CHECK(other.is_retryable() && other.api_message().empty());
    CHECK(other.body() == "slow" && other.type().empty() && other.url().empty());
    kept = other;
    CHECK(kept.body() == "slow" && kept.what() == other.what());
    /* Copies share one body, which is the C error's. */
    CHECK(kept.body_data() == other.body_data() && kept.body_data() == stytch_error_body(kept.c_handle()));
    CHECK(kept.body_size() == 4);

    /* A body is bytes. */
    queue_answer("200 OK", "{\0}", 3);
    const stytch::error accepted = error_of([] { client().impersonation_authenticate("any-token"); });
    CHECK(accepted.code() == stytch::error_code::invalid_response);
    CHECK(accepted.delivery() == stytch::delivery::accepted);
    CHECK(accepted.body() == std::string("{\0}", 3) && accepted.body_size() == 3);

    queue_fault("{\"connection\":\"close\",\"when\":\"before_headers\"}");
    const stytch::error unknown = error_of([] { client().impersonation_authenticate("any-token"); });
    CHECK(unknown.code() == stytch::error_code::transport && unknown.delivery() == stytch::delivery::unknown);
    CHECK(unknown.http_status() == 0 && unknown.body().empty());

    const stytch::error nowhere = error_of([] {
        stytch::client("project-test-x", "secret", stytch::options().base_url("http://127.0.0.1:1").max_retries(0))
            .impersonation_authenticate("any-token");
    });
    CHECK(nowhere.code() == stytch::error_code::connection && nowhere.delivery() == stytch::delivery::not_sent);
}

void bad_arguments() {
    refused("project_id", [] { stytch::client(nullptr, "secret"); });
    refused("secret", [] { stytch::client("project-test-x", ""); });
    refused("project_id", [] { stytch::client(std::string("project-test-x\0y", 16), "secret"); });
    refused("impersonation_token", [] { client().impersonation_authenticate(nullptr); });

    /* A token that a NUL would cut off is not sent: it is unspent afterwards. */
    const std::string unspent = token();
    refused("impersonation_token contains a NUL",
            [&] { client().impersonation_authenticate(unspent + std::string("\0x", 2)); });
    CHECK(client().impersonation_authenticate(unspent).http_status() == 200);

    stytch::options options;
    refused("base_url", [&] { options.base_url("ftp://example.com"); });
    refused("base_url", [&] { options.base_url(nullptr); });
    refused("timeout", [&] { options.timeout(std::chrono::milliseconds(0)); });
    refused("timeout", [&] { options.timeout(std::chrono::milliseconds(-1)); });
    /* 2^32 + 1000 would be one second if it were cut to 32 bits. */
    refused("timeout", [&] { options.timeout(std::chrono::milliseconds(4294968296)); });
    refused("connect_timeout", [&] { options.connect_timeout(std::chrono::hours(1000000)); });
    refused("max_retries", [&] { options.max_retries(11); });
    refused("ca_file", [&] { options.ca_file("/nowhere/ca.pem"); });
    refused("ca_pem", [&] { options.ca_pem("no certificate"); });
    refused("proxy", [&] { options.proxy("socks5://127.0.0.1"); });
    refused("", [&] { options.app_info("a name", "1"); });
    refused("version contains a NUL", [&] { options.app_info("name", std::string(1, '\0')); });
}

void options_in_a_chain() {
    stytch::options kept = stytch::options().timeout(std::chrono::seconds(20)).max_retries(0);
    kept.base_url(env("STYTCH_BASE_URL")).connect_timeout(std::chrono::seconds(5)).app_info("api-test", "1.0");
    const std::string id = env("STYTCH_PROJECT_ID"), secret = env("STYTCH_SECRET");
    const stytch::client made(id, secret, kept);
    CHECK(made.impersonation_authenticate(token()).http_status() == 200);

    /* Over https, with a CA from a file. */
    const stytch::client secure(id, secret,
                                stytch::options().base_url(env("STYTCH_TLS_BASE_URL")).ca_file(env("STYTCH_CA_FILE")));
    CHECK(error_of([&] { secure.impersonation_authenticate("never-made"); }).http_status() == 401);
    const stytch::error untrusted = error_of([&] {
        stytch::client(id, secret, stytch::options().base_url(env("STYTCH_TLS_BASE_URL"))).impersonation_authenticate("x");
    });
    CHECK(untrusted.code() == stytch::error_code::tls && untrusted.delivery() == stytch::delivery::not_sent);
}

void owners() {
    stytch::client first = client();
    stytch::client second = std::move(first);
    stytch::response session = second.impersonation_authenticate(token());
    refused("client", [&] { first.impersonation_authenticate("any-token"); });

    stytch::response moved = std::move(session);
    CHECK(session.session_token().empty() && session.json().empty() && session.http_status() == 0);
    CHECK(!missing_of([&] { session.get<std::string>("/member/name"); }).empty());
    moved = second.impersonation_authenticate(token());
    second = client(); /* frees the one that the response came from */
    CHECK(!moved.get<std::string>("/member/name").empty());

    stytch::options options;
    stytch::options taken = std::move(options);
    refused("options", [&] { options.max_retries(1); });
    options = std::move(taken);
    options.max_retries(1);

    std::vector<stytch::response> sessions;
    for (int i = 0; i < 3; i++) {
        sessions.push_back(second.impersonation_authenticate(token()));
    }
    CHECK(sessions[0].session_token() != sessions[2].session_token());
}

/* One client in many threads, and an error that is thrown in another thread than it came from. */
void many_threads() {
    const stytch::client shared = client();
    std::vector<std::string> tokens, names(8);
    std::vector<std::exception_ptr> errors(8);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++) {
        tokens.push_back(token());
    }
    for (std::size_t i = 0; i < 8; i++) {
        threads.emplace_back([&, i] {
            names[i] = shared.impersonation_authenticate(tokens[i]).get<std::string>("/member/name");
            try {
                shared.impersonation_authenticate(tokens[i]);
            } catch (...) {
                errors[i] = std::current_exception();
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    for (std::size_t i = 0; i < 8; i++) {
        CHECK(!names[i].empty());
        CHECK(error_of([&] { std::rethrow_exception(errors[i]); }).http_status() == 401);
    }
}

} // namespace

int main(int argc, char **argv) {
    const std::string planted = argc > 1 ? argv[1] : "";
    if (planted == "leak") {
        /* For the runner to see that leaks are looked for. */
        stytch_options *volatile lost = stytch_options_new();
        lost = nullptr;
        return lost != nullptr;
    }
    if (planted == "use-after-free") {
        std::unique_ptr<std::string> name(new std::string(client().impersonation_authenticate(token()).json()));
        const char *volatile dangling = name->c_str();
        name.reset();
        return dangling[0] == '{' ? 0 : 1;
    }
    CHECK(stytch::version() == STYTCH_VERSION);
    a_session();
    every_type();
    every_field_of_an_error();
    bad_arguments();
    options_in_a_chain();
    owners();
    many_threads();
    the_life_of_a_session();
    what_a_local_verification_refuses();
    which_session();
    other_calls();
    links();
    one_view_in_many_threads();
    the_life_of_a_session_without_blocking();
    who_owns_a_call();
    what_a_start_refuses();
    an_exception_leaves_dispatch();
    a_queue_of_many_threads();
    a_log();
    return finish("api");
}
