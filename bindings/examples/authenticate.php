<?php
/*
 * Turns a Stytch impersonation token, one line on standard input, into a session. PHP 7.4 or later with its own FFI:
 *
 *     php authenticate.php < token
 *
 * The loader finds the library; where it is elsewhere, STYTCH_LIBRARY is its path. Behind a web server, set
 * ffi.enable=true in php.ini, or preload the declarations. The environment gives STYTCH_PROJECT_ID, STYTCH_SECRET
 * and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the same token may be sent again;
 * 1 none.
 */
declare(strict_types=1);

$stytch = FFI::cdef('
    typedef struct stytch_options stytch_options;
    typedef struct stytch_client stytch_client;
    typedef struct stytch_response stytch_response;
    typedef struct stytch_error stytch_error;
    uint32_t stytch_abi_version(void);
    stytch_options *stytch_options_new(void);
    bool stytch_options_set_base_url(stytch_options *options, const char *url, stytch_error **error);
    void stytch_options_free(stytch_options *options);
    stytch_client *stytch_client_new(const char *project_id, const char *secret,
                                     const stytch_options *options, stytch_error **error);
    void stytch_client_free(stytch_client *client);
    stytch_response *stytch_impersonation_authenticate(const stytch_client *client, const char *token,
                                                       stytch_error **error);
    const char *stytch_response_get_string(const stytch_response *response, const char *pointer);
    void stytch_response_free(stytch_response *response);
    bool stytch_error_is_retryable(const stytch_error *error);
    const char *stytch_error_message(const stytch_error *error);
    const char *stytch_error_type(const stytch_error *error);
    void stytch_error_free(stytch_error *error);
', getenv('STYTCH_LIBRARY') ?: 'libstytch.so.0');

/* Text from elsewhere may contain escape sequences that a terminal would obey. A NULL from C is a null here. */
function field(string $label, ?string $text): string
{
    return sprintf("%-16s %s\n", $label, preg_replace('/[\x00-\x1f\x7f]/', '?', $text ?? '(none)'));
}

function fail(FFI $stytch, FFI\CData $error): int
{
    $retryable = $stytch->stytch_error_is_retryable($error);
    fwrite(STDERR, field('No session:', $stytch->stytch_error_message($error))
        . field('type', $stytch->stytch_error_type($error)) . field('try again', $retryable ? 'yes' : 'no'));
    $stytch->stytch_error_free($error);
    return $retryable ? 75 : 1;
}

function authenticate(FFI $stytch, string $token): int
{
    $options = $client = $response = null;
    $error = $stytch->new('stytch_error *');
    try {
        $options = $stytch->stytch_options_new();
        $url = getenv('STYTCH_BASE_URL') ?: null;
        if ($url !== null && !$stytch->stytch_options_set_base_url($options, $url, FFI::addr($error))) {
            return fail($stytch, $error);
        }
        $client = $stytch->stytch_client_new(
            getenv('STYTCH_PROJECT_ID') ?: '', getenv('STYTCH_SECRET') ?: '', $options, FFI::addr($error));
        if ($client === null) {
            return fail($stytch, $error);
        }
        $response = $stytch->stytch_impersonation_authenticate($client, $token, FFI::addr($error));
        if ($response === null) {
            return fail($stytch, $error);
        }
        $factor = '/member_session/authentication_factors/0/impersonated_factor';
        echo field('member', $stytch->stytch_response_get_string($response, '/member/name')),
            field('organization', $stytch->stytch_response_get_string($response, '/organization/organization_name')),
            field('impersonated by',
                $stytch->stytch_response_get_string($response, "$factor/impersonator_email_address")),
            field('ends', $stytch->stytch_response_get_string($response, '/member_session/expires_at'));
        return 0;
    } finally {
        $stytch->stytch_response_free($response);
        $stytch->stytch_client_free($client);
        $stytch->stytch_options_free($options);
    }
}

if ($stytch->stytch_abi_version() !== 1) {
    fwrite(STDERR, "This program is written for libstytch's ABI 1.\n");
    exit(1);
}
exit(authenticate($stytch, rtrim((string) fgets(STDIN), "\r\n")));
