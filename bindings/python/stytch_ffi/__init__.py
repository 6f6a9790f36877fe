"""Stytch's B2B impersonation from Python, through libstytch.

    import stytch_ffi

    with stytch_ffi.Client(project_id, secret) as client:
        session = client.impersonation.authenticate(impersonation_token=token)
        print(session.member["name"], session.session_token)

Errors are subclasses of ``StytchError``: ``is_retryable`` says whether to make the call again, ``delivery`` what
became of the token. ``client.sessions`` recognises, refreshes and ends the session afterwards. In a coroutine, ``await``
the sibling whose name ends in ``_async``.
"""

from ._client import Client
from ._errors import (
    Delivery,
    ErrorCode,
    StytchAPIError,
    StytchBusyError,
    StytchCancelledError,
    StytchConnectionError,
    StytchError,
    StytchInternalError,
    StytchInvalidArgumentError,
    StytchInvalidResponseError,
    StytchInvalidTokenError,
    StytchTLSError,
    StytchTimeoutError,
    StytchTransportError,
)
from ._impersonation import Impersonation
from ._library import StytchLibraryError, library_path, library_version
from ._outcome import outcome_of
from ._response import Response
from ._sessions import Sessions

__version__ = "0.1.0"

__all__ = [
    "Client",
    "Delivery",
    "ErrorCode",
    "Impersonation",
    "Response",
    "Sessions",
    "StytchAPIError",
    "StytchBusyError",
    "StytchCancelledError",
    "StytchConnectionError",
    "StytchError",
    "StytchInternalError",
    "StytchInvalidArgumentError",
    "StytchInvalidResponseError",
    "StytchInvalidTokenError",
    "StytchLibraryError",
    "StytchTLSError",
    "StytchTimeoutError",
    "StytchTransportError",
    "__version__",
    "library_path",
    "library_version",
    "outcome_of",
]
