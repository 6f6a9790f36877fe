"""The example: what it prints, and the exit status for each thing that can become of a token."""

import re
import socket
import subprocess
import sys
import unittest
from typing import Any, Dict

from support import CHECKOUT, PACKAGE, SECRET, SandboxTestCase

EXAMPLE = PACKAGE / "examples" / "authenticate.py"
C_EXAMPLE = CHECKOUT / "bindings" / "c" / "authenticate.c"


class ExampleTest(SandboxTestCase):
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

    def fails(self, status: int, *texts: str, fault: Any = None, **changes: Any) -> None:
        if fault is not None:
            self.sandbox.add_faults(fault)
        token = self.sandbox.make_token()
        result = self.run_example(token, **changes)
        said = result.stderr.decode()
        self.assertEqual((result.returncode, result.stdout), (status, b""), said)
        for text in texts:
            self.assertIn(text, said)
        self.assertNotIn(token, said)

    def test_a_session_is_shown(self) -> None:
        token = self.sandbox.make_token(impersonator_email_address="zoe@example.com")
        result = self.run_example(token)
        said = result.stdout.decode()
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        for text in ("A session was started.", "member", "@", "organization", "roles", "zoe@example.com", "ends"):
            self.assertIn(text, said)
        self.assertNotRegex(said, r"\(none\)")
        self.assertNotRegex(said, r"eyJ")

    def test_the_token_on_standard_input(self) -> None:
        for arguments in ((), ("-",)):
            result = self.run_example(*arguments, stdin=self.sandbox.make_token().encode() + b"\r\nmore\n")
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_whole_response_on_demand(self) -> None:
        result = self.run_example("--json", self.sandbox.make_token())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b'"session_token"', result.stdout)

    def test_wrong_usage(self) -> None:
        for arguments in (("a", "b"), ("--wrong",), ("--json", "--json")):
            self.assertEqual(self.run_example(*arguments).returncode, 2)
        for name in ("STYTCH_PROJECT_ID", "STYTCH_SECRET"):
            for value in (None, ""):
                changes: Dict[str, Any] = {name: value}
                result = self.run_example("t", **changes)
                self.assertEqual(result.returncode, 2)
                self.assertIn(name.encode(), result.stderr)
        for stdin in (b"", b"\n", b"\xff\n"):
            self.assertEqual(self.run_example(stdin=stdin).returncode, 2)

    def test_an_invalid_argument(self) -> None:
        self.fails(2, "INVALID_ARGUMENT", "token is unspent", STYTCH_BASE_URL="ftp://example.com")

    def test_not_sent(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self.fails(3, "CONNECTION", "NOT_SENT", "send the same token again", STYTCH_BASE_URL=url)

    def test_rejected(self) -> None:
        self.fails(4, "REJECTED", "401", "unauthorized_credentials", STYTCH_SECRET="secret-test-wrong")

    def test_rejected_for_now(self) -> None:
        fault = {"status": 429, "headers": {"Retry-After": "60"}, "body": {"error_type": "too_many_requests"}}
        self.fails(4, "too_many_requests", "60000 ms", "wait", fault=fault)

    def test_unknown(self) -> None:
        fault = {"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<h1>Bad\x1b[31m Gateway</h1>"}
        self.fails(5, "UNKNOWN", "502", "<h1>Bad?[31m Gateway</h1>", "may have been used", fault=fault)

    def test_accepted(self) -> None:
        fault = {"status": 200, "body": {"request_id": "request-1", "member_id": "member-1"}}
        self.fails(6, "ACCEPTED", "INVALID_RESPONSE", "member-1", "session cannot be used", fault=fault)

    def test_it_says_what_the_c_example_says(self) -> None:
        def sentences(path: Any) -> str:
            text = path.read_text(encoding="utf-8")
            return re.sub(r'"\s*\n?\s*"', "", text)  # strings that stand in pieces become one

        c, python = sentences(C_EXAMPLE), sentences(EXAMPLE)
        advice = [text for text in re.findall(r'"([A-Z][^"]{30,}\.)"', python)]
        self.assertGreaterEqual(len(advice), 7)
        self.assertEqual([text for text in advice if text not in c], [], "not said by the C example")


if __name__ == "__main__":
    unittest.main()
