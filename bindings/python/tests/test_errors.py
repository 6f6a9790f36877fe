"""The exceptions as Python objects: classes, fields, pickling, and values from a newer library."""

import copy
import pickle
import unittest

import support  # noqa: F401  # finds the package

import stytch_ffi
from stytch_ffi import Delivery, ErrorCode, StytchError
from stytch_ffi._errors import make_error

FIELDS = {
    "delivery": Delivery.ACCEPTED,
    "is_retryable": True,
    "api_message": "What Stytch said.",
    "http_status": 200,
    "error_type": "some_type",
    "request_id": "request-id-test-1",
    "error_url": "https://stytch.com/docs/api/errors/401",
    "retry_after_ms": 1500,
    "body": b'{"session_token":"a-secret"}\0\xff',
}


class ErrorTest(unittest.TestCase):
    def test_each_code_has_a_class_of_its_name(self) -> None:
        for code in ErrorCode:
            name = "".join(part if part in ("TLS", "API") else part.title() for part in code.name.split("_"))
            error = make_error(code, "What happened.")
            self.assertIs(type(error), getattr(stytch_ffi, f"Stytch{name}Error"))
            self.assertIs(error.code, code)

    def test_an_error_carries_every_field(self) -> None:
        error = make_error(7, "What happened.", **FIELDS)
        self.assertEqual(str(error), "What happened.")
        self.assertEqual(error.message, "What happened.")
        for name, value in FIELDS.items():
            self.assertEqual(getattr(error, name), value)
        self.assertEqual(error.retry_after, 1.5)
        self.assertIsNone(make_error(6, "").retry_after)
        self.assertEqual(make_error(6, "", retry_after_ms=0).retry_after, 0.0)

    def test_errors_survive_pickle_and_copy(self) -> None:
        for code in (*ErrorCode, 99):
            error = make_error(code, "What happened.", **FIELDS)
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                again = pickle.loads(pickle.dumps(error, protocol))
                self.assertIs(type(again), type(error))
                self.assertEqual((str(again), again.code), (str(error), error.code))
                self.assertEqual(again.__dict__, error.__dict__)
            self.assertEqual(copy.copy(error).__dict__, error.__dict__)

    def test_an_error_that_is_not_fully_made_can_be_shown_and_pickled(self) -> None:
        for kind in (StytchError, stytch_ffi.StytchTimeoutError, stytch_ffi.StytchInvalidArgumentError):
            half = kind.__new__(kind, "a message")
            self.assertIn("delivery=UNKNOWN", repr(half))
            self.assertIs(half.delivery, Delivery.UNKNOWN)
            self.assertIsNone(half.retry_after)
            self.assertEqual(half.body, b"")
            for again in (copy.copy(half), copy.deepcopy(half), pickle.loads(pickle.dumps(half))):
                self.assertIs(type(again), kind)

    def test_codes_and_deliveries_survive_pickle_and_copy(self) -> None:
        for value in (*ErrorCode, ErrorCode(99), *Delivery):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                again = pickle.loads(pickle.dumps(value, protocol))
                self.assertEqual((again, again.name, type(again)), (value, value.name, type(value)))
            self.assertEqual(copy.deepcopy([value]), [value])

    def test_the_text_never_shows_the_body(self) -> None:
        error = make_error(7, "What happened.", **FIELDS)
        for text in (str(error), repr(error), f"{error.args}"):
            self.assertNotIn("secret", text)
        self.assertIn("ACCEPTED", repr(error))
        self.assertIn("request-id-test-1", repr(error))

    def test_a_code_of_a_newer_library_is_no_crash(self) -> None:
        error = make_error(99, "Something new.")
        self.assertIs(type(error), StytchError)
        self.assertEqual(error.code, 99)
        self.assertEqual(error.code.name, "CODE_99")
        self.assertIn("CODE_99", repr(error))
        self.assertEqual(len(ErrorCode), 11)

    def test_a_delivery_of_a_newer_library_is_unknown(self) -> None:
        self.assertIs(make_error(4, "Something new.", delivery=17).delivery, Delivery.UNKNOWN)
        self.assertIs(make_error(4, "Nothing said.").delivery, Delivery.UNKNOWN)
        with self.assertRaises(ValueError):
            Delivery("NOT_SENT")  # type: ignore[arg-type]

    def test_an_error_is_not_retryable_unless_the_library_says_so(self) -> None:
        for each in Delivery:
            self.assertFalse(make_error(4, "", delivery=each).is_retryable)
        error = make_error(4, "", is_retryable=True)
        self.assertIs(error.is_retryable, True)
        self.assertIn("is_retryable=True", repr(error))

    def test_no_blind_retry_catches_them(self) -> None:
        for code in ErrorCode:
            self.assertNotIsInstance(make_error(code, ""), OSError)
        self.assertIsInstance(make_error(1, ""), ValueError)


if __name__ == "__main__":
    unittest.main()
