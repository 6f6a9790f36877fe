"""packaging/abi/check has to notice planted changes, and to let pass what it should."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEADER = (ROOT / "include/stytch.h").read_text(encoding="utf-8")
CHANGELOG = "## Unreleased\n\n### ABI\n\n- `STYTCH_ABI_VERSION` 1: the first.\n"


def planted(old, new):
    """The header with one change; the place has to be there."""
    assert old in HEADER, old
    return HEADER.replace(old, new, 1)


class Abi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        done = cls.check(cls, HEADER, record=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def check(self, header, *, record=False, changelog=CHANGELOG, soname="libstytch.so.0", without=()):
        """Runs the check on a header and a library that exports what the header declares."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "stytch.h").write_text(header, encoding="utf-8")
            (folder / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
            code = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.S)
            names = re.findall(r"\b(stytch_\w+)\s*\([^;{}()]*\)\s*;", code)
            bodies = "".join(f"void {name}(void) {{}}\n" for name in names if name not in without)
            (folder / "library.c").write_text(bodies, encoding="utf-8")
            library = folder / "libstytch.so"
            subprocess.run(
                [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{soname}", folder / "library.c", "-o", library],
                check=True,
            )
            command = [ROOT / "packaging/abi/check", "--header", folder / "stytch.h", "--changelog", folder / "CHANGELOG.md"]
            command += ["--recorded", self.folder.name, *(["--record"] if record else []), library]
            return subprocess.run(command, capture_output=True, text=True)

    def assert_refused(self, done, what):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, what)

    def assert_passes(self, done, what):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, what)

    def test_no_change(self):
        self.assert_passes(self.check(HEADER), "as recorded")

    def test_a_renamed_parameter_is_no_change(self):
        self.assert_passes(self.check(planted("uint32_t milliseconds", "uint32_t ms")), "as recorded")

    def test_a_release_is_no_change(self):
        self.assert_passes(self.check(re.sub(r"(#define STYTCH_VERSION) .*", r'\1 "9.9.9"', HEADER)), "as recorded")

    def test_an_added_function_is_reported(self):
        header = planted("uint32_t stytch_abi_version(void);", "uint32_t stytch_abi_version(void);\nint stytch_more(int);")
        self.assert_passes(self.check(header), r"added:[\s\S]*stytch_more")

    def test_an_added_constant_is_reported(self):
        header = planted("STYTCH_ERROR_INTERNAL = 9", "STYTCH_ERROR_INTERNAL = 9,\n    STYTCH_ERROR_MORE = 10")
        self.assert_passes(self.check(header), r"added:[\s\S]*STYTCH_ERROR_MORE 10")

    def test_a_removed_function(self):
        header = planted("uint32_t stytch_abi_version(void);", "")
        self.assert_refused(self.check(header), "stytch_abi_version")

    def test_a_parameter_of_another_type(self):
        header = planted("uint32_t milliseconds", "uint64_t milliseconds")
        self.assert_refused(self.check(header), r"stytch_options_set_timeout_ms[\s\S]*parameter 2")

    def test_a_parameter_that_is_no_longer_const(self):
        header = planted("const stytch_options *options", "stytch_options *options")
        self.assert_refused(self.check(header), "stytch_client_new")

    def test_parameters_in_another_order(self):
        header = re.sub(r"(stytch_options \*options),\s*(uint32_t milliseconds)", r"\2, \1", HEADER, count=1)
        self.assertNotEqual(header, HEADER)
        self.assert_refused(self.check(header), "stytch_options_set_timeout_ms")

    def test_another_result(self):
        header = planted("uint32_t stytch_abi_version(void);", "uint64_t stytch_abi_version(void);")
        self.assert_refused(self.check(header), r"stytch_abi_version[\s\S]*return type")

    def test_a_constant_of_another_value(self):
        header = planted("STYTCH_ERROR_API = 6", "STYTCH_ERROR_API = 16")
        self.assert_refused(self.check(header), "STYTCH_ERROR_API was 6 and is 16")

    def test_a_removed_constant(self):
        header = planted("STYTCH_ERROR_CANCELLED = 8,", "")
        self.assert_refused(self.check(header), "STYTCH_ERROR_CANCELLED was 8 and is gone")

    def test_a_function_that_is_declared_only(self):
        self.assert_refused(self.check(HEADER, without=["stytch_version"]), "stytch_version is declared .* not exported")

    def test_another_soname(self):
        self.assert_refused(self.check(HEADER, soname="libstytch.so.1"), "SONAME was libstytch.so.0")

    def test_what_it_does_not_understand(self):
        header = planted("uint32_t stytch_abi_version(void);", "uint32_t stytch_abi_version(void);\nextern int stytch_level;")
        self.assert_refused(self.check(header), r"not understood[\s\S]*stytch_level")

    def test_a_change_with_a_new_abi_version(self):
        header = planted("uint32_t milliseconds", "uint64_t milliseconds")
        raised = header.replace("#define STYTCH_ABI_VERSION 1", "#define STYTCH_ABI_VERSION 2")
        told = CHANGELOG + "- `STYTCH_ABI_VERSION` 2, SONAME `libstytch.so.1`: milliseconds have 64 bits.\n"
        self.assert_passes(self.check(raised, changelog=told, soname="libstytch.so.1"), "allowed")
        self.assert_refused(self.check(raised, soname="libstytch.so.1"), "CHANGELOG.md has no line")
        self.assert_refused(self.check(raised, changelog=told), "SONAME is still")
        self.assert_refused(self.check(header, changelog=told, soname="libstytch.so.1"), "STYTCH_ABI_VERSION is still 1")


if __name__ == "__main__":
    unittest.main()
