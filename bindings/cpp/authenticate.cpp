/*
 * Turns an impersonation token into a Stytch session, and says who is now impersonated.
 *
 *     c++ -std=c++11 authenticate.cpp $(pkg-config --cflags --libs stytch) -o authenticate
 *     ./authenticate < token
 *
 * The token, or the whole link that Stytch's dashboard opened with it, is read from standard input: other users of the
 * machine can read a command line.
 *
 * Environment:
 *     STYTCH_PROJECT_ID   the project's id                          required
 *     STYTCH_SECRET       a secret of that project                  required
 *     STYTCH_BASE_URL     where the API is, a sandbox for instance  optional
 *
 * The exit status says what became of the token:
 *     0  a session was started
 *     2  nothing was tried: a missing variable or an invalid argument
 *     3  not sent: the token is unspent and can be used again
 *     4  rejected: Stytch refused the request
 *     5  unknown: the request was sent and no conclusive response came, so the token may have been used
 *     6  accepted, but the response could not be used: the token has been used
 */
#include <cstdlib>
#include <iostream>
#include <string>

#include <stytch.hpp>

namespace {

/* Text from elsewhere may contain escape sequences that a terminal would obey, also above ASCII: show everything but
 * ASCII's graphic characters as '?'. bindings/c/authenticate.c shows how to keep other scripts. */
std::string printable(std::string text) {
    for (char &byte : text) {
        byte = byte < ' ' || byte > '~' ? '?' : byte;
    }
    return text;
}

void print(std::ostream &out, const char *label, const std::string &value) {
    out << "  " << label << ": " << (value.empty() ? "(none)" : printable(value)) << '\n';
}

stytch::client make_client() {
    stytch::options options;
    if (const char *base_url = std::getenv("STYTCH_BASE_URL")) {
        options.base_url(base_url);
    }
    return stytch::client(std::getenv("STYTCH_PROJECT_ID"), std::getenv("STYTCH_SECRET"), options);
}

void print_session(const stytch::response &session) {
    std::cout << "A session was started.\n";
    print(std::cout, "member", session.get_or("/member/name", ""));
    print(std::cout, "organization", session.get_or("/organization/organization_name", ""));
    if (session.is_impersonated()) {
        print(std::cout, "impersonated by", session.impersonator_email_address());
    }
    print(std::cout, "ends", session.get_or("/member_session/expires_at", ""));
    print(std::cout, "request id", session.request_id());
    /* session.session_token() is the member's session: hand it to your application, not to a terminal. */
}

/* The message says what happened and what to do; whether to send the token again is what is_retryable() says. */
int report(const stytch::error &error) {
    /* The library's own sentence is one line of printable characters, in any script. */
    std::cerr << "No session: " << error.what() << '\n';
    if (error.http_status() != 0) {
        print(std::cerr, "HTTP status", std::to_string(error.http_status()));
        print(std::cerr, "type", error.type());
        print(std::cerr, "request id", error.request_id());
    }
    if (error.is_retryable()) {
        std::cerr << "The token is unspent: wait, then send the same token again.\n";
    }
    if (error.code() == stytch::error_code::invalid_argument) {
        return 2;
    }
    switch (error.delivery()) {
    case stytch::delivery::not_sent: return 3;
    case stytch::delivery::rejected: return 4;
    case stytch::delivery::accepted: return 6;
    default: return 5;
    }
}

} // namespace

int main() {
    try {
        std::string token;
        std::getline(std::cin, token);
        if (!token.empty() && token.back() == '\r') {
            token.pop_back();
        }
        /* A token has no question mark; a link with one has. */
        if (token.find('?') != std::string::npos) {
            token = stytch::impersonation_token_from_url(token);
        }
        print_session(make_client().impersonation_authenticate(token));
    } catch (const stytch::error &error) {
        return report(error);
    }
    return 0;
}
