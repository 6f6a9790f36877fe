"""``client.impersonation``"""

from __future__ import annotations

from ._core import Arguments, Resource, calls
from ._native import encode


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
