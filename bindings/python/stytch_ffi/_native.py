"""Carrying values across the C boundary: strings in, strings and errors out, handles freed once."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, Optional

from ._abi import BorrowedBytes, ErrorPointer, OwnedString
from ._errors import StytchError, StytchInternalError, invalid_argument, make_error


class Handle:
    """Owns one object of the library and frees it when nobody refers to it any more.

    Whoever passes a handle to the library holds a reference to it for as long as the call lasts, so
    an object is never freed under a call, in whichever thread. There is no lock that a fork could
    leave held.
    """

    __slots__ = ("__weakref__", "_as_parameter_", "_free")

    def __init__(self, pointer: ctypes.c_void_p, free: Any) -> None:
        self._as_parameter_ = pointer  # what ctypes passes in place of this object
        self._free = free

    def __del__(self) -> None:
        self._free(self._as_parameter_)


def encode(name: str, value: str) -> bytes:
    """A string on its way in. Messages name the argument and never show what is in it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    # C would end the string at the first NUL and silently drop the rest.
    if "\0" in value:
        raise invalid_argument(f"{name} must not contain a NUL character.")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        pass
    # Outside the handler: the UnicodeEncodeError holds the value, and would travel as __context__.
    raise invalid_argument(f"{name} is not valid Unicode: it contains a lone surrogate.")


def decode(value: Optional[bytes]) -> Optional[str]:
    """A borrowed string on its way out; ctypes has copied it already."""
    return None if value is None else value.decode("utf-8", "replace")


def copy_bytes(pointer: BorrowedBytes, length: int) -> bytes:
    """Borrowed bytes on their way out, NUL bytes and all."""
    return ctypes.string_at(pointer, length) if pointer else b""


def take_string(c: ctypes.CDLL, pointer: OwnedString) -> Optional[str]:
    """An owned string on its way out: copied, then given back to the library."""
    if not pointer:
        return None
    try:
        return ctypes.string_at(pointer).decode("utf-8", "replace")
    finally:
        c.stytch_string_free(pointer)


def take_error(c: ctypes.CDLL, pointer: ErrorPointer) -> StytchError:
    """An error on its way out: every field copied, then the library's object freed."""
    if not pointer:
        return StytchInternalError("The library failed and did not say why.")
    try:
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
    finally:
        c.stytch_error_free(pointer)
