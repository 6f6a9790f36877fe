"""Threads, processes and memory: one client for many, closing under calls, forks, and no leaks."""

import contextlib
import multiprocessing
import os
import pickle
import sys
import threading
import time
import unittest
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional, Tuple

from support import Sandbox, SandboxTestCase, run_python, watch_bytecodes

import stytch_ffi
from stytch_ffi import Client, Response, StytchAPIError, StytchError

_client: Client


def _session_token(token: str) -> Tuple[int, Optional[str]]:
    """Runs in a forked process, on the client that it inherited."""
    return os.getpid(), _client.impersonation.authenticate(token).session_token


def _outcome(token: str) -> Response:
    """Runs in a forked process; what it returns or raises travels back as a pickle."""
    return _client.impersonation.authenticate(token)


class ThreadTest(SandboxTestCase):
    def test_many_threads_share_a_client(self) -> None:
        tokens = [self.sandbox.make_token() for _ in range(96)]
        with self.sandbox.client() as client, ThreadPoolExecutor(24) as pool:
            sessions = list(pool.map(client.impersonation.authenticate, tokens))
        self.assertEqual(len({session.session_token for session in sessions}), len(tokens))

    def test_of_many_threads_one_gets_the_session(self) -> None:
        token = self.sandbox.make_token()
        barrier = threading.Barrier(8)

        def race(_: int) -> bool:
            barrier.wait()
            try:
                return bool(client.impersonation.authenticate(token))
            except StytchAPIError:
                return False

        with self.sandbox.client() as client, ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(race, range(8))), 1)

    def test_a_response_is_read_from_many_threads(self) -> None:
        with self.sandbox.client() as client:
            session = client.impersonation.authenticate(self.sandbox.make_token())
        with ThreadPoolExecutor(16) as pool:
            names = set(pool.map(lambda _: session.member["name"], range(64)))
        self.assertEqual(len(names), 1)

    def test_threads_that_read_first_at_any_bytecode_read_the_same(self) -> None:
        """One thread is stopped in front of each bytecode of a read, while another one reads to its end."""
        with self.sandbox.client() as client:
            session = client.impersonation.authenticate(self.sandbox.make_token())
        reads: List[Callable[[Response], Any]] = [
            lambda fresh: fresh["member"]["name"],
            lambda fresh: fresh.member,
            lambda fresh: fresh.body,
            lambda fresh: fresh.session_token,
            lambda fresh: pickle.loads(pickle.dumps(fresh))["member"],
        ]
        for index, read in enumerate(reads):
            with self.subTest(index):
                stops = 0
                watch_bytecodes(lambda _: None, lambda: read(Response(session._c, session._pointer)))  # type: ignore
                while self.read_twice(Response(session._c, session._pointer), read, stops):  # type: ignore[arg-type]
                    stops += 1
                self.assertGreater(stops, 5)

    def read_twice(self, fresh: Response, read: Callable[[Response], Any], stop: int) -> bool:
        """Whether there was such a bytecode. In between the whole read is made a second time."""
        values: List[Any] = []
        between: List[Any] = []
        count = 0

        def visit(_: str) -> None:
            nonlocal count
            if count == stop:
                thread = threading.Thread(target=lambda: between.append(read(fresh)))
                thread.start()
                thread.join()
            count += 1

        watch_bytecodes(visit, lambda: values.append(read(fresh)))
        value = values[0]
        if between:
            self.assertEqual(value, between[0])
            if not isinstance(value, str):
                self.assertEqual(value is fresh.member, between[0] is fresh.member, "the same object for both")
        return bool(between)

    def test_other_threads_run_during_a_call(self) -> None:
        self.sandbox.add_faults({"delay_ms": 1000})
        ticks = 0
        with self.sandbox.client() as client, ThreadPoolExecutor(1) as pool:
            call = pool.submit(client.impersonation.authenticate, self.sandbox.make_token())
            while not call.done():
                time.sleep(0.01)
                ticks += 1
            call.result()
        self.assertGreater(ticks, 10)

    def test_closing_under_a_call_lets_it_finish(self) -> None:
        self.sandbox.add_faults({"delay_ms": 1500})
        client = self.sandbox.client()
        handle = weakref.ref(client._core.pointer)
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(client.impersonation.authenticate, self.sandbox.make_token())
            while self.sandbox.faults():  # until the server has taken it up
                self.assertFalse(call.done())
                time.sleep(0.01)
            client.close()
            self.assertFalse(call.done())
            self.assertIsNotNone(handle(), "freed under the call")
            with self.assertRaises(RuntimeError):
                client.impersonation.authenticate("a-token")
            self.assertTrue(call.result(timeout=60).session_token)
        self.assertIsNone(handle(), "not freed after the call")

    def test_a_process_may_end_during_a_call(self) -> None:
        self.sandbox.add_faults({"delay_ms": 3000})
        source = (
            "import os, threading, time, stytch_ffi\n"
            "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
            " base_url=os.environ['STYTCH_BASE_URL'])\n"
            "call = threading.Thread(target=client.impersonation.authenticate, args=['t'], daemon=True)\n"
            "call.start(); time.sleep(0.5); assert call.is_alive()\n"
        )
        result = run_python(source, self.sandbox.environment())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_an_open_client_at_exit_is_no_harm(self) -> None:
        source = (
            "import os, sys, stytch_ffi\n"
            "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
            " base_url=os.environ['STYTCH_BASE_URL'])\n"
            "session = client.impersonation.authenticate(sys.argv[1])\n"
            "cycle = [client, session]; cycle.append(cycle)\n"
        )
        result = run_python(source, self.sandbox.environment(), self.sandbox.make_token())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))


    def test_an_outcome_that_nobody_took_is_no_harm_at_exit(self) -> None:
        self.sandbox.add_faults({"delay_ms": 500})
        source = (
            "import os, signal, sys, stytch_ffi\n"
            "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
            " base_url=os.environ['STYTCH_BASE_URL'])\n"
            "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
            "signal.setitimer(signal.ITIMER_REAL, 0.1)\n"
            "try: client.impersonation.authenticate(sys.argv[1])\n"
            "except KeyboardInterrupt as interruption: kept = [interruption, client]; kept.append(kept)\n"
            "print(type(stytch_ffi.outcome_of(kept[0])).__name__)\n"
        )
        result = run_python(source, self.sandbox.environment(), self.sandbox.make_token())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "StytchCancelledError\n", ""))

    def test_an_interruption_that_nobody_catches_tells_how_to_find_the_outcome(self) -> None:
        self.sandbox.add_faults({"delay_ms": 500})
        source = (
            "import os, signal, sys, stytch_ffi\n"
            "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
            " base_url=os.environ['STYTCH_BASE_URL'])\n"
            "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
            "signal.setitimer(signal.ITIMER_REAL, 0.1)\n"
            "client.impersonation.authenticate(sys.argv[1])\n"
        )
        token = self.sandbox.make_token()
        result = run_python(source, self.sandbox.environment(), token)
        self.assertIn("KeyboardInterrupt", result.stderr)
        self.assertNotIn(token, result.stdout + result.stderr)
        if sys.version_info >= (3, 11):
            self.assertIn("stytch_ffi.outcome_of(exception)", result.stderr)


@unittest.skipUnless(hasattr(os, "fork"), "no fork here")
class ForkTest(SandboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        global _client
        _client = self.sandbox.client()
        self.addCleanup(_client.close)
        _client.impersonation.authenticate(self.sandbox.make_token())  # so that a connection is kept

    def test_the_client_works_on_both_sides_of_a_fork(self) -> None:
        for_child, for_parent = self.sandbox.make_token(), self.sandbox.make_token()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                _client.impersonation.authenticate(for_child)
                _client.close()
                status = 0
            finally:
                os._exit(status)
        self.assertTrue(_client.impersonation.authenticate(for_parent).session_token)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(_client.impersonation.authenticate(self.sandbox.make_token()).session_token)

    def test_a_fork_under_calls_in_other_threads(self) -> None:
        self.sandbox.add_faults({"delay_ms": 1000, "times": 4})
        with ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(_client.impersonation.authenticate, self.sandbox.make_token()) for _ in range(4)]
            while self.sandbox.faults():
                time.sleep(0.01)
            token = self.sandbox.make_token()
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    _client.impersonation.authenticate(token)
                    _client.close()
                    status = 0
                finally:
                    os._exit(status)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertTrue(all(call.result().session_token for call in calls))

    def test_multiprocessing_with_a_client_made_before(self) -> None:
        tokens = [self.sandbox.make_token() for _ in range(12)]
        with multiprocessing.get_context("fork").Pool(3) as pool:
            sessions = pool.map(_session_token, tokens, chunksize=1)
        self.assertEqual(len({session for _, session in sessions}), len(tokens))
        self.assertNotIn(os.getpid(), {process for process, _ in sessions})

    def test_responses_and_errors_travel_between_processes(self) -> None:
        token = self.sandbox.make_token()
        with multiprocessing.get_context("fork").Pool(1) as pool:
            session = pool.apply(_outcome, [token])
            self.assertIsInstance(session, Response)
            self.assertTrue(session.member["name"])
            with self.assertRaises(StytchAPIError) as caught:
                pool.apply(_outcome, [token])
        self.assertEqual(caught.exception.error_type, "unable_to_auth_impersonation_token")


@unittest.skipUnless(os.path.exists("/proc/self/statm"), "resident memory is read from /proc")
class LeakTest(unittest.TestCase):
    def grows(self, work: Callable[[], None], rounds: int) -> int:
        """By how many bytes the process grows over this many rounds, once warm."""
        for _ in range(rounds // 4):
            work()
        before = self.resident()
        for _ in range(rounds):
            work()
        return self.resident() - before

    @staticmethod
    def resident() -> int:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def test_errors_before_sending(self) -> None:
        big = "x" * 1_000_000  # what is copied and not freed shows at once
        with stytch_ffi.Client("project-test-1", "secret", base_url="http://127.0.0.1:9") as client:

            def work() -> None:
                for call in (
                    lambda: client.impersonation.authenticate(big),
                    lambda: stytch_ffi.Client("project-test-1", big),
                    lambda: stytch_ffi.Client("project-test-1", "secret", ca_pem=big),
                    lambda: stytch_ffi.Client("project-test-1", "secret").close(),
                ):
                    with contextlib.suppress(StytchError):
                        call()

            self.assertLess(self.grows(work, 100), 30_000_000)

    def test_responses_and_refusals(self) -> None:
        rounds, padding = 60, "x" * 200_000
        responses: List[Dict[str, Any]] = [
            {"status": 200, "body": {"session_token": "t", "padding": padding}},
            {"status": 400, "body": {"error_type": "e", "padding": padding}},
        ]
        with Sandbox() as sandbox, sandbox.client() as client:

            def work() -> None:
                sandbox.add_faults(*responses)
                session = client.impersonation.authenticate("t")
                self.assertEqual(len(session["padding"]), len(padding))
                with self.assertRaises(StytchAPIError):
                    client.impersonation.authenticate("t")

            # A leak of any of the three, response, text or error, would be twelve megabytes.
            self.assertLess(self.grows(work, rounds), 6_000_000)


if __name__ == "__main__":
    unittest.main()
