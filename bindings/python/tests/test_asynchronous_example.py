"""examples/asynchronous.py as a program: 200 sessions at once from one loop."""

import re
import subprocess
import sys
import unittest
from typing import Any

from support import PACKAGE, SECRET, SandboxTestCase

EXAMPLE = PACKAGE / "examples" / "asynchronous.py"


class AsynchronousExampleTest(SandboxTestCase):
    def run_example(self, stdin: str, **changes: Any) -> "subprocess.CompletedProcess[str]":
        environment = self.sandbox.environment(**changes)
        result = subprocess.run(
            [sys.executable, str(EXAMPLE)], env=environment, input=stdin, capture_output=True, text=True, timeout=120
        )
        self.assertNotIn("Traceback", result.stderr)
        self.assertNotIn(SECRET, result.stdout + result.stderr)
        return result

    def test_two_hundred_sessions(self) -> None:
        tokens = [self.sandbox.make_token() for _ in range(200)]
        result = self.run_example("\n".join(tokens))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertEqual(sum("@" in line and " acted as member-" in line for line in lines), 200)
        last = re.match(r"200 of 200 sessions; meanwhile the loop came round (\d+) times", lines[-1])
        assert last, lines[-1]
        self.assertGreater(int(last[1]), 200)

    def test_a_token_that_is_refused(self) -> None:
        result = self.run_example(f"unknown\n{self.sandbox.make_token()}\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("REJECTED", result.stderr)
        self.assertIn("1 of 2 sessions", result.stdout)

    def test_wrong_usage(self) -> None:
        self.assertEqual(self.run_example("").returncode, 2)
        self.assertEqual(self.run_example("token", STYTCH_SECRET=None).returncode, 2)


if __name__ == "__main__":
    unittest.main()
