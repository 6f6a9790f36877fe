"""What a client and its resources share, and how a call is made."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, Coroutine, NoReturn, Optional, TypeVar
from weakref import WeakValueDictionary

from ._abi import FUNCTIONS, ClientPointer
from ._errors import StytchError
from ._guard import forget
from ._outcome import Arguments, Outcome
from ._queued import Queued, is_interruptible
from ._response import Response

if TYPE_CHECKING:
    from ._loop import Flight
    from typing_extensions import Concatenate, ParamSpec

    _Parameters = ParamSpec("_Parameters")
    _Owner = TypeVar("_Owner", bound="Owner")


class Core:
    """A client in the library. Without a pointer it is closed, or was never made."""

    __slots__ = ("c", "flights", "log_level", "pointer")

    def __init__(self) -> None:
        self.c: Any = None
        self.pointer: Optional[ClientPointer] = None
        self.log_level = 0
        self.flights: WeakValueDictionary[int, Flight] = WeakValueDictionary()
        """The calls that coroutines await."""

    def open_pointer(self) -> ClientPointer:
        """Returns the client's pointer; raises RuntimeError if there is none."""
        pointer = self.pointer
        if pointer is None:
            raise RuntimeError("the client is closed, or its constructor failed: make a new one")
        return pointer

    def outcome(self, function: str) -> Outcome:
        """Returns what makes a blocking call, and receives what it returns."""
        if f"{function}_start" not in FUNCTIONS:
            if self.log_level:
                from ._log import Logged

                return Logged(self.c, self.log_level)
        elif self.log_level or is_interruptible():
            return Queued(self.c, self.log_level)
        return Outcome(self.c)

    def close(self) -> None:
        """Cancels what coroutines await, and frees the client as soon as no thread uses it."""
        self.pointer = None
        # A list, whatever other threads do. The last first: those that wait, before threads get free for them.
        for weak in reversed(self.flights.valuerefs()):
            flight = weak()
            for call in flight.calls if flight is not None else ():
                self.c.stytch_call_cancel(call)


NEVER_OPENED = Core()
"""Stands in for the core of a client whose constructor failed."""


class Owner:
    """Whatever has calls: a client, or one of its resources."""

    _core = NEVER_OPENED


class Resource(Owner):
    """A group of calls, as Stytch's API groups them. It belongs to the client that it came from."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of a client: {'closed' if self._core.pointer is None else 'open'}>"

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(
            f"{name} belongs to a Client, and neither can be pickled or copied:"
            " share the Client between threads, make one in each process"
        )


def calls(
    function: str,
) -> Callable[
    [Callable[Concatenate[_Owner, _Parameters], Arguments]], Callable[Concatenate[_Owner, _Parameters], Response]
]:
    """Makes a call of a method that returns the arguments of a C function.

    The method has the signature and the documentation, and checks its arguments. All else is here,
    in one frame, so that whatever stops the call, and wherever, finds the outcome and leaves no token
    in the traceback.
    """

    def decorate(
        method: Callable[Concatenate[_Owner, _Parameters], Arguments],
    ) -> Callable[Concatenate[_Owner, _Parameters], Response]:
        @functools.wraps(method)
        def call(self: _Owner, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Response:
            error: Optional[StytchError] = None
            outcome: Optional[Outcome] = None
            try:
                core = self._core
                pointer = core.open_pointer()
                outcome = core.outcome(function)
                outcome.run(function, pointer, method(self, *args, **kwargs))
                response = outcome.response()
                if response is not None:
                    return response
                error = outcome.error()
                raise error
            except BaseException as exception:
                later = None
                if exception is not error:
                    if outcome is not None:
                        later = outcome.bring_home(exception)
                        outcome.attach_to(later)
                        if later is exception:
                            later = None
                    forget(exception)
                # This frame stays in the traceback: it would keep the token, the client and a cycle alive.
                args = kwargs = self = core = pointer = outcome = response = error = None  # type: ignore
                if later is None:
                    raise
                try:
                    raise later  # of a handler that ran while the call was brought home
                finally:
                    del later

        # For help() and typing.get_type_hints(), which see the method behind the call.
        method.__annotations__["return"] = Response
        call.c_function = function  # type: ignore[attr-defined]
        return call

    return decorate


def awaited(
    blocking: Callable[Concatenate[_Owner, _Parameters], Response],
) -> Callable[Concatenate[_Owner, _Parameters], Coroutine[Any, Any, Response]]:
    """Makes the sibling of a call for coroutines: the same arguments, the same response, the same errors."""
    method: Callable[..., Arguments] = blocking.__wrapped__  # type: ignore[attr-defined]
    function: str = blocking.c_function  # type: ignore[attr-defined]

    @functools.wraps(method)
    async def call(self: _Owner, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Response:
        from ._loop import Awaited, Home, running_loop

        error: Optional[StytchError] = None
        outcome: Optional[Awaited] = None
        try:
            core = self._core
            core.open_pointer()
            outcome = Awaited(core.c)
            Home.of(running_loop(), core.c).start(core, function, method(self, *args, **kwargs), outcome)
            # While this waits, it keeps neither the token nor the client.
            args = kwargs = self = core = None  # type: ignore
            await outcome.arrive()
            response = outcome.response()
            if response is not None:
                return response
            error = outcome.error()
            raise error
        except BaseException as exception:
            if exception is not error:
                if outcome is not None:
                    outcome.bring_home(exception)
                    outcome.attach_to(exception)
                forget(exception)
            args = kwargs = self = core = outcome = response = error = None  # type: ignore
            raise

    call.__name__ = f"{blocking.__name__}_async"
    call.__qualname__ = f"{blocking.__qualname__}_async"
    call.__doc__ = f"""Does what ``{blocking.__name__}`` does, and lets the event loop go on meanwhile.

        If the task is cancelled, so is the call, and ``outcome_of`` the CancelledError returns what became
        of it.

        :raises StytchBusyError: too many calls of the client have not finished: see ``max_pending``.

        {blocking.__doc__}"""
    return call
