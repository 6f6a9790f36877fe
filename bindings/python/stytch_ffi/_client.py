"""The client: credentials and options go in, calls come out as Stytch's own Python SDK names them."""

from __future__ import annotations

import ctypes
import math
import operator
import os
from types import TracebackType
from typing import Any, NoReturn, Optional, Tuple, Type, Union

from ._abi import ErrorPointer, OptionsPointer
from ._errors import invalid_argument
from ._library import load
from ._native import Handle, encode, take_error
from ._response import Response

_UINT32_MAX = 0xFFFFFFFF


class Client:
    """A client of Stytch's B2B API. It may be shared by any number of threads.

    :param project_id: ``project-live-…`` or ``project-test-…``; it chooses the environment.
    :param secret: the secret that belongs to it. The client keeps it in the library only.
    :param base_url: another server, as a sandbox: https, or http on a loopback address.
    :param timeout: seconds that a whole call may take, with retries and their waiting.
    :param connect_timeout: seconds that looking up, connecting and TLS may take in one try.
    :param max_retries: how often a request is repeated whose token is surely unspent.
    :param ca_file: PEM file of certificate authorities that replace the built-in ones.
    :param ca_pem: the same as text; with ``ca_file`` the two add up.
    :param proxy: ``http://[user:password@]host[:port]``. The environment's proxy is never used.
    :param app_info: name and version of the application, for the User-Agent header.

    What is None is left to the library's defaults, which are those of the signature. A client that
    was made before a ``fork`` may be used in the child. It cannot be pickled.

    :raises StytchInvalidArgumentError: a value that cannot be; the message says which.
    :raises StytchLibraryError: libstytch could not be loaded; the message says where it was sought.
    """

    impersonation: Impersonation
    """The calls under ``/v1/b2b/impersonation``."""

    def __init__(
        self,
        project_id: str,
        secret: str,
        *,
        base_url: Optional[str] = None,
        timeout: Optional[float] = 31.0,
        connect_timeout: Optional[float] = 5.0,
        max_retries: Optional[int] = 2,
        ca_file: Union[str, os.PathLike[str], None] = None,
        ca_pem: Optional[str] = None,
        proxy: Optional[str] = None,
        app_info: Optional[Tuple[str, str]] = None,
    ) -> None:
        c = load().c
        with _Options(c) as options:
            if base_url is not None:
                options.set("base_url", encode("base_url", base_url))
            if timeout is not None:
                options.set("timeout_ms", _milliseconds("timeout", timeout))
            if connect_timeout is not None:
                options.set("connect_timeout_ms", _milliseconds("connect_timeout", connect_timeout))
            if max_retries is not None:
                options.set("max_retries", _count("max_retries", max_retries))
            if ca_file is not None:
                options.set("ca_file", encode("ca_file", os.fspath(ca_file)))
            if ca_pem is not None:
                options.set("ca_pem", encode("ca_pem", ca_pem))
            if proxy is not None:
                options.set("proxy", encode("proxy", proxy))
            if app_info is not None:
                if not isinstance(app_info, (tuple, list)) or len(app_info) != 2:
                    raise TypeError("app_info must be a pair of name and version")
                name, version = app_info
                options.set("app_info", encode("app_info's name", name), encode("app_info's version", version))
            error = ErrorPointer()
            pointer = c.stytch_client_new(
                encode("project_id", project_id), encode("secret", secret), options.pointer, ctypes.byref(error)
            )
        if not pointer:
            raise take_error(c, error)
        self._project_id = project_id
        self._shared = _Shared(c, Handle(pointer, c.stytch_client_free))
        self.impersonation = Impersonation(self._shared)

    def close(self) -> None:
        """Close connections and wipe the secret. May be called twice.

        Calls that are under way in other threads finish undisturbed, and the last of them frees
        what they use. A call made afterwards raises RuntimeError.
        """
        self._shared.handle = None

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._shared.handle is None

    def __enter__(self) -> Client:
        self._shared.open_handle()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<{type(self).__name__} {self._project_id!r}: {state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Client cannot be pickled or copied: share it between threads, make one per process")


class Impersonation:
    """Impersonation of members, as ``client.impersonation``."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared

    def authenticate(self, impersonation_token: str) -> Response:
        """Turn an impersonation token into a session of 60 minutes.

        ``POST /v1/b2b/impersonation/authenticate``. The token comes from the Stytch dashboard, lives
        five minutes and works once. Other threads run while this one waits.

        :raises StytchError: one subclass per error code. Decide by its ``delivery``.
        :raises RuntimeError: the client is closed.
        """
        token = encode("impersonation_token", impersonation_token)
        return self._shared.call("stytch_impersonation_authenticate", token)


class _Shared:
    """What a client and its resources have in common: the library and the client's handle."""

    __slots__ = ("c", "handle")

    def __init__(self, c: ctypes.CDLL, handle: Handle) -> None:
        self.c = c
        self.handle: Optional[Handle] = handle

    def open_handle(self) -> Handle:
        handle = self.handle
        if handle is None:
            raise RuntimeError("the client is closed")
        return handle

    def call(self, function: str, *arguments: Any) -> Response:
        """Make a call. The handle is in no local variable: an error's traceback would keep it alive."""
        error = ErrorPointer()
        pointer = getattr(self.c, function)(self.open_handle(), *arguments, ctypes.byref(error))
        if not pointer:
            raise take_error(self.c, error)
        return Response(self.c, Handle(pointer, self.c.stytch_response_free))


class _Options:
    """``stytch_options`` for as long as a client is being made."""

    def __init__(self, c: ctypes.CDLL) -> None:
        self._c = c
        self.pointer: OptionsPointer = c.stytch_options_new()
        if not self.pointer:
            raise MemoryError("stytch_options_new failed")

    def __enter__(self) -> _Options:
        return self

    def __exit__(self, *_: object) -> None:
        self._c.stytch_options_free(self.pointer)

    def set(self, option: str, *values: Union[bytes, int]) -> None:
        error = ErrorPointer()
        if not getattr(self._c, f"stytch_options_set_{option}")(self.pointer, *values, ctypes.byref(error)):
            raise take_error(self._c, error)


def _milliseconds(name: str, seconds: float) -> int:
    """Seconds as whole milliseconds, rounded up so that little never becomes nothing."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(seconds).__name__}")
    if not 0 < seconds < math.inf:
        raise invalid_argument(f"{name} must be a positive number of seconds, not {seconds!r}.")
    # To the microsecond first: 0.1 + 0.2 is 300 ms and not 301. What is too long for 32 bits is too
    # long for the library as well, and it says so better.
    milliseconds = math.ceil(round(min(seconds, _UINT32_MAX) * 1000, 3))
    return max(1, min(milliseconds, _UINT32_MAX))


def _count(name: str, value: int) -> int:
    """A count that fits C's uint32_t; ctypes would silently wrap one that does not."""
    if isinstance(value, bool):
        raise TypeError(f"{name} must be int, not bool")
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be int, not {type(value).__name__}") from None
    if not 0 <= count <= _UINT32_MAX:
        raise invalid_argument(f"{name} must not be negative or huge, and {count} is.")
    return count
