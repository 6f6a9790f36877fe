"""Carries values across the C boundary: strings in, strings and errors out."""

from __future__ import annotations

import ctypes
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
        "http_status": c.stytch_error_http_status(pointer) or None,
        "error_type": decode(c.stytch_error_type(pointer)),
        "request_id": decode(c.stytch_error_request_id(pointer)),
        "error_url": decode(c.stytch_error_url(pointer)),
        "retry_after_ms": retry_after_ms if retry_after_ms >= 0 else None,
        "body": copy_bytes(c.stytch_error_body(pointer), c.stytch_error_body_length(pointer)),
    }
    message = decode(c.stytch_error_message(pointer)) or "The call failed."
    return make_error(c.stytch_error_code(pointer), message, **fields)
