"""What the tests of coroutines share."""

import asyncio
from typing import Any, Awaitable, Coroutine

from support import SandboxTestCase

from stytch_ffi import StytchError

STALL = {"delay_ms": 60_000}
"""What a call does not outlast that nobody ends."""
AUTHENTICATE = "/v1/b2b/impersonation/authenticate"


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
