"""What can go wrong: one exception class per error code, and what became of the token."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Dict, Optional, Type


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

    @classmethod
    def _missing_(cls, value: object) -> Optional[ErrorCode]:
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"CODE_{value}"
        unknown._value_ = value
        return unknown


class Delivery(IntEnum):
    """What became of the request, and so of the token, which works once.

    * ``NOT_SENT``: not one byte left. The token is unspent: the same call may be made again.
    * ``REJECTED``: Stytch answered and refused (4xx). Read ``error_type``: correct the credentials,
      or get a new token; after a 429, wait for ``retry_after`` and try the same token again.
    * ``UNKNOWN``: bytes left and no final answer came back. The token may be spent: get a new one.
    * ``ACCEPTED``: Stytch answered 2xx and the answer could not be used. The token is spent, a
      session may exist; what arrived is in ``body``. Get a new token.

    A value that this package does not know is ``UNKNOWN``, the cautious answer.
    """

    UNKNOWN = 0
    NOT_SENT = 1
    REJECTED = 2
    ACCEPTED = 3

    @classmethod
    def _missing_(cls, value: object) -> Optional[Delivery]:
        return cls.UNKNOWN if isinstance(value, int) else None


class StytchError(Exception):
    """A call of libstytch failed. Each error code has a subclass; all carry the same fields.

    ``str()`` is the message alone. No field but ``body`` can hold a token or a secret, and ``body``
    appears neither in ``str()`` nor in ``repr()``.

    Timeouts and broken connections are deliberately no ``OSError``: code that retries those blindly
    would send a token that may be spent. Ask ``delivery``.
    """

    code: ErrorCode = ErrorCode.INTERNAL
    """Why it failed."""
    delivery: Delivery
    """What became of the request: the field to decide by."""
    message: str
    """One sentence for a person; never a secret."""
    http_status: Optional[int]
    """The status of the answer; None where no answer came."""
    error_type: Optional[str]
    """Stytch's ``error_type``, as ``"unauthorized_credentials"``."""
    request_id: Optional[str]
    """Stytch's id of the request, for its support."""
    error_url: Optional[str]
    """Stytch's page on this error."""
    retry_after_ms: Optional[int]
    """How long Stytch asks to wait, in milliseconds; None where it said nothing."""
    body: bytes
    """The answer as received, or what arrived of it; empty where there was none."""

    def __init__(
        self,
        message: str,
        *,
        code: Optional[int] = None,
        delivery: int = Delivery.UNKNOWN,
        http_status: Optional[int] = None,
        error_type: Optional[str] = None,
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
        self.http_status = http_status
        self.error_type = error_type
        self.request_id = request_id
        self.error_url = error_url
        self.retry_after_ms = retry_after_ms
        self.body = body

    @property
    def retry_after(self) -> Optional[float]:
        """How long Stytch asks to wait, in seconds; None where it said nothing."""
        return None if self.retry_after_ms is None else self.retry_after_ms / 1000

    @property
    def token_is_unspent(self) -> bool:
        """True where not one byte of the request left: the same token may be sent again."""
        return self.delivery is Delivery.NOT_SENT

    def __repr__(self) -> str:
        facts = f"{self.message!r}, code={self.code.name}, delivery={self.delivery.name}"
        for name in ("http_status", "error_type", "request_id", "retry_after_ms"):
            value = getattr(self, name)
            if value is not None:
                facts += f", {name}={value!r}"
        return f"{type(self).__name__}({facts})"


class StytchInvalidArgumentError(StytchError, ValueError):
    """The caller's mistake: empty, malformed, not UTF-8, an impossible option."""

    code = ErrorCode.INVALID_ARGUMENT


class StytchConnectionError(StytchError):
    """No connection: name not resolved, refused, unreachable, the proxy said no."""

    code = ErrorCode.CONNECTION


class StytchTLSError(StytchError):
    """The server could not be trusted: certificate, name, protocol version."""

    code = ErrorCode.TLS


class StytchTimeoutError(StytchError):
    """The deadline passed. ``delivery`` says whether the token may have been used by then."""

    code = ErrorCode.TIMEOUT


class StytchTransportError(StytchError):
    """The connection broke, or spoke no valid HTTP, after the request had begun."""

    code = ErrorCode.TRANSPORT


class StytchAPIError(StytchError):
    """Stytch, or a gateway before it, answered with a status that is not 2xx."""

    code = ErrorCode.API


class StytchInvalidResponseError(StytchError):
    """A 2xx answer that carries no usable session."""

    code = ErrorCode.INVALID_RESPONSE


class StytchCancelledError(StytchError):
    """The call was cancelled."""

    code = ErrorCode.CANCELLED


class StytchInternalError(StytchError):
    """A defect in the library."""

    code = ErrorCode.INTERNAL


_CLASSES: Dict[ErrorCode, Type[StytchError]] = {
    subclass.code: subclass for subclass in StytchError.__subclasses__()
}


def make_error(code: int, message: str, **fields: Any) -> StytchError:
    """The exception of the class that belongs to a code; StytchError itself for an unknown one."""
    known = ErrorCode(code)
    return _CLASSES.get(known, StytchError)(message, code=known, **fields)


def invalid_argument(message: str) -> StytchInvalidArgumentError:
    """For what this package refuses before the library is called, so that nothing can have left."""
    return StytchInvalidArgumentError(message, delivery=Delivery.NOT_SENT)
