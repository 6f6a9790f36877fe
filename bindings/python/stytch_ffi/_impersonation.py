"""``client.impersonation``"""

from __future__ import annotations

import ctypes

from ._abi import ErrorPointer
from ._core import Resource, awaited, calls
from ._guard import guarded
from ._library import load
from ._native import encode, read_error
from ._outcome import Arguments


class Impersonation(Resource):
    """The calls under ``/v1/b2b/impersonation``, as ``client.impersonation``."""

    @calls("stytch_impersonation_authenticate")
    def authenticate(self, impersonation_token: str) -> Arguments:
        """Exchanges an impersonation token for a session of 60 minutes.

        ``POST /v1/b2b/impersonation/authenticate``. The token comes from the Stytch dashboard, expires
        after five minutes and works once. Other threads run while this one waits.

        :raises StytchError: one subclass for each error code; its ``delivery`` says what became of the token.
        :raises RuntimeError: the client is closed.
        """
        return (encode("impersonation_token", impersonation_token),)

    authenticate_async = awaited(authenticate)

    @staticmethod
    @guarded
    def token_from_url(url: str) -> str:
        """Returns the impersonation token of the link that Stytch's dashboard opens. Nothing is sent.

        The link is the project's redirect URL with ``stytch_token_type=multi_tenant_impersonation`` and
        ``token=…`` added. A path with its query, or a bare ``?query``, will do: what a server sees.

        :raises StytchInvalidArgumentError: the link is not one of these; the message says why, and which
            type of token it has instead.
        """
        c = load().c
        error = ErrorPointer()
        token = c.stytch_impersonation_token_from_url(encode("url", url), ctypes.byref(error))
        if not token:
            raise read_error(c, error)
        return ctypes.string_at(token).decode("utf-8")
