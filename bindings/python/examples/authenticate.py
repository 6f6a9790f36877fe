#!/usr/bin/env python3
"""Turns an impersonation token into a Stytch session, and says who is now impersonated.

    pip install -e ./bindings/python        # from the checkout, with the library built
    python3 bindings/python/examples/authenticate.py

The token is read from standard input, or taken from the command line. Prefer standard input: other
users of the machine can read a command line.

Environment:
    STYTCH_PROJECT_ID   the project's id                          required
    STYTCH_SECRET       a secret of that project                  required
    STYTCH_BASE_URL     where the API is, a sandbox for instance  optional

The exit status says what became of the token:
    0  a session was started
    1  a session was started, but could not be printed
    2  nothing was tried: bad usage, a missing variable or an invalid argument
    3  not sent: the token is unspent and can be used again
    4  rejected: Stytch refused the request
    5  unknown: the request was sent and no conclusive response came, so the token may have been used
    6  accepted, but the response could not be used: the token has been used
"""

import os
import sys

import stytch_ffi
from stytch_ffi import Delivery, Response, StytchError, StytchInvalidArgumentError

EXIT_STATUS = {Delivery.NOT_SENT: 3, Delivery.REJECTED: 4, Delivery.UNKNOWN: 5, Delivery.ACCEPTED: 6}


def field(label: str, value: object) -> str:
    # Text from elsewhere may contain escape sequences that a terminal would obey: show those as '?'.
    text = "(none)" if value is None else str(value)
    return f"  {label:<16} {''.join(c if c.isprintable() else '?' for c in text)}"


def read_token() -> str:
    # What is not UTF-8 is kept as it is, and refused by the client with a proper message.
    return sys.stdin.buffer.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")


def print_session(session: Response) -> None:
    member, organization, details = session.member, session.organization, session.member_session
    print("A session was started.")
    print(field("member", member.get("name")))
    print(field("", member.get("email_address")))
    print(field("", session.member_id))
    print(field("organization", organization.get("organization_name")))
    print(field("", organization.get("organization_slug")))
    print(field("", session.organization_id))
    print(field("roles", ", ".join(map(str, details.get("roles") or [])) or None))
    if session.is_impersonated:
        print(field("impersonated by", session.impersonator_email_address))
        print(field("", session.impersonator_id))
    print(field("ends", details.get("expires_at")))
    print(field("request id", session.request_id))
    # Whoever has the session token is the member, and terminals and logs are kept.
    print("The session token is not shown here; --json prints the whole response, token included.", flush=True)


def advice(error: StytchError) -> str:
    """Returns what to do next."""
    if error.is_retryable:
        return "The token is unspent: wait, then send the same token again. It lives for five minutes."
    if error.error_type == "unauthorized_credentials":
        return "Correct STYTCH_PROJECT_ID and STYTCH_SECRET, then send the same token again."
    if error.delivery is Delivery.NOT_SENT:
        return "Nothing was sent, so the token is unspent: fix what is described above first."
    if error.delivery is Delivery.ACCEPTED:
        return "Its session cannot be used: make a new token. If it happens again, tell Stytch the request id."
    return "Fix what is described above. This token may have been used: do not send it again, make a new one."


def print_error(error: StytchError) -> None:
    lines = [f"No session: {error.message}", field("code", error.code.name), field("delivery", error.delivery.name)]
    facts = [
        ("HTTP status", error.http_status),
        ("type", error.error_type),
        ("request id", error.request_id),
        ("url", error.error_url),
        ("retry after", None if error.retry_after_ms is None else f"{error.retry_after_ms} ms"),
    ]
    lines += [field(label, value) for label, value in facts if value is not None]
    # A body in JSON has been read into the other fields. Anything else is worth a look, a gateway's
    # page for instance, and so is the body of a session that was lost: there is nothing else of it.
    if error.body and (error.delivery is Delivery.ACCEPTED or not error.body.startswith(b"{")):
        rest = " ..." if len(error.body) > 400 else ""
        lines.append(field("body", error.body[:400].decode("utf-8", "replace") + rest))
    lines.append(field("what to do", advice(error)))
    print("\n".join(lines), file=sys.stderr)


def main() -> int:
    arguments = sys.argv[1:]
    as_json = arguments[:1] == ["--json"]
    token = (arguments[1:] if as_json else arguments) or ["-"]
    if len(token) > 1 or (token[0].startswith("-") and token[0] != "-"):
        print(f"usage: {sys.argv[0]} [--json] [TOKEN | -]", file=sys.stderr)
        return 2
    for name in ("STYTCH_PROJECT_ID", "STYTCH_SECRET"):
        if not os.environ.get(name):
            print(f"Set {name} in the environment.", file=sys.stderr)
            return 2
    try:
        with stytch_ffi.Client(
            os.environ["STYTCH_PROJECT_ID"],
            os.environ["STYTCH_SECRET"],
            base_url=os.environ.get("STYTCH_BASE_URL") or None,
        ) as client:
            session = client.impersonation.authenticate(
                impersonation_token=read_token() if token[0] == "-" else token[0]
            )
    except StytchError as error:
        print_error(error)
        return 2 if isinstance(error, StytchInvalidArgumentError) else EXIT_STATUS[error.delivery]
    try:
        if as_json:
            sys.stdout.buffer.write(session.body + b"\n")
            sys.stdout.flush()
        else:
            print_session(session)
    except OSError:
        print("A session was started, but it could not be printed.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
