"""The declarations of the package against include/stytch.h, and the version against everything."""

import ctypes
import re
import unittest
from typing import Any, Dict, List, Tuple

from support import CHECKOUT, HEADER, PACKAGE

import stytch_ffi
from stytch_ffi import Delivery, ErrorCode, _abi

IGNORED = ("*", "struct", "extern", "STYTCH_API", "STYTCH_MUST_USE")
"""Words in front of a declaration that are not part of a type."""
SCALARS: Dict[str, Any] = {
    "void": None,
    "bool": ctypes.c_bool,
    "double": ctypes.c_double,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32,
    "size_t": ctypes.c_size_t,
    "void *": ctypes.c_void_p,
    # From Python only NULL: a thread of the library's must not enter the interpreter.
    "stytch_log_function": ctypes.c_void_p,
}
HANDLES: Dict[str, Any] = {
    "stytch_client": _abi.ClientPointer,
    "stytch_options": _abi.OptionsPointer,
    "stytch_response": _abi.ResponsePointer,
    "stytch_error": _abi.ErrorPointer,
    "stytch_queue": _abi.QueuePointer,
    "stytch_call": _abi.CallPointer,
}
LENT = {"stytch_queue_next": _abi.LentCall}
"""What a function returns that is the caller's already: a second owner would free it twice."""


def code_of(text: str) -> str:
    """A header without comments, preprocessor lines and extern "C"."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
    text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
    return re.sub(r'extern\s+"C"\s*\{', " ", text)


def declared_functions(text: str) -> Dict[str, Tuple[str, List[str]]]:
    """name: (result, arguments), the types as they stand without the arguments' names."""
    found: Dict[str, Tuple[str, List[str]]] = {}
    for result, name, arguments in re.findall(r"([\w\s*]+?)\b(\w+)\s*\(([^()]*)\)\s*;", code_of(text)):
        types = [] if arguments.strip() in ("void", "") else [
            normal(re.sub(r"\w+\s*$", "", argument)) for argument in arguments.split(",")
        ]
        found[name] = (normal(result), types)
    return found


def normal(c_type: str) -> str:
    """A C type in one spelling: "const char *", "stytch_error **"."""
    words = c_type.replace("*", " * ").split()
    stars = "*" * words.count("*")
    return " ".join([word for word in words if word not in IGNORED] + ([stars] if stars else []))


def expected(c_type: str, is_result: bool, has_length: bool) -> Any:
    """What ctypes must use for a C type."""
    if c_type in SCALARS:
        return SCALARS[c_type]
    if c_type == "char *":
        return _abi.OwnedString
    if c_type == "const char *":
        return _abi.BorrowedBytes if is_result and has_length else ctypes.c_char_p
    base, _, stars = c_type.replace("const ", "").rpartition(" ")
    if base in HANDLES:
        return HANDLES[base] if stars == "*" else ctypes.POINTER(HANDLES[base])
    return ctypes.POINTER(SCALARS[base])


class HeaderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.text = HEADER.read_text(encoding="utf-8")

    text: str

    def constant(self, name: str) -> str:
        found = re.search(rf"^\s*#\s*define\s+{name}\s+(.+?)\s*$", self.text, flags=re.M)
        assert found, f"the header does not define {name}"
        return found[1].strip('"')

    def enumerators(self, prefix: str) -> Dict[str, int]:
        return {name: int(value) for name, value in re.findall(rf"\b{prefix}(\w+)\s*=\s*(\d+)", code_of(self.text))}

    def test_the_parser_understands_declarations(self) -> None:
        sample = """
        #define SKIPPED(x) \\
            int stytch_skipped(void);
        /* int stytch_in_a_comment(void); */
        extern "C" {
        const char *stytch_a(const stytch_response *response,
                             const char * pointer, size_t *length);
        struct stytch_error * stytch_b(void);
        }
        """
        self.assertEqual(
            declared_functions(sample),
            {
                "stytch_a": ("const char *", ["const stytch_response *", "const char *", "size_t *"]),
                "stytch_b": ("stytch_error *", []),
            },
        )

    def test_every_function_is_declared_as_in_the_header(self) -> None:
        functions = declared_functions(self.text)
        self.assertEqual(sorted(functions), sorted(_abi.FUNCTIONS), "functions of the header, and of the package")
        for name, (result, arguments) in functions.items():
            with self.subTest(name):
                has_length = f"{name}_length" in functions
                wanted = (
                    LENT.get(name) or expected(result, True, has_length),
                    tuple(expected(argument, False, False) for argument in arguments),
                )
                self.assertEqual(_abi.FUNCTIONS[name], wanted)

    def test_the_loaded_library_has_these_types(self) -> None:
        library = stytch_ffi._library.load().c
        for name, (result, arguments) in _abi.FUNCTIONS.items():
            function = getattr(library, name)
            self.assertEqual((function.restype, tuple(function.argtypes)), (result, arguments), name)

    def test_what_waits_releases_the_interpreters_lock(self) -> None:
        """Whatever sends a request, and what reads a file."""
        text = declared_functions(self.text)
        sends = {name for name, (result, arguments) in text.items() if result == "stytch_response *"}
        sends.remove("stytch_call_take")  # what has arrived
        self.assertLessEqual(sends, _abi.WAITING)
        self.assertEqual(
            _abi.WAITING - sends,
            {"stytch_options_set_ca_file", "stytch_client_new", "stytch_client_free", "stytch_queue_wait"},
        )

    def test_whatever_the_library_gives_away_has_an_owner_that_frees_it(self) -> None:
        functions = declared_functions(self.text)
        owners = {owner: functions[free][1] for owner, free in _abi.FREED_BY.items()}
        for owner, (argument,) in owners.items():
            self.assertEqual(expected(argument, False, False), owner)
        given_away = {result for result, _ in functions.values() if result.endswith(" *") and "const" not in result}
        given_away.remove("void *")  # userdata
        self.assertEqual(given_away | {"stytch_error *"}, {argument for (argument,) in owners.values()})

    def test_error_codes_are_the_headers(self) -> None:
        self.assertEqual(self.enumerators("STYTCH_ERROR_"), {code.name: code.value for code in ErrorCode})

    def test_deliveries_are_the_headers(self) -> None:
        self.assertEqual(self.enumerators("STYTCH_DELIVERY_"), {each.name: each.value for each in Delivery})

    def test_abi_version_is_the_headers(self) -> None:
        self.assertEqual(re.sub(r"\D", "", self.constant("STYTCH_ABI_VERSION")), str(_abi.ABI_VERSION))

    def test_version_is_the_same_everywhere(self) -> None:
        version = stytch_ffi.__version__
        cargo = (CHECKOUT / "Cargo.toml").read_text(encoding="utf-8")
        project = (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r'^version = "(.+)"', cargo, flags=re.M), [version], "Cargo.toml")
        self.assertEqual(re.findall(r'^version = "(.+)"', project, flags=re.M), [version], "pyproject.toml")
        self.assertEqual(self.constant("STYTCH_VERSION"), version, "stytch.h")
        parts = [self.constant(f"STYTCH_VERSION_{part}") for part in ("MAJOR", "MINOR", "PATCH")]
        self.assertEqual(".".join(parts), version, "stytch.h")
        self.assertEqual(stytch_ffi.library_version(), version, "the library")


if __name__ == "__main__":
    unittest.main()
