/*
 * Turns an impersonation token into a Stytch session, and says who is now impersonated.
 *
 *     c++ -std=c++11 authenticate.cpp $(pkg-config --cflags --libs stytch) -o authenticate
 *     ./authenticate < token
 *
 * The token is read from standard input: other users of the machine can read a command line.
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
 *     4  rejected: Stytch answered and refused
 *     5  unknown: the request left and no final answer came, so the token may be spent
 *     6  accepted, but the answer could not be used: the token is spent
 */
#include <cstdlib>
#include <iostream>
#include <string>

#include <stytch.hpp>

namespace {

/* Text from elsewhere may hold escape sequences that a terminal would obey: show those bytes as '?'. */
std::string printable(std::string text) {
    for (char &byte : text) {
        const unsigned char code = static_cast<unsigned char>(byte);
        byte = code < 0x20 || code == 0x7f ? '?' : byte;
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
    const std::string factors = "/member_session/authentication_factors";
    for (std::size_t i = 0; i < session.length(factors); ++i) {
        std::string impersonator;
        if (session.get(factors + "/" + std::to_string(i) + "/impersonated_factor/impersonator_email_address",
                        impersonator)) {
            print(std::cout, "impersonated by", impersonator);
        }
    }
    print(std::cout, "ends", session.get_or("/member_session/expires_at", ""));
    print(std::cout, "request id", session.request_id());
    /* session.session_token() is the member's session: hand it to your application, not to a terminal. */
}

/* May the token be sent again? The delivery alone answers that. */
int report(const stytch::error &error) {
    std::cerr << "No session: " << printable(error.message()) << '\n';
    if (error.http_status() != 0) {
        print(std::cerr, "HTTP status", std::to_string(error.http_status()));
        print(std::cerr, "type", error.type());
        print(std::cerr, "request id", error.request_id());
    }
    if (error.code() == stytch::error_code::invalid_argument) {
        std::cerr << "Correct what is named above. The token is unspent.\n";
        return 2;
    }
    switch (error.delivery()) {
    case stytch::delivery::not_sent:
        std::cerr << "The token is unspent: mend the cause and send the same token again.\n";
        return 3;
    case stytch::delivery::rejected:
        std::cerr << "Mend what Stytch refuses, or make a new token; after a 429, wait and send the same one.\n";
        return 4;
    case stytch::delivery::accepted:
        std::cerr << "The token is spent and its session cannot be used: make a new token.\n";
        return 6;
    case stytch::delivery::unknown:
        break;
    }
    std::cerr << "The token may be spent, so do not send it again: make a new one.\n";
    return 5;
}

} // namespace

int main() {
    try {
        std::string token;
        std::getline(std::cin, token);
        if (!token.empty() && token.back() == '\r') {
            token.pop_back();
        }
        print_session(make_client().impersonation_authenticate(token));
    } catch (const stytch::error &error) {
        return report(error);
    } catch (const stytch::missing &missing) {
        std::cerr << "A session was started, and " << missing.what() << '\n';
    }
    return 0;
}
