"""What comes after the token, on the sandbox: recognise, verify, list and end a session."""

import base64
import copy
import json
import pickle
import time
import unittest
from typing import Any, Dict

from support import SandboxTestCase

from stytch_ffi import (
    Client,
    Delivery,
    Impersonation,
    Response,
    StytchAPIError,
    StytchConnectionError,
    StytchInvalidArgumentError,
    StytchInvalidResponseError,
    StytchInvalidTokenError,
)

MARK = "MARKED-SECRET"


class SessionsTestCase(SandboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = self.sandbox.client()
        self.addCleanup(self.client.close)

    def start(self, **choice: Any) -> Dict[str, Any]:
        """A session that the sandbox starts; an ordinary one unless told otherwise."""
        started: Dict[str, Any] = self.sandbox.control("POST", "/sandbox/sessions", choice)
        return started

    def requests(self) -> int:
        return sum(self.sandbox.control("GET", "/sandbox/requests")["by_path"].values())


class AuthenticateTest(SessionsTestCase):
    def test_by_token_and_by_jwt(self) -> None:
        started = self.start()
        for chosen in ("session_token", "session_jwt"):
            session = self.client.sessions.authenticate(**{chosen: started[chosen]})
            self.assertEqual(session.status_code, 200)
            self.assertEqual(session.session_token, started["session_token"])
            self.assertTrue(session.session_jwt)
            member_session = session.member_session
            self.assertEqual(member_session["member_session_id"], started["member_session"]["member_session_id"])
            self.assertEqual(session.member_id, started["member"]["member_id"])
            self.assertEqual(session.organization_id, started["organization"]["organization_id"])
            self.assertEqual(session.member["member_id"], session.member_id)
        self.assertEqual(self.client.sessions.authenticate(started["session_token"]).member_id, session.member_id)

    def test_who_acts_as_the_member(self) -> None:
        token = self.sandbox.make_token(impersonator_email_address="zoë@example.com")
        impersonated = self.client.impersonation.authenticate(token)
        again = self.client.sessions.authenticate(session_token=impersonated.session_token)
        local = self.client.sessions.authenticate_jwt_local(str(impersonated.session_jwt))
        for session in (impersonated, again, local, pickle.loads(pickle.dumps(local)), copy.copy(again)):
            self.assertIs(session.is_impersonated, True)
            self.assertEqual(session.impersonator_email_address, "zoë@example.com")
            factor = session.member_session["authentication_factors"][0]
            self.assertEqual(session.impersonator_id, factor["impersonated_factor"]["impersonator_id"])
        ordinary = self.client.sessions.authenticate(session_token=self.start()["session_token"])
        for session in (ordinary, pickle.loads(pickle.dumps(ordinary)), Response.__new__(Response)):
            self.assertIs(session.is_impersonated, False)
            self.assertIsNone(session.impersonator_id)
            self.assertIsNone(session.impersonator_email_address)

    def test_duration_and_claims(self) -> None:
        started = self.start(duration_minutes=10)
        token = started["session_token"]
        claims = {"level": 3, "né": ["\u2028", None]}
        longer = self.client.sessions.authenticate(
            session_token=token, session_duration_minutes=600, session_custom_claims=claims
        )
        self.assertGreater(longer.member_session["expires_at"], started["member_session"]["expires_at"])
        self.assertEqual(longer.member_session["custom_claims"], claims)
        fewer = self.client.sessions.authenticate(session_token=token, session_custom_claims={"level": None})
        self.assertNotIn("level", fewer.member_session["custom_claims"])
        local = self.client.sessions.authenticate_jwt_local(str(fewer.session_jwt))
        self.assertIn("né", local.member_session["custom_claims"])

    def test_an_impersonated_session_is_not_extended(self) -> None:
        session = self.client.impersonation.authenticate(self.sandbox.make_token())
        error = self.fails_with(
            StytchAPIError,
            self.client.sessions.authenticate,
            session_token=session.session_token,
            session_duration_minutes=60,
        )
        self.assertEqual(error.error_type, "session_not_mutable_impersonated")
        self.assertFalse(error.is_retryable)

    def test_authorization(self) -> None:
        started = self.start()
        check = {
            "organization_id": started["organization"]["organization_id"],
            "resource_id": "documents",
            "action": "edit",
        }
        authenticate = self.client.sessions.authenticate
        granted = authenticate(session_token=started["session_token"], authorization_check=check)
        self.assertIs(granted["verdict"]["authorized"], True)
        check = {**check, "resource_id": "reports", "action": "export"}
        error = self.fails_with(
            StytchAPIError, authenticate, session_token=started["session_token"], authorization_check=check
        )
        self.assertEqual((error.http_status, error.error_type), (403, "session_authorization_error"))

    def test_arguments_that_cannot_be(self) -> None:
        before = self.requests()
        authenticate = self.client.sessions.authenticate
        refused: Any = (
            {},
            {"session_token": "t", "session_jwt": "j"},
            {"session_token": ""},
            {"session_token": f"{MARK}\0"},
            {"session_jwt": f"{MARK}\ud800"},
            {"session_token": "t", "session_custom_claims": {"a": float("nan")}},
            {"session_token": "t", "session_custom_claims": {"a": MARK * 10_000}},
            {"session_token": "t", "session_duration_minutes": -1},
        )
        for arguments in refused:
            error = self.fails_with(StytchInvalidArgumentError, authenticate, **arguments)
            self.assertIs(error.delivery, Delivery.NOT_SENT)
            self.assertNotIn(MARK, repr(error))
        circle: Dict[str, Any] = {}
        circle["self"] = circle
        self.fails_with(StytchInvalidArgumentError, authenticate, "t", session_custom_claims=circle)
        wrong: Any = (
            {"session_token": b"t"},
            {"session_jwt": 1},
            {"session_token": "t", "session_custom_claims": "{}"},
            {"session_token": "t", "session_custom_claims": {"a": {1}}},
            {"session_token": "t", "authorization_check": [1]},
            {"session_token": "t", "session_duration_minutes": 1.0},
            {"session_token": "t", "session_duration_minutes": True},
        )
        for arguments in wrong:
            with self.subTest(arguments), self.assertRaises(TypeError):
                authenticate(**arguments)
        self.assertEqual(self.requests(), before)

    def test_a_failed_call_may_be_repeated(self) -> None:
        self.sandbox.add_faults({"status": 503, "body": {"error_type": "e", "error_message": "Not now."}})
        token = self.start()["session_token"]
        error = self.fails_with(StytchAPIError, self.client.sessions.authenticate, session_token=token)
        self.assertEqual((error.http_status, error.is_retryable, error.api_message), (503, True, "Not now."))
        self.assertTrue(self.client.sessions.authenticate(session_token=token))


class JWTTest(SessionsTestCase):
    def test_nothing_is_sent_once_the_keys_are_there(self) -> None:
        started = self.start(custom_claims={"level": 3})
        remote = self.client.sessions.authenticate(session_token=started["session_token"])
        local = self.client.sessions.authenticate_jwt_local(started["session_jwt"])
        before = self.requests()
        for verify in (self.client.sessions.authenticate_jwt_local, self.client.sessions.authenticate_jwt):
            local = verify(started["session_jwt"], max_token_age_seconds=200)
            self.assertEqual((local.status_code, local.request_id, local.session_token), (0, None, None))
            self.assertEqual(local.session_jwt, started["session_jwt"])
            self.assertEqual(local.member_id, remote.member_id)
            self.assertEqual(local.organization_id, remote.organization_id)
            for name in ("member_session_id", "expires_at", "roles", "custom_claims", "authentication_factors"):
                self.assertEqual(local.member_session[name], remote.member_session[name], name)
        self.assertEqual(self.requests(), before)

    def test_keys_of_the_callers_own(self) -> None:
        jwt = self.start()["session_jwt"]
        keys = self.client.sessions.get_jwks()
        self.assertEqual(len(keys["keys"]), 2)
        for given in (keys.body, keys.text, json.dumps({"keys": keys["keys"]})):
            with self.sandbox.client(base_url="http://127.0.0.1:1", jwks_json=given, max_retries=0) as client:
                error = self.fails_with(StytchConnectionError, client.impersonation.authenticate, "a-token")
                self.assertTrue(error.is_retryable)
                self.assertTrue(client.sessions.authenticate_jwt_local(jwt).member_id)
        for bad in ("", "{}", b"\xff", '{"keys":[]}', "x\0"):
            with self.assertRaises(StytchInvalidArgumentError):
                self.sandbox.client(jwks_json=bad)
        with self.assertRaises(TypeError):
            self.sandbox.client(jwks_json={"keys": []})

    def test_why_a_token_is_refused(self) -> None:
        started = self.start()
        jwt = started["session_jwt"]
        head, claims, signature = jwt.split(".")
        sessions = self.client.sessions
        for token, kind in (
            ("", "jwt_malformed"),
            ("a.b", "jwt_malformed"),
            (f"{jwt}\0", "jwt_malformed"),
            (f"{jwt}\0{jwt}", "jwt_malformed"),
            (f"{jwt}\ud800", "jwt_malformed"),
            (f"{jwt}é", "jwt_malformed"),
            (f" {jwt}", "jwt_malformed"),
            (f"{head}.{claims}.{signature[::-1]}", None),
            (self.signed(aud=["project-test-other"]), "jwt_wrong_audience"),
            (self.signed(iss="stytch.com/other"), "jwt_wrong_issuer"),
            (self.signed(exp=1), "jwt_expired"),
        ):
            with self.subTest(kind):
                error = self.fails_with(StytchInvalidTokenError, sessions.authenticate_jwt_local, token)
                if kind is not None:
                    self.assertEqual(error.error_type, kind)
                self.assertIs(error.delivery, Delivery.NOT_SENT)
                self.assertFalse(error.is_retryable)
                self.assertIsNone(error.http_status)
        error = self.fails_with(StytchInvalidTokenError, sessions.authenticate_jwt_local, jwt, max_token_age_seconds=0)
        self.assertEqual(error.error_type, "jwt_too_old")

    def signed(self, **changes: Any) -> str:
        """A JWT that the sandbox signs, of a new session and with some claims changed."""
        jwt = self.start()["session_jwt"]
        claims = jwt.split(".")[1]
        decoded = json.loads(_base64url(claims))
        made: Dict[str, Any] = self.sandbox.control("POST", "/sandbox/sign", {"claims": {**decoded, **changes}})
        return str(made["jwt"])

    def test_stytch_is_asked_where_it_may_know_better(self) -> None:
        started = self.start()
        jwt = started["session_jwt"]
        sessions = self.client.sessions
        asked = sessions.authenticate_jwt(jwt, max_token_age_seconds=0)
        self.assertEqual(asked.status_code, 200)
        self.assertTrue(asked.session_jwt and asked.member["name"])
        self.client.sessions.revoke(session_token=started["session_token"])
        self.assertEqual(sessions.authenticate_jwt(jwt).status_code, 0, "a revoked session is not noticed locally")
        error = self.fails_with(StytchAPIError, sessions.authenticate_jwt, jwt, 0)
        self.assertEqual((error.http_status, error.error_type), (404, "session_not_found"))
        before = self.requests()
        self.fails_with(StytchInvalidTokenError, sessions.authenticate_jwt, f"{jwt}x", 0)
        self.assertEqual(self.requests(), before, "a forged token was sent")

    def test_leeway(self) -> None:
        ahead = int(time.time()) + 120
        jwt = self.signed(iat=ahead, nbf=ahead)
        error = self.fails_with(StytchInvalidTokenError, self.client.sessions.authenticate_jwt_local, jwt)
        self.assertEqual(error.error_type, "jwt_not_yet_valid")
        with self.sandbox.client(jwt_leeway_seconds=300) as lenient:
            self.assertTrue(lenient.sessions.authenticate_jwt_local(jwt).member_id)
        for bad in (-1, 301, 2**32):
            with self.assertRaises(StytchInvalidArgumentError):
                self.sandbox.client(jwt_leeway_seconds=bad)

    def test_ages_and_tokens_of_other_types(self) -> None:
        for verify in (self.client.sessions.authenticate_jwt_local, self.client.sessions.authenticate_jwt):
            for bad in (-1, 2**63):
                self.fails_with(StytchInvalidArgumentError, verify, "a.b.c", bad)
            for other in (1.5, "1", True):
                with self.assertRaises(TypeError):
                    verify("a.b.c", other)  # type: ignore[arg-type]
            for token in (None, b"a.b.c"):
                with self.assertRaises(TypeError):
                    verify(token)  # type: ignore[arg-type]


class EndTest(SessionsTestCase):
    def test_each_way_to_revoke(self) -> None:
        for chosen in ("member_session_id", "session_token", "session_jwt"):
            started = self.start()
            value = started["member_session"].get(chosen) or started[chosen]
            done = self.client.sessions.revoke(**{chosen: value})
            self.assertEqual(done.status_code, 200)
            self.assertTrue(done.request_id)
            self.assertIsNone(done.session_token)
            for call in (
                lambda: self.client.sessions.authenticate(session_token=started["session_token"]),
                lambda: self.client.sessions.revoke(**{chosen: value}),
            ):
                error = self.fails_with(StytchAPIError, call)
                self.assertEqual((error.http_status, error.error_type), (404, "session_not_found"))

    def test_every_session_of_a_member(self) -> None:
        started = [self.start() for _ in range(3)]
        member_id = started[0]["member"]["member_id"]
        where = {"organization_id": started[0]["organization"]["organization_id"], "member_id": member_id}
        listed = self.client.sessions.get(**where)
        ids = {each["member_session_id"] for each in listed["member_sessions"]}
        self.assertLessEqual({each["member_session"]["member_session_id"] for each in started}, ids)
        self.assertFalse(listed.is_impersonated)
        self.client.sessions.revoke(member_id=member_id)
        self.assertEqual(self.client.sessions.get(**where)["member_sessions"], [])

    def test_a_broken_body_does_not_undo_it(self) -> None:
        self.sandbox.add_faults({"status": 200, "body": "<html>"})
        done = self.client.sessions.revoke(member_id="m")
        self.assertEqual((done.status_code, done.body), (200, b"<html>"))
        with self.assertRaises(StytchInvalidResponseError):
            dict(done)

    def test_exactly_one_selector(self) -> None:
        for arguments in ({}, {"member_id": "m", "session_token": "t"}, {"member_id": ""}, {"member_session_id": "\0"}):
            self.fails_with(StytchInvalidArgumentError, self.client.sessions.revoke, **arguments)
        with self.assertRaises(TypeError):
            self.client.sessions.revoke(member_id=5)  # type: ignore[arg-type]

    def test_a_closed_client(self) -> None:
        sessions = self.client.sessions
        self.client.close()
        for call in (sessions.authenticate, sessions.get_jwks, sessions.revoke, Client.__new__(Client).sessions.revoke):
            with self.assertRaisesRegex(RuntimeError, "closed"):
                call()
        with self.assertRaisesRegex(RuntimeError, "closed"):
            self.client.request("GET", "/v1/b2b/sessions")
        for part in (sessions, self.client):
            with self.assertRaisesRegex(TypeError, "pickled or copied"):
                pickle.dumps(part)


class RequestTest(SessionsTestCase):
    def test_any_other_call(self) -> None:
        started = self.start()
        organization_id = started["organization"]["organization_id"]
        found = self.client.request("GET", f"/v1/b2b/organizations/{organization_id}")
        self.assertEqual(found.organization["organization_id"], organization_id)
        body = {"session_token": started["session_token"]}
        posted = self.client.request("POST", "/v1/b2b/sessions/authenticate", body)
        self.assertEqual(posted.member_id, started["member"]["member_id"])

    def test_a_response_without_a_body(self) -> None:
        self.sandbox.add_faults({"status": 204, "body": ""})
        empty = self.client.request("DELETE", "/v1/b2b/sessions/anything")
        self.assertEqual((empty.status_code, empty.body, dict(empty)), (204, b"", {}))
        self.assertEqual(dict(pickle.loads(pickle.dumps(empty))), {})

    def test_requests_that_cannot_be(self) -> None:
        before = self.requests()
        refused: Any = (
            ("get", "/v1/b2b/sessions"),
            ("GET", "https://example.com/"),
            ("GET", "/v1/../x"),
            ("GET", "/v1/a\0b"),
            ("GET", "/v1/é"),
            ("POST", "/v1/b2b/sessions", {"a": float("inf")}),
        )
        for arguments in refused:
            self.fails_with(StytchInvalidArgumentError, self.client.request, *arguments)
        wrong: Any = ((b"GET", "/v1/x"), ("GET", None), ("POST", "/v1/x", {"a": object()}))
        for arguments in wrong:
            with self.assertRaises(TypeError):
                self.client.request(*arguments)
        self.assertEqual(self.requests(), before)


class LinkTest(SessionsTestCase):
    def test_the_token_of_a_link(self) -> None:
        token = self.sandbox.make_token()
        query = f"?stytch_token_type=multi_tenant_impersonation&token={token.replace('=', '%3D')}"
        for url in (f"https://app.example.com/login{query}&slug=a", f"/login{query}#part", query):
            self.assertEqual(Impersonation.token_from_url(url), token)
            self.assertEqual(self.client.impersonation.token_from_url(url), token)
        self.assertTrue(self.client.impersonation.authenticate(Impersonation.token_from_url(query)).is_impersonated)

    def test_links_that_are_not_valid(self) -> None:
        start = "/login?stytch_token_type=multi_tenant_impersonation"
        for url in (
            "",
            "/login",
            start,
            f"{start}&token={MARK}&token={MARK}",
            f"{start}&token={MARK}%0",
            f"{start}&token={MARK}\0",
            f"{start}&token={MARK}\ud800",
            f"/login?stytch_token_type=oauth&token={MARK}",
        ):
            error = self.fails_with(StytchInvalidArgumentError, Impersonation.token_from_url, url)
            self.assertNotIn(MARK, repr(error))
        self.assertIn("oauth", str(error))
        with self.assertRaises(TypeError):
            Impersonation.token_from_url(b"?")  # type: ignore[arg-type]


def _base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    unittest.main()
