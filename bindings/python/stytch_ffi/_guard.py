"""Keeps secrets and tokens out of tracebacks."""

from __future__ import annotations

import functools
from types import TracebackType
from typing import Any, Callable, List, Optional, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])

_PACKAGE = __name__.partition(".")[0]


def guarded(function: _Function) -> _Function:
    """Decorates a function that is given a secret or a token, or that works on one.

    An exception carries its traceback, which keeps the local variables of every frame it passed:
    error reports (Sentry, ``pytest --showlocals``, ``cgitb``) print them, and whoever keeps the
    exception keeps them alive. What the package's own frames contained is dropped on the way out.
    """

    @functools.wraps(function)
    def guard(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs  # this frame is in the traceback as well
            forget(error)
            raise

    return cast(_Function, guard)


def forget(error: BaseException) -> None:
    """Clears the local variables in the finished frames of an exception and of those that led to it."""
    waiting: List[Optional[BaseException]] = [error]
    seen = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__]
        _clear(each.__traceback__)


def _clear(traceback: Optional[TracebackType]) -> None:
    working_for_us = False
    while traceback is not None:
        frame = traceback.tb_frame
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        # The JSON reader's frames contain the text that it reads. Frames of others can be in between, such
        # as that of a signal handler; those are not ours to clear.
        working_for_us = package == _PACKAGE or (working_for_us and package == "json")
        if working_for_us:
            try:
                frame.clear()
            except RuntimeError:
                pass  # it still runs: `guard` itself, or a guard further out, which comes next
        traceback = traceback.tb_next
