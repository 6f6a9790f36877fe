"""The logger ``stytch_ffi``: one record for each call.

The library could call a function of ours with each event, on a thread of its own. But a thread that enters the
interpreter while that ends hangs, or crashes it. So the events wait in a queue, and the thread that asked for the
call takes them from there, before the call returns.
"""

from __future__ import annotations

import ctypes
import json
import logging
import re
import time
from ctypes import byref, c_int32
from typing import Any, Dict, Union

from ._abi import ClientPointer, QueuePointer
from ._errors import ErrorCode, StytchError
from ._outcome import Arguments, Outcome
from ._response import Response

_LOGGER = logging.getLogger(__package__)

_ERROR, _WARNING, _INFO, _DEBUG = 1, 2, 3, 4
_LEVELS = {_ERROR: logging.ERROR, _WARNING: logging.WARNING, _INFO: logging.INFO, _DEBUG: logging.DEBUG}


def library_level(level: int) -> int:
    """Returns the library's number for a level of the logging module; 0 for one above ERROR, which is nothing."""
    return max((number for number, least in _LEVELS.items() if level <= least), default=0)


_IS_ODD = re.compile(r"[^!-~]|^.{257}")
"""What the library puts into no event: characters that are not graphic ASCII, and long texts."""


def tell(c: Any, queue: QueuePointer) -> None:
    """Makes records of the events that wait in a queue."""
    level = c_int32()
    while True:
        event = c.stytch_queue_next_event(queue, byref(level))
        if not event:
            return
        _record(level.value, json.loads(ctypes.string_at(event).decode("utf-8", "replace")))


def _record(level: int, event: Dict[str, Any]) -> None:
    number = _LEVELS.get(level, logging.ERROR)
    if _LOGGER.isEnabledFor(number):
        _LOGGER.log(number, "%s", _line(event), extra={"stytch": event})


def _line(event: Dict[str, Any]) -> str:
    """Returns an event as a short line: what was called, what it came to, how long that took, and the request."""
    words = [f"{event.get('operation')}: {event.get('code')}"]
    for name, text in (
        ("http_status", "status {}"),
        ("error_type", "{}"),
        ("delivery", "delivery {}"),
        ("source", "{}"),
        ("duration_ms", "{} ms"),
        ("retry_in_ms", "retry in {} ms"),
        ("request_id", "{}"),
    ):
        if event.get(name) is not None:
            words.append(text.format(event[name]))
    return ", ".join(words)


class Logged(Outcome):
    """Receives what a call returns that is made on this thread, without a queue for its event, and makes a record."""

    __slots__ = ("_log_level",)

    def __init__(self, c: Any, log_level: int) -> None:
        super().__init__(c)
        self._log_level = log_level

    def run(self, function: str, pointer: ClientPointer, arguments: Arguments) -> None:
        started = time.monotonic()
        super().run(function, pointer, arguments)
        tell_result(function, started, self.get(), self._log_level)


def tell_result(function: str, started: float, outcome: Union[Response, StytchError, None], log_level: int) -> None:
    """Makes a record of what a call came to, as the library would have told of it."""
    event: Dict[str, Any] = {"operation": function.partition("_")[2]}
    event["duration_ms"] = int((time.monotonic() - started) * 1000)
    event["code"] = "OK"
    if isinstance(outcome, StytchError):
        level = _ERROR if outcome.code is ErrorCode.INTERNAL else _WARNING
        event.update(code=outcome.code.name, delivery=outcome.delivery.name)
        event.update(_present(outcome, "http_status", "request_id", "error_type"))
    elif outcome is not None:
        is_local = outcome.status_code == 0
        level = _DEBUG if is_local else _INFO
        event["source"] = "local" if is_local else "remote"
        event.update(_present(outcome, "http_status", "request_id", "member_session_id", "impersonator_id"))
    else:
        return
    if level <= log_level:
        _record(level, event)


def _present(thing: object, *names: str) -> Dict[str, Any]:
    """Returns the attributes that are there and fit for a log."""
    values = {name: getattr(thing, name) for name in names}
    return {name: value for name, value in values.items() if value and not _IS_ODD.search(str(value))}
