"""What an exception that passes through the package takes along: neither a secret nor a token."""

import asyncio
import gc
import sys
import traceback
import unittest
from types import TracebackType
from typing import Any, Callable, Dict, Iterator, List, Optional, Type

from support import PROJECT_ID, SECRET, SandboxTestCase
from test_interruption import UNSEEN, Limit, interrupt_at

import stytch_ffi
from stytch_ffi import Client, Response, StytchError

MARK = "MARKED-SECRET"


def mark(text: str = "") -> str:
    """A secret that is nobody's constant."""
    return "-".join(["MARKED", "SECRET"]) + text


def frames_of(error: Optional[BaseException]) -> Iterator[Dict[str, Any]]:
    """The local variables of the package's frames, and of what they called, in a chain of exceptions."""
    chain: List[Optional[BaseException]] = [error]
    seen = set()
    while chain:
        each = chain.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        chain += [each.__cause__, each.__context__]
        step: Optional[TracebackType] = each.__traceback__
        inside = False
        while step is not None:
            inside = inside or str(step.tb_frame.f_globals["__name__"]).startswith("stytch_ffi.")
            if inside:
                yield step.tb_frame.f_locals
            step = step.tb_next


class HoldsMark:
    """Whether MARK is in a value or in what it refers to."""

    def __init__(self) -> None:
        self.seen: Dict[int, Any] = {}

    def __call__(self, value: Any, depth: int = 6) -> bool:
        if id(value) in self.seen or depth == 0 or value is self.seen:
            return False
        self.seen[id(value)] = value
        if isinstance(value, str):
            return MARK in value
        if isinstance(value, (bytes, bytearray)):
            return MARK.encode() in value
        if isinstance(value, (type, type(sys), type(mark), Response)):
            return False  # a Response is the caller's own, and shows nothing
        return any(self(part, depth - 1) for part in gc.get_referents(value))


class TracebackTest(SandboxTestCase):
    def keeps_nothing(self, call: Callable[[], object], kind: Type[BaseException] = Exception) -> BaseException:
        try:
            call()
        except kind as error:
            self.judge(error)
            return error
        return self.fail(f"{kind.__name__} was not raised")

    def judge(self, error: BaseException) -> None:
        count = 0
        for names in frames_of(error):
            count += 1
            for name, value in names.items():
                self.assertFalse(HoldsMark()(value), f"the local variable {name} of {sorted(names)}")
        self.assertGreater(count, 0)

    def test_the_search_finds_what_is_there(self) -> None:
        class Thing:
            def __init__(self) -> None:
                self.inner = ({"key": [mark("-x")]},)

        self.assertTrue(HoldsMark()(Thing()))
        self.assertTrue(HoldsMark()(mark().encode()))
        self.assertFalse(HoldsMark()([1, "x"]))

    def test_a_client_that_cannot_be_made(self) -> None:
        for secret, options in (
            (mark("\n"), {}),
            (mark("\0"), {}),
            (mark("\ud800"), {}),
            (mark(), {"base_url": "http://example.com"}),
            (mark(), {"timeout": "31"}),
            (mark(), {"unknown_option": 1}),
            (mark().encode(), {}),
            (SECRET, {"proxy": f"socks5://user:{mark()}@localhost"}),
            (SECRET, {"proxy": f"http://user:{mark()}\0@localhost"}),
        ):
            with self.subTest(options):
                self.keeps_nothing(lambda: Client(PROJECT_ID, secret, **options))  # type: ignore[arg-type]

    def test_a_call_that_fails(self) -> None:
        self.sandbox.add_faults({"delay_ms": 5000})
        with self.sandbox.client(timeout=0.2) as client:
            authenticate = client.impersonation.authenticate
            self.keeps_nothing(lambda: authenticate(mark()), stytch_ffi.StytchTimeoutError)
            self.keeps_nothing(lambda: authenticate(impersonation_token=mark("\n")), StytchError)
            self.keeps_nothing(lambda: authenticate(mark("\0")), StytchError)
            self.keeps_nothing(lambda: authenticate(mark("\ud800")), StytchError)
            self.keeps_nothing(lambda: authenticate(mark().encode()), TypeError)  # type: ignore[arg-type]
            self.keeps_nothing(lambda: authenticate(mark(), mark()), TypeError)  # type: ignore[call-arg]
            self.keeps_nothing(lambda: authenticate(token=mark()), TypeError)  # type: ignore[call-arg]
        self.keeps_nothing(lambda: authenticate(mark()), RuntimeError)

    def test_calls_that_a_coroutine_awaits(self) -> None:
        self.sandbox.add_faults({"delay_ms": 5000})
        with self.sandbox.client(timeout=0.2) as client:
            authenticate = client.impersonation.authenticate_async
            self.keeps_nothing(lambda: asyncio.run(authenticate(mark())), stytch_ffi.StytchTimeoutError)
            self.keeps_nothing(lambda: asyncio.run(authenticate(mark("\n"))), StytchError)
            self.keeps_nothing(lambda: asyncio.run(authenticate(mark("\0"))), StytchError)
            self.keeps_nothing(lambda: asyncio.run(authenticate(mark().encode())), TypeError)  # type: ignore[arg-type]

            async def cancelled() -> None:
                task = asyncio.ensure_future(authenticate(mark()))
                await asyncio.sleep(0.05)
                task.cancel()
                await task

            self.sandbox.add_faults({"delay_ms": 5000})
            self.keeps_nothing(lambda: asyncio.run(cancelled()), asyncio.CancelledError)
        self.keeps_nothing(lambda: asyncio.run(authenticate(mark())), RuntimeError)

    def test_calls_on_sessions_that_fail(self) -> None:
        with self.sandbox.client() as client:
            sessions = client.sessions
            calls: List[Callable[[], object]] = [
                lambda: sessions.authenticate(session_token=mark()),
                lambda: sessions.authenticate(mark("\0")),
                lambda: sessions.authenticate(session_jwt=mark()),
                lambda: sessions.authenticate(mark(), session_custom_claims={mark(): {1}}),
                lambda: sessions.authenticate(mark(), session_custom_claims={mark(): float("nan")}),
                lambda: sessions.authenticate_jwt(mark()),
                lambda: sessions.authenticate_jwt_local(mark()),
                lambda: sessions.authenticate_jwt_local(mark().encode()),  # type: ignore[arg-type]
                lambda: sessions.revoke(session_token=mark()),
                lambda: client.request("POST", "/v1/x", {"secret": mark()}),
                lambda: client.request("POST", "/v1/x", {"secret": [mark(), {1}]}),
                lambda: client.impersonation.token_from_url(f"?token={mark()}"),
                lambda: client.impersonation.token_from_url(f"?token={mark()}\0"),
            ]
            for index, call in enumerate(calls):
                with self.subTest(index):
                    self.keeps_nothing(call)

    def test_a_client_that_has_the_secret_is_not_in_the_frames(self) -> None:
        client = self.sandbox.client(secret=mark())
        error = self.keeps_nothing(lambda: client.impersonation.authenticate("a-token"), StytchError)
        for names in frames_of(error):
            self.assertFalse(any(isinstance(value, Client) for value in names.values()))

    def test_a_response_that_cannot_be_read(self) -> None:
        deep = '{"session_token":"' + mark() + '","deep":' + "[" * 100_000 + "]" * 100_000 + "}"
        self.sandbox.add_faults({"status": 200, "body": deep})
        with self.sandbox.client() as client:
            session = client.impersonation.authenticate("a-token")
        error = self.keeps_nothing(lambda: dict(session), stytch_ffi.StytchInvalidResponseError)
        self.assertIn(MARK.encode(), error.body)  # type: ignore[attr-defined]  # the one place for it

    def test_an_interrupted_call(self) -> None:
        body = {"session_token": mark(), "member": {"name": "a-name"}}
        self.sandbox.add_faults({"status": 200, "body": body, "times": 1000})
        with self.sandbox.client() as client:

            def work() -> None:
                session = client.impersonation.authenticate(mark())
                self.assertTrue(session.member)
                raise AssertionError("the end")

            for count in (0, *range(3, 2000, 5)):
                try:
                    limit = interrupt_at(count, work)
                except AssertionError:
                    if count:
                        break
                    continue  # the first run is for Python 3.13, which shows bytecodes from the second on
                assert isinstance(limit, Limit)
                if self.is_outside(limit):
                    continue
                for names in frames_of(limit):
                    if "visit" not in names and "left" not in names:  # the frame that raised it is the test's
                        for name, value in names.items():
                            self.assertFalse(HoldsMark()(value), f"{name} at {count}, before {limit.opcode}")
            else:
                self.fail("it never ended")

    @staticmethod
    def is_outside(limit: Limit) -> bool:
        """Whether it was raised where no handler runs, or in front of the package's outermost `try`."""
        steps = [each for each in traceback.extract_tb(limit.__traceback__) if "stytch_ffi" in each.filename]
        line = (steps[-1].line or "") if steps else ""
        return limit.opcode in UNSEEN or line.startswith(("def ", "@", "try:", "error: ", "outcome: "))

    def test_the_users_own_frames_are_left_alone(self) -> None:
        class Path:
            def __fspath__(self) -> str:
                mine = "still here"
                raise OSError(mine)

        try:
            Client(PROJECT_ID, SECRET, ca_file=Path())
        except OSError as error:
            self.assertIn("still here", [names.get("mine") for names in frames_of(error)])

    def test_a_response_in_a_local_variable_shows_nothing(self) -> None:
        self.sandbox.add_faults({"status": 200, "body": {"session_token": mark(), "session_jwt": mark()}})
        with self.sandbox.client(secret=SECRET) as client:
            session = client.impersonation.authenticate("a-token")
            self.assertTrue(isinstance(session, Response) and session["session_token"])
            for shown in (session, client, client.impersonation, session._pointer):
                self.assertNotIn(MARK, repr(shown))


if __name__ == "__main__":
    unittest.main()
