/* The same as app.c through stytch.hpp. */
#include <cstdlib>
#include <iostream>
#include <string>

#include <stytch.hpp>

int main()
{
    std::string token;
    std::getline(std::cin, token);
    try {
        const stytch::client client(std::getenv("STYTCH_PROJECT_ID"), std::getenv("STYTCH_SECRET"),
                                    stytch::options().base_url(std::getenv("STYTCH_BASE_URL")));
        std::cout << client.impersonation_authenticate(token).get<std::string>("/member/name") << '\n';
    } catch (const stytch::error &error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
