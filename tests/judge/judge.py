"""Stytch's own Python SDK judges the sandbox, and what libstytch makes of it.

1. The SDK authenticates a token, with nothing changed but its `environment`.
2. Its pydantic models accept the whole answer, and know every field that the sandbox sends.
3. It authenticates through its asynchronous client too.
4. It raises its own StytchError, with every detail, for a spent token, an unknown one and a wrong secret.
5. libstytch sees the same in those errors, field for field.
6. For a twin token (same member, same impersonator) libstytch's answer equals the SDK's, in all but what
   is new with each session, and the SDK's models accept libstytch's too.
7. The session JWT is one that a JWT library can read, and speaks of the same session.
"""

from __future__ import annotations

import asyncio
import copy
import json
import sys
import traceback
from typing import Any, Callable, Dict, Iterator, List, Tuple

import jwt
import pydantic
import requests
import stytch
from stytch.b2b.models.impersonation import AuthenticateResponse
from stytch.core.response_base import StytchError
from stytch.version import __version__ as sdk_version
from support import PROJECT_ID, SECRET, Sandbox

import stytch_ffi

IMPERSONATOR = {
    "impersonator_id": "impersonator-of-the-judge",
    "impersonator_email_address": "judge@example.com",
}

# What is new with each session. Nothing else may differ between twins.
FRESH = {
    "request_id",
    "session_token",
    "session_jwt",
    "member_session.member_session_id",
    "member_session.started_at",
    "member_session.last_accessed_at",
    "member_session.expires_at",
    "member_session.authentication_factors[0].last_authenticated_at",
    "member_session.authentication_factors[0].created_at",
    "member_session.authentication_factors[0].updated_at",
}


def leaves(value: Any, path: str = "") -> Iterator[Tuple[str, Any]]:
    """Every path into a JSON value with what stands there; an empty container stands for itself."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def unknown_fields(sent: Any, model: Any, path: str = "") -> Iterator[str]:
    """The fields of an answer that the SDK's model has no place for."""
    if isinstance(model, pydantic.BaseModel) and isinstance(sent, dict):
        fields = type(model).model_fields
        for key, inner in sent.items():
            here = f"{path}.{key}" if path else key
            if key in fields:
                yield from unknown_fields(inner, getattr(model, key), here)
            else:
                yield here
    elif isinstance(model, list) and isinstance(sent, list):
        for index, (inner, part) in enumerate(zip(sent, model)):
            yield from unknown_fields(inner, part, f"{path}[{index}]")
    elif isinstance(model, dict) and isinstance(sent, dict):
        for key, inner in sent.items():
            yield from unknown_fields(inner, model[key], f"{path}.{key}")


class Judge:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.answers: List[Dict[str, Any]] = []
        self.client = self.sdk_client(SECRET)
        self.failures = 0
        self.points = 0

    def sdk_client(self, secret: str) -> stytch.B2BClient:
        session = requests.Session()
        session.hooks["response"].append(lambda answer, **_: self.answers.append(answer.json()))
        return stytch.B2BClient(
            project_id=PROJECT_ID, secret=secret, environment=f"{self.sandbox.url}/", sync_session=session
        )

    def token(self) -> str:
        return self.sandbox.make_token(**IMPERSONATOR)

    def sdk_error(self, client: stytch.B2BClient, token: str) -> StytchError:
        try:
            client.impersonation.authenticate(impersonation_token=token)
        except StytchError as error:
            return error
        raise AssertionError("the SDK raised no StytchError")

    def our_error(self, secret: str, token: str) -> stytch_ffi.StytchError:
        with self.sandbox.client(secret=secret) as client:
            try:
                client.impersonation.authenticate(impersonation_token=token)
            except stytch_ffi.StytchError as error:
                return error
        raise AssertionError("libstytch raised no StytchError")

    def same_error(self, theirs: StytchError, ours: stytch_ffi.StytchError, status: int, error_type: str) -> None:
        details = theirs.details
        assert isinstance(ours, stytch_ffi.StytchAPIError), repr(ours)
        assert ours.delivery is stytch_ffi.Delivery.REJECTED, repr(ours)
        for name, their_value, our_value, wanted in (
            ("status", details.status_code, ours.http_status, status),
            ("error_type", details.error_type, ours.error_type, error_type),
        ):
            assert their_value == our_value == wanted, f"{name}: SDK {their_value!r}, libstytch {our_value!r}"
        assert details.error_url == ours.error_url and ours.error_url, (details.error_url, ours.error_url)
        said = details.error_message.rstrip(".")  # the library puts it into a sentence of its own
        assert said and said in ours.message, (said, ours.message)
        assert json.loads(ours.body)["error_message"] == details.error_message, ours.message
        assert details.request_id and ours.request_id, "no request id"
        assert details.request_id != ours.request_id, "two requests have one id"
        assert details.original_json is not None, "the SDK could not read the error"

    # The points, in their order; the name is what is printed.

    def the_sdk_authenticates_a_token(self) -> None:
        self.their_session = self.client.impersonation.authenticate(impersonation_token=self.token())
        self.their_answer = self.answers[-1]
        assert isinstance(self.their_session, AuthenticateResponse)
        assert self.their_session.is_success and self.their_session.member_authenticated
        assert self.their_session.session_token and self.their_session.session_jwt

    def its_models_accept_and_know_the_whole_answer(self) -> None:
        AuthenticateResponse.model_validate(self.their_answer)
        unknown = list(unknown_fields(self.their_answer, self.their_session))
        assert not unknown, f"the SDK does not know {unknown}"
        session = self.their_session.member_session
        assert session is not None
        factor, = session.authentication_factors
        assert factor.impersonated_factor is not None
        assert factor.impersonated_factor.model_dump() == IMPERSONATOR
        assert session.started_at and session.expires_at
        assert (session.expires_at - session.started_at).total_seconds() == 3600

    def its_asynchronous_client_authenticates_too(self) -> None:
        async def call() -> AuthenticateResponse:
            async with stytch.B2BClient(
                project_id=PROJECT_ID, secret=SECRET, environment=f"{self.sandbox.url}/"
            ) as client:
                return await client.impersonation.authenticate_async(impersonation_token=self.token())

        assert asyncio.run(call()).member_id == self.their_session.member_id

    def a_spent_token_is_refused_alike(self) -> None:
        token = self.token()
        self.client.impersonation.authenticate(impersonation_token=token)
        ours = self.our_error(SECRET, token)
        self.same_error(self.sdk_error(self.client, token), ours, 401, "unable_to_auth_impersonation_token")

    def an_unknown_token_is_refused_alike(self) -> None:
        ours = self.our_error(SECRET, "no-such-token")
        theirs = self.sdk_error(self.client, "no-such-token")
        self.same_error(theirs, ours, 401, "unable_to_auth_impersonation_token")

    def a_wrong_secret_is_refused_alike_and_spends_nothing(self) -> None:
        token, wrong = self.token(), "secret-test-wrong"
        theirs = self.sdk_error(self.sdk_client(wrong), token)
        self.same_error(theirs, self.our_error(wrong, token), 401, "unauthorized_credentials")
        self.client.impersonation.authenticate(impersonation_token=token)

    def libstytch_sees_the_same_in_a_twin_token(self) -> None:
        with self.sandbox.client() as client:
            self.our_session = client.impersonation.authenticate(impersonation_token=self.token())
        theirs, ours = dict(leaves(self.their_answer)), dict(leaves(dict(self.our_session)))
        assert theirs.keys() == ours.keys(), f"in one only: {sorted(theirs.keys() ^ ours.keys())}"
        differing = {path for path in theirs if theirs[path] != ours[path]}
        assert differing <= FRESH, f"differing: {sorted(differing - FRESH)}"
        secret = {"request_id", "session_token", "session_jwt", "member_session.member_session_id"}
        assert secret <= differing, f"the same in two sessions: {sorted(secret - differing)}"
        self.compared = len(theirs) - len(FRESH & theirs.keys())
        for name in ("member_id", "organization_id", "request_id", "session_token", "session_jwt", "status_code"):
            assert getattr(self.our_session, name) == self.our_session[name], name

    def the_sdks_models_agree_on_the_twins(self) -> None:
        ours = AuthenticateResponse.model_validate(dict(self.our_session)).model_dump(mode="json")
        theirs = copy.deepcopy(self.their_session.model_dump(mode="json"))
        ours_flat, theirs_flat = dict(leaves(ours)), dict(leaves(theirs))
        differing = {
            path for path in ours_flat.keys() | theirs_flat.keys() if ours_flat.get(path) != theirs_flat.get(path)
        }
        assert differing <= FRESH, f"differing: {sorted(differing - FRESH)}"

    def the_jwt_speaks_of_its_session(self) -> None:
        for session_jwt, answer in (
            (self.their_session.session_jwt, self.their_answer),
            (self.our_session.session_jwt, dict(self.our_session)),
        ):
            assert session_jwt is not None
            assert jwt.get_unverified_header(session_jwt)["alg"] == "RS256"
            claims = jwt.decode(session_jwt, options={"verify_signature": False}, audience=PROJECT_ID)
            assert claims["aud"] in (PROJECT_ID, [PROJECT_ID]), claims["aud"]
            assert claims["sub"] == answer["member_id"]
            assert claims["exp"] - claims["iat"] == 300
            assert claims["https://stytch.com/session"]["id"] == answer["member_session"]["member_session_id"]
            assert claims["https://stytch.com/organization"]["organization_id"] == answer["organization_id"]

    def hear(self, point: Callable[[], None]) -> None:
        self.points += 1
        verdict = "ok"
        try:
            point()
        except Exception:
            self.failures += 1
            verdict = "FAILED"
            traceback.print_exc()
        print(f"  {verdict:<7} {point.__name__.replace('_', ' ')}", flush=True)


def main() -> int:
    with Sandbox() as sandbox:
        judge = Judge(sandbox)
        print(f"Stytch's Python SDK {sdk_version} judges the sandbox and libstytch {stytch_ffi.library_version()}:")
        for point in (
            judge.the_sdk_authenticates_a_token,
            judge.its_models_accept_and_know_the_whole_answer,
            judge.its_asynchronous_client_authenticates_too,
            judge.a_spent_token_is_refused_alike,
            judge.an_unknown_token_is_refused_alike,
            judge.a_wrong_secret_is_refused_alike_and_spends_nothing,
            judge.libstytch_sees_the_same_in_a_twin_token,
            judge.the_sdks_models_agree_on_the_twins,
            judge.the_jwt_speaks_of_its_session,
        ):
            judge.hear(point)
    passed = judge.points - judge.failures
    compared = getattr(judge, "compared", 0)
    print(f"{judge.points} points, {passed} passed; {compared} values equal between the SDK's session and libstytch's.")
    return 1 if judge.failures else 0


if __name__ == "__main__":
    sys.exit(main())
