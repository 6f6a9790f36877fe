"""What a signal handler does that raises during a call: the call ends soon, nothing leaks, the outcome is not lost."""

import asyncio
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import unittest
import warnings
from typing import Any, Callable, List, Optional, Type
from unittest import mock

from support import Ledger, SandboxTestCase, run_python, watch_bytecodes

from stytch_ffi import (
    Delivery,
    Response,
    StytchAPIError,
    StytchBusyError,
    StytchCancelledError,
    StytchError,
    StytchTimeoutError,
    _core,
    _queued,
    outcome_of,
)

STALL = {"delay_ms": 60_000}
"""What a call does not outlast that nobody ends."""

class Limit(BaseException):
    """What the handlers here raise."""

    opcode = ""


UNSEEN = ("RETURN_VALUE", "RERAISE")
"""Bytecodes that return, or pass an exception on. No Python since 3.11 looks for signals in front of them."""

AWAITING = ("SEND", "YIELD_VALUE", "RESUME", "JUMP_BACKWARD_NO_INTERRUPT", "YIELD_FROM")
"""Bytecodes that hand a value through a coroutine. In front of these Python looks for signals neither."""


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

    def interrupted(self, call: Callable[..., object], *args: Any, at_its_end: bool = False) -> Limit:
        """Makes a call that a handler stops, as soon as the server has taken it up, or when its result is there."""
        made: List[_queued.Queued] = []

        class Seen(_queued.Queued):
            def __init__(self, c: Any, log_level: int) -> None:
                super().__init__(c, log_level)
                made.append(self)

            def _end(self) -> None:
                if at_its_end and not stopped:
                    stopped.append(True)
                    os.kill(os.getpid(), signal.SIGALRM)
                super()._end()

        stopped: List[bool] = []

        def handler(*_: object) -> None:
            while at_its_end and not made[0]._c.stytch_queue_wait(made[0]._queue, 1000):
                pass
            raise Limit

        def press() -> None:
            while self.sandbox.faults():
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGALRM)

        before = signal.signal(signal.SIGALRM, handler)
        presser = threading.Thread(target=press)
        if not at_its_end:
            presser.start()
        try:
            with mock.patch.object(_core, "Queued", Seen):
                call(*args)
        except Limit as limit:
            return limit
        finally:
            if not at_its_end:
                presser.join()
            signal.signal(signal.SIGALRM, before)
        return self.fail("the handler did not run during the call")

    def test_the_call_is_cancelled_and_its_outcome_is_with_the_exception(self) -> None:
        self.sandbox.add_faults(STALL)
        started = time.monotonic()
        limit = self.interrupted(self.client.impersonation.authenticate, self.sandbox.make_token())
        self.assertLess(time.monotonic() - started, 30)
        error = outcome_of(limit)
        assert isinstance(error, StytchCancelledError)
        self.assertIs(error.delivery, Delivery.UNKNOWN)
        self.assertFalse(error.is_retryable)
        if sys.version_info >= (3, 11):
            self.assertIn("outcome_of", limit.__notes__[0])

    def test_a_session_that_arrived_all_the_same_is_with_the_exception(self) -> None:
        self.sandbox.add_faults({"delay_ms": 50})
        limit = self.interrupted(self.client.impersonation.authenticate, self.sandbox.make_token(), at_its_end=True)
        session = outcome_of(limit)
        assert isinstance(session, Response)
        self.assertTrue(session.session_token)
        self.assertTrue(session.member["name"])

    def test_the_error_is_with_the_exception(self) -> None:
        self.sandbox.add_faults({"delay_ms": 50})
        error = outcome_of(self.interrupted(self.client.impersonation.authenticate, "unknown-token", at_its_end=True))
        self.assertIs(type(error), StytchAPIError)
        self.sandbox.add_faults(STALL)
        with self.sandbox.client(timeout=1) as client:
            limit = self.interrupted(client.impersonation.authenticate, self.sandbox.make_token(), at_its_end=True)
        late = outcome_of(limit)
        assert isinstance(late, StytchTimeoutError)
        self.assertIs(late.delivery, Delivery.UNKNOWN)

    def test_a_handler_that_does_not_raise_does_no_harm(self) -> None:
        ran: List[int] = []
        before = signal.signal(signal.SIGALRM, lambda *_: ran.append(1))
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.sandbox.add_faults({"delay_ms": 700})
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        try:
            self.client.impersonation.authenticate(self.sandbox.make_token())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.assertGreater(len(ran), 1)

    def test_a_handler_may_make_a_call(self) -> None:
        inner: List[Response] = []

        def handler(*_: object) -> None:
            inner.append(self.client.sessions.get_jwks())

        before = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.sandbox.add_faults({"delay_ms": 700, "path": "/v1/b2b/impersonation/authenticate"})
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        session = self.client.impersonation.authenticate(self.sandbox.make_token())
        self.assertTrue(session.session_token)
        self.assertTrue(inner[0]["keys"])

    def test_a_handler_that_raises_again_while_the_call_is_brought_home(self) -> None:
        self.sandbox.add_faults(STALL)
        limits: List[Limit] = []

        real_end = _queued.Queued._end

        class Pestered(_queued.Queued):
            def bring_home(self, exception: BaseException) -> BaseException:
                def pestered() -> None:
                    if len(limits) < 3:
                        limits.append(Limit())
                        raise limits[-1]
                    real_end(self)

                with mock.patch.object(Pestered, "_end", lambda self: pestered()):
                    return super().bring_home(exception)

        with mock.patch.object(_queued, "Queued", Pestered):
            limit = self.interrupted(self.client.impersonation.authenticate, self.sandbox.make_token())
        self.assertIs(limit, limits[-1])
        self.assertIsInstance(outcome_of(limit), StytchCancelledError)

    def test_without_a_handler_the_main_thread_makes_the_call_itself(self) -> None:
        handled = [each for each in signal.valid_signals() if callable(signal.getsignal(each))]
        self.assertEqual(_queued.is_interruptible(), bool(handled))
        for each in handled:
            self.addCleanup(signal.signal, each, signal.signal(each, signal.SIG_IGN))
        self.assertFalse(_queued.is_interruptible())
        with Ledger() as ledger:
            self.client.sessions.get_jwks()
        self.assertEqual(+ledger.made, {"ResponsePointer": 1})

    def test_other_threads_make_their_calls_themselves(self) -> None:
        with Ledger() as ledger:
            thread = threading.Thread(target=self.client.sessions.get_jwks)
            thread.start()
            thread.join()
        self.assertEqual(+ledger.made, {"ResponsePointer": 1})

    def test_where_too_many_calls_wait_the_main_thread_makes_the_call_itself(self) -> None:
        async def main() -> None:
            with self.sandbox.client(max_pending=1) as client:
                self.sandbox.add_faults(STALL)
                other = asyncio.ensure_future(client.sessions.get_jwks_async())
                while self.sandbox.faults():
                    await asyncio.sleep(0.01)
                with self.assertRaises(StytchBusyError) as caught:
                    await client.sessions.get_jwks_async()
                self.assertIs(caught.exception.delivery, Delivery.NOT_SENT)
                self.assertTrue(client.sessions.get_jwks()["keys"])
                other.cancel()
                await asyncio.wait([other])

        asyncio.run(main())

    def test_ctrl_c(self) -> None:
        """As a user types it: time, delivery and requests."""
        source = (
            "import os, sys, time, stytch_ffi\n"
            "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
            " base_url=os.environ['STYTCH_BASE_URL'])\n"
            "try: client.impersonation.authenticate(sys.argv[1])\n"
            "except KeyboardInterrupt as interruption:\n"
            "    ended = time.monotonic()\n"
            "    error = stytch_ffi.outcome_of(interruption)\n"
            "    print(ended, error.code.name, error.delivery.name)\n"
        )
        path = "/v1/b2b/impersonation/authenticate"
        before = self.sandbox.requests(path)
        self.sandbox.add_faults(STALL)
        command = [sys.executable, "-c", source, self.sandbox.make_token()]
        environment = self.sandbox.environment()
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while self.sandbox.faults():
                time.sleep(0.01)
            pressed = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        ended, *outcome = out.decode().split()
        self.assertEqual((process.returncode, outcome, err), (0, ["CANCELLED", "UNKNOWN"], b""))
        # 0.1 s is the promise; the rest is for a machine that is busy.
        self.assertLess(float(ended) - pressed, 20)
        self.assertEqual(self.sandbox.requests(path), before + 1)

    def test_a_child_that_a_handler_forks_is_told(self) -> None:
        source = (
            "import os, signal, sys, stytch_ffi\n"
            "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
            " base_url=os.environ['STYTCH_BASE_URL'])\n"
            "children = []\n"
            "signal.signal(signal.SIGALRM, lambda *_: children.append(os.fork()))\n"
            "signal.setitimer(signal.ITIMER_REAL, 0.1)\n"
            "try: client.impersonation.authenticate(sys.argv[1])\n"
            "except stytch_ffi.StytchError as error:\n"
            "    assert children == [0] and 'fork' in error.message, error\n"
            "    os._exit(7)\n"
            "print(os.waitpid(children[0], 0)[1] >> 8)\n"
        )
        self.sandbox.add_faults({"delay_ms": 1000})
        result = run_python(source, self.sandbox.environment(), self.sandbox.make_token())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "7\n", ""))

    def test_it_is_found_from_a_later_exception_and_after_a_pickle(self) -> None:
        self.sandbox.add_faults({"delay_ms": 50})
        try:
            try:
                token = self.sandbox.make_token()
                raise self.interrupted(self.client.impersonation.authenticate, token, at_its_end=True)
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
        with Ledger() as ledger:
            for at_its_end in (False, True, False):
                self.sandbox.add_faults({"delay_ms": 50} if at_its_end else STALL)
                token = self.sandbox.make_token()
                self.interrupted(self.client.impersonation.authenticate, token, at_its_end=at_its_end)
            gc.collect()
        self.assertEqual(+ledger.freed, +ledger.made)
        self.assertEqual((ledger.freed["ResponsePointer"], ledger.freed["CallPointer"]), (1, 3))

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
            self.sandbox.add_faults(STALL)
            error = outcome_of(self.interrupted(call))
            assert isinstance(error, StytchCancelledError)
            self.assertIs(error.delivery, Delivery.UNKNOWN)
            self.sandbox.add_faults({"delay_ms": 50})
            self.assertIsInstance(outcome_of(self.interrupted(call, at_its_end=True)), Response)


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
        found: List[Type[object]] = []
        with self.sandbox.client() as client:

            def work() -> None:
                client.impersonation.authenticate("any-token")

            def judge(limit: Limit, ledger: Ledger) -> None:
                outcome = outcome_of(limit)
                if isinstance(outcome, Response):
                    self.assertEqual(outcome.session_token, "t")
                if limit.opcode not in UNSEEN:
                    self.assertEqual(ledger.made["ResponsePointer"], isinstance(outcome, Response))
                    self.assertEqual(ledger.made["ErrorPointer"], isinstance(outcome, StytchError))
                    # What was started came home.
                    self.assertEqual(ledger.made["CallPointer"], outcome is not None)
                found.append(type(outcome))

            self.sandbox.add_faults({"status": 200, "body": {"session_token": "t"}, "times": 5000})
            self.assertGreater(self.each(work, judge), 50)
        self.assertLessEqual({type(None), StytchCancelledError, Response}, set(found))

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
                    self.assertEqual(ledger.made["ErrorPointer"], isinstance(outcome, StytchError))
                    self.assertEqual(ledger.made["CallPointer"], outcome is not None)
                found.append(type(outcome))

            self.sandbox.add_faults({"status": 400, "body": {"error_type": "e"}, "times": 5000})
            self.each(work, judge)
        self.assertIn(StytchAPIError, found)

    def test_a_call_that_a_coroutine_awaits(self) -> None:
        gc.collect()
        gc.freeze()
        self.addCleanup(gc.unfreeze)
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        kept = warnings.catch_warnings()
        kept.__enter__()
        self.addCleanup(kept.__exit__, None, None, None)
        warnings.filterwarnings("ignore", "coroutine .* was never awaited")  # interrupted in front of its await
        loop.set_exception_handler(lambda *_: None)  # what is raised in a callback of the loop's
        found: List[Type[object]] = []
        with self.sandbox.client() as client:
            loop.run_until_complete(client.sessions.get_jwks_async())  # makes the queue
            self.sandbox.add_faults({"status": 200, "body": {"session_token": "t"}, "times": 5000})
            for count in range(1, 5000):
                raised: List[Limit] = []
                with Ledger() as ledger:

                    def visit(opcode: str) -> None:
                        left[0] -= 1
                        if left[0] == 0:
                            raised.append(Limit())
                            raised[0].opcode = opcode
                            raise raised[0]

                    left = [count]
                    outcome: object = None
                    try:
                        watch_bytecodes(
                            visit, lambda: loop.run_until_complete(client.impersonation.authenticate_async("any-token"))
                        )
                    except Limit as limit:
                        outcome = outcome_of(limit)
                        found.append(type(outcome))
                        if limit.opcode not in UNSEEN + AWAITING:
                            where = f"bytecode {count}: {limit.opcode}"
                            self.assertEqual(ledger.made["CallPointer"], outcome is not None, where)
                        limit.__traceback__ = limit.__context__ = None
                        vars(limit).clear()
                    if not raised:
                        break
                    del raised[:], outcome
                    gc.collect()
                self.assertEqual(+ledger.freed, +ledger.made, f"bytecode {count}")
        self.assertLessEqual({type(None), StytchCancelledError, Response}, set(found))

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
