"""What the tests share: the sandbox as a process of its own, and where the checkout's parts are."""

import collections
import contextlib
import dis
import gc
import json
import os
import signal
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Counter, Dict, List, Optional
from unittest import mock

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGE.parents[1]
HEADER = CHECKOUT / "include" / "stytch.h"

# The tests are about the package beside them, whichever one is installed.
sys.path.insert(0, str(PACKAGE))

import stytch_ffi  # noqa: E402
from stytch_ffi import _abi  # noqa: E402

PROJECT_ID = "project-test-00000000-0000-4000-8000-000000000000"
SECRET = "secret-test-sandbox"

# A shell starts what it runs in the background with Ctrl-C ignored, and so would every program of the tests' be.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Loopback needs no proxy, whatever the environment says.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def sandbox_binary() -> str:
    explicit = os.environ.get("STYTCH_SANDBOX")
    path = Path(explicit) if explicit else CHECKOUT / "target" / "debug" / "stytch-sandbox"
    if not path.is_file():
        raise FileNotFoundError(
            f"The sandbox is not at {path}. Build it (cargo build -p stytch-sandbox), or set STYTCH_SANDBOX."
        )
    return str(path)


class Sandbox:
    """A running stytch-sandbox on a free port; a context manager that stops it."""

    def __init__(self, *arguments: str) -> None:
        command = [sandbox_binary(), "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if " listening on " not in line:
            self.process.kill()
            raise RuntimeError(f"The sandbox did not start: {line!r}, exit status {self.process.wait()}")
        self.url = line.split(" listening on ", 1)[1].strip()

    def stop(self) -> int:
        self.process.terminate()
        status = self.process.wait(timeout=30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def control(self, method: str, path: str, value: Any = None) -> Any:
        data = None if value is None else json.dumps(value).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        with _OPENER.open(request, timeout=30) as response:
            return json.loads(response.read() or b"null")

    def make_token(self, **choice: Any) -> str:
        made: Dict[str, Any] = self.control("POST", "/sandbox/impersonation_tokens", choice)
        return str(made["impersonation_token"])

    def add_faults(self, *faults: Dict[str, Any]) -> None:
        self.control("POST", "/sandbox/faults", list(faults))

    def clear_faults(self) -> None:
        self.control("DELETE", "/sandbox/faults")

    def faults(self) -> Any:
        return self.control("GET", "/sandbox/faults")

    def requests(self, path: str) -> int:
        """How many requests to a path have come in."""
        counts: Dict[str, int] = self.control("GET", "/sandbox/requests")["by_path"]
        return counts.get(path, 0)

    def client(self, **options: Any) -> stytch_ffi.Client:
        options.setdefault("base_url", self.url)
        options.setdefault("secret", SECRET)
        return stytch_ffi.Client(PROJECT_ID, **options)

    def environment(self, **changes: Optional[str]) -> Dict[str, str]:
        """An environment for a program that is to use this sandbox."""
        environment = dict(os.environ)
        environment["PYTHONPATH"] = str(PACKAGE)
        # Python 3.12 and later warn of every fork in a process with threads, the library's among them.
        environment["PYTHONWARNINGS"] = "ignore:This process:DeprecationWarning"
        environment["STYTCH_PROJECT_ID"] = PROJECT_ID
        environment["STYTCH_SECRET"] = SECRET
        environment["STYTCH_BASE_URL"] = self.url
        for name, value in changes.items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        return environment


class SandboxTestCase(unittest.TestCase):
    """Tests with a sandbox of their class's own, and no fault left over from the test before."""

    sandbox: Sandbox

    @classmethod
    def setUpClass(cls) -> None:
        cls.sandbox = Sandbox()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.sandbox.stop()

    def setUp(self) -> None:
        self.sandbox.clear_faults()

    def fails_with(self, kind: type, call: Callable[..., object], *args: Any, **named: Any) -> Any:
        """Make a call that must fail with exactly this class, and return its exception."""
        try:
            call(*args, **named)
        except stytch_ffi.StytchError as error:
            self.assertIs(type(error), kind, repr(error))
            return error
        return self.fail(f"{kind.__name__} was not raised")


class Ledger:
    """Counts the library's objects that are made and freed, by type, while its block runs."""

    def __init__(self) -> None:
        self.made: Counter[str] = collections.Counter()
        self.freed: Counter[str] = collections.Counter()
        self.stack = contextlib.ExitStack()

    def _maker(self, function: Any) -> Any:
        def counted(*arguments: Any) -> Any:
            result = function(*arguments)
            if not result:
                self.made["ErrorPointer"] += _abi.ErrorOut in function.argtypes
            elif function.restype in _abi.FREED_BY:
                self.made[function.restype.__name__] += 1
            return result

        return counted

    def _finalizer(self, owner: Any) -> Any:
        free = owner.__del__

        def counted(pointer: Any) -> None:
            self.freed[owner.__name__] += bool(pointer)
            free.__get__(pointer)()

        return counted

    def __enter__(self) -> "Ledger":
        gc.collect()  # what was made before does not count
        c = stytch_ffi._library.load().c
        for name, function in list(vars(c).items()):
            self.stack.enter_context(mock.patch.object(c, name, self._maker(function)))
        for owner in _abi.FREED_BY:
            self.stack.enter_context(mock.patch.object(owner, "__del__", self._finalizer(owner)))
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()


def watch_bytecodes(visit: Callable[[str], None], call: Callable[[], object]) -> None:
    """Makes a call, and calls visit with the name of each bytecode of the package before it is run."""
    package = os.path.dirname(os.path.abspath(stytch_ffi.__file__)) + os.sep

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not os.path.abspath(frame.f_code.co_filename).startswith(package):
            return None
        frame.f_trace_opcodes = True
        opcode = dis.opname[frame.f_code.co_code[frame.f_lasti]] if event == "opcode" else ""
        # CPython loses the exception that is being passed on if a tracer raises in front of that bytecode.
        if opcode not in ("", "PUSH_EXC_INFO"):
            visit(opcode)
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 looks at the frame that calls settrace
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)


def run_python(
    source: str, environment: Dict[str, str], *arguments: str, cwd: Optional[Path] = None
) -> "subprocess.CompletedProcess[str]":
    """Runs Python source in a process of its own, where the current folder has no package unless it is named."""
    command: List[str] = [sys.executable, "-c", source, *arguments]
    output = subprocess.PIPE
    return subprocess.run(
        command, env=environment, cwd=cwd or os.sep, stdout=output, stderr=output, text=True, timeout=120
    )
