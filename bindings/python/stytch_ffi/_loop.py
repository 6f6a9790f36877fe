"""Calls that a coroutine awaits: what an event loop and the library have to do with each other."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from ctypes import byref
from functools import partial
from itertools import count, starmap
from typing import TYPE_CHECKING, Any, Deque, Dict, Iterator, List, MutableMapping, Optional, Tuple
from weakref import WeakKeyDictionary, ref

from ._abi import CallPointer, ClientPointer, ErrorPointer, QueuePointer
from ._native import read_error
from ._outcome import Arguments, Outcome

if TYPE_CHECKING:
    from ._core import Core

_TICK = 0.01
"""How often a loop looks that cannot watch a descriptor, in seconds, while calls are under way."""

_numbers = count(1)
"""What the library knows a call by. Each is used once, so none can be taken for another."""


def running_loop() -> asyncio.AbstractEventLoop:
    """Returns the loop of the coroutine that runs."""
    return asyncio.get_running_loop()


class Flight:
    """A call from its start until it is home."""

    __slots__ = ("__weakref__", "calls", "future", "is_home")

    def __init__(self, future: asyncio.Future[None]) -> None:
        self.future = future
        self.calls: List[CallPointer] = []
        self.is_home = False


class Home:
    """Where the calls of one event loop come home to. ::

        coroutine              loop                      a thread of the library's
        start -----------------------------------------> the call
        await future                                     …
                               descriptor readable <---- has ended
                               drain: future done
        take its result <------

    Only the loop refers to it: through what it watches, or through its timer. So when a loop is closed or
    forgotten, its queue is freed, and with it the calls that nobody will await any more, which cancels
    them. The coroutines know it, and what is under way, by weak references and numbers alone.

    All of it runs on the loop's thread. No thread of the library's enters Python.
    """

    _known: MutableMapping[asyncio.AbstractEventLoop, ref[Home]] = WeakKeyDictionary()

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop, c: Any) -> Home:
        """Returns the home of a loop, which its first call makes."""
        known = cls._known.get(loop)
        home = None if known is None else known()
        if home is None or home.process != os.getpid():
            home = cls(loop, c)
            cls._known[loop] = ref(home)
        return home

    def __init__(self, loop: asyncio.AbstractEventLoop, c: Any) -> None:
        self.process = os.getpid()
        self.flights: Dict[int, Flight] = {}
        self._c = c
        self._log_level = 0
        self._was_logged = False
        self._is_ticking = False
        error = ErrorPointer()
        self._queue: QueuePointer = c.stytch_queue_new(byref(error))
        if not self._queue:
            raise read_error(c, error)
        # Calls go from the library into this without a line of Python in between: an exception of a
        # signal handler loses none.
        self._arrived: Deque[int] = deque()
        self._next = partial(c.stytch_queue_next, self._queue)
        self._is_watched = False
        descriptor = c.stytch_queue_fd(self._queue)
        if descriptor >= 0:
            try:
                loop.add_reader(descriptor, self.drain)
                self._is_watched = True
            except NotImplementedError:
                pass  # Windows' proactor loop

    def start(self, core: Core, function: str, arguments: Arguments, outcome: Awaited) -> None:
        """Starts a call. The outcome has it, or its refusal."""
        c = self._c
        if self._log_level != core.log_level:
            c.stytch_queue_set_log_level(self._queue, core.log_level, byref(ErrorPointer()))
            self._log_level = core.log_level
            self._was_logged = True
        loop = asyncio.get_running_loop()
        pointer = core.open_pointer()
        number = next(_numbers)
        flight = Flight(loop.create_future())
        outcome.under_way = flight, ref(self), number
        self.flights[number] = core.flights[number] = flight
        flight.calls.extend(outcome.start(f"{function}_start", pointer, arguments, self._queue, number))
        if not flight.calls[0]:
            outcome.under_way = None
            del self.flights[number]
            self._tell()
            return
        if core.pointer is not pointer:
            # Another thread closed the client in between, and may have missed this one.
            c.stytch_call_cancel(flight.calls[0])
        if not self._is_watched and not self._is_ticking:
            self._tick(loop)

    def drain(self) -> None:
        """Takes what has arrived out of the queue, and wakes the coroutines that await it."""
        try:
            self._arrived.extend(map(self._c.stytch_call_userdata, iter(self._next, None)))
            while self._arrived:
                flight = self.flights.get(self._arrived[0])
                if flight is not None:
                    flight.is_home = True
                    if not flight.future.done():
                        flight.future.set_result(None)
                self._arrived.popleft()
            # Coroutines go on after this, so the record of a call is made before its end is seen.
            self._tell()
        except BaseException:
            # A signal handler raised, or a handler of the log. Nothing calls this for what was taken already.
            asyncio.get_running_loop().call_soon(self.drain)
            raise

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_ticking = bool(self.flights)
        if self._is_ticking:
            loop.call_later(_TICK, self._tick, loop)
        self.drain()

    def _tell(self) -> None:
        if self._was_logged:
            from ._log import tell

            tell(self._c, self._queue)


class Awaited(Outcome):
    """Receives what a call returns that a coroutine awaits."""

    __slots__ = ("under_way",)

    def __init__(self, c: Any) -> None:
        super().__init__(c)
        self.under_way: Optional[Tuple[Flight, ref[Home], int]] = None
        """What was started and is not awaited yet."""

    def bring_home(self, exception: BaseException) -> BaseException:
        """Ends a call that a signal handler stopped between its start and the first wait for it: soon, and here."""
        if self.under_way is not None:
            flight, weak, number = self.under_way
            self.under_way = None
            if flight.calls and flight.calls[0]:
                self._c.stytch_call_cancel(flight.calls[0])
                for _ in range(1000):  # it takes a tenth of that at most
                    if self._c.stytch_call_is_finished(flight.calls[0]):
                        self.call(self._c.stytch_call_take, flight.calls[0])
                        break
                    time.sleep(0.001)
            _forget(weak, number)
        return exception

    def start(
        self, function: str, pointer: ClientPointer, arguments: Arguments, queue: QueuePointer, number: int
    ) -> Iterator[CallPointer]:
        """Returns an iterator that starts a call, without a line of Python, and yields it; NULL if it is refused."""
        return starmap(getattr(self._c, function), [(pointer, *arguments, queue, number, byref(self._error))])

    async def arrive(self) -> None:
        """Waits until the call is home, if it is under way, and takes its result.

        If this is cancelled, so is the call. It comes home all the same, within 100 ms, and what it came to
        is here when the cancellation goes on: whether the token in it may have been used has to be known.
        """
        if self.under_way is None:
            return  # it was refused
        flight, weak, number = self.under_way
        future = flight.future
        del flight
        stopped: Optional[BaseException] = None
        while True:
            try:
                # Only the loop is to own the call while this waits.
                self.under_way = None
                await future
                self._take(weak, number)
                break
            except GeneratorExit:
                # The loop is closed, or the coroutine was: nothing can be awaited. To forget a call cancels it.
                _forget(weak, number)
                raise
            except BaseException as exception:
                stopped = exception
            future = self._cancel(weak, number)
        if stopped is not None:
            try:
                raise stopped
            finally:
                del stopped

    def _cancel(self, weak: ref[Home], number: int) -> asyncio.Future[None]:
        """Cancels a call, and returns what is done when it is home."""
        flight = _flight(weak, number)
        future = asyncio.get_running_loop().create_future()
        if flight is None or flight.is_home or self._c.stytch_call_is_finished(flight.calls[0]):
            future.set_result(None)
        else:
            flight.future = future
            self._c.stytch_call_cancel(flight.calls[0])
        return future

    def _take(self, weak: ref[Home], number: int) -> None:
        """Takes the result of a call that is home. It may be called again if an exception stops it."""
        flight = _flight(weak, number)
        if flight is not None:
            if not self._returned:
                self.call(self._c.stytch_call_take, flight.calls[0])
            _forget(weak, number)


def _flight(weak: ref[Home], number: int) -> Optional[Flight]:
    """Returns a call that is under way; None if the loop was closed, and so the call was forgotten."""
    home = weak()
    return None if home is None else home.flights.get(number)


def _forget(weak: ref[Home], number: int) -> None:
    home = weak()
    if home is not None:
        home.flights.pop(number, None)
