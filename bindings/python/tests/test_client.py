"""Making, using and closing a client: what its arguments may be, and what is refused how."""

import copy
import gc
import math
import pickle
import unittest
import weakref
from pathlib import Path
from typing import Any, Dict, List

from support import PROJECT_ID, SECRET, Ledger, SandboxTestCase

import stytch_ffi
from stytch_ffi import Client, Delivery, StytchInvalidArgumentError
from stytch_ffi._client import _milliseconds

MARK = "MARKED-SECRET"


class ArgumentTest(unittest.TestCase):
    def refused(self, *positional: Any, **named: Any) -> StytchInvalidArgumentError:
        with self.assertRaises(StytchInvalidArgumentError) as caught:
            Client(*(positional or (PROJECT_ID, SECRET)), **named)
        error = caught.exception
        self.assertIs(error.delivery, Delivery.NOT_SENT)
        self.assertFalse(error.is_retryable)
        self.assertIsNone(error.http_status)
        chain: List[Any] = [error, error.__cause__, error.__context__]
        self.assertNotIn(MARK, repr(chain) + str(error))
        return error

    def test_credentials_that_cannot_be(self) -> None:
        for bad in ("", "a\nb", "a\x7f", "x" * 5000, "a\0b", "\ud800"):
            self.refused(bad, SECRET, base_url="https://example.com")
            self.refused(PROJECT_ID, bad)
        self.refused("project:id", SECRET, base_url="https://example.com")
        self.refused("project-other", SECRET)
        for bad in (f"{MARK}\0", f"{MARK}\ud800", f"{MARK}\n"):
            self.refused(PROJECT_ID, bad)

    def test_nul_is_refused_by_name_and_never_cut_off(self) -> None:
        for name in ("base_url", "ca_file", "ca_pem", "proxy"):
            self.assertIn(name, str(self.refused(**{name: "https://example.com\0.evil.example"})))
        self.assertIn("secret", str(self.refused(PROJECT_ID, "secret\0")))
        self.assertIn("app_info", str(self.refused(app_info=("name\0", "1"))))
        self.assertIn("app_info", str(self.refused(app_info=("name", "1\0"))))

    def test_lone_surrogates_are_refused_by_name(self) -> None:
        for name in ("base_url", "ca_file", "ca_pem", "proxy"):
            self.assertIn(name, str(self.refused(**{name: "x\udc80"})))

    def test_other_types_are_type_errors(self) -> None:
        wrong: List[Dict[str, Any]] = [
            {"base_url": b"https://example.com"},
            {"base_url": 1},
            {"ca_pem": b"pem"},
            {"ca_file": 3},
            {"ca_file": b"path"},
            {"proxy": ["http://localhost"]},
            {"timeout": "31"},
            {"timeout": True},
            {"connect_timeout": object()},
            {"max_retries": 1.0},
            {"max_retries": True},
            {"max_threads": "8"},
            {"max_pending": 1024.0},
            {"log_level": "INFO"},
            {"log_level": True},
            {"app_info": "name/1.0"},
            {"app_info": ("name",)},
            {"app_info": ("name", 1)},
        ]
        for options in wrong:
            with self.subTest(options), self.assertRaises(TypeError):
                Client(PROJECT_ID, SECRET, **options)
        for credentials in ((None, SECRET), (PROJECT_ID, None), (b"id", SECRET), (PROJECT_ID, 5)):
            with self.subTest(credentials), self.assertRaises(TypeError):
                Client(*credentials)

    def test_options_out_of_bounds(self) -> None:
        for name in ("timeout", "connect_timeout"):
            for bad in (0, -1, -0.001, math.nan, math.inf, -math.inf, 3600.001, 1e300, 10**400, 5_000_000):
                self.refused(**{name: bad})
        for retries in (-1, 11, 2**32, 2**64, -(2**64)):
            self.refused(max_retries=retries)
        for count in (0, -1, 65, 2**32, 2**64):
            self.refused(max_threads=count)
        for count in (0, -1, 65_537, 2**32, 2**64):
            self.refused(max_pending=count)
        self.refused(log_level=-1)

    def test_options_that_cannot_be(self) -> None:
        urls = ("", "example.com", "http://example.com", "https://user@example.com", "https://h/?q", "https://h:0x")
        for url in urls:
            self.refused(base_url=url)
        self.refused(proxy="socks5://localhost")
        self.refused(app_info=("bad name", "1"))
        self.refused(app_info=("", "1"))
        self.refused(ca_file="/does/not/exist.pem")
        self.refused(ca_file=__file__)
        self.refused(ca_pem="not a certificate")

    def test_options_at_their_bounds(self) -> None:
        for options in (
            {"timeout": 3600, "connect_timeout": 3600.0, "max_retries": 10},
            {"timeout": 0.0000001, "connect_timeout": 0.001, "max_retries": 0},
            {"timeout": None, "connect_timeout": None, "max_retries": None, "base_url": None, "app_info": None},
            {"max_threads": 64, "max_pending": 65_536, "log_level": 50},
            {"max_threads": 1, "max_pending": 1, "log_level": 0},
            {"max_threads": None, "max_pending": None, "log_level": None},
            {"app_info": ("my-app", "1.2.3"), "proxy": "http://user:p%40ss@localhost:3128"},
        ):
            with self.subTest(options):
                Client(PROJECT_ID, SECRET, **options).close()

    def test_seconds_become_milliseconds(self) -> None:
        for seconds, milliseconds in (
            (1, 1000),
            (31.0, 31000),
            (0.0004, 1),
            (1e-300, 1),
            (0.1 + 0.2, 300),
            (1.001, 1001),
            (4.35, 4350),
            (0.0011, 2),
            (1e300, 2**32 - 1),
        ):
            self.assertEqual(_milliseconds("timeout", seconds), milliseconds, seconds)


class LifeTest(SandboxTestCase):
    def test_all_that_is_made_is_freed_once(self) -> None:
        with Ledger() as ledger:
            self.use_everything()
        self.assertEqual(+ledger.freed, +ledger.made)
        made = {"OptionsPointer": 3, "ClientPointer": 1, "ResponsePointer": 2, "OwnedString": 1, "ErrorPointer": 3}
        # The main thread makes its calls through queues, so that it notices a Ctrl-C.
        self.assertEqual(+ledger.made, {**made, "QueuePointer": 3, "CallPointer": 3})

    def use_everything(self) -> None:
        """Three sets of options, of which one makes a client; two sessions, one read and one not; three errors."""
        with self.sandbox.client() as client:
            token = self.sandbox.make_token()
            self.assertTrue(client.impersonation.authenticate(token).member["name"])
            with self.assertRaises(stytch_ffi.StytchAPIError):
                client.impersonation.authenticate(token)
            client.impersonation.authenticate(self.sandbox.make_token())
        for options in ({"proxy": "socks5://localhost"}, {"secret": "\n"}):
            with self.assertRaises(StytchInvalidArgumentError):
                self.sandbox.client(**options)

    def test_a_client_is_closed_by_its_block(self) -> None:
        with self.sandbox.client() as client:
            self.assertFalse(client.closed)
            client.impersonation.authenticate(impersonation_token=self.sandbox.make_token())
        self.assertTrue(client.closed)

    def test_close_may_be_called_again(self) -> None:
        client = self.sandbox.client()
        client.close()
        client.close()
        self.assertTrue(client.closed)

    def test_a_closed_client_says_so(self) -> None:
        client = self.sandbox.client()
        impersonation = client.impersonation
        client.close()
        for call in (impersonation.authenticate, client.impersonation.authenticate):
            with self.assertRaisesRegex(RuntimeError, "the client is closed"):
                call("a-token")
        with self.assertRaisesRegex(RuntimeError, "the client is closed"), client:
            pass

    def test_closing_frees_at_once_also_after_errors(self) -> None:
        client = self.sandbox.client()
        handle = weakref.ref(client._core.pointer)
        gc.disable()  # reference counts alone must do it
        self.addCleanup(gc.enable)
        kept = []
        for token in ("", "unknown-token"):
            try:
                client.impersonation.authenticate(token)
            except stytch_ffi.StytchError as error:
                kept.append(error)  # with its traceback and the frames in it
        self.assertEqual(len(kept), 2)
        client.close()
        self.assertIsNone(handle())

    def test_an_error_is_no_reference_cycle(self) -> None:
        gc.disable()
        self.addCleanup(gc.enable)
        with self.sandbox.client() as client:
            for token in ("", "a\0b", "unknown-token"):
                try:
                    client.impersonation.authenticate(token)
                except stytch_ffi.StytchError as error:
                    forgotten = weakref.ref(error)
                self.assertIsNone(forgotten())

    def test_a_forgotten_client_is_freed(self) -> None:
        client = self.sandbox.client()
        handle = weakref.ref(client._core.pointer)
        gc.disable()
        self.addCleanup(gc.enable)
        del client
        self.assertIsNone(handle())

    def test_a_client_and_its_parts_are_not_pickled_or_copied(self) -> None:
        client = self.sandbox.client()
        half_made = Client.__new__(Client)
        parts = [client, client.impersonation, client.impersonation.authenticate, half_made, half_made.impersonation]
        for _ in range(2):
            for part in parts:
                for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
                    if attempt is not pickle.dumps and callable(part):
                        continue  # a bound method is copied with whatever it is bound to, or not at all
                    with self.subTest(part), self.assertRaisesRegex(TypeError, "pickled or copied.*in each process"):
                        attempt(part)
            client.close()
        with self.sandbox.client() as other, self.assertRaisesRegex(TypeError, "ClientPointer cannot be pickled"):
            pickle.dumps(other._core.pointer)

    def test_a_client_that_is_not_fully_made_is_as_good_as_closed(self) -> None:
        class Careless(Client):
            def __init__(self) -> None:
                made.append(self)
                super().__init__(PROJECT_ID, f"{MARK}\n")

        made: List[Client] = [Client.__new__(Client)]
        with self.assertRaises(StytchInvalidArgumentError):
            Careless()
        for half in made:
            self.assertIn("closed", repr(half))
            self.assertIn("closed", repr(half.impersonation))
            self.assertTrue(half.closed)
            half.close()
            half.__exit__(None, None, None)
            with self.assertRaisesRegex(RuntimeError, "closed"), half:
                pass
            with self.assertRaisesRegex(RuntimeError, "closed"):
                half.impersonation.authenticate("a-token")
            self.assertNotIn(MARK, repr(vars(half)))
        made.clear()
        gc.collect()
        self.sandbox.client().close()  # the next one is as any

    def test_a_client_may_be_made_again_in_place(self) -> None:
        client = self.sandbox.client()
        first = weakref.ref(client._core.pointer)
        Client.__init__(client, PROJECT_ID, SECRET, base_url=self.sandbox.url)
        self.assertIsNone(first())
        with client:
            client.impersonation.authenticate(self.sandbox.make_token())

    def test_the_repr_shows_no_secret(self) -> None:
        with self.sandbox.client(secret="secret-test-marked") as client:
            self.assertIn(PROJECT_ID, repr(client))
            self.assertNotIn("secret-test-marked", repr(client) + repr(vars(client)))

    def test_tokens_that_cannot_be(self) -> None:
        with self.sandbox.client() as client:
            authenticate = client.impersonation.authenticate
            for bad in ("", "a\nb", "a\0b", "\ud800", "x" * 9000, f"{MARK}\x01"):
                error = self.fails_with(StytchInvalidArgumentError, authenticate, impersonation_token=bad)
                self.assertIs(error.delivery, Delivery.NOT_SENT)
                self.assertNotIn(MARK, repr(error))
            for other in (None, b"token", 5):
                with self.assertRaises(TypeError):
                    authenticate(other)  # type: ignore[arg-type]

    def test_a_path_object_names_the_ca_file(self) -> None:
        with self.assertRaises(StytchInvalidArgumentError):
            self.sandbox.client(ca_file=Path(__file__))


if __name__ == "__main__":
    unittest.main()
