"""Calls that a coroutine awaits: a session's life, cancellation, and what ends a loop or a client under them."""

import asyncio
import gc
import socket
import sys
import threading
import time
import unittest
from typing import Any, Awaitable, List

from async_support import AUTHENTICATE, STALL, AsyncTestCase
from support import Ledger

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

try:
    import uvloop
except ImportError:
    uvloop = None  # type: ignore[assignment,unused-ignore]


class Blind(asyncio.SelectorEventLoop):
    """A loop that watches no descriptors for others, as Windows' proactor loop."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


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
