#!/usr/bin/env python3
"""The life of an impersonated session: started, verified with each request, refreshed, ended, refused.

    pip install -e ./bindings/python        # from the checkout, with the library built
    python3 bindings/python/examples/session.py

The impersonation token, or the whole link that Stytch's dashboard opened with it, is read from standard
input, or taken from the command line. Prefer standard input: other users of the machine can read a
command line. The session is ended again. Each step is a function, to be copied from here.

Environment:
    STYTCH_PROJECT_ID   the project's id                          required
    STYTCH_SECRET       a secret of that project                  required
    STYTCH_BASE_URL     where the API is, a sandbox for instance  optional

The exit status:
    0  the session lived and ended as it should
    1  a call failed, or a session that was ended is still accepted
    2  nothing was tried: bad usage, a missing variable or an invalid argument
"""

import os
import sys
from typing import Optional

import stytch_ffi
from stytch_ffi import Client, Response, StytchAPIError, StytchError, StytchInvalidArgumentError


def printable(text: object) -> str:
    # Text from elsewhere may contain escape sequences that a terminal would obey: show those as '?'.
    return "".join(c if c.isprintable() else "?" for c in str(text))


def who(session: Response) -> str:
    """Returns who is signed in, and who acts as whom."""
    member = printable(session.member.get("name") or session.member_id)
    if session.is_impersonated:
        return f"{printable(session.impersonator_email_address or session.impersonator_id)} acts as {member}"
    return f"{member}, in person"


def start(client: Client, token_or_link: str) -> Response:
    """Starts the session. The token works once: after an error, ``is_retryable`` says whether it may be sent again."""
    token = token_or_link
    if "?" in token_or_link:  # a token has no question mark
        token = client.impersonation.token_from_url(token_or_link)
    return client.impersonation.authenticate(impersonation_token=token)


def signed_in(client: Client, session_jwt: str, max_token_age_seconds: Optional[int] = None) -> Optional[Response]:
    """Returns the session that a request's JWT belongs to, or None if the user is not signed in.

    The JWT is verified on this machine. Stytch is asked only where it may know better: the JWT has expired,
    or it is older than ``max_token_age_seconds``, which is 0 before something that matters. Where
    ``session.session_jwt`` is another one afterwards, it is fresh: give it to the browser.

    Any other error says nothing about the session, so it is not caught here: a network that fails must not
    sign anybody out.
    """
    try:
        return client.sessions.authenticate_jwt(session_jwt, max_token_age_seconds)
    except stytch_ffi.StytchInvalidTokenError:
        return None  # forged, or of another project
    except StytchAPIError as error:
        if error.error_type == "session_not_found":
            return None  # expired or revoked
        raise


def end(client: Client, session_token: str) -> None:
    """Ends the session. One that has ended already is what was wanted."""
    try:
        client.sessions.revoke(session_token=session_token)
    except StytchAPIError as error:
        if error.error_type != "session_not_found":
            raise


def live(client: Client, token_or_link: str) -> int:
    session = start(client, token_or_link)
    token, jwt = session.session_token or "", session.session_jwt or ""
    print("started     ", who(session), "until", printable(session.member_session.get("expires_at")))

    local = client.sessions.authenticate_jwt_local(jwt)
    print("verified    ", who(local), "(by its JWT, on this machine)")

    refreshed = client.sessions.authenticate(session_token=token)
    print("refreshed   ", who(refreshed), "(Stytch was asked, and gave a fresh JWT)")

    end(client, token)
    print("ended       ", "with client.sessions.revoke")

    if signed_in(client, jwt, max_token_age_seconds=0) is not None:
        print("Stytch still accepts the session that was ended.", file=sys.stderr)
        return 1
    print("refused     ", "Stytch was asked, and there is no such session any more")

    if signed_in(client, jwt) is not None:
        print("but beware: ", "where only the JWT is verified it is valid for up to five minutes more")
    return 0


def main() -> int:
    arguments = sys.argv[1:] or ["-"]
    if len(arguments) > 1 or (arguments[0].startswith("-") and arguments[0] != "-"):
        print(f"usage: {sys.argv[0]} [TOKEN | LINK | -]", file=sys.stderr)
        return 2
    for name in ("STYTCH_PROJECT_ID", "STYTCH_SECRET"):
        if not os.environ.get(name):
            print(f"Set {name} in the environment.", file=sys.stderr)
            return 2
    given = arguments[0]
    if given == "-":
        # What is not UTF-8 is kept as it is, and refused by the client with a proper message.
        given = sys.stdin.buffer.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
    try:
        with Client(
            os.environ["STYTCH_PROJECT_ID"],
            os.environ["STYTCH_SECRET"],
            base_url=os.environ.get("STYTCH_BASE_URL") or None,
        ) as client:
            return live(client, given)
    except StytchInvalidArgumentError as error:
        print(error.message, file=sys.stderr)
        return 2
    except StytchError as error:
        print(error.message, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
