"""What a signal handler does that raises during a call: nothing leaks, and the outcome is not lost."""

import gc
import os
import pickle
import signal
import sys
import threading
import unittest
from typing import Any, Callable, List, Optional, Type

from support import Ledger, SandboxTestCase, watch_bytecodes

from stytch_ffi import Delivery, Response, StytchAPIError, StytchTimeoutError, outcome_of

class Limit(BaseException):
    """What the handlers here raise."""

    opcode = ""


UNSEEN = ("RETURN_VALUE", "RERAISE")
"""Bytecodes that return, or pass an exception on. No Python since 3.11 looks for signals in front of them."""


def interrupt_at(count: int, call: Callable[[], object]) -> Optional[Limit]:
    """Raises Limit before the count-th bytecode that the package runs in a call; None if there are fewer."""
    left = count

    def visit(opcode: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            limit = Limit()
            limit.opcode = opcode
            raise limit

    try:
        watch_bytecodes(visit, call)
    except Limit as limit:
        return limit
    return None


@unittest.skipUnless(hasattr(signal, "setitimer"), "no timers that send signals here")
class SignalTest(SandboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = self.sandbox.client()
        self.addCleanup(self.client.close)

    def interrupted(self, call: Callable[..., object], *args: Any, **named: Any) -> Limit:
        """Makes a call that a handler interrupts while the server waits."""

        def handler(*_: object) -> None:
            raise Limit

        before = signal.signal(signal.SIGALRM, handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            call(*args, **named)
        except Limit as limit:
            return limit
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return self.fail("the handler did not run during the call")

    def test_the_session_is_with_the_exception(self) -> None:
        self.sandbox.add_faults({"delay_ms": 300})
        limit = self.interrupted(self.client.impersonation.authenticate, self.sandbox.make_token())
        session = outcome_of(limit)
        assert isinstance(session, Response)
        self.assertTrue(session.session_token)
        self.assertTrue(session.member["name"])
        if sys.version_info >= (3, 11):
            self.assertIn("outcome_of", limit.__notes__[0])

    def test_the_error_is_with_the_exception(self) -> None:
        self.sandbox.add_faults({"delay_ms": 300}, {"delay_ms": 5000})
        error = outcome_of(self.interrupted(self.client.impersonation.authenticate, "unknown-token"))
        self.assertIs(type(error), StytchAPIError)
        with self.sandbox.client(timeout=0.3) as client:
            late = outcome_of(self.interrupted(client.impersonation.authenticate, self.sandbox.make_token()))
        assert isinstance(late, StytchTimeoutError)
        self.assertIs(late.delivery, Delivery.UNKNOWN)

    def test_keyboard_interrupt_alike(self) -> None:
        self.sandbox.add_faults({"delay_ms": 300})
        token = self.sandbox.make_token()
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        press = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        press.start()
        with self.assertRaises(KeyboardInterrupt) as caught:
            self.client.impersonation.authenticate(token)
        press.join()
        self.assertIsInstance(outcome_of(caught.exception), Response)

    def test_it_is_found_from_a_later_exception_and_after_a_pickle(self) -> None:
        self.sandbox.add_faults({"delay_ms": 300})
        try:
            try:
                raise self.interrupted(self.client.impersonation.authenticate, self.sandbox.make_token())
            except Limit as limit:
                raise ValueError("something else") from limit
        except ValueError as error:
            later = error
        session = outcome_of(later)
        assert isinstance(session, Response) and isinstance(later.__cause__, Limit)
        again = outcome_of(pickle.loads(pickle.dumps(later.__cause__)))
        assert isinstance(again, Response)
        self.assertEqual(again.session_token, session.session_token)

    def test_an_exception_that_stopped_no_call_has_none(self) -> None:
        for error in (KeyboardInterrupt(), ValueError("x")):
            self.assertIsNone(outcome_of(error))
        self.client.close()
        with self.assertRaises(RuntimeError) as caught:
            self.client.impersonation.authenticate("a-token")
        self.assertIsNone(outcome_of(caught.exception))

    def test_nothing_is_kept_when_a_handler_raises_each_time(self) -> None:
        self.sandbox.add_faults({"delay_ms": 150, "times": 5})
        with Ledger() as ledger:
            for _ in range(5):
                self.interrupted(self.client.impersonation.authenticate, self.sandbox.make_token())
            gc.collect()
        self.assertEqual(ledger.freed["ResponsePointer"], 5)


    def test_calls_on_sessions_alike(self) -> None:
        session = self.client.impersonation.authenticate(self.sandbox.make_token())
        token, where = session.session_token, {"member_id": session.member_id}
        calls: List[Callable[[], object]] = [
            lambda: self.client.sessions.authenticate(session_token=token),
            lambda: self.client.sessions.get(str(session.organization_id), str(session.member_id)),
            lambda: self.client.sessions.get_jwks(),
            lambda: self.client.request("GET", f"/v1/b2b/organizations/{session.organization_id}"),
            lambda: self.client.sessions.revoke(**where),
        ]
        for call in calls:
            self.sandbox.add_faults({"delay_ms": 300})
            self.assertIsInstance(outcome_of(self.interrupted(call)), Response)


class EveryBytecodeTest(SandboxTestCase):
    """An exception between any two bytecodes of the package, as a signal handler raises it there."""

    def each(self, work: Callable[[], object], judge: Callable[[Limit, Ledger], None]) -> int:
        """Runs some work with an exception before its first bytecode, its second, and so on to its end."""
        gc.collect()
        gc.freeze()  # so that collecting is quick
        self.addCleanup(gc.unfreeze)
        interrupt_at(0, work)  # Python 3.13 shows bytecodes from the second run on
        for count in range(1, 5000):
            with Ledger() as ledger:
                limit = interrupt_at(count, work)
                if limit is None:
                    return count
                judge(limit, ledger)
                limit.__traceback__ = limit.__context__ = None
                vars(limit).clear()
                del limit
                gc.collect()
                self.assertEqual(+ledger.freed, +ledger.made, f"bytecode {count}")
        return self.fail("it never ended")

    def test_a_call(self) -> None:
        found: List[bool] = []
        with self.sandbox.client() as client:

            def work() -> None:
                client.impersonation.authenticate("any-token")

            def judge(limit: Limit, ledger: Ledger) -> None:
                outcome = outcome_of(limit)
                if isinstance(outcome, Response):
                    self.assertEqual(outcome.session_token, "t")
                if limit.opcode not in UNSEEN:
                    self.assertEqual(ledger.made["ResponsePointer"], outcome is not None)
                found.append(outcome is not None)

            self.sandbox.add_faults({"status": 200, "body": {"session_token": "t"}, "times": 5000})
            self.assertGreater(self.each(work, judge), 50)
        self.assertIn(True, found)
        self.assertIn(False, found)

    def test_a_call_that_fails(self) -> None:
        found: List[Optional[Type[object]]] = []
        with self.sandbox.client() as client:

            def work() -> None:
                try:
                    client.impersonation.authenticate("any-token")
                except StytchAPIError:
                    pass

            def judge(limit: Limit, ledger: Ledger) -> None:
                # Where the error was being raised already, Python itself chains it.
                outcome = outcome_of(limit) or limit.__context__
                if limit.opcode not in UNSEEN:
                    self.assertEqual(ledger.made["ErrorPointer"], isinstance(outcome, StytchAPIError))
                found.append(type(outcome))

            self.sandbox.add_faults({"status": 400, "body": {"error_type": "e"}, "times": 5000})
            self.each(work, judge)
        self.assertIn(StytchAPIError, found)

    def test_making_and_closing_a_client(self) -> None:
        def work() -> None:
            self.sandbox.client(app_info=("tests", "1")).close()

        self.each(work, lambda limit, ledger: None)

    def test_reading_a_response(self) -> None:
        with self.sandbox.client() as client:
            session = client.impersonation.authenticate(self.sandbox.make_token())

        def work() -> None:
            fresh = Response(session._c, session._pointer)  # type: ignore[arg-type]
            self.assertTrue(fresh.member and fresh.session_token and fresh.body and fresh["member"])

        self.each(work, lambda limit, ledger: None)


if __name__ == "__main__":
    unittest.main()
