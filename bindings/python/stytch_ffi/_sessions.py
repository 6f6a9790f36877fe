"""``client.sessions``"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from ._core import Resource, awaited, calls
from ._native import count, encode, encode_json, encode_jwt, encode_optional
from ._outcome import Arguments

_INT64_MAX = 2**63 - 1


class Sessions(Resource):
    """The calls under ``/v1/b2b/sessions``, as ``client.sessions``.

    None of them does harm when it is repeated: after an error whose ``is_retryable`` is true, make the
    same call again.
    """

    @calls("stytch_sessions_authenticate")
    def authenticate(
        self,
        session_token: Optional[str] = None,
        session_duration_minutes: Optional[int] = None,
        session_jwt: Optional[str] = None,
        session_custom_claims: Optional[Mapping[str, Any]] = None,
        authorization_check: Optional[Mapping[str, str]] = None,
    ) -> Arguments:
        """Asks Stytch whether a session is alive, and gets a fresh JWT for it.

        ``POST /v1/b2b/sessions/authenticate``. An expired JWT is accepted as long as its session lives.

        :param session_token: the session's token; either this or ``session_jwt``.
        :param session_duration_minutes: extends the session to this many minutes from now; absent, it keeps
            its end. Stytch refuses this for an impersonated session.
        :param session_jwt: the session's JWT; either this or ``session_token``.
        :param session_custom_claims: claims to merge into those of the session; None deletes a claim.
            Stytch refuses this for an impersonated session.
        :param authorization_check: ``{"organization_id": …, "resource_id": …, "action": …}``; the error has
            status 403 if the roles of the session do not grant it.
        :raises StytchAPIError: with ``error_type`` ``"session_not_found"``: unknown, expired or revoked.
        :raises StytchError: the call failed otherwise.
        """
        more: Dict[str, Any] = {}
        if session_duration_minutes is not None:
            name = "session_duration_minutes"
            more[name] = count(name, session_duration_minutes, _INT64_MAX)
        for name, given in (
            ("session_custom_claims", session_custom_claims),
            ("authorization_check", authorization_check),
        ):
            if given is not None:
                if not isinstance(given, Mapping):
                    raise TypeError(f"{name} must be a mapping, not {type(given).__name__}")
                more[name] = dict(given)
        return (
            encode_optional("session_token", session_token),
            encode_optional("session_jwt", session_jwt),
            encode_json("session_custom_claims or authorization_check", more) if more else None,
        )

    authenticate_async = awaited(authenticate)

    @calls("stytch_sessions_authenticate_jwt")
    def authenticate_jwt(self, session_jwt: str, max_token_age_seconds: Optional[int] = None) -> Arguments:
        """Verifies a session JWT locally, and asks Stytch only where Stytch may know better.

        That is if the token is the project's own and has expired, is too old or not yet valid, or if no
        keys can be had. A forged token is never sent. A response of Stytch has a fresh ``session_jwt``;
        its ``status_code`` is 200, that of a local verification is 0.

        :param max_token_age_seconds: ask Stytch if the token was issued longer ago, 0 for always. A session
            that was revoked is not noticed before its JWT expires, up to five minutes later.
        :raises StytchInvalidTokenError: the token is not one of this project; ``error_type`` says why.
        :raises StytchError: Stytch was asked and the call failed, as with ``authenticate``.
        """
        return encode_jwt(session_jwt), _age(max_token_age_seconds)

    authenticate_jwt_async = awaited(authenticate_jwt)

    @calls("stytch_sessions_authenticate_jwt_local")
    def authenticate_jwt_local(self, session_jwt: str, max_token_age_seconds: Optional[int] = None) -> Arguments:
        """Verifies a session JWT. Nothing is sent, except to fetch the keys when they are first needed, and
        again from time to time.

        The response has ``member_session`` as Stytch would return it, and ``session_jwt``. Unlike Stytch's
        own SDK, which returns None, it raises an error for a token that is refused. The leeway is an option
        of the client.

        :param max_token_age_seconds: refuse the token if it was issued longer ago.
        :raises StytchInvalidTokenError: the token is refused; ``error_type`` says why.
        :raises StytchError: there are no keys: the error is that of fetching them.
        """
        return encode_jwt(session_jwt), _age(max_token_age_seconds)

    @calls("stytch_sessions_revoke")
    def revoke(
        self,
        member_session_id: Optional[str] = None,
        session_token: Optional[str] = None,
        session_jwt: Optional[str] = None,
        member_id: Optional[str] = None,
    ) -> Arguments:
        """Ends a session, or with ``member_id`` every session of a member; give exactly one argument.

        ``POST /v1/b2b/sessions/revoke``. The session's JWTs stay valid for local verification until they
        expire, up to five minutes later.

        :raises StytchAPIError: with ``error_type`` ``"session_not_found"``: there is no such session any
            more, so take it for done.
        :raises StytchError: the call failed otherwise.
        """
        return (
            encode_optional("member_session_id", member_session_id),
            encode_optional("session_token", session_token),
            encode_optional("session_jwt", session_jwt),
            encode_optional("member_id", member_id),
        )

    revoke_async = awaited(revoke)

    @calls("stytch_sessions_get")
    def get(self, organization_id: str, member_id: str) -> Arguments:
        """Lists the active sessions of a member, as ``response["member_sessions"]``.

        ``GET /v1/b2b/sessions``.

        :raises StytchError: the call failed.
        """
        return encode("organization_id", organization_id), encode("member_id", member_id)

    get_async = awaited(get)

    @calls("stytch_sessions_get_jwks")
    def get_jwks(self) -> Arguments:
        """Gets the keys that session JWTs are signed with, as ``response["keys"]``.

        ``GET /v1/b2b/sessions/jwks/{project_id}``. Local verification fetches and keeps keys by itself;
        this call neither reads nor fills what it keeps. ``response.body`` is fit for the option
        ``jwks_json``.

        :raises StytchError: the call failed.
        """
        return ()

    get_jwks_async = awaited(get_jwks)


def _age(max_token_age_seconds: Optional[int]) -> int:
    """Returns the limit in the form that the library takes, where -1 is none."""
    if max_token_age_seconds is None:
        return -1
    return count("max_token_age_seconds", max_token_age_seconds, _INT64_MAX)
