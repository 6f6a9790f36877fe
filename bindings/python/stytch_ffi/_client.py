"""The client: credentials and options go in, calls come out as Stytch's own Python SDK names them."""

from __future__ import annotations

import math
import os
from ctypes import byref
from types import TracebackType
from typing import Any, NoReturn, Optional, Tuple, Type, Union

from ._abi import ErrorPointer, OptionsPointer
from ._core import NEVER_OPENED, Core, Owner, awaited, calls
from ._errors import invalid_argument
from ._guard import guarded
from ._impersonation import Impersonation
from ._library import load
from ._native import count, encode, encode_json, read_error
from ._outcome import Arguments
from ._sessions import Sessions

_UINT32_MAX = 0xFFFFFFFF


class Client(Owner):
    """A client of Stytch's B2B API. Any number of threads may share it.

    :param project_id: ``project-live-…`` or ``project-test-…``; it chooses the environment.
    :param secret: a secret of that project. The client keeps it in the library only.
    :param base_url: another server, such as a sandbox: https, or http on a loopback address.
    :param timeout: seconds that a whole call may take, with its retries and their waiting.
    :param connect_timeout: seconds that lookup, connecting and TLS may take in one attempt.
    :param max_retries: how many times a call is repeated, if it cannot have used up a token.
    :param ca_file: path of a PEM file of certificate authorities that replace the built-in ones.
    :param ca_pem: the same as text; with ``ca_file`` the two add up.
    :param proxy: ``http://[user:password@]host[:port]``. The environment's proxy is never used.
    :param app_info: name and version of the application, for the User-Agent header.
    :param jwks_json: the keys to verify session JWTs with, as JSON; then none are ever fetched.
    :param jwt_leeway_seconds: how far clocks may differ when a session JWT is verified; 0 to 300.
    :param max_threads: how many of the calls that coroutines await are made at once; the others wait. 1 to 64.
    :param max_pending: how many of them may be unfinished; the next raises StytchBusyError. 1 to 65,536.
    :param log_level: from which level on the logger ``stytch_ffi`` gets a record of each call, such as
        ``logging.INFO``: ERROR for internal errors, WARNING for other failures, INFO for what succeeded, DEBUG for
        retries and local verifications. Without it nothing is recorded, and nothing spent on it.

    None leaves an option to the library's default, which is the one in the signature. A client that
    was made before a ``fork`` may be used in the child. It cannot be pickled.

    :raises StytchInvalidArgumentError: a value is not valid; the message says which.
    :raises StytchLibraryError: libstytch could not be loaded; the message says where it was looked for.
    """

    # What a client has whose constructor failed, or was never called: it is as good as closed.
    _project_id: Optional[str] = None

    impersonation = Impersonation(NEVER_OPENED)
    """The calls under ``/v1/b2b/impersonation``."""
    sessions = Sessions(NEVER_OPENED)
    """The calls under ``/v1/b2b/sessions``."""

    @guarded
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
        jwks_json: Union[str, bytes, None] = None,
        jwt_leeway_seconds: Optional[int] = 10,
        max_threads: Optional[int] = 8,
        max_pending: Optional[int] = 1024,
        log_level: Optional[int] = None,
    ) -> None:
        core = Core()
        core.c = load().c
        if log_level is not None:
            # Whoever names a level has imported that module already.
            from ._log import library_level

            core.log_level = library_level(count("log_level", log_level, _UINT32_MAX))
        options = _Options(core.c)
        if base_url is not None:
            options.set("base_url", encode("base_url", base_url))
        if timeout is not None:
            options.set("timeout_ms", _milliseconds("timeout", timeout))
        if connect_timeout is not None:
            options.set("connect_timeout_ms", _milliseconds("connect_timeout", connect_timeout))
        if max_retries is not None:
            options.set("max_retries", count("max_retries", max_retries, _UINT32_MAX))
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
        if jwks_json is not None:
            options.set("jwks_json", encode("jwks_json", _text("jwks_json", jwks_json)))
        if jwt_leeway_seconds is not None:
            leeway = count("jwt_leeway_seconds", jwt_leeway_seconds, _UINT32_MAX)
            options.set("jwt_leeway_seconds", leeway)
        for limit, most in (("max_threads", max_threads), ("max_pending", max_pending)):
            if most is not None:
                options.set(limit, count(limit, most, _UINT32_MAX))
        credentials = encode("project_id", project_id), encode("secret", secret)
        error = ErrorPointer()
        core.pointer = core.c.stytch_client_new(*credentials, options.pointer, byref(error))
        if not core.pointer:
            raise read_error(core.c, error)
        self._project_id = project_id
        self._core = core
        self.impersonation = Impersonation(core)
        self.sessions = Sessions(core)

    @calls("stytch_request")
    def request(self, method: str, path: str, body: Any = None) -> Arguments:
        """Makes any other call of Stytch's API, with the project's credentials::

            client.request("POST", "/v1/b2b/organizations/search", {"limit": 10})["organizations"]

        Any 2xx response is returned, one with an empty body too, which is an empty mapping. A POST or
        PATCH whose request was sent counts as possibly carried out: see ``is_retryable`` of the error.

        :param method: GET, POST, PUT, PATCH or DELETE.
        :param path: starts with ``/v1/`` and may have a query; percent-encoded.
        :param body: anything that the json module can write; None sends no body.
        :raises StytchError: the call failed.
        """
        return encode("method", method), encode("path", path), None if body is None else encode_json("body", body)

    request_async = awaited(request)

    def close(self) -> None:
        """Closes the connections and wipes the secret. It may be called twice.

        Calls that coroutines await are cancelled: they raise StytchCancelledError. Calls that other
        threads are making end undisturbed, and the last of them frees what they use. A call made
        afterwards raises RuntimeError.
        """
        self._core.close()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called, or the constructor failed."""
        return self._core.pointer is None

    def __enter__(self) -> Client:
        self._core.open_pointer()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        of_project = "" if self._project_id is None else f" {self._project_id!r}"
        return f"<{type(self).__name__}{of_project}: {'closed' if self.closed else 'open'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Client cannot be pickled or copied: share it between threads, make one in each process")


class _Options:
    """``stytch_options`` for as long as a client is being made."""

    def __init__(self, c: Any) -> None:
        self._c = c
        self.pointer: OptionsPointer = c.stytch_options_new()
        if not self.pointer:
            raise MemoryError("stytch_options_new failed")

    def set(self, option: str, *values: Union[bytes, int]) -> None:
        error = ErrorPointer()
        if not getattr(self._c, f"stytch_options_set_{option}")(self.pointer, *values, byref(error)):
            raise read_error(self._c, error)


def _text(name: str, value: Union[str, bytes]) -> str:
    """Returns a text that may be given as bytes, such as the body of a response."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_argument(f"{name} is not UTF-8.") from None


def _milliseconds(name: str, seconds: float) -> int:
    """Returns seconds as whole milliseconds, rounded up so that little never becomes nothing."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(seconds).__name__}")
    if not 0 < seconds < math.inf:
        raise invalid_argument(f"{name} must be a positive number of seconds, not {seconds!r}.")
    # To the microsecond first: 0.1 + 0.2 is 300 ms and not 301. What is too long for 32 bits is too
    # long for the library as well, which has the better message.
    milliseconds = math.ceil(round(min(seconds, _UINT32_MAX) * 1000, 3))
    return max(1, min(milliseconds, _UINT32_MAX))

