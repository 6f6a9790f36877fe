#!/usr/bin/env node
/*
 * Turns a Stytch impersonation token, one line on standard input, into a session. Node.js with koffi:
 *
 *     npm install && node authenticate.js < token
 *
 * The loader finds the library; where it is elsewhere, STYTCH_LIBRARY is its path. The environment gives
 * STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
 * same token may be sent again; 1 none.
 */
'use strict';
const fs = require('fs');
const { promisify } = require('util');
const koffi = require('koffi');

const library = koffi.load(process.env.STYTCH_LIBRARY || 'libstytch.so.0');
for (const name of ['stytch_options', 'stytch_client', 'stytch_response', 'stytch_error']) koffi.opaque(name);
const stytch = {
  abiVersion: library.func('uint32_t stytch_abi_version()'),
  optionsNew: library.func('stytch_options *stytch_options_new()'),
  setBaseUrl: library.func(
    'bool stytch_options_set_base_url(stytch_options *options, const char *url, _Out_ stytch_error **error)'),
  optionsFree: library.func('void stytch_options_free(stytch_options *options)'),
  clientNew: library.func('stytch_client *stytch_client_new(const char *project_id, const char *secret, '
    + 'const stytch_options *options, _Out_ stytch_error **error)'),
  clientFree: library.func('void stytch_client_free(stytch_client *client)'),
  authenticate: library.func('stytch_response *stytch_impersonation_authenticate(const stytch_client *client, '
    + 'const char *token, _Out_ stytch_error **error)'),
  getString: library.func(
    'const char *stytch_response_get_string(const stytch_response *response, const char *pointer)'),
  responseFree: library.func('void stytch_response_free(stytch_response *response)'),
  errorIsRetryable: library.func('bool stytch_error_is_retryable(const stytch_error *error)'),
  errorMessage: library.func('const char *stytch_error_message(const stytch_error *error)'),
  errorType: library.func('const char *stytch_error_type(const stytch_error *error)'),
  errorFree: library.func('void stytch_error_free(stytch_error *error)'),
};

// Text from elsewhere may contain escape sequences that a terminal would obey. A NULL from C is null here.
const field = (label, text) =>
  `${label.padEnd(16)} ${String(text ?? '(none)').replace(/[\x00-\x1f\x7f]/g, '?')}\n`;

function fail(error) {
  const retryable = stytch.errorIsRetryable(error);
  process.stderr.write(field('No session:', stytch.errorMessage(error)) + field('type', stytch.errorType(error))
    + field('try again', retryable ? 'yes' : 'no'));
  stytch.errorFree(error);
  return retryable ? 75 : 1;
}

async function main(token) {
  const { STYTCH_PROJECT_ID, STYTCH_SECRET, STYTCH_BASE_URL } = process.env;
  const error = [null];
  const options = stytch.optionsNew();
  let client = null;
  let session = null;
  try {
    if (STYTCH_BASE_URL && !stytch.setBaseUrl(options, STYTCH_BASE_URL, error)) return fail(error[0]);
    client = stytch.clientNew(STYTCH_PROJECT_ID ?? null, STYTCH_SECRET ?? null, options, error);
    if (client === null) return fail(error[0]);
    // The call blocks, so it goes to a thread of koffi's and the event loop runs on.
    session = await promisify(stytch.authenticate.async)(client, token, error);
    if (session === null) return fail(error[0]);

    const factor = '/member_session/authentication_factors/0/impersonated_factor';
    process.stdout.write(field('member', stytch.getString(session, '/member/name'))
      + field('organization', stytch.getString(session, '/organization/organization_name'))
      + field('impersonated by', stytch.getString(session, `${factor}/impersonator_email_address`))
      + field('ends', stytch.getString(session, '/member_session/expires_at')));
    return 0;
  } finally {
    stytch.responseFree(session);
    stytch.clientFree(client);
    stytch.optionsFree(options);
  }
}

if (stytch.abiVersion() !== 1) {
  process.stderr.write("This program is written for libstytch's ABI 1.\n");
  process.exitCode = 1;
} else {
  main(fs.readFileSync(0, 'utf8').split(/\r?\n/, 1)[0]).then((status) => { process.exitCode = status; });
}
