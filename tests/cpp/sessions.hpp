/* The part of api.cpp that is about sessions. */
#ifndef TESTS_CPP_SESSIONS_HPP
#define TESTS_CPP_SESSIONS_HPP

#include "support.hpp"

#include <thread>
#include <vector>

static_assert(std::is_nothrow_copy_constructible<stytch::sessions>::value, "a view, not a handle");

namespace {

/* A string of what a control endpoint of the sandbox says. */
std::string said(const std::string &json, const std::string &name) {
    const std::size_t key = json.find("\"" + name + "\":\"");
    REQUIRE(key != std::string::npos);
    const std::size_t start = key + name.size() + 4;
    return json.substr(start, json.find('"', start) - start);
}

std::string control(const char *path, const std::string &body) {
    char *answer = sandbox_request("POST", path, body.c_str());
    const std::string copy(answer);
    free(answer);
    return copy;
}

bool is_session_not_found(const stytch::error &error) {
    return error.code() == stytch::error_code::api && error.delivery() == stytch::delivery::rejected &&
           error.http_status() == 404 && error.type() == "session_not_found" && !error.is_retryable();
}

void the_life_of_a_session() {
    const stytch::client client = ::client();
    const stytch::sessions sessions = client.sessions();
    const stytch::response started = client.impersonation_authenticate(token());
    const std::string session = started.session_token(), jwt = started.session_jwt();
    const std::string impersonator = "/member_session/authentication_factors/0/impersonated_factor/";
    CHECK(started.is_impersonated());

    const stytch::response local = sessions.authenticate_jwt_local(jwt);
    CHECK(local.http_status() == 0 && local.session_jwt() == jwt && local.session_token().empty());
    CHECK(local.is_impersonated() && local.member_id() == started.member_id());
    CHECK(local.organization_id() == started.organization_id());
    CHECK(!local.impersonator_id().empty() && !local.impersonator_email_address().empty());
    CHECK(local.impersonator_id() == local.get<std::string>(impersonator + "impersonator_id"));
    CHECK(local.impersonator_email_address() == started.impersonator_email_address());

    const stytch::response remote = sessions.authenticate(stytch::session_token{session});
    CHECK(remote.http_status() == 200 && remote.session_token() == session && !remote.session_jwt().empty());
    CHECK(remote.is_impersonated() && remote.impersonator_id() == local.impersonator_id());
    CHECK(remote.member_id() == started.member_id());
    CHECK(sessions.authenticate(stytch::session_jwt{jwt}).session_token() == session);

    /* Without a limit nothing is asked; with 0 s Stytch is, always. */
    CHECK(sessions.authenticate_jwt(jwt).http_status() == 0);
    CHECK(sessions.authenticate_jwt(jwt, std::chrono::hours(1)).http_status() == 0);
    CHECK(sessions.authenticate_jwt(jwt, std::chrono::seconds(0)).http_status() == 200);

    CHECK(sessions.revoke(stytch::session_token{session}).http_status() == 200);
    CHECK(is_session_not_found(error_of([&] { sessions.authenticate(stytch::session_token{session}); })));
    CHECK(is_session_not_found(error_of([&] { sessions.authenticate_jwt(jwt, std::chrono::seconds(0)); })));
    CHECK(is_session_not_found(error_of([&] { sessions.revoke(stytch::session_token{session}); })));
    CHECK(sessions.authenticate_jwt_local(jwt).member_id() == started.member_id());
}

void what_a_local_verification_refuses() {
    const stytch::client client = ::client();
    const stytch::sessions sessions = client.sessions();
    const std::string made = control("/sandbox/sessions", "{}");
    const std::string jwt = said(made, "session_jwt");
    CHECK(!sessions.authenticate_jwt_local(jwt).is_impersonated());
    CHECK(sessions.authenticate_jwt_local(jwt).impersonator_id().empty());

    std::string forged = jwt;
    char &digit = forged[forged.rfind('.') + 1];
    digit = digit == 'A' ? 'B' : 'A';
    const struct {
        std::string jwt;
        const char *type;
    } rows[] = {
        {forged, "jwt_bad_signature"},
        {jwt + std::string("\0x", 2), "jwt_malformed"},
        {"", "jwt_malformed"},
        {said(control("/sandbox/sign", "{\"claims\":{}}"), "jwt"), "jwt_wrong_issuer"},
        {said(control("/sandbox/sign", "{\"claims\":{},\"key\":\"unpublished\"}"), "jwt"), "jwt_unknown_key"},
    };
    for (const auto &row : rows) {
        for (const bool local : {true, false}) {
            const stytch::error error = error_of([&] {
                local ? sessions.authenticate_jwt_local(row.jwt) : sessions.authenticate_jwt(row.jwt);
            });
            CHECK(error.code() == stytch::error_code::invalid_token);
            CHECK(error.delivery() == stytch::delivery::not_sent && !error.is_retryable());
            CHECK(error.type() == row.type && error.http_status() == 0 && error.body().empty());
            CHECK(row.jwt.empty() || error.message().find(row.jwt) == std::string::npos);
        }
    }
    const stytch::error old = error_of([&] { sessions.authenticate_jwt_local(jwt, std::chrono::seconds(0)); });
    CHECK(old.code() == stytch::error_code::invalid_token && old.type() == "jwt_too_old");
    refused("session_jwt", [&] { sessions.authenticate_jwt_local(nullptr); });
    refused("max_token_age_seconds", [&] { sessions.authenticate_jwt(jwt, std::chrono::seconds(-2)); });

    /* Keys of one's own, and no server at all: nothing is fetched. */
    const std::string keys = sessions.get_jwks().json();
    stytch::options options = stytch::options().base_url("http://127.0.0.1:1").jwks_json(keys);
    options.jwks_json(keys).jwt_leeway(std::chrono::seconds(300));
    const stytch::client offline(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"), options);
    CHECK(offline.sessions().authenticate_jwt_local(jwt).http_status() == 0);
    CHECK(error_of([&] { offline.sessions().authenticate_jwt_local(forged); }).type() == "jwt_bad_signature");
    refused("jwks_json", [] { stytch::options().jwks_json("{\"keys\":[]}"); });
    refused("jwks_json contains a NUL", [&] { stytch::options().jwks_json(keys + '\0'); });
    for (const std::int64_t seconds : {std::int64_t(301), std::int64_t(-1), std::int64_t(1) << 32}) {
        refused("jwt_leeway", [&] { stytch::options().jwt_leeway(std::chrono::seconds(seconds)); });
    }
    stytch::options().jwt_leeway(std::chrono::minutes(5)).jwt_leeway(std::chrono::seconds(0));
}

void which_session() {
    const stytch::client client = ::client();
    const stytch::sessions sessions = client.sessions();
    const auto is_over = [&](const std::string &session) {
        return is_session_not_found(error_of([&] { sessions.authenticate(stytch::session_token{session}); }));
    };
    const std::string by_jwt = control("/sandbox/sessions", "{}"), by_id = control("/sandbox/sessions", "{}");
    const std::string of_member = control("/sandbox/sessions", "{}");
    const std::string member = said(of_member, "member_id");

    sessions.revoke(stytch::session_jwt{said(by_jwt, "session_jwt")});
    CHECK(is_over(said(by_jwt, "session_token")));
    CHECK(!sessions.authenticate(stytch::session_token{said(by_id, "session_token")}).json().empty());
    sessions.revoke(stytch::member_session_id{said(by_id, "member_session_id")});
    CHECK(is_over(said(by_id, "session_token")));

    const stytch::response list = sessions.get(said(of_member, "organization_id"), member);
    CHECK(list.length("/member_sessions") >= 1 && !list.is_impersonated());
    sessions.revoke(stytch::member_id{member});
    CHECK(is_over(said(of_member, "session_token")));
    CHECK(sessions.get(said(of_member, "organization_id"), member).length("/member_sessions") == 0);

    /* Further fields of the request, and what they are refused for. */
    const stytch::response started = client.impersonation_authenticate(token());
    const std::string session = started.session_token();
    CHECK(error_of([&] {
              sessions.authenticate(stytch::session_token{session}, R"({"session_duration_minutes": 60})");
          }).type() == "session_not_mutable_impersonated");
    const std::string ordinary = said(control("/sandbox/sessions", "{}"), "session_token");
    CHECK(sessions.authenticate(stytch::session_token{ordinary}, R"({"session_custom_claims": {"a": 7}})")
              .get<std::int64_t>("/member_session/custom_claims/a") == 7);

    refused("session_token", [&] { sessions.authenticate(stytch::session_token{nullptr}); });
    refused("session_token contains a NUL",
            [&] { sessions.authenticate(stytch::session_token{session + std::string("\0x", 2)}); });
    refused("session_jwt", [&] { sessions.authenticate(stytch::session_jwt{""}); });
    refused("params_json", [&] { sessions.authenticate(stytch::session_token{session}, "[]"); });
    refused("member_id", [&] { sessions.revoke(stytch::member_id{""}); });
    refused("member_session_id contains a NUL",
            [&] { sessions.revoke(stytch::member_session_id{std::string(1, '\0')}); });
    refused("organization_id", [&] { sessions.get(nullptr, member); });
    CHECK(sessions.authenticate(stytch::session_token{session}).http_status() == 200);

    stytch::client emptied = ::client();
    const stytch::client moved = std::move(emptied);
    refused("client", [&] { emptied.sessions().get_jwks(); });
    CHECK(moved.sessions().get_jwks().length("/keys") == 2);
}

void other_calls() {
    const stytch::client client = ::client();
    const std::string id = said(control("/sandbox/sessions", "{}"), "organization_id");
    const stytch::response found = client.request("GET", "/v1/b2b/organizations/" + id);
    CHECK(found.organization_id() == id && found.http_status() == 200);
    const std::string token = said(control("/sandbox/sessions", "{}"), "session_token");
    CHECK(client.request("POST", "/v1/b2b/sessions/authenticate", "{\"session_token\":\"" + token + "\"}")
              .session_token() == token);
    const stytch::error unknown = error_of([&] { client.request("GET", "/v1/b2b/organizations/nobody"); });
    CHECK(unknown.http_status() == 404 && unknown.type() == "organization_not_found");
    refused("method", [&] { client.request("TRACE", "/v1/b2b/organizations/x"); });
    refused("path", [&] { client.request("GET", "/v1/../x"); });
    refused("json_body", [&] { client.request("POST", "/v1/b2b/sessions/revoke", "{"); });
}

void links() {
    const std::string made = control("/sandbox/impersonation_tokens", "{}");
    const std::string link = said(made, "redirect_url");
    CHECK(stytch::impersonation_token_from_url(link) == said(made, "impersonation_token"));
    CHECK(stytch::impersonation_token_from_url(link.substr(link.find('?'))) == said(made, "impersonation_token"));
    refused("multi_tenant_magic_links", [] {
        stytch::impersonation_token_from_url("/?stytch_token_type=multi_tenant_magic_links&token=secret");
    });
    refused("url contains a NUL", [&] { stytch::impersonation_token_from_url(link + '\0'); });
    refused("url", [] { stytch::impersonation_token_from_url(nullptr); });
}

/* One view in many threads, with keys that nobody has fetched yet. */
void one_view_in_many_threads() {
    const stytch::client client = ::client();
    const stytch::sessions sessions = client.sessions();
    const std::string jwt = said(control("/sandbox/sessions", "{}"), "session_jwt");
    std::vector<std::string> members(8);
    std::vector<std::thread> threads;
    for (std::string &member : members) {
        threads.emplace_back([&] { member = sessions.authenticate_jwt_local(jwt).member_id(); });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    for (const std::string &member : members) {
        CHECK(!member.empty() && member == members[0]);
    }
}

} // namespace

#endif
