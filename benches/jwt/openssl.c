/* The subject: OpenSSL's bare verification of the same signature. The key is read once, and so is the signature. */
#include "turns.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

static EVP_PKEY *key;
static EVP_MD *sha256;
static EVP_MD_CTX *context;
static const char *token;
static size_t signed_length;
static unsigned char signature[512];

static void verify(void) {
    if (EVP_DigestVerifyInit(context, NULL, sha256, NULL, key) != 1 ||
        EVP_DigestVerify(context, signature, 256, (const unsigned char *)token, signed_length) != 1)
        fail("OpenSSL", "refuses the signature");
    EVP_MD_CTX_reset(context);
}

/* Reads the signature's base64url, which OpenSSL knows as base64 with two letters changed and padding. */
static void read_signature(const char *text) {
    char base64[345];
    if (strlen(text) != 342) fail("OpenSSL", "the signature has not 2048 bits");
    for (int i = 0; i < 342; i++) base64[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    memcpy(base64 + 342, "==", 3);
    if (EVP_DecodeBlock(signature, (unsigned char *)base64, 344) != 258) fail("OpenSSL", "the signature is not base64url");
}

int main(int count, char **arguments) {
    if (count != 2) fail("usage", "openssl FOLDER");
    token = file(arguments[1], "token", NULL);
    const char *dot = strrchr(token, '.');
    signed_length = (size_t)(dot - token);
    read_signature(dot + 1);
    size_t length;
    char *pem = file(arguments[1], "public.pem", &length);
    key = PEM_read_bio_PUBKEY(BIO_new_mem_buf(pem, (int)length), NULL, NULL, NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    context = EVP_MD_CTX_new();
    if (!key || !sha256 || !context) fail("OpenSSL", "does not start");
    take_turns(verify);
    return 0;
}
