-- Turns a Stytch impersonation token, one line on standard input, into a session. LuaJIT with its own FFI:
--
--     luajit authenticate.lua < token
--
-- The loader finds the library; where it is elsewhere, STYTCH_LIBRARY is its path. The environment gives
-- STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
-- same token may be sent again; 1 none.
local ffi = require("ffi")

ffi.cdef [[
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
]]
local stytch = ffi.load(os.getenv("STYTCH_LIBRARY") or "libstytch.so.0")

-- Text from elsewhere may contain escape sequences that a terminal would obey. A NULL from C equals nil.
local function field(label, text)
  local shown = text ~= nil and ffi.string(text) or "(none)"
  return string.format("%-16s %s\n", label, (shown:gsub("[%z\1-\31\127]", "?")))
end

local function fail(error)
  local retryable = stytch.stytch_error_is_retryable(error)
  io.stderr:write(field("No session:", stytch.stytch_error_message(error)),
    field("type", stytch.stytch_error_type(error)), field("try again", retryable and "yes" or "no"))
  stytch.stytch_error_free(error)
  return retryable and 75 or 1
end

-- ffi.gc makes the collector free each handle, whichever way the function is left.
local function authenticate(token)
  local error = ffi.new("stytch_error *[1]")
  local options = ffi.gc(stytch.stytch_options_new(), stytch.stytch_options_free)
  local url = os.getenv("STYTCH_BASE_URL")
  if url and url ~= "" and not stytch.stytch_options_set_base_url(options, url, error) then
    return fail(error[0])
  end
  local client = ffi.gc(
    stytch.stytch_client_new(os.getenv("STYTCH_PROJECT_ID"), os.getenv("STYTCH_SECRET"), options, error),
    stytch.stytch_client_free)
  if client == nil then return fail(error[0]) end
  local session = ffi.gc(stytch.stytch_impersonation_authenticate(client, token, error),
    stytch.stytch_response_free)
  if session == nil then return fail(error[0]) end

  local factor = "/member_session/authentication_factors/0/impersonated_factor"
  io.write(field("member", stytch.stytch_response_get_string(session, "/member/name")),
    field("organization", stytch.stytch_response_get_string(session, "/organization/organization_name")),
    field("impersonated by", stytch.stytch_response_get_string(session, factor .. "/impersonator_email_address")),
    field("ends", stytch.stytch_response_get_string(session, "/member_session/expires_at")))
  return 0
end

if stytch.stytch_abi_version() ~= 1 then
  io.stderr:write("This program is written for libstytch's ABI 1.\n")
  os.exit(1)
end
os.exit(authenticate(((io.read("*l") or ""):gsub("\r$", ""))), true) -- true: close Lua, so that all is freed
