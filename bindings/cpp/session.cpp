/*
 * What an application does with the session JWT that a browser sends: says who is signed in and who acts as whom, or
 * ends the session.
 *
 *     c++ -std=c++11 session.cpp $(pkg-config --cflags --libs stytch) -o session
 *     ./session < session_jwt
 *     ./session revoke < session_jwt
 *
 * The JWT is verified locally; Stytch is asked only where it may know better, as after the five minutes that a JWT
 * lives. The JWT is read from standard input: other users of the machine can read a command line.
 *
 * Environment:
 *     STYTCH_PROJECT_ID   the project's id                          required
 *     STYTCH_SECRET       a secret of that project                  required
 *     STYTCH_BASE_URL     where the API is, a sandbox for instance  optional
 *
 * The exit status:
 *     0  the session is valid, or has ended as was asked
 *     2  nothing was tried: bad usage, a missing variable or an invalid argument
 *     5  not known: Stytch could not be asked, or refused for a reason that says nothing about the session
 *     7  not a valid session: forged, of another project, expired, revoked or unknown
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
    const bool local = session.http_status() == 0;
    std::cout << (local ? "The session is valid: its JWT was verified on this machine.\n"
                        : "The session is valid: Stytch was asked, and sent a fresh JWT for the browser.\n");
    print(std::cout, "member", session.member_id());
    print(std::cout, "organization", session.organization_id());
    print(std::cout, "ends", session.get_or("/member_session/expires_at", ""));
    if (session.is_impersonated()) {
        print(std::cout, "impersonated by", session.impersonator_email_address());
        print(std::cout, "impersonator id", session.impersonator_id());
    }
}

/* A network that fails or a wrong secret must not sign anybody out: only this does. */
bool is_no_session(const stytch::error &error) {
    return error.code() == stytch::error_code::invalid_token || error.type() == "session_not_found" ||
           (error.http_status() == 400 && error.type().find("jwt") != std::string::npos);
}

int report(const stytch::error &error) {
    const bool none = is_no_session(error);
    /* The library's own sentence is one line of printable characters, in any script. */
    std::cerr << (none ? "Not a valid session: " : "The session was not checked: ") << error.what() << '\n';
    print(std::cerr, "type", error.type());
    if (error.http_status() != 0) {
        print(std::cerr, "HTTP status", std::to_string(error.http_status()));
        print(std::cerr, "request id", error.request_id());
    }
    if (error.is_retryable()) {
        std::cerr << "This may pass: wait, then try again.\n";
    }
    return none ? 7 : error.code() == stytch::error_code::invalid_argument ? 2 : 5;
}

void revoke(const stytch::client &client, const std::string &jwt) {
    try {
        client.sessions().revoke(stytch::session_jwt{jwt});
    } catch (const stytch::error &error) {
        if (error.type() != "session_not_found") {
            throw;
        }
        /* It has ended already, which is what was asked for. */
    }
    std::cout << "The session has ended.\n"
                 "A JWT of it stays valid for local verification until it expires, in five minutes at most.\n";
}

} // namespace

int main(int argc, char **argv) {
    const std::string command = argc > 1 ? argv[1] : "";
    if (argc > 2 || (argc == 2 && command != "revoke")) {
        std::cerr << "usage: " << argv[0] << " [revoke] < SESSION_JWT\n";
        return 2;
    }
    try {
        const stytch::client client = make_client();
        std::string jwt;
        std::getline(std::cin, jwt);
        if (!jwt.empty() && jwt.back() == '\r') {
            jwt.pop_back();
        }
        if (command == "revoke") {
            revoke(client, jwt);
        } else {
            print_session(client.sessions().authenticate_jwt(jwt));
        }
    } catch (const stytch::error &error) {
        return report(error);
    }
    return 0;
}
