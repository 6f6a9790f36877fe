"""examples/session.py as a program: what it says, and its exit status."""

import subprocess
import sys
import unittest
from typing import Any

from support import PACKAGE, SECRET, SandboxTestCase

EXAMPLE = PACKAGE / "examples" / "session.py"


class SessionExampleTest(SandboxTestCase):
    def run_example(
        self, *arguments: str, stdin: bytes = b"", **changes: Any
    ) -> "subprocess.CompletedProcess[bytes]":
        result = subprocess.run(
            [sys.executable, str(EXAMPLE), *arguments],
            env=self.sandbox.environment(PYTHONIOENCODING="utf-8", **changes),
            input=stdin,
            capture_output=True,
            timeout=120,
        )
        self.assertNotIn(b"Traceback", result.stderr)
        self.assertNotIn(SECRET.encode(), result.stdout + result.stderr)
        return result

    def fails(self, status: int, text: str, *arguments: str, stdin: bytes = b"", **changes: Any) -> None:
        result = self.run_example(*arguments, stdin=stdin, **changes)
        self.assertEqual((result.returncode, result.stdout), (status, b""), result.stderr)
        self.assertIn(text, result.stderr.decode())

    def test_a_session_lives_and_ends(self) -> None:
        made = self.sandbox.control("POST", "/sandbox/impersonation_tokens", {})
        link = made["redirect_url"]
        result = self.run_example(stdin=link.encode() + b"\r\n")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        lines = result.stdout.decode().splitlines()
        self.assertEqual(
            [line.split()[0] for line in lines], ["started", "verified", "refreshed", "ended", "refused", "but"]
        )
        email = made["impersonator"]["impersonator_email_address"]
        self.assertIn(f"{email} acts as {made['member']['name']}", lines[0])
        self.assertIn(f"{email} acts as {made['member']['member_id']}", lines[1])
        newest = self.sandbox.control("GET", "/sandbox/sessions")["sessions"][0]
        self.assertEqual((newest["kind"], newest["state"]), ("impersonated", "revoked"))
        # The token in the link has been used.
        self.fails(1, "unable_to_auth_impersonation_token", link)

    def test_a_token_will_do(self) -> None:
        self.assertEqual(self.run_example(self.sandbox.make_token()).returncode, 0)

    def test_a_session_that_was_ended_and_is_still_accepted_is_reported(self) -> None:
        # The revoke is lost on the way to Stytch, and something in between says that all is well.
        fault = {"status": 200, "body": {"status_code": 200}, "path": "/v1/b2b/sessions/revoke"}
        self.sandbox.add_faults(fault)
        result = self.run_example(self.sandbox.make_token())
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"still accepts", result.stderr)

    def test_only_a_refused_session_is_taken_for_none(self) -> None:
        for body in ({"error_type": "too_many_requests"}, {}):
            self.sandbox.clear_faults()
            fault = {"status": 403, "body": body, "path": "/v1/b2b/sessions/authenticate"}
            self.sandbox.add_faults(fault)
            result = self.run_example(self.sandbox.make_token())
            self.assertEqual(result.returncode, 1)
            self.assertIn(b"403", result.stderr)

    def test_wrong_usage(self) -> None:
        self.fails(2, "usage", "one", "two")
        self.fails(2, "usage", "--help")
        self.fails(2, "STYTCH_SECRET", "x", STYTCH_SECRET=None)
        self.fails(2, "https", "x", STYTCH_BASE_URL="http://example.com")
        self.fails(2, "multi_tenant_magic_links", "/?stytch_token_type=multi_tenant_magic_links&token=x")
        self.fails(2, "impersonation_token", stdin=b"\n")
        self.fails(2, "impersonation_token", stdin=b"\xff\n")


if __name__ == "__main__":
    unittest.main()
