"""A response: a mapping over its JSON, with the fields that one needs most as properties."""

from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple

from ._abi import ResponsePointer
from ._errors import Delivery, StytchInvalidResponseError
from ._guard import guarded
from ._native import copy_bytes, decode

_FIELDS = (
    "http_status",
    "request_id",
    "member_id",
    "organization_id",
    "session_token",
    "session_jwt",
    "is_impersonated",
    "impersonator_id",
    "impersonator_email_address",
    "member_session_id",
    "body",
)


def _integer(digits: str) -> Any:
    """Reads an integer; as a float where Python refuses to read thousands of digits. No session is lost over one."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


class Response(Mapping[str, Any]):
    """A response of Stytch, or of a local verification: a session, and everything else in it.

    A read-only mapping over the JSON object of the response: ``response["member"]["name"]``. The JSON
    is parsed when it is first asked for; the ids and tokens need no parsing. Of duplicate keys the
    last counts. A response may be read from any thread. It may be pickled, which writes the session
    token into the pickle. ``repr()`` shows neither token nor JWT.
    """

    # What is read from the library is read each time: a pointer that never changes needs no lock, and
    # no token is copied that nobody asked for. What is worth keeping is kept with dict.setdefault, so
    # that of two threads that come first together both get the same object.
    _c: Any = None
    _pointer: Optional[ResponsePointer] = None
    _restored: Mapping[str, Any] = {}  # in place of the pointer, in a response that was pickled
    _body: Optional[bytes] = None
    _document: Optional[Dict[str, Any]] = None

    def __init__(self, c: Any, pointer: ResponsePointer) -> None:
        self._c = c
        self._pointer = pointer

    @property
    def status_code(self) -> int:
        """The HTTP status: 200 to 299; 0 after a local verification, for which nothing was sent."""
        if self._pointer is None:
            return int(self._restored.get("http_status", 0))
        return int(self._c.stytch_response_http_status(self._pointer))

    http_status = status_code

    @property
    def request_id(self) -> Optional[str]:
        """Stytch's id of the request, for its support; None if the response does not contain it."""
        if self._pointer is None:
            return self._restored.get("request_id")
        return decode(self._c.stytch_response_request_id(self._pointer))

    @property
    def member_id(self) -> Optional[str]:
        """The member whom the session is for; None if the response does not contain it."""
        if self._pointer is None:
            return self._restored.get("member_id")
        return decode(self._c.stytch_response_member_id(self._pointer))

    @property
    def organization_id(self) -> Optional[str]:
        """The organization that the member belongs to; None if the response does not contain it."""
        if self._pointer is None:
            return self._restored.get("organization_id")
        return decode(self._c.stytch_response_organization_id(self._pointer))

    @property
    def session_token(self) -> Optional[str]:
        """The session's secret; None if the response does not contain it.

        ``impersonation.authenticate`` never returns a response without it.
        """
        if self._pointer is None:
            return self._restored.get("session_token")
        return decode(self._c.stytch_response_session_token(self._pointer))

    @property
    def session_jwt(self) -> Optional[str]:
        """The session as a JSON Web Token; None if the response does not contain it."""
        if self._pointer is None:
            return self._restored.get("session_jwt")
        return decode(self._c.stytch_response_session_jwt(self._pointer))

    @property
    def is_impersonated(self) -> bool:
        """Whether somebody acts as the member in the session of this response."""
        if self._pointer is None:
            return bool(self._restored.get("is_impersonated", False))
        return bool(self._c.stytch_response_is_impersonated(self._pointer))

    @property
    def impersonator_id(self) -> Optional[str]:
        """The id of whoever acts as the member; None if nobody does."""
        if self._pointer is None:
            return self._restored.get("impersonator_id")
        return decode(self._c.stytch_response_impersonator_id(self._pointer))

    @property
    def impersonator_email_address(self) -> Optional[str]:
        """The e-mail address of whoever acts as the member; None if nobody does."""
        if self._pointer is None:
            return self._restored.get("impersonator_email_address")
        return decode(self._c.stytch_response_impersonator_email_address(self._pointer))

    @property
    def member_session_id(self) -> Optional[str]:
        """The id of the session, fit for a log; None if the response does not contain it."""
        if self._pointer is None:
            return self._restored.get("member_session_id")
        return decode(self._c.stytch_response_get_string(self._pointer, b"/member_session/member_session_id"))

    @property
    def member(self) -> Mapping[str, Any]:
        """The member object; empty if the response does not contain it."""
        return self._object("member")

    @property
    def organization(self) -> Mapping[str, Any]:
        """The organization object; empty if the response does not contain it."""
        return self._object("organization")

    @property
    def member_session(self) -> Mapping[str, Any]:
        """The session object, with its end and its factors; empty if the response does not contain it."""
        return self._object("member_session")

    @property
    def body(self) -> bytes:
        """The response as received, byte for byte."""
        if self._body is None:
            self.__dict__.setdefault("_body", self._copied_body())
        return self._body or b""

    @property
    def text(self) -> str:
        """The response as received, as text."""
        return self.body.decode("utf-8", "replace")

    def __getitem__(self, key: str) -> Any:
        return self._parsed()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        ids = f"request_id={self.request_id!r}, member_id={self.member_id!r}"
        return f"<{type(self).__name__} {self.status_code}: {ids}, organization_id={self.organization_id!r}>"

    def __reduce__(self) -> Tuple[Any, Tuple[Dict[str, Any]]]:
        if self._pointer is None:
            return _restore, (dict(self._restored),)
        state: Dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        return _restore, ({**state, "json": self._json()},)

    def _copied_body(self) -> bytes:
        if self._pointer is None:
            return bytes(self._restored.get("body", b""))
        length = self._c.stytch_response_json_length(self._pointer)
        return copy_bytes(self._c.stytch_response_json(self._pointer), length)

    def _object(self, key: str) -> Mapping[str, Any]:
        value = self._parsed().get(key)
        return value if isinstance(value, dict) else {}

    def _parsed(self) -> Dict[str, Any]:
        # Not in a local variable, which a traceback would keep.
        if self._document is None:
            self.__dict__.setdefault("_document", self._parse())
        return self._document or {}

    def _json(self) -> bytes:
        """Returns the JSON of the response. The library knows where it ends, also where more bytes follow it."""
        if self._pointer is None:
            return bytes(self._restored.get("json", b"{}"))
        text = self._c.stytch_response_get_json(self._pointer, b"")
        return ctypes.string_at(text) if text else b""

    @guarded
    def _parse(self) -> Dict[str, Any]:
        if not self.body:
            return {}
        try:
            document = json.loads(self._json().decode("utf-8", "replace"), parse_int=_integer)
            if isinstance(document, dict):
                return document
        except (ValueError, RecursionError):
            pass
        raise StytchInvalidResponseError(
            "The request was accepted, but the response is not a JSON object that Python can read; see body.",
            delivery=Delivery.ACCEPTED,
            http_status=self.status_code,
            request_id=self.request_id,
            body=self.body,
        )


def _restore(state: Dict[str, Any]) -> Response:
    """Brings back a pickled response, which has no object of the library behind it."""
    response = Response.__new__(Response)
    response._restored = state
    return response
