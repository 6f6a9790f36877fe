/* The subject: libjwt. It reads the key's PEM in every call; its API has no key that is read once. What it does not judge
 * itself, the algorithm, the issuer and the times, its caller has to. */
#include "turns.h"

#include <jwt.h>

static const char *token, *issuer;
static const unsigned char *key;
static size_t key_length;

static void verify(void) {
    jwt_t *jwt = NULL;
    if (jwt_decode(&jwt, token, key, (int)key_length) != 0) fail("libjwt", "refuses the token");
    const char *found = jwt_get_grant(jwt, "iss");
    long at = (long)time(NULL);
    if (jwt_get_alg(jwt) != JWT_ALG_RS256 || !found || strcmp(found, issuer) != 0 || jwt_get_grant_int(jwt, "exp") <= at ||
        jwt_get_grant_int(jwt, "nbf") > at)
        fail("libjwt", "sees another token");
    jwt_free(jwt);
}

int main(int count, char **arguments) {
    if (count != 2) fail("usage", "libjwt FOLDER");
    static char expected[256];
    snprintf(expected, sizeof expected, "stytch.com/%s", file(arguments[1], "project_id", NULL));
    issuer = expected;
    token = file(arguments[1], "token", NULL);
    key = (unsigned char *)file(arguments[1], "public.pem", &key_length);
    take_turns(verify);
    return 0;
}
