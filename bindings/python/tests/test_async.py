"""Calls that a coroutine awaits: a session's life, cancellation, and what ends a loop or a client under them."""

import asyncio
import gc
import inspect
import os
import pickle
import socket
import sys
import threading
import time
import typing
import unittest
import weakref
from typing import Any, Awaitable, Coroutine, Dict, List, Type

from support import Ledger, SandboxTestCase, run_python

import stytch_ffi
from stytch_ffi import (
    Client,
    Delivery,
    Response,
    StytchAPIError,
    StytchCancelledError,
    StytchConnectionError,
    StytchError,
    StytchInvalidArgumentError,
    StytchTimeoutError,
    outcome_of,
)
from stytch_ffi._loop import Flight, Home

try:
    import uvloop
except ImportError:
    uvloop = None  # type: ignore[assignment,unused-ignore]

STALL = {"delay_ms": 60_000}
"""What a call does not outlast that nobody ends."""
AUTHENTICATE = "/v1/b2b/impersonation/authenticate"

CLIENT = (
    "import asyncio, os, signal, sys, threading, time, stytch_ffi\n"
    "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
    " base_url=os.environ['STYTCH_BASE_URL'])\n"
)


class Blind(asyncio.SelectorEventLoop):
    """A loop that watches no descriptors for others, as Windows' proactor loop."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


class AsyncTestCase(SandboxTestCase):
    def new_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop()

    def run_loop(self, main: Coroutine[Any, Any, Any]) -> Any:
        loop = self.new_loop()
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(main)
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    async def fails_async(self, kind: type, awaitable: Awaitable[object]) -> Any:
        try:
            await awaitable
        except StytchError as error:
            self.assertIs(type(error), kind, repr(error))
            return error
        return self.fail(f"{kind.__name__} was not raised")

    async def taken_up(self) -> None:
        """Waits until the server has taken up a call that it stalls."""
        while await asyncio.get_running_loop().run_in_executor(None, self.sandbox.faults):
            await asyncio.sleep(0.01)


class CallTest(AsyncTestCase):
    """On one kind of loop; below, the same on others."""

    def test_a_sessions_life(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                sessions = client.sessions
                started = await client.impersonation.authenticate_async(impersonation_token=self.sandbox.make_token())
                self.assertIsInstance(started, Response)
                token, jwt = str(started.session_token), str(started.session_jwt)
                self.assertTrue((await sessions.authenticate_async(session_token=token)).is_impersonated)
                local = await sessions.authenticate_jwt_async(jwt)
                self.assertEqual((local.status_code, local.member_id), (0, started.member_id))
                remote = await sessions.authenticate_jwt_async(jwt, max_token_age_seconds=0)
                self.assertEqual(remote.status_code, 200)
                listed = await sessions.get_async(str(started.organization_id), str(started.member_id))
                self.assertTrue(listed["member_sessions"])
                self.assertTrue((await sessions.get_jwks_async())["keys"])
                found = await client.request_async("GET", f"/v1/b2b/organizations/{started.organization_id}")
                self.assertTrue(found.organization)
                await sessions.revoke_async(member_session_id=started.member_session_id)
                error = await self.fails_async(StytchAPIError, sessions.authenticate_async(session_token=token))
                self.assertEqual(error.error_type, "session_not_found")

        self.run_loop(main())

    def test_the_same_errors(self) -> None:
        async def main() -> None:
            with self.sandbox.client(timeout=0.3) as client:
                authenticate = client.impersonation.authenticate_async
                error = await self.fails_async(StytchAPIError, authenticate("unknown-token"))
                self.assertIs(error.delivery, Delivery.REJECTED)
                for bad in ("", "a\0b", "\ud800", "x" * 9000):
                    error = await self.fails_async(StytchInvalidArgumentError, authenticate(bad))
                    self.assertIs(error.delivery, Delivery.NOT_SENT)
                with self.assertRaises(TypeError):
                    await authenticate(5)  # type: ignore[arg-type]
                self.sandbox.add_faults(STALL)
                await self.fails_async(StytchTimeoutError, authenticate("any-token"))
                with socket.socket() as listener:
                    listener.bind(("127.0.0.1", 0))
                    with self.sandbox.client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as nobody:
                        await self.fails_async(StytchConnectionError, nobody.sessions.get_jwks_async())
            with self.assertRaisesRegex(RuntimeError, "closed"):
                await authenticate("any-token")

        self.run_loop(main())

    def test_many_in_flight(self) -> None:
        async def main() -> None:
            tokens = [self.sandbox.make_token() for _ in range(200)]
            with self.sandbox.client() as client:
                calls = [asyncio.ensure_future(client.impersonation.authenticate_async(token)) for token in tokens]
                sessions = await asyncio.gather(*calls)
            self.assertEqual(len({session.session_token for session in sessions}), len(tokens))

        with Ledger() as ledger:
            self.run_loop(main())
            gc.collect()
        self.assertEqual(+ledger.freed, +ledger.made)
        self.assertEqual(ledger.made["QueuePointer"], 1)

    def test_a_cancelled_task_cancels_its_call(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                authenticate, before = client.impersonation.authenticate_async, self.sandbox.requests(AUTHENTICATE)
                self.sandbox.add_faults(STALL)
                call = asyncio.ensure_future(self.outcome(authenticate(self.sandbox.make_token())))
                await self.taken_up()
                call.cancel()
                error = await call
                assert isinstance(error, StytchCancelledError)
                self.assertIs(error.delivery, Delivery.UNKNOWN)
                self.assertEqual(self.sandbox.requests(AUTHENTICATE), before + 1)

        started = time.monotonic()
        self.run_loop(main())
        self.assertLess(time.monotonic() - started, 30)

    async def outcome(self, call: Awaitable[Response]) -> object:
        """What became of a call that is cancelled."""
        try:
            return await call
        except asyncio.CancelledError as error:
            return outcome_of(error)

    def test_cancelled_at_any_moment(self) -> None:
        """Before it starts, in the backlog, while it connects, sends, waits, reads, and when it is there."""

        async def main() -> None:
            with self.sandbox.client(max_threads=2) as client:
                for turn in range(80):
                    call = asyncio.ensure_future(self.outcome_or_error(client, path(turn)))
                    for _ in range(turn % 20):
                        await asyncio.sleep(0.0002 if turn >= 40 else 0)
                    call.cancel()
                    try:
                        outcomes.append(await call)
                    except asyncio.CancelledError:
                        outcomes.append(None)  # before the first step

        def path(turn: int) -> str:
            return f"/v1/b2b/nothing/{type(self).__name__}-{turn}"

        outcomes: List[object] = []
        self.run_loop(main())
        for turn, outcome in enumerate(outcomes):
            requests = self.sandbox.requests(path(turn))
            if outcome is None:
                self.assertEqual(requests, 0)
            elif isinstance(outcome, StytchCancelledError):
                self.assertLessEqual(requests, 0 if outcome.delivery is Delivery.NOT_SENT else 1)
            else:
                self.assertIsInstance(outcome, StytchAPIError)  # there is no such path
                self.assertEqual(requests, 1)
        self.assertIn(StytchCancelledError, map(type, outcomes))

    async def outcome_or_error(self, client: Client, path: str) -> object:
        try:
            return await self.outcome(client.request_async("POST", path, {}))
        except StytchError as error:
            return error

    def test_cancelled_in_the_backlog(self) -> None:
        async def main() -> None:
            with self.sandbox.client(max_threads=1) as client:
                self.sandbox.add_faults(STALL)
                calls = [asyncio.ensure_future(self.outcome(client.sessions.get_jwks_async())) for _ in range(3)]
                await self.taken_up()
                for call in reversed(calls):
                    call.cancel()
                outcomes = await asyncio.gather(*calls)
            deliveries = [outcome.delivery for outcome in outcomes if isinstance(outcome, StytchCancelledError)]
            self.assertEqual(deliveries, [Delivery.UNKNOWN, Delivery.NOT_SENT, Delivery.NOT_SENT])

        self.run_loop(main())

    def test_a_response_that_arrived_all_the_same_is_not_lost(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                token = self.sandbox.make_token()
                call = asyncio.ensure_future(self.outcome(client.impersonation.authenticate_async(token)))
                await asyncio.sleep(0)
                # The loop stands still until the call has ended, and the cancellation comes first.
                (flight,) = [flight for flight in client._core.flights.values()]
                while not client._core.c.stytch_call_is_finished(flight.calls[0]):
                    time.sleep(0.01)
                call.cancel()
                del flight
                session = await call
            assert isinstance(session, Response)
            self.assertTrue(session.session_token)

        self.run_loop(main())

    def test_cancelled_twice(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                self.sandbox.add_faults(STALL)
                call = asyncio.ensure_future(self.outcome(client.sessions.get_jwks_async()))
                await self.taken_up()
                call.cancel()
                await asyncio.sleep(0)
                call.cancel()
                self.assertIsInstance(await call, StytchCancelledError)

        self.run_loop(main())

    def test_a_time_limit(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                self.sandbox.add_faults(STALL)
                try:
                    await asyncio.wait_for(client.sessions.get_jwks_async(), 0.5)
                except asyncio.TimeoutError as error:
                    if sys.version_info >= (3, 9):  # before that, asyncio breaks the chain
                        self.assertIsInstance(outcome_of(error), StytchCancelledError)
                else:
                    self.fail("no TimeoutError")
                if sys.version_info >= (3, 11):
                    self.sandbox.add_faults(STALL)
                    with self.assertRaises(TimeoutError) as caught:
                        async with asyncio.timeout(0.5):
                            await client.sessions.get_jwks_async()
                    self.assertIsInstance(outcome_of(caught.exception), StytchCancelledError)

        self.run_loop(main())

    @unittest.skipIf(sys.version_info < (3, 11), "no task groups here")
    def test_a_task_group(self) -> None:
        async def main() -> None:
            outcomes: List[object] = []

            async def noted(call: Awaitable[Response]) -> None:
                try:
                    await call
                except asyncio.CancelledError as error:
                    outcomes.append(outcome_of(error))
                    raise

            with self.sandbox.client() as client:
                self.sandbox.add_faults(STALL)
                with self.assertRaises(BaseException) as caught:
                    async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined,unused-ignore]
                        group.create_task(noted(client.sessions.get_jwks_async()))
                        await self.taken_up()
                        group.create_task(noted(client.impersonation.authenticate_async("unknown-token")))
                (error,) = caught.exception.exceptions  # type: ignore[attr-defined,unused-ignore]
                self.assertIsInstance(error, StytchAPIError)
                self.assertEqual([type(outcome) for outcome in outcomes], [StytchCancelledError])

        self.run_loop(main())

    def test_a_client_that_is_closed_ends_its_calls(self) -> None:
        async def main(close_in_thread: bool, is_used: bool) -> None:
            client = self.sandbox.client(max_threads=2)
            others: List[threading.Thread] = []
            if is_used:  # by a thread that makes a blocking call: it keeps the client from being freed
                self.sandbox.add_faults({"delay_ms": 1500})
                others.append(threading.Thread(target=client.sessions.get_jwks))
                others[0].start()
                await self.taken_up()
            self.sandbox.add_faults({**STALL, "times": 2})
            calls = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(4)]
            await self.taken_up()
            if close_in_thread:
                await asyncio.get_running_loop().run_in_executor(None, client.close)
            else:
                client.close()
            for call in calls:
                error = await self.fails_async(StytchCancelledError, call)
                self.assertIn(error.delivery, (Delivery.UNKNOWN, Delivery.NOT_SENT))
            for other in others:
                other.join()

        for close_in_thread in (False, True):
            for is_used in (False, True):
                with self.subTest(close_in_thread=close_in_thread, is_used=is_used):
                    self.sandbox.clear_faults()
                    self.run_loop(main(close_in_thread, is_used))

    def test_a_loop_that_is_closed_frees_its_queue_and_its_calls(self) -> None:
        async def main(client: Client) -> None:
            self.sandbox.add_faults(STALL)
            kept.append(asyncio.ensure_future(client.sessions.get_jwks_async()))
            await self.taken_up()

        kept: List["asyncio.Future[Response]"] = []
        with self.sandbox.client() as client, Ledger() as ledger:
            self.run_loop(main(client))
            gc.collect()
            self.assertEqual(ledger.freed["QueuePointer"], 1)
            self.assertEqual(ledger.freed["CallPointer"], 1)
            self.assertEqual(list(client._core.flights), [])
        kept[0]._log_destroy_pending = False  # type: ignore[attr-defined]  # it never ends, as is meant
        kept.clear()
        gc.collect()

    def test_a_coroutine_that_is_closed_frees_its_call(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                self.sandbox.add_faults(STALL)
                coroutine = client.sessions.get_jwks_async()
                coroutine.send(None)
                await self.taken_up()
                coroutine.close()
                self.assertEqual(list(client._core.flights), [])

        with Ledger() as ledger:
            self.run_loop(main())
            gc.collect()
        self.assertEqual(+ledger.freed, +ledger.made)

    def test_nothing_is_kept_after_cancellations(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                for _ in range(3):
                    self.sandbox.add_faults(STALL)
                    call = asyncio.ensure_future(client.sessions.get_jwks_async())
                    await self.taken_up()
                    call.cancel()
                    await asyncio.wait([call])

        with Ledger() as ledger:
            self.run_loop(main())
            gc.collect()
        self.assertEqual(+ledger.freed, +ledger.made)
        self.assertEqual((ledger.made["CallPointer"], ledger.made["QueuePointer"]), (3, 1))

    def test_loops_in_several_threads_and_one_after_another(self) -> None:
        async def main() -> None:
            tokens = [self.sandbox.make_token() for _ in range(10)]
            sessions = await asyncio.gather(*map(client.impersonation.authenticate_async, tokens))
            tokens_seen.extend(str(session.session_token) for session in sessions)

        def work() -> None:
            for _ in range(2):
                loop = self.new_loop()
                try:
                    loop.run_until_complete(main())
                finally:
                    loop.close()

        tokens_seen: List[str] = []
        with self.sandbox.client() as client:
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(len(set(tokens_seen)), 80)


class BlindLoopTest(CallTest):
    def new_loop(self) -> asyncio.AbstractEventLoop:
        return Blind()


@unittest.skipIf(uvloop is None, "uvloop is not installed")
class UvloopTest(CallTest):
    def new_loop(self) -> asyncio.AbstractEventLoop:
        return uvloop.new_event_loop()  # type: ignore[no-any-return,unused-ignore]


class LoopTest(AsyncTestCase):
    def test_siblings_have_the_signatures_of_the_calls(self) -> None:
        with self.sandbox.client() as client:
            pairs = [
                (owner, name)
                for owner in (client, client.impersonation, client.sessions)
                for name in dir(owner)
                if name.endswith("_async")
            ]
            self.assertEqual(len(pairs), 7)
            for owner, name in pairs:
                sibling, call = getattr(owner, name), getattr(owner, name[: -len("_async")])
                self.assertTrue(inspect.iscoroutinefunction(sibling))
                self.assertEqual(inspect.signature(sibling), inspect.signature(call))
                self.assertEqual(typing.get_type_hints(sibling), typing.get_type_hints(call))
                self.assertEqual(sibling.__name__, name)
                self.assertIn(inspect.getdoc(call).splitlines()[0], sibling.__doc__)  # type: ignore[union-attr]

    def test_no_thread_of_the_librarys_runs_python(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                self.sandbox.add_faults({"delay_ms": 300, "times": 8})
                calls = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(40)]
                while not all(call.done() for call in calls):
                    # Each thread that is in the interpreter has a frame, whoever started it.
                    self.assertEqual(len(sys._current_frames()), threading.active_count())
                    if os.path.isdir("/proc/self/task"):
                        most.append(sum(name == "stytch-worker" for name in self.thread_names()))
                    await asyncio.sleep(0.005)
            self.assertEqual(threading.active_count(), before)

        before = threading.active_count()
        most: List[int] = []
        self.run_loop(main())
        self.assertFalse([each for each in threading.enumerate() if "Dummy" in each.name])
        if most:
            self.assertEqual(max(most), 8)

    @staticmethod
    def thread_names() -> List[str]:
        names = []
        for task in os.listdir("/proc/self/task"):
            try:
                with open(f"/proc/self/task/{task}/comm", encoding="utf-8") as file:
                    names.append(file.read().strip())
            except OSError:
                pass  # it has gone
        return names

    def test_an_interrupted_drain_loses_no_call(self) -> None:
        """A signal handler raises while calls are taken out of the queue; asyncio reports it, and goes on."""

        class Limit(BaseException):
            pass

        class Interrupted(Dict[int, Flight]):
            def get(self, number: int, default: Any = None) -> Any:
                if not raised:
                    raised.append(number)
                    raise kind
                return super().get(number, default)

        async def main(client: Client) -> object:
            call = asyncio.ensure_future(client.sessions.get_jwks_async())
            await asyncio.sleep(0)
            home = Home.of(asyncio.get_running_loop(), client._core.c)
            home.flights = Interrupted(home.flights)
            del home
            return await call

        raised: List[int] = []
        kind: Type[BaseException]
        for kind in (Limit, KeyboardInterrupt):
            raised.clear()
            reported: List[Any] = []
            loop = asyncio.SelectorEventLoop()
            loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
            with self.sandbox.client() as client:
                task = loop.create_task(main(client))
                try:
                    response = loop.run_until_complete(task)
                except (Limit, KeyboardInterrupt) as error:  # out of the loop: it is started again
                    reported.append(error)
                    response = loop.run_until_complete(task)
                self.assertTrue(response["keys"])  # type: ignore[index]
            loop.close()
            self.assertEqual([type(error) for error in reported], [kind])

    def test_a_cancellation_travels_between_processes(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                self.sandbox.add_faults(STALL)
                task = asyncio.ensure_future(call(client))
                await self.taken_up()
                task.cancel()
                error = pickle.loads(await task)
                self.assertIsInstance(outcome_of(error), StytchCancelledError)

        async def call(client: Client) -> bytes:
            try:
                await client.sessions.get_jwks_async()
            except asyncio.CancelledError as error:
                return pickle.dumps(error)
            return b""

        self.run_loop(main())

    def test_a_task_that_waits_keeps_no_token_and_no_client_alive(self) -> None:
        async def main() -> None:
            client = self.sandbox.client()
            self.sandbox.add_faults(STALL)
            coroutine = client.impersonation.authenticate_async("-".join(["MARKED", "TOKEN"]))
            task = asyncio.ensure_future(coroutine)
            await self.taken_up()
            frame: Any = coroutine.cr_frame  # type: ignore[attr-defined]
            self.assertNotIn("MARKED-TOKEN", repr(frame.f_locals))
            handle = weakref.ref(client._core.pointer)
            client.close()
            self.assertIsNone(handle())
            await self.fails_async(StytchCancelledError, task)

        self.run_loop(main())

    def test_without_a_loop_it_says_so(self) -> None:
        with self.sandbox.client() as client:
            coroutine = client.sessions.get_jwks_async()
            with self.assertRaisesRegex(RuntimeError, "event loop"):
                coroutine.send(None)


class ProcessTest(AsyncTestCase):
    def ends_well(self, source: str, said: str = "", *arguments: str) -> None:
        result = run_python(CLIENT + source, self.sandbox.environment(), *arguments)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, said, ""))

    def test_exit_with_calls_in_flight(self) -> None:
        self.sandbox.add_faults({**STALL, "times": 20})
        endings = {
            "run ends": "async def main():\n"
            "    tasks = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(5)]\n"
            "    await asyncio.sleep(0.3)\n"
            "asyncio.run(main())\n",
            "the process exits": "async def main():\n"
            "    global tasks\n"
            "    tasks = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(5)]\n"
            "    await asyncio.sleep(0.3)\n"
            "    sys.exit(0)\n"
            "asyncio.run(main())\n",
            "a loop in a daemon thread": "def work():\n"
            "    async def main():\n"
            "        await asyncio.gather(*(client.sessions.get_jwks_async() for _ in range(5)))\n"
            "    asyncio.new_event_loop().run_until_complete(main())\n"
            "threading.Thread(target=work, daemon=True).start()\n"
            "time.sleep(0.5)\n",
            "daemon threads, one by one": "def work():\n"
            "    while True: client.sessions.authenticate_jwt('a.b.c')\n"
            "for _ in range(4): threading.Thread(target=lambda: client.sessions.get_jwks(), daemon=True).start()\n"
            "time.sleep(0.5)\n",
        }
        for ending, source in endings.items():
            with self.subTest(ending):
                self.ends_well(source)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_fork_with_calls_in_flight(self) -> None:
        self.sandbox.add_faults({"delay_ms": 1000, "times": 4})
        self.ends_well(
            "async def main():\n"
            "    tasks = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(4)]\n"
            "    await asyncio.sleep(0.2)\n"
            "    child = os.fork()\n"
            "    if child == 0:\n"
            "        status = 1\n"
            "        try:\n"
            "            def work():\n"
            "                assert asyncio.new_event_loop().run_until_complete(client.sessions.get_jwks_async())['keys']\n"
            "                assert client.sessions.get_jwks()['keys']\n"
            "                client.close()\n"
            "            thread = threading.Thread(target=work)\n"
            "            thread.start(); thread.join()\n"
            "            assert client.closed\n"
            "            status = 0\n"
            "        finally:\n"
            "            os._exit(status)\n"
            "    assert os.waitpid(child, 0)[1] == 0\n"
            "    print(sum(bool(each['keys']) for each in await asyncio.gather(*tasks)))\n"
            "asyncio.run(main())\n",
            "4\n",
        )

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_forked_child_frees_the_loop_that_it_inherited(self) -> None:
        self.sandbox.add_faults({"delay_ms": 1000, "times": 2})
        self.ends_well(
            "import gc\n"
            "loop = asyncio.new_event_loop()\n"
            "task = loop.create_task(client.sessions.get_jwks_async())\n"
            "loop.run_until_complete(asyncio.sleep(0.1))\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            "    task._log_destroy_pending = False\n"
            "    del loop, task; gc.collect(); client.close()\n"
            "    os._exit(0)\n"
            "assert os.waitpid(child, 0)[1] == 0\n"
            "print(bool(loop.run_until_complete(task)['keys']))\n"
            "loop.close()\n",
            "True\n",
        )

    @unittest.skipUnless(hasattr(os, "kill") and sys.platform != "win32", "no signals here")
    def test_ctrl_c_in_a_loop(self) -> None:
        self.sandbox.add_faults(STALL)
        self.ends_well(
            "async def main():\n"
            "    asyncio.get_running_loop().call_later(0.3, os.kill, os.getpid(), signal.SIGINT)\n"
            "    try:\n"
            "        await client.sessions.get_jwks_async()\n"
            "    except asyncio.CancelledError as error:\n"
            "        print(stytch_ffi.outcome_of(error).code.name)\n"
            "        raise\n"
            "try: asyncio.run(main())\n"
            "except KeyboardInterrupt as interruption: print('KeyboardInterrupt')\n",
            "CANCELLED\nKeyboardInterrupt\n",
        )


if __name__ == "__main__":
    unittest.main()
