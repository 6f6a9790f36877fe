"""Loops and processes in which calls are awaited: threads, interruptions, ends, forks, Ctrl-C."""

import asyncio
import gc
import inspect
import os
import pickle
import sys
import threading
import time
import typing
import unittest
import weakref
from typing import Any, Dict, List, Type

from async_support import STALL, AsyncTestCase
from support import run_python

import stytch_ffi
from stytch_ffi import Client, StytchCancelledError, outcome_of
from stytch_ffi._loop import Flight, Home

CLIENT = (
    "import asyncio, os, signal, sys, threading, time, stytch_ffi\n"
    "client = stytch_ffi.Client(os.environ['STYTCH_PROJECT_ID'], os.environ['STYTCH_SECRET'],"
    " base_url=os.environ['STYTCH_BASE_URL'])\n"
)


class LoopTest(AsyncTestCase):
    def test_siblings_have_the_signatures_of_the_calls(self) -> None:
        with self.sandbox.client() as client:
            pairs = [
                (owner, name)
                for owner in (client, client.impersonation, client.sessions)
                for name in dir(owner)
                if name.endswith("_async")
            ]
            self.assertEqual(len(pairs), 7)
            for owner, name in pairs:
                sibling, call = getattr(owner, name), getattr(owner, name[: -len("_async")])
                self.assertTrue(inspect.iscoroutinefunction(sibling))
                self.assertEqual(inspect.signature(sibling), inspect.signature(call))
                self.assertEqual(typing.get_type_hints(sibling), typing.get_type_hints(call))
                self.assertEqual(sibling.__name__, name)
                self.assertIn(inspect.getdoc(call).splitlines()[0], sibling.__doc__)  # type: ignore[union-attr]

    def test_no_thread_of_the_librarys_runs_python(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                self.sandbox.add_faults({"delay_ms": 300, "times": 8})
                calls = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(40)]
                while not all(call.done() for call in calls):
                    # Each thread that is in the interpreter has a frame, whoever started it.
                    self.assertEqual(len(sys._current_frames()), threading.active_count())
                    if os.path.isdir("/proc/self/task"):
                        most.append(sum(name == "stytch-worker" for name in self.thread_names()))
                    await asyncio.sleep(0.005)
            self.assertEqual(threading.active_count(), before)

        before = threading.active_count()
        most: List[int] = []
        self.run_loop(main())
        self.assertFalse([each for each in threading.enumerate() if "Dummy" in each.name])
        if most:
            self.assertEqual(max(most), 8)

    @staticmethod
    def thread_names() -> List[str]:
        names = []
        for task in os.listdir("/proc/self/task"):
            try:
                with open(f"/proc/self/task/{task}/comm", encoding="utf-8") as file:
                    names.append(file.read().strip())
            except OSError:
                pass  # it has gone
        return names

    def test_an_interrupted_drain_loses_no_call(self) -> None:
        """A signal handler raises while calls are taken out of the queue; asyncio reports it, and goes on."""

        class Limit(BaseException):
            pass

        class Interrupted(Dict[int, Flight]):
            def get(self, number: int, default: Any = None) -> Any:
                if not raised:
                    raised.append(number)
                    raise kind
                return super().get(number, default)

        async def main(client: Client) -> object:
            call = asyncio.ensure_future(client.sessions.get_jwks_async())
            await asyncio.sleep(0)
            home = Home.of(asyncio.get_running_loop(), client._core.c)
            home.flights = Interrupted(home.flights)
            del home
            return await call

        raised: List[int] = []
        kind: Type[BaseException]
        for kind in (Limit, KeyboardInterrupt):
            raised.clear()
            reported: List[Any] = []
            loop = asyncio.SelectorEventLoop()
            loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
            with self.sandbox.client() as client:
                task = loop.create_task(main(client))
                try:
                    response = loop.run_until_complete(task)
                except (Limit, KeyboardInterrupt) as error:  # out of the loop: it is started again
                    reported.append(error)
                    response = loop.run_until_complete(task)
                self.assertTrue(response["keys"])  # type: ignore[index]
            loop.close()
            self.assertEqual([type(error) for error in reported], [kind])

    def test_a_cancellation_travels_between_processes(self) -> None:
        async def main() -> None:
            with self.sandbox.client() as client:
                self.sandbox.add_faults(STALL)
                task = asyncio.ensure_future(call(client))
                await self.taken_up()
                task.cancel()
                error = pickle.loads(await task)
                self.assertIsInstance(outcome_of(error), StytchCancelledError)

        async def call(client: Client) -> bytes:
            try:
                await client.sessions.get_jwks_async()
            except asyncio.CancelledError as error:
                return pickle.dumps(error)
            return b""

        self.run_loop(main())

    def test_a_task_that_waits_keeps_no_token_and_no_client_alive(self) -> None:
        async def main() -> None:
            client = self.sandbox.client()
            self.sandbox.add_faults(STALL)
            coroutine = client.impersonation.authenticate_async("-".join(["MARKED", "TOKEN"]))
            task = asyncio.ensure_future(coroutine)
            await self.taken_up()
            frame: Any = coroutine.cr_frame  # type: ignore[attr-defined]
            self.assertNotIn("MARKED-TOKEN", repr(frame.f_locals))
            handle = weakref.ref(client._core.pointer)
            client.close()
            self.assertIsNone(handle())
            await self.fails_async(StytchCancelledError, task)

        self.run_loop(main())

    def test_without_a_loop_it_says_so(self) -> None:
        with self.sandbox.client() as client:
            coroutine = client.sessions.get_jwks_async()
            with self.assertRaisesRegex(RuntimeError, "event loop"):
                coroutine.send(None)


class ProcessTest(AsyncTestCase):
    def ends_well(self, source: str, said: str = "", *arguments: str) -> None:
        result = run_python(CLIENT + source, self.sandbox.environment(), *arguments)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, said, ""))

    def test_exit_with_calls_in_flight(self) -> None:
        self.sandbox.add_faults({**STALL, "times": 20})
        endings = {
            "run ends": "async def main():\n"
            "    tasks = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(5)]\n"
            "    await asyncio.sleep(0.3)\n"
            "asyncio.run(main())\n",
            "the process exits": "async def main():\n"
            "    global tasks\n"
            "    tasks = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(5)]\n"
            "    await asyncio.sleep(0.3)\n"
            "    sys.exit(0)\n"
            "asyncio.run(main())\n",
            "a loop in a daemon thread": "def work():\n"
            "    async def main():\n"
            "        await asyncio.gather(*(client.sessions.get_jwks_async() for _ in range(5)))\n"
            "    asyncio.new_event_loop().run_until_complete(main())\n"
            "threading.Thread(target=work, daemon=True).start()\n"
            "time.sleep(0.5)\n",
            "daemon threads, one by one": "def work():\n"
            "    while True: client.sessions.authenticate_jwt('a.b.c')\n"
            "for _ in range(4): threading.Thread(target=lambda: client.sessions.get_jwks(), daemon=True).start()\n"
            "time.sleep(0.5)\n",
        }
        for ending, source in endings.items():
            with self.subTest(ending):
                self.ends_well(source)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_fork_with_calls_in_flight(self) -> None:
        self.sandbox.add_faults({"delay_ms": 1000, "times": 4})
        self.ends_well(
            "async def main():\n"
            "    tasks = [asyncio.ensure_future(client.sessions.get_jwks_async()) for _ in range(4)]\n"
            "    await asyncio.sleep(0.2)\n"
            "    child = os.fork()\n"
            "    if child == 0:\n"
            "        status = 1\n"
            "        try:\n"
            "            def work():\n"
            "                assert asyncio.new_event_loop().run_until_complete(client.sessions.get_jwks_async())['keys']\n"
            "                assert client.sessions.get_jwks()['keys']\n"
            "                client.close()\n"
            "            thread = threading.Thread(target=work)\n"
            "            thread.start(); thread.join()\n"
            "            assert client.closed\n"
            "            status = 0\n"
            "        finally:\n"
            "            os._exit(status)\n"
            "    assert os.waitpid(child, 0)[1] == 0\n"
            "    print(sum(bool(each['keys']) for each in await asyncio.gather(*tasks)))\n"
            "asyncio.run(main())\n",
            "4\n",
        )

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_forked_child_frees_the_loop_that_it_inherited(self) -> None:
        self.sandbox.add_faults({"delay_ms": 1000, "times": 2})
        self.ends_well(
            "import gc\n"
            "loop = asyncio.new_event_loop()\n"
            "task = loop.create_task(client.sessions.get_jwks_async())\n"
            "loop.run_until_complete(asyncio.sleep(0.1))\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            "    task._log_destroy_pending = False\n"
            "    del loop, task; gc.collect(); client.close()\n"
            "    os._exit(0)\n"
            "assert os.waitpid(child, 0)[1] == 0\n"
            "print(bool(loop.run_until_complete(task)['keys']))\n"
            "loop.close()\n",
            "True\n",
        )

    @unittest.skipUnless(hasattr(os, "kill") and sys.platform != "win32", "no signals here")
    def test_ctrl_c_in_a_loop(self) -> None:
        self.sandbox.add_faults(STALL)
        self.ends_well(
            "async def main():\n"
            "    asyncio.get_running_loop().call_later(0.3, os.kill, os.getpid(), signal.SIGINT)\n"
            "    try:\n"
            "        await client.sessions.get_jwks_async()\n"
            "    except asyncio.CancelledError as error:\n"
            "        print(stytch_ffi.outcome_of(error).code.name)\n"
            "        raise\n"
            "try: asyncio.run(main())\n"
            "except KeyboardInterrupt as interruption: print('KeyboardInterrupt')\n",
            "CANCELLED\nKeyboardInterrupt\n",
        )


if __name__ == "__main__":
    unittest.main()
