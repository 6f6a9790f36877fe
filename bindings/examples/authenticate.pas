{ Turns a Stytch impersonation token, one line on standard input, into a session. Free Pascal:

      fpc authenticate.pas && ./authenticate < token

  Where the library is not installed, add -Fl and its folder, and run with LD_LIBRARY_PATH. The environment gives
  STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
  same token may be sent again; 1 none. }
program authenticate;

{$mode objfpc}{$H+}
{$linklib c} { the C library sets itself up before Pascal runs, and libstytch needs that }

uses
  math, sysutils;

const
  Factor = '/member_session/authentication_factors/0/impersonated_factor';

function stytch_options_new: Pointer; cdecl; external 'stytch';
{ ByteBool is C's bool: one byte. }
function stytch_options_set_base_url(options: Pointer; url: PAnsiChar; out error: Pointer): ByteBool; cdecl;
  external 'stytch';
procedure stytch_options_free(options: Pointer); cdecl; external 'stytch';
function stytch_client_new(project_id, secret: PAnsiChar; options: Pointer; out error: Pointer): Pointer; cdecl;
  external 'stytch';
procedure stytch_client_free(client: Pointer); cdecl; external 'stytch';
function stytch_impersonation_authenticate(client: Pointer; token: PAnsiChar; out error: Pointer): Pointer; cdecl;
  external 'stytch';
function stytch_response_get_string(response: Pointer; at: PAnsiChar): PAnsiChar; cdecl; external 'stytch';
procedure stytch_response_free(response: Pointer); cdecl; external 'stytch';
function stytch_error_is_retryable(error: Pointer): ByteBool; cdecl; external 'stytch';
function stytch_error_message(error: Pointer): PAnsiChar; cdecl; external 'stytch';
function stytch_error_type(error: Pointer): PAnsiChar; cdecl; external 'stytch';
procedure stytch_error_free(error: Pointer); cdecl; external 'stytch';

{ Text from elsewhere may contain escape sequences that a terminal would obey: they become '?'. }
procedure Field(var Output: Text; const Title: string; Value: PAnsiChar);
var
  Shown: RawByteString;
  I: Integer;
begin
  if Value = nil then
    Value := '(none)';
  Shown := Value;
  for I := 1 to Length(Shown) do
    if Shown[I] in [#0..#31, #127] then
      Shown[I] := '?';
  WriteLn(Output, Title, Space(16 - Length(Title)), ' ', Shown);
end;

procedure ShowSession(Session: Pointer);
begin
  Field(Output, 'member', stytch_response_get_string(Session, '/member/name'));
  Field(Output, 'organization', stytch_response_get_string(Session, '/organization/organization_name'));
  Field(Output, 'impersonated by', stytch_response_get_string(Session, Factor + '/impersonator_email_address'));
  Field(Output, 'ends', stytch_response_get_string(Session, '/member_session/expires_at'));
end;

function ShowError(Error: Pointer): Integer;
begin
  Field(StdErr, 'No session:', stytch_error_message(Error));
  Field(StdErr, 'type', stytch_error_type(Error));
  if stytch_error_is_retryable(Error) then
  begin
    Field(StdErr, 'try again', 'yes');
    Result := 75;
  end
  else
  begin
    Field(StdErr, 'try again', 'no');
    Result := 1;
  end;
end;

var
  Options, Client, Session, Error: Pointer;
  Url, Token: string;

begin
  { Pascal lets floating-point exceptions raise signals. C does not expect that. }
  SetExceptionMask([exInvalidOp, exDenormalized, exZeroDivide, exOverflow, exUnderflow, exPrecision]);
  ReadLn(Token);
  Client := nil;
  Session := nil;
  Error := nil;
  Options := stytch_options_new;
  try
    Url := GetEnvironmentVariable('STYTCH_BASE_URL');
    if (Url = '') or stytch_options_set_base_url(Options, PAnsiChar(Url), Error) then
      Client := stytch_client_new(PAnsiChar(GetEnvironmentVariable('STYTCH_PROJECT_ID')),
        PAnsiChar(GetEnvironmentVariable('STYTCH_SECRET')), Options, Error);
    if Client <> nil then
      Session := stytch_impersonation_authenticate(Client, PAnsiChar(Token), Error);
    if Session <> nil then
      ShowSession(Session)
    else
      ExitCode := ShowError(Error);
  finally
    stytch_response_free(Session);
    stytch_error_free(Error);
    stytch_client_free(Client);
    stytch_options_free(Options);
  end;
end.
