"""The C ABI as ctypes sees it: one table with every function of ``stytch.h``.

A test compares this file with the header, so that a change there cannot go unnoticed here.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Dict, NoReturn, Tuple, Type

ABI_VERSION = 1
"""The STYTCH_ABI_VERSION that this package was written for."""


# A class for each C type: ctypes then refuses a response where a client belongs and, because these are
# subclasses, returns them as objects and not as bare integers.


class Owned(c_void_p):
    """A pointer that frees what it points to when nobody refers to it any more.

    ctypes creates the instance in C, right after the function returned, so there is no moment in
    which the pointer is a number that nobody owns: not even if a signal handler raises an exception
    between any two bytecodes. `bind` gives each subclass its finalizer.

    Whoever passes an instance to the library refers to it for as long as the call takes, so nothing
    is freed during a call, whichever thread made it. There is no lock that a fork could leave held.
    """

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: it owns an object of libstytch")


class ClientPointer(Owned):
    """``stytch_client *``"""

    __slots__ = ()


class OptionsPointer(Owned):
    """``stytch_options *``"""

    __slots__ = ()


class ResponsePointer(Owned):
    """``stytch_response *``"""

    __slots__ = ()


class ErrorPointer(Owned):
    """``stytch_error *``"""

    __slots__ = ()


class QueuePointer(Owned):
    """``stytch_queue *``"""

    __slots__ = ()


class CallPointer(Owned):
    """``stytch_call *``, from the function that started it."""

    __slots__ = ()


class OwnedString(Owned):
    """``char *``: the caller's.

    Not ``c_char_p``: ctypes would turn it into bytes, lose the pointer, and so leak it.
    """

    __slots__ = ()


class BorrowedBytes(c_void_p):
    """``const char *`` with a length of its own; it may contain NUL bytes."""

    __slots__ = ()


ErrorOut = POINTER(ErrorPointer)

LogFunction = c_void_p
"""``stytch_log_function``: from Python only NULL. A thread of the library's must not enter the interpreter,
which may be ending; events wait in a queue instead."""

LentCall = c_void_p
"""``stytch_call *`` that somebody else owns: a number, or None for NULL."""

_QUEUED = (QueuePointer, c_void_p, ErrorOut)
"""What every function that starts a call takes last."""

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
    "stytch_options_set_jwks_json": (c_bool, (OptionsPointer, c_char_p, ErrorOut)),
    "stytch_options_set_jwt_leeway_seconds": (c_bool, (OptionsPointer, c_uint32, ErrorOut)),
    "stytch_options_set_log_callback": (c_bool, (OptionsPointer, c_int32, LogFunction, c_void_p, ErrorOut)),
    "stytch_options_set_max_threads": (c_bool, (OptionsPointer, c_uint32, ErrorOut)),
    "stytch_options_set_max_pending": (c_bool, (OptionsPointer, c_uint32, ErrorOut)),
    # client
    "stytch_client_new": (ClientPointer, (c_char_p, c_char_p, OptionsPointer, ErrorOut)),
    "stytch_client_free": (None, (ClientPointer,)),
    # calls
    "stytch_impersonation_authenticate": (ResponsePointer, (ClientPointer, c_char_p, ErrorOut)),
    "stytch_impersonation_token_from_url": (OwnedString, (c_char_p, ErrorOut)),
    "stytch_sessions_authenticate": (ResponsePointer, (ClientPointer, c_char_p, c_char_p, c_char_p, ErrorOut)),
    "stytch_sessions_authenticate_jwt_local": (ResponsePointer, (ClientPointer, c_char_p, c_int64, ErrorOut)),
    "stytch_sessions_authenticate_jwt": (ResponsePointer, (ClientPointer, c_char_p, c_int64, ErrorOut)),
    "stytch_sessions_revoke": (ResponsePointer, (ClientPointer, c_char_p, c_char_p, c_char_p, c_char_p, ErrorOut)),
    "stytch_sessions_get": (ResponsePointer, (ClientPointer, c_char_p, c_char_p, ErrorOut)),
    "stytch_sessions_get_jwks": (ResponsePointer, (ClientPointer, ErrorOut)),
    "stytch_request": (ResponsePointer, (ClientPointer, c_char_p, c_char_p, c_char_p, ErrorOut)),
    # calls that do not block
    "stytch_impersonation_authenticate_start": (CallPointer, (ClientPointer, c_char_p, *_QUEUED)),
    "stytch_sessions_authenticate_start": (CallPointer, (ClientPointer, c_char_p, c_char_p, c_char_p, *_QUEUED)),
    "stytch_sessions_authenticate_jwt_start": (CallPointer, (ClientPointer, c_char_p, c_int64, *_QUEUED)),
    "stytch_sessions_revoke_start": (CallPointer, (ClientPointer, c_char_p, c_char_p, c_char_p, c_char_p, *_QUEUED)),
    "stytch_sessions_get_start": (CallPointer, (ClientPointer, c_char_p, c_char_p, *_QUEUED)),
    "stytch_sessions_get_jwks_start": (CallPointer, (ClientPointer, *_QUEUED)),
    "stytch_request_start": (CallPointer, (ClientPointer, c_char_p, c_char_p, c_char_p, *_QUEUED)),
    "stytch_queue_new": (QueuePointer, (ErrorOut,)),
    "stytch_queue_free": (None, (QueuePointer,)),
    "stytch_queue_fd": (c_int32, (QueuePointer,)),
    "stytch_queue_next": (LentCall, (QueuePointer,)),
    "stytch_queue_wait": (c_bool, (QueuePointer, c_uint32)),
    "stytch_queue_set_log_level": (c_bool, (QueuePointer, c_int32, ErrorOut)),
    "stytch_queue_next_event": (OwnedString, (QueuePointer, POINTER(c_int32))),
    "stytch_call_userdata": (c_void_p, (CallPointer,)),
    "stytch_call_is_finished": (c_bool, (CallPointer,)),
    "stytch_call_take": (ResponsePointer, (CallPointer, ErrorOut)),
    "stytch_call_cancel": (None, (CallPointer,)),
    "stytch_call_free": (None, (CallPointer,)),
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
    "stytch_response_is_impersonated": (c_bool, (ResponsePointer,)),
    "stytch_response_impersonator_id": (c_char_p, (ResponsePointer,)),
    "stytch_response_impersonator_email_address": (c_char_p, (ResponsePointer,)),
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
    "stytch_error_is_retryable": (c_bool, (ErrorPointer,)),
    "stytch_error_message": (c_char_p, (ErrorPointer,)),
    "stytch_error_api_message": (c_char_p, (ErrorPointer,)),
    "stytch_error_http_status": (c_int32, (ErrorPointer,)),
    "stytch_error_type": (c_char_p, (ErrorPointer,)),
    "stytch_error_request_id": (c_char_p, (ErrorPointer,)),
    "stytch_error_url": (c_char_p, (ErrorPointer,)),
    "stytch_error_retry_after_ms": (c_int64, (ErrorPointer,)),
    "stytch_error_body": (BorrowedBytes, (ErrorPointer,)),
    "stytch_error_body_length": (c_size_t, (ErrorPointer,)),
}


FREED_BY: Dict[Type[Owned], str] = {
    ClientPointer: "stytch_client_free",
    OptionsPointer: "stytch_options_free",
    ResponsePointer: "stytch_response_free",
    ErrorPointer: "stytch_error_free",
    QueuePointer: "stytch_queue_free",
    CallPointer: "stytch_call_free",
    OwnedString: "stytch_string_free",
}

# Other threads run while one of these waits, for the network or for a file. All others return at once:
# they keep the interpreter's lock, which is cheaper, and safer where a finalizer calls them.
WAITING = frozenset(
    {
        "stytch_options_set_ca_file",
        "stytch_client_new",
        "stytch_client_free",
        "stytch_impersonation_authenticate",
        "stytch_sessions_authenticate",
        "stytch_sessions_authenticate_jwt_local",
        "stytch_sessions_authenticate_jwt",
        "stytch_sessions_revoke",
        "stytch_sessions_get",
        "stytch_sessions_get_jwks",
        "stytch_request",
        "stytch_queue_wait",
    }
)


def bind(library: ctypes.CDLL) -> Any:
    """Returns an object that has every function as an attribute, with its types.

    :raises AttributeError: the library lacks a function; the message names it.
    """
    # The same library twice: a PyDLL's functions are called with the interpreter's lock held.
    quick = ctypes.PyDLL(library._name, handle=library._handle)
    functions = SimpleNamespace()
    for name, (result, arguments) in FUNCTIONS.items():
        function = (library if name in WAITING else quick)[name]
        function.restype = result
        function.argtypes = list(arguments)
        setattr(functions, name, function)
    for owner, free in FREED_BY.items():
        owner.__del__ = _method(getattr(functions, free))  # type: ignore[attr-defined]
    return functions


def _method(function: Any) -> Any:
    """Makes a method of a function written in C without a line of Python around it.

    A finalizer in Python could be interrupted by a signal handler before it has freed anything, and
    what the handler raised would be printed and dropped: a Ctrl-C would be lost, and the object too.
    A ctypes function does not bind to an instance. functools.lru_cache does, it is written in C, and
    with maxsize=0 it caches nothing.
    """
    return lru_cache(maxsize=0)(function)
