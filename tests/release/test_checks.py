"""packaging/inspect and packaging/supply-chain have to notice planted faults."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTIONS = subprocess.run([ROOT / "packaging/static-library", "--functions"], check=True, capture_output=True, text=True).stdout.split()
SOUND = "#include <stdlib.h>\n" + "".join(f"void {function}(void) {{ abort(); }}\n" for function in FUNCTIONS)


class Inspect(unittest.TestCase):
    def inspect(self, source, *flags, stripped=True, triple="x86_64-unknown-linux-gnu", **environment):
        """What it says of a small library, which is sound but for what the flags and the source plant."""
        with tempfile.TemporaryDirectory() as scratch:
            library, code = Path(scratch) / "libstytch.so", Path(scratch) / "library.c"
            code.write_text(source, encoding="utf-8")
            command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-fvisibility=default", "-Wl,-z,nodelete,-z,relro,-z,now"]
            command += ["-Wl,-soname,libstytch.so.0"] + (["-s"] if stripped else []) + [code, "-o", library, *flags]
            subprocess.run(command, check=True)
            done = subprocess.run(
                [ROOT / "packaging/inspect", library, triple], capture_output=True, text=True, env={**os.environ, **environment}
            )
            return done.returncode, done.stdout + done.stderr

    def assert_noticed(self, what, *arguments, **keywords):
        status, said = self.inspect(*arguments, **keywords)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, f"NOT OK: .*{what}")

    def test_a_sound_library(self):
        status, said = self.inspect(SOUND)
        self.assertEqual((status, "NOT OK" in said), (0, False), said)

    def test_a_symbol_that_old_systems_lack(self):
        # Since glibc 2.25.
        self.assert_noticed("GLIBC_2.17 was promised", SOUND + "#include <sys/random.h>\nint stytch_a(void) { char b; return getrandom(&b, 1, 0); }\n")

    def test_a_foreign_library(self):
        self.assert_noticed("needs libgcc_s.so.1", SOUND, "-Wl,--no-as-needed", "-lgcc_s")

    def test_a_tie_to_python(self):
        self.assert_noticed("version of Python: Py_Initialize", SOUND + "void Py_Initialize(void); void stytch_a(void) { Py_Initialize(); }\n")

    def test_a_foreign_export(self):
        self.assert_noticed("exports also helper", SOUND + "void helper(void) {}\n")

    def test_a_missing_export(self):
        self.assert_noticed("does not export stytch_version", SOUND.replace("void stytch_version(", "static __attribute__((unused)) void a("))

    def test_another_c_library(self):
        self.assert_noticed("needs libc.so.6", SOUND, triple="x86_64-unknown-linux-musl")

    def test_pages_of_64_kib(self):
        self.assert_noticed("64 KiB", SOUND, triple="aarch64-unknown-linux-gnu")

    def test_a_path_of_the_machine(self):
        self.assert_noticed("names paths", SOUND + 'const char *stytch_where(void) { return "/home/someone/library.rs"; }\n')

    def test_symbols_left(self):
        self.assert_noticed("not stripped", SOUND, stripped=False)

    def test_a_search_path(self):
        self.assert_noticed("RPATH", SOUND, "-Wl,-rpath,/opt")

    def test_an_executable_stack(self):
        self.assert_noticed("stack is executable", SOUND, "-Wl,-z,execstack")

    def test_another_name(self):
        self.assert_noticed("no SONAME", SOUND, "-Wl,-soname,other.so")

    def test_too_large(self):
        self.assert_noticed("1000 are the limit", SOUND, SIZE_LIMIT="1000")


@unittest.skipUnless(shutil.which("x86_64-w64-mingw32-gcc"), "mingw is not installed")
class InspectWindows(unittest.TestCase):
    """The same of a DLL."""

    def inspect(self, source, *flags, name="stytch.dll"):
        with tempfile.TemporaryDirectory() as scratch:
            library, code = Path(scratch) / name, Path(scratch) / "library.c"
            code.write_text(source, encoding="utf-8")
            subprocess.run(["x86_64-w64-mingw32-gcc", "-shared", "-s", code, "-o", library, *flags], check=True)
            command = [ROOT / "packaging/inspect", library, "x86_64-pc-windows-gnu"]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OBJDUMP": "x86_64-w64-mingw32-objdump"})
            return done.returncode, done.stdout + done.stderr

    def assert_noticed(self, what, *arguments, **keywords):
        status, said = self.inspect(*arguments, **keywords)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, f"NOT OK: .*{what}")

    def test_a_sound_library(self):
        status, said = self.inspect(SOUND)
        self.assertEqual((status, "NOT OK" in said), (0, False), said)

    def test_a_foreign_library(self):
        source = SOUND + "int __stdcall MessageBoxA(void *, void *, void *, unsigned);\nint stytch_a(void) { return MessageBoxA(0, 0, 0, 0); }\n"
        self.assert_noticed("needs USER32.dll", source, "-luser32")

    def test_a_foreign_and_a_missing_export(self):
        self.assert_noticed("exports also helper", SOUND + "void helper(void) {}\n")
        self.assert_noticed("does not export stytch_version", SOUND.replace("void stytch_version(", "static __attribute__((unused)) void a("))

    def test_another_name(self):
        self.assert_noticed("calls itself other.dll", SOUND, name="other.dll")

    def test_a_fixed_address(self):
        self.assert_noticed("does without DYNAMIC_BASE", SOUND, "-Wl,--disable-dynamicbase")


class SupplyChain(unittest.TestCase):
    def deny(self, old, new, check):
        """Runs cargo-deny with one planted change in deny.toml."""
        text = (ROOT / "deny.toml").read_text(encoding="utf-8")
        assert old in text, old
        with tempfile.TemporaryDirectory() as scratch:
            config = Path(scratch) / "deny.toml"
            config.write_text(text.replace(old, new, 1), encoding="utf-8")
            command = ["cargo", "deny", "--offline", "--locked", "--exclude", "stytch-sandbox", "--config", config, "check", check]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def test_too_many_crates(self):
        done = subprocess.run(
            [ROOT / "packaging/supply-chain"], capture_output=True, text=True, env={**os.environ, "CRATE_LIMIT": "10"}
        )
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, "NOT OK: [0-9]+ crates, and 10 are the limit")

    def test_a_licence_that_is_not_allowed(self):
        status, said = self.deny('"CDLA-Permissive-2.0"', "", "licenses")
        self.assertNotEqual(status, 0)
        self.assertIn("webpki-roots", said)

    def test_a_banned_crate(self):
        status, said = self.deny('crate = "tokio"', 'crate = "ureq"', "bans")
        self.assertNotEqual(status, 0)
        self.assertIn("ureq", said)

    def test_two_versions_of_a_crate(self):
        # The header's generator brings some, which is why it is left out.
        status, said = self.deny('skip-tree = [{ crate = "cbindgen", reason', 'skip-tree = [{ crate = "zeroize", reason', "bans")
        self.assertNotEqual(status, 0)
        self.assertRegex(said, "duplicate entries for crate '(syn|hashbrown|winnow|toml)")

    def test_another_source(self):
        status, said = self.deny("[sources]\n", "[sources]\nallow-registry = []\n", "sources")
        self.assertNotEqual(status, 0)
        self.assertIn("source", said)


if __name__ == "__main__":
    unittest.main()
