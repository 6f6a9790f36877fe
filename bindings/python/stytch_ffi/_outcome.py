"""What a call came to, kept also where an exception from outside stops it."""

from __future__ import annotations

import ctypes
from itertools import starmap
from typing import Any, List, Optional, Tuple, Union

from ._abi import ClientPointer, ErrorPointer, ResponsePointer
from ._errors import StytchError
from ._native import read_error
from ._response import Response

Arguments = Tuple[Any, ...]
"""What a C function takes between the client and the error."""

_ATTRIBUTE = "_stytch_outcome"

_NOTE = (
    "This stopped a call of stytch_ffi:"
    " stytch_ffi.outcome_of(exception) returns the response that arrived all the same, or the error."
)


class Outcome:
    """Receives what one call of the library returns.

    A signal that arrives while the library waits is handled as soon as the library has returned, and
    then its handler may raise: KeyboardInterrupt, a time limit. The session exists by then, and the
    token is used up. So the place for the result is made first, and the result is in it before the
    interpreter looks for signals again::

        outcome.call(…)                 Python, where a handler can raise
          list.extend(starmap(…))       C, where it cannot
            libstytch                     the call, and the signal
            list.append                   the result is here now
                                        Python: the handler raises, and `outcome` has it all

    This one makes its call on the thread that asks for it, where no signal is noticed before the call
    has ended: see `Queued` for the main thread.
    """

    __slots__ = ("_c", "_error", "_returned", "_settled")

    def __init__(self, c: Any = None, settled: Union[Response, StytchError, None] = None) -> None:
        self._c = c
        self._error = ErrorPointer()
        self._returned: List[ResponsePointer] = []
        self._settled = settled

    def call(self, function: Any, *arguments: Any) -> None:
        """Calls a C function that takes `stytch_error **` last and returns a response or NULL."""
        self._returned.extend(starmap(function, [(*arguments, ctypes.byref(self._error))]))

    def run(self, function: str, pointer: ClientPointer, arguments: Arguments) -> None:
        """Makes the call on this thread."""
        self.call(getattr(self._c, function), pointer, *arguments)

    def bring_home(self, exception: BaseException) -> BaseException:
        """Ends the call that an exception stopped; returns the exception to raise."""
        return exception  # it had ended: no exception reaches a thread that the library has

    def response(self) -> Optional[Response]:
        """Returns the response; None if the call failed."""
        returned = self._returned
        return Response(self._c, returned[0]) if returned and returned[0] else None

    def error(self) -> StytchError:
        """Returns the error of a call that failed."""
        return read_error(self._c, self._error)

    def get(self) -> Union[Response, StytchError, None]:
        """Returns the response or the error; None if the call was never made."""
        if not self._returned:
            return self._settled
        response = self.response()
        return self.error() if response is None else response

    def attach_to(self, exception: BaseException) -> None:
        """Makes `outcome_of` find this at an exception that stopped the call, if it was made."""
        if not self._returned:
            return
        # Past what the class itself does on assignment: exceptions may be frozen dataclasses.
        BaseException.__setattr__(exception, _ATTRIBUTE, self)
        add_note = getattr(exception, "add_note", None)  # Python 3.11 and later
        if add_note is not None:
            add_note(_NOTE)

    def __reduce__(self) -> Tuple[Any, ...]:
        # The exception may have to travel between processes.
        return Outcome, (None, self.get())


def outcome_of(exception: BaseException) -> Union[Response, StytchError, None]:
    """Returns what became of the call that an exception stopped.

    What stops a call is an exception that a signal handler raises meanwhile, KeyboardInterrupt for one, or
    that the task which awaits it is cancelled. The call is then cancelled, and the exception is raised when
    it has ended: a response may have arrived all the same, and a single-use token may be used up. ::

        try:
            session = client.impersonation.authenticate(token)
        except KeyboardInterrupt as interruption:
            outcome = stytch_ffi.outcome_of(interruption)
            if isinstance(outcome, stytch_ffi.Response):
                ...  # the session exists: use it, or revoke it

    The result is the ``Response`` that the call would have returned, the ``StytchError`` that it would
    have raised, most often a ``StytchCancelledError`` whose ``delivery`` is true, or None if the exception
    stopped no call: then nothing was sent. Exceptions that led to this one (``__cause__``, ``__context__``,
    members of a group) are searched as well.
    """
    waiting: List[Optional[BaseException]] = [exception]
    seen = set()
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        found = vars(each).get(_ATTRIBUTE)
        if isinstance(found, Outcome):
            return found.get()
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
    return None
