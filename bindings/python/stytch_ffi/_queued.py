"""A blocking call that other things can happen during: it runs on a thread of the library's, and this one waits for it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from ctypes import byref
from itertools import starmap
from typing import Any, List

from ._abi import CallPointer, ClientPointer, ErrorPointer, QueuePointer, ResponsePointer
from ._errors import ErrorCode
from ._outcome import Arguments, Outcome

SLICE_MS = 50
"""How long the main thread waits before the interpreter looks for signals."""

_BY_HANDLERS = 1000
"""How often a handler may raise while a call is brought home. It is there to have an end."""

# The module signal asks this one and takes ten microseconds to make an enum of what it says.
_getsignal = getattr(sys.modules.get("_signal"), "getsignal", signal.getsignal)

# Most often SIGINT has a handler, so it comes first.
_SIGNALS = sorted(map(int, signal.valid_signals()), key=lambda each: each != signal.SIGINT)


def is_interruptible() -> bool:
    """Returns whether a signal handler may run on this thread: whether it is the main one, and there is a handler."""
    return threading.get_ident() == threading.main_thread().ident and any(map(_is_handled, _SIGNALS))


def _is_handled(number: int) -> bool:
    return callable(_getsignal(number))


class Queued(Outcome):
    """Receives what one call returns that runs on a thread of the library's.

    ::

        this thread                          a thread of the library's
        _start(…) ------------------------->   the call
        wait 50 ms, in C
          handlers run, and one may raise
        wait 50 ms                             …
        cancel ---------------------------->   ends, within 100 ms
        wait    <---------------------------   its result, whichever it is
        take: from here on as any outcome

    The call has a queue of its own. It costs two system calls, and in return nothing is shared: a
    handler may make a call too, and so may a child that was forked meanwhile.
    """

    __slots__ = ("_calls", "_log_level", "_process", "_queue")

    def __init__(self, c: Any, log_level: int) -> None:
        super().__init__(c)
        self._calls: List[CallPointer] = []
        self._log_level = log_level
        self._process = os.getpid()
        error = ErrorPointer()
        self._queue: QueuePointer = c.stytch_queue_new(byref(error))
        if self._log_level and self._queue:
            c.stytch_queue_set_log_level(self._queue, log_level, byref(error))

    def run(self, function: str, pointer: ClientPointer, arguments: Arguments) -> None:
        c = self._c
        if self._queue:
            given = (pointer, *arguments, self._queue, None, byref(self._error))
            self._calls.extend(starmap(getattr(c, f"{function}_start"), [given]))
            if self._calls[0]:
                self._end()
                return
            if c.stytch_error_code(self._error) != ErrorCode.BUSY:
                self._returned.append(ResponsePointer())
                self._tell()
                return
        # Too many calls, or too many descriptors, for a call beside this thread. It can make the call itself.
        self._error = ErrorPointer()
        started = time.monotonic()
        super().run(function, pointer, arguments)
        if self._log_level:
            from ._log import tell_result

            tell_result(function, started, self.get(), self._log_level)

    def bring_home(self, exception: BaseException) -> BaseException:
        """Cancels the call and waits for its end, which comes soon. A handler may raise again: the last one counts."""
        for _ in range(_BY_HANDLERS):
            try:
                if self._calls and self._calls[0]:
                    if not self._returned:
                        self._c.stytch_call_cancel(self._calls[0])
                    self._end()
                break
            except BaseException as later:
                exception = later
        return exception

    def _end(self) -> None:
        """Waits until the call has ended, and takes its result. It may be called again if an exception stops it."""
        c = self._c
        while not self._returned:
            if c.stytch_queue_wait(self._queue, SLICE_MS) or os.getpid() != self._process:
                # In a child that a handler forked the call never ends; to take it is an error that says so.
                self.call(c.stytch_call_take, self._calls[0])
        self._tell()

    def _tell(self) -> None:
        if self._log_level:
            from ._log import tell

            tell(self._c, self._queue)
