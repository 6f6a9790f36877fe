"""What a client and its resources share, and how a call is made."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Optional, Tuple, TypeVar

from ._abi import ClientPointer
from ._errors import StytchError
from ._guard import forget
from ._outcome import Outcome
from ._response import Response

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    _Parameters = ParamSpec("_Parameters")
    _Owner = TypeVar("_Owner", bound="Owner")

Arguments = Tuple[Any, ...]
"""What a C function takes between the client and the error."""


class Core:
    """A client in the library. Without a pointer it is closed, or was never made."""

    __slots__ = ("c", "pointer")

    def __init__(self) -> None:
        self.c: Any = None
        self.pointer: Optional[ClientPointer] = None

    def open_pointer(self) -> ClientPointer:
        """Returns the client's pointer; raises RuntimeError if there is none."""
        pointer = self.pointer
        if pointer is None:
            raise RuntimeError("the client is closed, or its constructor failed: make a new one")
        return pointer


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
                outcome = Outcome(core.c)
                pointer = core.open_pointer()
                outcome.call(getattr(core.c, function), pointer, *method(self, *args, **kwargs))
                response = outcome.response()
                if response is not None:
                    return response
                error = outcome.error()
                raise error
            except BaseException as exception:
                if exception is not error:
                    if outcome is not None:
                        outcome.attach_to(exception)
                    forget(exception)
                # This frame stays in the traceback: it would keep the token, the client and a cycle alive.
                args = kwargs = self = core = pointer = outcome = response = error = None  # type: ignore
                raise

        # For help() and typing.get_type_hints(), which see the method behind the call.
        method.__annotations__["return"] = Response
        return call

    return decorate
