"""The C ABI as ctypes sees it: one table with every function of ``stytch.h``.

A test holds this file against the header, so that a change there cannot go unseen here.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from typing import Any, Dict, Tuple

ABI_VERSION = 1
"""The STYTCH_ABI_VERSION that this package was written for."""


# A class of its own per C type: ctypes then refuses a response where a client belongs, and,
# because they are subclasses, returns them as objects and never as bare integers.
class ClientPointer(c_void_p):
    """``stytch_client *``"""


class OptionsPointer(c_void_p):
    """``stytch_options *``"""


class ResponsePointer(c_void_p):
    """``stytch_response *``"""


class ErrorPointer(c_void_p):
    """``stytch_error *``"""


class OwnedString(c_void_p):
    """``char *``: the caller's, freed with ``stytch_string_free``.

    Never ``c_char_p``: ctypes would turn it into bytes, lose the pointer, and so leak it.
    """


class BorrowedBytes(c_void_p):
    """``const char *`` with a length of its own; it may hold NUL bytes."""


ErrorOut = POINTER(ErrorPointer)

# name: (result, arguments), in the order of the header
FUNCTIONS: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {
    # library
    "stytch_version": (c_char_p, ()),
    "stytch_abi_version": (c_uint32, ()),
    "stytch_string_free": (None, (OwnedString,)),
    # options
    "stytch_options_new": (OptionsPointer, ()),
    "stytch_options_free": (None, (OptionsPointer,)),
    "stytch_options_set_base_url": (c_bool, (OptionsPointer, c_char_p, ErrorOut)),
    "stytch_options_set_timeout_ms": (c_bool, (OptionsPointer, c_uint32, ErrorOut)),
    "stytch_options_set_connect_timeout_ms": (c_bool, (OptionsPointer, c_uint32, ErrorOut)),
    "stytch_options_set_max_retries": (c_bool, (OptionsPointer, c_uint32, ErrorOut)),
    "stytch_options_set_ca_file": (c_bool, (OptionsPointer, c_char_p, ErrorOut)),
    "stytch_options_set_ca_pem": (c_bool, (OptionsPointer, c_char_p, ErrorOut)),
    "stytch_options_set_proxy": (c_bool, (OptionsPointer, c_char_p, ErrorOut)),
    "stytch_options_set_app_info": (c_bool, (OptionsPointer, c_char_p, c_char_p, ErrorOut)),
    # client
    "stytch_client_new": (ClientPointer, (c_char_p, c_char_p, OptionsPointer, ErrorOut)),
    "stytch_client_free": (None, (ClientPointer,)),
    # calls
    "stytch_impersonation_authenticate": (ResponsePointer, (ClientPointer, c_char_p, ErrorOut)),
    # response
    "stytch_response_free": (None, (ResponsePointer,)),
    "stytch_response_json": (BorrowedBytes, (ResponsePointer,)),
    "stytch_response_json_length": (c_size_t, (ResponsePointer,)),
    "stytch_response_http_status": (c_int32, (ResponsePointer,)),
    "stytch_response_request_id": (c_char_p, (ResponsePointer,)),
    "stytch_response_member_id": (c_char_p, (ResponsePointer,)),
    "stytch_response_organization_id": (c_char_p, (ResponsePointer,)),
    "stytch_response_session_token": (c_char_p, (ResponsePointer,)),
    "stytch_response_session_jwt": (c_char_p, (ResponsePointer,)),
    "stytch_response_get_string": (c_char_p, (ResponsePointer, c_char_p)),
    "stytch_response_get_bool": (c_bool, (ResponsePointer, c_char_p, POINTER(c_bool))),
    "stytch_response_get_int64": (c_bool, (ResponsePointer, c_char_p, POINTER(c_int64))),
    "stytch_response_get_double": (c_bool, (ResponsePointer, c_char_p, POINTER(c_double))),
    "stytch_response_get_length": (c_bool, (ResponsePointer, c_char_p, POINTER(c_size_t))),
    "stytch_response_get_json": (OwnedString, (ResponsePointer, c_char_p)),
    # error
    "stytch_error_free": (None, (ErrorPointer,)),
    "stytch_error_code": (c_int32, (ErrorPointer,)),
    "stytch_error_delivery": (c_int32, (ErrorPointer,)),
    "stytch_error_message": (c_char_p, (ErrorPointer,)),
    "stytch_error_http_status": (c_int32, (ErrorPointer,)),
    "stytch_error_type": (c_char_p, (ErrorPointer,)),
    "stytch_error_request_id": (c_char_p, (ErrorPointer,)),
    "stytch_error_url": (c_char_p, (ErrorPointer,)),
    "stytch_error_retry_after_ms": (c_int64, (ErrorPointer,)),
    "stytch_error_body": (BorrowedBytes, (ErrorPointer,)),
    "stytch_error_body_length": (c_size_t, (ErrorPointer,)),
}


def declare(library: ctypes.CDLL) -> None:
    """Tell ctypes the types of every function; AttributeError names one that is missing."""
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = list(arguments)
