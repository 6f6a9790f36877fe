"""An answer: a mapping over its JSON, with the fields that one needs most as properties."""

from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple

from ._errors import Delivery, StytchInvalidResponseError
from ._native import Handle, copy_bytes, decode, take_string

_Restored = Tuple[int, bytes, Tuple[Optional[str], ...], Optional[Dict[str, Any]]]


def _integer(digits: str) -> Any:
    """Python refuses to read integers of thousands of digits; a session is not lost over one."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


class Response(Mapping[str, Any]):
    """A session, and everything that Stytch said about it.

    A read-only mapping over the JSON object of the answer: ``response["member"]["name"]``. The JSON
    is parsed when it is first asked for, and once; the ids and tokens need no parsing. Of duplicate
    keys the last counts. Safe to read from any thread, and it may be pickled, which writes the
    session token into the pickle. ``repr()`` shows neither token nor JWT.
    """

    __slots__ = ("_body", "_c", "_document", "_fields", "_handle", "_status")

    def __init__(self, c: ctypes.CDLL, handle: Handle) -> None:
        self._c: Optional[ctypes.CDLL] = c
        self._handle: Optional[Handle] = handle  # until the JSON is parsed
        self._status: int = c.stytch_response_http_status(handle)
        self._body = copy_bytes(c.stytch_response_json(handle), c.stytch_response_json_length(handle))
        self._fields: Tuple[Optional[str], ...] = (
            decode(c.stytch_response_request_id(handle)),
            decode(c.stytch_response_member_id(handle)),
            decode(c.stytch_response_organization_id(handle)),
            decode(c.stytch_response_session_token(handle)),
            decode(c.stytch_response_session_jwt(handle)),
        )
        self._document: Optional[Dict[str, Any]] = None

    @property
    def status_code(self) -> int:
        """The HTTP status: 200."""
        return self._status

    http_status = status_code

    @property
    def request_id(self) -> Optional[str]:
        """Stytch's id of the request, for its support; None if the answer has none."""
        return self._fields[0]

    @property
    def member_id(self) -> Optional[str]:
        """Who is impersonated; None if the answer has no such string."""
        return self._fields[1]

    @property
    def organization_id(self) -> Optional[str]:
        """The organization that the member belongs to; None if the answer has no such string."""
        return self._fields[2]

    @property
    def session_token(self) -> str:
        """The session's secret. Never empty: an answer without it is an error."""
        return self._fields[3] or ""

    @property
    def session_jwt(self) -> Optional[str]:
        """The session as a JSON Web Token; None if the answer has no such string."""
        return self._fields[4]

    @property
    def member(self) -> Mapping[str, Any]:
        """The member object; empty if the answer has none."""
        return self._object("member")

    @property
    def organization(self) -> Mapping[str, Any]:
        """The organization object; empty if the answer has none."""
        return self._object("organization")

    @property
    def member_session(self) -> Mapping[str, Any]:
        """The session object, with its end and who impersonates; empty if the answer has none."""
        return self._object("member_session")

    @property
    def body(self) -> bytes:
        """The answer as received, byte for byte."""
        return self._body

    @property
    def text(self) -> str:
        """The answer as received, as text."""
        return self._body.decode("utf-8", "replace")

    def __getitem__(self, key: str) -> Any:
        return self._parsed()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        ids = f"request_id={self.request_id!r}, member_id={self.member_id!r}"
        return f"<{type(self).__name__} {self._status}: {ids}, organization_id={self.organization_id!r}>"

    def __reduce__(self) -> Tuple[Any, Tuple[_Restored]]:
        return _restore, ((self._status, self._body, self._fields, dict(self._parsed())),)

    def _object(self, key: str) -> Mapping[str, Any]:
        value = self._parsed().get(key)
        return value if isinstance(value, dict) else {}

    def _parsed(self) -> Dict[str, Any]:
        # Two threads that come first together both parse, with the same outcome.
        document, handle = self._document, self._handle
        if document is None:
            document = self._parse(handle)
            self._document = document
            self._handle = None
        return document

    def _parse(self, handle: Optional[Handle]) -> Dict[str, Any]:
        assert self._c is not None and handle is not None
        # The library knows where the JSON ends, also where more bytes follow it.
        text = take_string(self._c, self._c.stytch_response_get_json(handle, b""))
        try:
            document = json.loads(text or "", parse_int=_integer)
            if isinstance(document, dict):
                return document
        except (ValueError, RecursionError):
            pass
        raise StytchInvalidResponseError(
            "The answer has a session, but Python's json cannot read the rest of it; see session_token and body.",
            delivery=Delivery.ACCEPTED,
            http_status=self._status,
            request_id=self.request_id,
            body=self._body,
        )


def _restore(state: _Restored) -> Response:
    """Bring back a pickled response, which has no object of the library behind it."""
    response = Response.__new__(Response)
    response._c = response._handle = None
    response._status, response._body, response._fields, response._document = state
    return response
