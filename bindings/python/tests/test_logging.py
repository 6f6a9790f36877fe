"""The logger ``stytch_ffi``: a record for each call, on the thread that made it, and never a secret in it."""

import asyncio
import json
import logging
import os
import threading
import unittest
from typing import Any, Callable, List

from support import SECRET, SandboxTestCase, run_python

import stytch_ffi
from stytch_ffi import StytchAPIError, StytchError

CLIENT = (
    "import asyncio, logging, os, sys, threading, time, stytch_ffi\n"
    "logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(levelname)s %(name)s %(message).26s')\n"
    "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
    " base_url=os.environ['STYTCH_BASE_URL'], log_level=logging.INFO)\n"
)


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: List[Any] = []
        self.threads: List[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.threads.append(threading.get_ident())

    def take(self) -> List[Any]:
        taken, self.records = self.records, []
        return taken


class LoggingTest(SandboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.kept = Kept()
        logger = logging.getLogger("stytch_ffi")
        logger.addHandler(self.kept)
        self.addCleanup(logger.removeHandler, self.kept)
        self.addCleanup(logger.setLevel, logger.level)
        self.addCleanup(setattr, logger, "propagate", logger.propagate)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False

    def test_a_record_for_each_call(self) -> None:
        with self.sandbox.client(log_level=logging.INFO) as client:
            session = client.impersonation.authenticate(self.sandbox.make_token())
            with self.assertRaises(StytchAPIError) as caught:
                client.impersonation.authenticate("unknown-token")
        good, bad = self.kept.take()
        self.assertEqual((good.name, good.levelname, bad.levelname), ("stytch_ffi", "INFO", "WARNING"))
        self.assertEqual(good.stytch["operation"], "impersonation_authenticate")
        self.assertEqual((good.stytch["code"], good.stytch["http_status"]), ("OK", 200))
        self.assertEqual(good.stytch["request_id"], session.request_id)
        self.assertEqual(good.stytch["member_session_id"], session.member_session_id)
        self.assertEqual(good.stytch["impersonator_id"], session.impersonator_id)
        self.assertEqual((bad.stytch["code"], bad.stytch["delivery"]), ("API", "REJECTED"))
        self.assertEqual(bad.stytch["error_type"], caught.exception.error_type)
        for record in (good, bad):
            self.assertIn(record.stytch["request_id"], record.getMessage())
            self.assertNotIn("\n", record.getMessage())

    def test_levels(self) -> None:
        for level, count in (
            (logging.DEBUG, 3),
            (logging.INFO, 2),
            (logging.INFO + 1, 1),
            (logging.WARNING, 1),
            (logging.ERROR, 0),
            (logging.CRITICAL, 0),
            (None, 0),
        ):
            with self.subTest(level), self.sandbox.client(log_level=level) as client:
                session = client.sessions.authenticate(session_token=self.session_token())
                client.sessions.authenticate_jwt(str(session.session_jwt))  # fetches the keys, and DEBUG
                with self.assertRaises(StytchAPIError):
                    client.sessions.authenticate(session_token="unknown")
                records = [r for r in self.kept.take() if r.stytch["operation"] != "sessions_get_jwks"]
                self.assertEqual(len(records), count, [record.getMessage() for record in records])

    def session_token(self) -> str:
        with self.sandbox.client() as client:
            return str(client.impersonation.authenticate(self.sandbox.make_token()).session_token)

    def test_the_loggers_own_level_holds_too(self) -> None:
        logging.getLogger("stytch_ffi").setLevel(logging.WARNING)
        with self.sandbox.client(log_level=logging.DEBUG) as client:
            client.sessions.get_jwks()
        self.assertEqual(self.kept.take(), [])

    def test_local_verifications(self) -> None:
        with self.sandbox.client(log_level=logging.DEBUG) as client:
            session = client.impersonation.authenticate(self.sandbox.make_token())
            client.sessions.authenticate_jwt_local(str(session.session_jwt))
            with self.assertRaises(StytchError):
                client.sessions.authenticate_jwt_local("a.b.c")
        _, good, bad = [r for r in self.kept.take() if r.stytch["operation"] != "sessions_get_jwks"]
        self.assertEqual((good.levelname, bad.levelname), ("DEBUG", "WARNING"))
        self.assertEqual(good.stytch["operation"], "sessions_authenticate_jwt_local")
        self.assertEqual((good.stytch["code"], good.stytch["source"]), ("OK", "local"))
        self.assertEqual(good.stytch["member_session_id"], session.member_session_id)
        self.assertEqual((bad.stytch["code"], bad.stytch["error_type"]), ("INVALID_TOKEN", "jwt_malformed"))

    def test_retries(self) -> None:
        self.sandbox.add_faults({"status": 503})
        with self.sandbox.client(log_level=logging.DEBUG) as client:
            client.sessions.get_jwks()
        retry, end = self.kept.take()
        self.assertEqual((retry.levelname, end.levelname), ("DEBUG", "INFO"))
        self.assertIn("retry in", retry.getMessage())
        self.assertGreaterEqual(retry.stytch["retry_in_ms"], 0)
        self.assertEqual(end.stytch["attempts"], 2)

    def test_records_are_made_on_the_thread_that_called_and_before_the_call_returns(self) -> None:
        seen: List[bool] = []

        def work() -> None:
            client.sessions.get_jwks()
            seen.append(self.kept.threads[-1] == threading.get_ident() and len(self.kept.records) == len(seen) + 1)

        with self.sandbox.client(log_level=logging.INFO) as client:
            for _ in range(3):
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
            work()
        self.assertEqual(seen, [True] * 4)

    def test_calls_that_a_coroutine_awaits(self) -> None:
        async def main() -> None:
            with self.sandbox.client(log_level=logging.INFO) as loud, self.sandbox.client() as quiet:
                for count in range(1, 4):
                    await loud.sessions.get_jwks_async()
                    self.assertEqual(len(self.kept.records), count)
                    await quiet.sessions.get_jwks_async()
                calls = [loud.sessions.get_jwks_async() for _ in range(50)]
                await asyncio.gather(*calls)
                with self.assertRaises(StytchError):
                    await loud.impersonation.authenticate_async("\n")
            self.assertEqual(len(self.kept.records), 54)
            self.assertEqual(set(self.kept.threads), {threading.get_ident()})

        asyncio.run(main())

    def test_no_secret_is_in_a_record(self) -> None:
        odd = ["MARKED token", "MARKED%0a", '{"MARKED": 1}', "MARKED\\u0000", "MARKED/../é", "MARKED.MARKED.MARKED"]
        with self.sandbox.client(log_level=logging.DEBUG) as client:
            for token in odd:
                # A server that repeats what it was sent.
                echo = {"error_type": token, "error_message": token, "request_id": token}
                self.sandbox.add_faults(*({"status": status, "body": echo} for status in (400, 404, 500, 500, 500)))
                calls: List[Callable[[], object]] = [
                    lambda: client.impersonation.authenticate(token),
                    lambda: client.sessions.authenticate(session_token=token),
                    lambda: client.sessions.authenticate(session_jwt=token),
                    lambda: client.sessions.authenticate_jwt(token),
                    lambda: client.sessions.authenticate_jwt_local(token),
                    lambda: client.sessions.revoke(session_token=token),
                    lambda: client.sessions.authenticate(session_token=token + "\n"),
                ]
                for call in calls:
                    with self.assertRaises(StytchError):
                        call()
                self.sandbox.clear_faults()
            live = client.impersonation.authenticate(self.sandbox.make_token())
            with self.assertRaises(StytchError):
                client.request("GET", "/v1/b2b/sessions?token=MARKED")
        records = self.kept.take()
        self.assertGreater(len(records), 7 * len(odd))
        for record in records:
            text = record.getMessage() + json.dumps(record.stytch) + repr(vars(record))
            for secret in ("MARKED", SECRET, live.session_token, live.session_jwt):
                self.assertNotIn(str(secret), text)

    def test_a_handler_that_raises_loses_no_session(self) -> None:
        class Broken(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                raise LookupError("full")

        logger, broken = logging.getLogger("stytch_ffi"), Broken()
        logger.addHandler(broken)
        self.addCleanup(logger.removeHandler, broken)
        with self.sandbox.client(log_level=logging.INFO) as client, self.assertRaises(LookupError) as caught:
            client.impersonation.authenticate(self.sandbox.make_token())
        self.assertIsInstance(stytch_ffi.outcome_of(caught.exception), stytch_ffi.Response)


class ProcessTest(SandboxTestCase):
    def says(self, source: str, *lines: str) -> None:
        result = run_python(CLIENT + source, self.sandbox.environment())
        self.assertEqual((result.returncode, result.stdout.splitlines(), result.stderr), (0, list(lines), ""))

    def test_at_exit(self) -> None:
        self.sandbox.add_faults({"delay_ms": 60_000, "times": 8})
        self.says(
            "for _ in range(4): threading.Thread(target=client.sessions.get_jwks, daemon=True).start()\n"
            "async def main(): await asyncio.gather(*(client.sessions.get_jwks_async() for _ in range(4)))\n"
            "threading.Thread(target=lambda: asyncio.new_event_loop().run_until_complete(main()), daemon=True).start()\n"
            "time.sleep(0.5)\n"
        )

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_in_a_forked_child(self) -> None:
        line = "INFO stytch_ffi sessions_get_jwks: OK, sta"
        self.says(
            "client.sessions.get_jwks()\n"
            "sys.stdout.flush()\n"
            "child = os.fork()\n"
            "client.sessions.get_jwks()\n"
            "sys.stdout.flush()\n"
            "if child == 0: os._exit(0)\n"
            "assert os.waitpid(child, 0)[1] == 0\n",
            line,
            line,
            line,
        )


if __name__ == "__main__":
    unittest.main()
