"""A token becomes a session, or an exception that says what became of it, on the sandbox."""

import copy
import json
import pickle
import socket
import tempfile
import time
import unittest
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Dict

from support import Sandbox, SandboxTestCase

import stytch_ffi
from stytch_ffi import (
    Delivery,
    Response,
    StytchAPIError,
    StytchConnectionError,
    StytchInvalidResponseError,
    StytchTimeoutError,
    StytchTLSError,
    StytchTransportError,
)


class AuthenticateTest(SandboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = self.sandbox.client()
        self.addCleanup(self.client.close)

    def authenticate(self, token: str = "") -> Response:
        return self.client.impersonation.authenticate(impersonation_token=token or self.sandbox.make_token())

    def responded(self, text: str) -> Response:
        """The response to a call to which the server responds with this JSON text."""
        self.sandbox.add_faults({"status": 200, "headers": {"Content-Type": "application/json"}, "body": text})
        return self.authenticate("any-token")

    def fails(self, kind: type, *faults: Dict[str, Any], **options: Any) -> Any:
        """Queue faults, make a call that must fail with this class, and return its exception."""
        self.sandbox.add_faults(*faults)
        with self.sandbox.client(**options) as client:
            token = self.sandbox.make_token()
            return self.fails_with(kind, client.impersonation.authenticate, impersonation_token=token)


class SessionTest(AuthenticateTest):
    def test_the_named_fields_are_those_of_the_json(self) -> None:
        session = self.authenticate()
        document = json.loads(session.body)
        self.assertEqual(session.status_code, 200)
        self.assertEqual(session.http_status, 200)
        for name in ("request_id", "member_id", "organization_id", "session_token", "session_jwt"):
            self.assertTrue(document[name])
            self.assertEqual(getattr(session, name), document[name])
        for name in ("member", "organization", "member_session"):
            self.assertTrue(document[name])
            self.assertEqual(getattr(session, name), document[name])
        self.assertEqual(json.loads(session.text), document)

    def test_it_is_a_mapping_over_the_json(self) -> None:
        session = self.authenticate()
        document = json.loads(session.body)
        self.assertIsInstance(session, Mapping)
        self.assertEqual(dict(session), document)
        self.assertEqual(session, document)
        self.assertEqual(list(session), list(document))
        self.assertEqual(len(session), len(document))
        self.assertIn("member", session)
        self.assertNotIn("absent", session)
        self.assertIsNone(session.get("absent"))
        with self.assertRaises(KeyError):
            session["absent"]
        factor = session["member_session"]["authentication_factors"][0]
        self.assertEqual(factor["type"], "impersonated")

    def test_the_token_is_whom_it_was_made_for(self) -> None:
        token = self.sandbox.make_token(impersonator_email_address="zoë@example.com")
        factor = self.authenticate(token).member_session["authentication_factors"][0]
        self.assertEqual(factor["impersonated_factor"]["impersonator_email_address"], "zoë@example.com")

    def test_text_shows_no_token(self) -> None:
        session = self.authenticate()
        for text in (repr(session), str(session), f"{session}"):
            self.assertNotIn(session.session_token, text)
            self.assertNotIn(str(session.session_jwt), text)
            self.assertIn(str(session.request_id), text)

    def test_it_survives_pickle_and_copy(self) -> None:
        session = self.authenticate()
        for again in (pickle.loads(pickle.dumps(session)), copy.copy(session), copy.deepcopy(session)):
            self.assertEqual(dict(again), dict(session))
            self.assertEqual(again.session_token, session.session_token)
            self.assertEqual((again.body, again.status_code), (session.body, 200))
            self.assertEqual(repr(again), repr(session))

    def test_a_pickle_brings_back_what_the_json_module_cannot_read(self) -> None:
        session = self.responded('{"session_token":"t","deep":' + "[" * 100_000 + "]" * 100_000 + "} trailing")
        again = pickle.loads(pickle.dumps(session))
        self.assertEqual((again.session_token, again.body), ("t", session.body))
        with self.assertRaises(StytchInvalidResponseError):
            dict(again)
        more = self.responded('{"session_token":"t"} trailing')
        self.assertEqual(dict(pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(more))))), {"session_token": "t"})

    def test_a_response_that_is_not_fully_made_is_empty(self) -> None:
        half = Response.__new__(Response)
        for again in (half, copy.copy(half), pickle.loads(pickle.dumps(half))):
            self.assertEqual((dict(again), again.body, again.text, again.status_code), ({}, b"", "", 0))
            self.assertIsNone(again.request_id)
            self.assertIn("Response", repr(again))

    def test_it_outlives_its_client(self) -> None:
        session = self.authenticate()
        self.client.close()
        self.assertTrue(session.member["name"])

    def test_what_the_response_lacks_is_none_or_empty(self) -> None:
        session = self.responded('{"session_token":"t","member":null,"organization":[1],"member_id":7}')
        self.assertEqual(session.session_token, "t")
        self.assertIsNone(session.request_id)
        self.assertIsNone(session.member_id)
        self.assertIsNone(session.organization_id)
        self.assertIsNone(session.session_jwt)
        self.assertEqual((session.member, session.organization, session.member_session), ({}, {}, {}))
        self.assertEqual(session["member_id"], 7)

    def test_unusual_json_is_read_as_it_stands(self) -> None:
        session = self.responded(
            '  {"session_token":"first","session_token":"last","lone":"\\ud800","nul":"a\\u0000b",'
            f'"big":{10**30},"long":{"9" * 6000},"huge":1e999,"new":{{"":[true]}}}}'
        )
        self.assertEqual(session.session_token, "last")
        self.assertEqual(session["session_token"], "last")
        self.assertEqual(session["lone"], "\ud800")
        self.assertEqual(session["nul"], "a\0b")
        self.assertEqual(session["big"], 10**30)
        self.assertGreater(session["long"], 10**300)
        self.assertGreater(session["huge"], 10**300)
        self.assertEqual(session["new"], {"": [True]})

    def test_bytes_after_the_object_do_no_harm(self) -> None:
        session = self.responded('{"session_token":"t","member_id":"m"}  trailing } bytes')
        self.assertEqual(dict(session), {"session_token": "t", "member_id": "m"})
        self.assertTrue(session.body.endswith(b"trailing } bytes"))

    def test_a_session_is_not_lost_to_deep_nesting(self) -> None:
        depth = 200_000
        session = self.responded('{"session_token":"t","deep":' + "[" * depth + "]" * depth + "}")
        self.assertEqual(session.session_token, "t")
        with self.assertRaises(StytchInvalidResponseError) as caught:
            dict(session)
        self.assertIs(caught.exception.delivery, Delivery.ACCEPTED)
        self.assertEqual(caught.exception.body, session.body)
        self.assertEqual(session.session_token, "t")


class RefusalTest(AuthenticateTest):
    def test_a_token_works_once(self) -> None:
        token = self.sandbox.make_token()
        self.authenticate(token)
        error = self.fails_with(StytchAPIError, self.authenticate, token)
        self.assertEqual(error.error_type, "unable_to_auth_impersonation_token")
        self.assertIs(error.delivery, Delivery.REJECTED)
        self.assertFalse(error.is_retryable)
        self.assertTrue(400 <= error.http_status < 500)
        body = json.loads(error.body)
        self.assertEqual(body["error_type"], error.error_type)
        self.assertEqual(body["request_id"], error.request_id)
        self.assertEqual(body["error_url"], error.error_url)
        self.assertEqual(body["error_message"], error.api_message)
        self.assertNotIn(token, str(error) + repr(error))

    def test_a_wrong_secret_is_refused_and_spends_nothing(self) -> None:
        token = self.sandbox.make_token()
        with self.sandbox.client(secret="secret-test-wrong") as client:
            error = self.fails_with(StytchAPIError, client.impersonation.authenticate, token)
        self.assertEqual((error.http_status, error.error_type), (401, "unauthorized_credentials"))
        self.assertIs(error.delivery, Delivery.REJECTED)
        self.assertNotIn("secret-test-wrong", str(error) + repr(error))
        self.authenticate(token)

    def test_too_many_requests(self) -> None:
        said = {"status_code": 429, "error_type": "too_many_requests", "error_message": "Too many."}
        fault = {"status": 429, "headers": {"Retry-After": "7"}, "body": said}
        error = self.fails(StytchAPIError, fault, max_retries=0)
        self.assertEqual((error.http_status, error.retry_after_ms, error.retry_after), (429, 7000, 7.0))
        self.assertEqual((error.error_type, error.api_message), ("too_many_requests", "Too many."))
        self.assertIs(error.delivery, Delivery.REJECTED)
        self.assertTrue(error.is_retryable)

    def test_oauth_errors_fill_the_same_fields(self) -> None:
        said = {"error": "invalid_client", "error_description": "No such client.", "error_uri": "https://example.com/e"}
        error = self.fails(StytchAPIError, {"status": 400, "body": said})
        self.assertEqual((error.error_type, error.error_url), ("invalid_client", "https://example.com/e"))
        self.assertIn("No such client", error.message)

    def test_a_page_from_a_gateway_is_kept(self) -> None:
        page = "<html><h1>502 Bad Gateway</h1>\0</html>"
        fault = {"status": 502, "headers": {"Content-Type": "text/html"}, "body": page}
        error = self.fails(StytchAPIError, fault)
        self.assertEqual((error.http_status, error.body), (502, page.encode()))
        self.assertIsNone(error.error_type)
        self.assertIs(error.delivery, Delivery.UNKNOWN)

    def test_a_response_without_a_session_is_kept(self) -> None:
        error = self.fails(StytchInvalidResponseError, {"status": 200, "body": {"request_id": "r-1", "member_id": "m"}})
        self.assertIs(error.delivery, Delivery.ACCEPTED)
        self.assertEqual(error.http_status, 200)
        self.assertEqual(json.loads(error.body)["member_id"], "m")

    def test_a_cut_response_is_accepted_and_kept(self) -> None:
        error = self.fails(StytchTransportError, {"cut_body": 20})
        self.assertIs(error.delivery, Delivery.ACCEPTED)
        self.assertEqual((error.http_status, len(error.body)), (200, 20))

    def test_a_connection_closed_before_the_response_is_unknown(self) -> None:
        error = self.fails(StytchTransportError, {"connection": "close", "when": "before_headers"})
        self.assertIs(error.delivery, Delivery.UNKNOWN)
        self.assertIsNone(error.http_status)
        self.assertEqual(error.body, b"")

    def test_a_late_response_is_unknown(self) -> None:
        started = time.monotonic()
        error = self.fails(StytchTimeoutError, {"delay_ms": 20_000}, timeout=0.3)
        self.assertLess(time.monotonic() - started, 15)
        self.assertIs(error.delivery, Delivery.UNKNOWN)

    def test_a_refused_connection_is_not_sent(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))  # bound and not listening: refused
            token = self.sandbox.make_token()
            with self.sandbox.client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", max_retries=0) as client:
                error = self.fails_with(StytchConnectionError, client.impersonation.authenticate, token)
        self.assertIs(error.delivery, Delivery.NOT_SENT)
        self.assertTrue(error.is_retryable)
        self.assertIsNone(error.retry_after)
        self.authenticate(token)


class TLSTest(unittest.TestCase):
    def test_a_ca_is_trusted_once_it_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            ca_file = Path(folder) / "ca.pem"
            with Sandbox("--tls", "--ca-file", str(ca_file)) as sandbox:
                self.assertTrue(sandbox.url.startswith("https://"))
                for options in ({"ca_file": ca_file}, {"ca_pem": ca_file.read_text()}, {"ca_file": str(ca_file)}):
                    with sandbox.client(**options) as client:
                        # Its control calls are https as well: an unknown token must do.
                        with self.assertRaises(StytchAPIError):
                            client.impersonation.authenticate("unknown-token")
                with sandbox.client() as client, self.assertRaises(StytchTLSError) as caught:
                    client.impersonation.authenticate("unknown-token")
        self.assertIs(caught.exception.delivery, Delivery.NOT_SENT)
        self.assertIs(caught.exception.code, stytch_ffi.ErrorCode.TLS)


if __name__ == "__main__":
    unittest.main()
