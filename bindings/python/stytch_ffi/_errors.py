"""The errors: one exception class for each error code, and what became of the token."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Dict, Optional, Tuple, Type


class ErrorCode(IntEnum):
    """Why a call failed. A code that a newer library adds appears as ``CODE_<number>``."""

    INVALID_ARGUMENT = 1
    CONNECTION = 2
    TLS = 3
    TIMEOUT = 4
    TRANSPORT = 5
    API = 6
    INVALID_RESPONSE = 7
    CANCELLED = 8
    INTERNAL = 9
    INVALID_TOKEN = 10
    BUSY = 11

    @classmethod
    def _missing_(cls, value: object) -> Optional[ErrorCode]:
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"CODE_{value}"
        unknown._value_ = value
        return unknown

    def __reduce_ex__(self, protocol: object) -> Tuple[Any, ...]:
        # By value: some versions of Python pickle by name (3.11.0 to 3.11.3), and CODE_99 is not a member.
        return type(self), (self._value_,)


class Delivery(IntEnum):
    """What became of the request, and so of a token in it that works once.

    * ``NOT_SENT``: nothing of the request was sent. The token is unused: the same call may be made again.
    * ``REJECTED``: Stytch rejected the request (4xx). Read ``error_type``: correct the credentials, or
      get a new token; after a 429, wait for ``retry_after`` and send the same token again.
    * ``UNKNOWN``: the request was sent, at least in part, but no conclusive response arrived. The token
      may have been used: get a new one.
    * ``ACCEPTED``: Stytch accepted the request (2xx), but the response could not be used. The token has
      been used and a session may exist; what arrived is in ``body``. Get a new token.

    A value that this package does not know becomes ``UNKNOWN``, the cautious one.
    """

    UNKNOWN = 0
    NOT_SENT = 1
    REJECTED = 2
    ACCEPTED = 3

    @classmethod
    def _missing_(cls, value: object) -> Optional[Delivery]:
        return cls.UNKNOWN if isinstance(value, int) else None


class StytchError(Exception):
    """A call of libstytch failed. Each error code has a subclass; all have the same attributes.

    ``str()`` is the message alone. Only ``body`` can contain a token or a secret, and it appears
    neither in ``str()`` nor in ``repr()``.

    Timeouts and broken connections are deliberately not ``OSError``: code that retries those blindly
    would send a token again that may have been used. Decide by ``is_retryable`` and ``delivery``.
    """

    # The defaults are for exceptions that were made without __init__, or by an older version and pickled.
    code: ErrorCode = ErrorCode.INTERNAL
    """Why the call failed."""
    delivery: Delivery = Delivery.UNKNOWN
    """What became of the request."""
    message: str = ""
    """One line for a person; never a secret."""
    is_retryable: bool = False
    """Whether the same call, made again with the same arguments after ``retry_after``, may succeed and
    cannot use a single-use token twice."""
    http_status: Optional[int] = None
    """The status of the response; None if none arrived."""
    error_type: Optional[str] = None
    """Stytch's ``error_type``, such as ``"unauthorized_credentials"``; of a JWT that was refused a word
    of the library's own, such as ``"jwt_expired"``."""
    api_message: Optional[str] = None
    """Stytch's own message, alone; None if there is none."""
    request_id: Optional[str] = None
    """Stytch's id of the request, for its support."""
    error_url: Optional[str] = None
    """Stytch's page about this error."""
    retry_after_ms: Optional[int] = None
    """How long Stytch asks to wait, in milliseconds; None if it does not say."""
    body: bytes = b""
    """The response as received, or what arrived of it; empty if nothing did."""

    def __init__(
        self,
        message: str,
        *,
        code: Optional[int] = None,
        delivery: int = Delivery.UNKNOWN,
        is_retryable: bool = False,
        http_status: Optional[int] = None,
        error_type: Optional[str] = None,
        api_message: Optional[str] = None,
        request_id: Optional[str] = None,
        error_url: Optional[str] = None,
        retry_after_ms: Optional[int] = None,
        body: bytes = b"",
    ) -> None:
        # With the message as the only positional argument, pickle and copy work by themselves.
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = ErrorCode(code)
        self.delivery = Delivery(delivery)
        self.is_retryable = is_retryable
        self.http_status = http_status
        self.error_type = error_type
        self.api_message = api_message
        self.request_id = request_id
        self.error_url = error_url
        self.retry_after_ms = retry_after_ms
        self.body = body

    @property
    def retry_after(self) -> Optional[float]:
        """How long Stytch asks to wait, in seconds; None if it does not say."""
        return None if self.retry_after_ms is None else self.retry_after_ms / 1000

    def __repr__(self) -> str:
        facts = f"{self.message!r}, code={self.code.name}, delivery={self.delivery.name}"
        if self.is_retryable:
            facts += ", is_retryable=True"
        for name in ("http_status", "error_type", "request_id", "retry_after_ms"):
            value = getattr(self, name)
            if value is not None:
                facts += f", {name}={value!r}"
        return f"{type(self).__name__}({facts})"


class StytchInvalidArgumentError(StytchError, ValueError):
    """An argument or option is not valid: empty, malformed, not UTF-8, out of range."""

    code = ErrorCode.INVALID_ARGUMENT


class StytchConnectionError(StytchError):
    """There is no connection: name not resolved, refused, unreachable, or refused by the proxy."""

    code = ErrorCode.CONNECTION


class StytchTLSError(StytchError):
    """The server cannot be trusted: certificate, name, protocol version."""

    code = ErrorCode.TLS


class StytchTimeoutError(StytchError):
    """The call timed out. ``delivery`` says whether the token may have been used by then."""

    code = ErrorCode.TIMEOUT


class StytchTransportError(StytchError):
    """The connection failed, or the peer sent invalid HTTP, after the request had begun."""

    code = ErrorCode.TRANSPORT


class StytchAPIError(StytchError):
    """Stytch, or a gateway before it, responded with a status other than 2xx."""

    code = ErrorCode.API


class StytchInvalidResponseError(StytchError):
    """A 2xx response does not contain what the call must return, such as a session."""

    code = ErrorCode.INVALID_RESPONSE


class StytchCancelledError(StytchError):
    """The call was cancelled: its task was, or a signal handler raised, or the client was closed.
    ``delivery`` says whether the token may have been used by then."""

    code = ErrorCode.CANCELLED


class StytchInternalError(StytchError):
    """An internal error in the library."""

    code = ErrorCode.INTERNAL


class StytchInvalidTokenError(StytchError):
    """A session JWT failed local verification; ``error_type`` says why.

    ``jwt_malformed``, ``jwt_bad_algorithm``, ``jwt_unknown_key`` and ``jwt_bad_signature``: it is not a
    token of Stytch's. ``jwt_wrong_issuer``, ``jwt_wrong_audience`` and ``jwt_not_a_session``: it is not
    for a session of this project. ``jwt_expired``, ``jwt_not_yet_valid`` and ``jwt_too_old``: the session
    itself may be alive.
    """

    code = ErrorCode.INVALID_TOKEN


class StytchBusyError(StytchError):
    """Too many calls of the client have not finished: see ``max_pending``. Nothing was sent."""

    code = ErrorCode.BUSY


_CLASSES: Dict[ErrorCode, Type[StytchError]] = {
    subclass.code: subclass for subclass in StytchError.__subclasses__()
}


def make_error(code: int, message: str, **fields: Any) -> StytchError:
    """Returns an exception of the class that belongs to a code; StytchError itself for an unknown one."""
    known = ErrorCode(code)
    return _CLASSES.get(known, StytchError)(message, code=known, **fields)


def invalid_argument(message: str) -> StytchInvalidArgumentError:
    """Returns the error for what this package refuses before the library is called: nothing was sent."""
    return StytchInvalidArgumentError(message, delivery=Delivery.NOT_SENT)
