"""Carries values across the C boundary: strings in, strings and errors out."""

from __future__ import annotations

import ctypes
import json
import operator
from typing import Any, Dict, Optional

from ._abi import BorrowedBytes, ErrorPointer
from ._errors import StytchError, StytchInternalError, invalid_argument, make_error


def encode(name: str, value: str) -> bytes:
    """Returns a string in the form that the library takes. Messages name the argument and never show its value."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    # C would end the string at the first NUL and silently drop the rest.
    if "\0" in value:
        raise invalid_argument(f"{name} must not contain a NUL character.")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        pass
    # Outside the handler: the UnicodeEncodeError contains the value, and would travel as __context__.
    raise invalid_argument(f"{name} is not valid Unicode: it contains a lone surrogate.")


def encode_optional(name: str, value: Optional[str]) -> Optional[bytes]:
    """Returns an argument that may be None, which is NULL in C."""
    return None if value is None else encode(name, value)


def encode_jwt(value: str) -> bytes:
    """Returns a session JWT as it came from a browser: whatever it contains, the library judges it as a token."""
    if not isinstance(value, str):
        raise TypeError(f"session_jwt must be str, not {type(value).__name__}")
    # What C or UTF-8 has no place for becomes a character that no token has.
    return value.encode("utf-8", "replace").replace(b"\0", b"?")


def encode_json(name: str, value: Any) -> bytes:
    """Returns a value as JSON; TypeError, of the json module, for one of another kind."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (ValueError, RecursionError):
        pass
    # Outside the handler, whose exception refers to the value.
    raise invalid_argument(f"{name} cannot be written as JSON: it contains NaN, an infinity or itself, or is too deep.")


def count(name: str, value: int, highest: int) -> int:
    """Returns a whole number that fits C's type; ctypes would silently wrap one that does not."""
    if isinstance(value, bool):
        raise TypeError(f"{name} must be int, not bool")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be int, not {type(value).__name__}") from None
    if not 0 <= number <= highest:
        raise invalid_argument(f"{name} must be between 0 and {highest}, and {number} is not.")
    return number


def decode(value: Optional[bytes]) -> Optional[str]:
    """Returns a borrowed string that ctypes has copied already."""
    return None if value is None else value.decode("utf-8", "replace")


def copy_bytes(pointer: BorrowedBytes, length: int) -> bytes:
    """Returns a copy of borrowed bytes, NUL bytes included."""
    return ctypes.string_at(pointer, length) if pointer else b""


def read_error(c: Any, pointer: ErrorPointer) -> StytchError:
    """Returns a copy of an error as an exception."""
    if not pointer:
        return StytchInternalError("The library failed and did not say why.")
    retry_after_ms: int = c.stytch_error_retry_after_ms(pointer)
    fields: Dict[str, Any] = {
        "delivery": c.stytch_error_delivery(pointer),
        "is_retryable": c.stytch_error_is_retryable(pointer),
        "http_status": c.stytch_error_http_status(pointer) or None,
        "error_type": decode(c.stytch_error_type(pointer)),
        "api_message": decode(c.stytch_error_api_message(pointer)),
        "request_id": decode(c.stytch_error_request_id(pointer)),
        "error_url": decode(c.stytch_error_url(pointer)),
        "retry_after_ms": retry_after_ms if retry_after_ms >= 0 else None,
        "body": copy_bytes(c.stytch_error_body(pointer), c.stytch_error_body_length(pointer)),
    }
    message = decode(c.stytch_error_message(pointer)) or "The call failed."
    return make_error(c.stytch_error_code(pointer), message, **fields)
