"""Finding the library: the order, the refusals, and what is said about them."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Dict, List, Optional

from support import PACKAGE, run_python

import stytch_ffi
from stytch_ffi._abi import ABI_VERSION, FUNCTIONS

WHERE = "import stytch_ffi; print(stytch_ffi.library_path(), stytch_ffi.library_version())"


@unittest.skipUnless(sys.platform.startswith("linux"), "file names and loader of Linux")
class FinderTest(unittest.TestCase):
    """Each test runs on a copy of the package, in a folder with stub libraries that are told apart by version."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.package = self.root / "checkout" / "bindings" / "python" / "stytch_ffi"
        shutil.copytree(PACKAGE / "stytch_ffi", self.package, ignore=shutil.ignore_patterns("*.so*", "__pycache__"))

    def stub(self, path: str, version: str, abi: Optional[int] = ABI_VERSION, without: str = "") -> Path:
        """A library with every function, or without an ABI version or one function."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"void {name}(void) {{}}" for name in FUNCTIONS if name not in (
            "stytch_version", "stytch_abi_version", without)]
        lines.append(f'const char *stytch_version(void) {{ return "{version}"; }}')
        if abi is not None:
            lines.append(f"unsigned stytch_abi_version(void) {{ return {abi}; }}")
        source = self.root / "stub.c"
        source.write_text("\n".join(lines))
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-shared", "-fPIC", "-o", str(target), str(source)], check=True)
        return target

    def checkout(self) -> None:
        (self.root / "checkout" / "include").mkdir()
        (self.root / "checkout" / "include" / "stytch.h").touch()
        (self.root / "checkout" / "Cargo.toml").touch()

    def run_finder(self, **changes: str) -> "subprocess.CompletedProcess[str]":
        environment: Dict[str, str] = dict(os.environ)
        for name in ("STYTCH_LIBRARY", "LD_LIBRARY_PATH"):
            environment.pop(name, None)
        environment.update(changes, PYTHONPATH=str(self.package.parent))
        return run_python(WHERE, environment)

    def found(self, **changes: str) -> List[str]:
        result = self.run_finder(**changes)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.split()

    def refused(self, **changes: str) -> str:
        result = self.run_finder(**changes)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("StytchLibraryError", result.stderr)
        return result.stderr

    def test_each_place_in_its_order(self) -> None:
        loaders = self.stub("loader/libstytch.so.0", "4.0.0")
        loader_path = {"LD_LIBRARY_PATH": str(loaders.parent)}
        self.assertEqual(self.found(**loader_path), ["libstytch.so.0", "4.0.0"])
        self.checkout()
        built = self.stub("checkout/target/debug/libstytch.so", "3.0.0")
        self.assertEqual(self.found(**loader_path), [str(built), "3.0.0"])
        beside = self.stub("checkout/bindings/python/stytch_ffi/libstytch.so", "2.0.0")
        self.assertEqual(self.found(**loader_path), [str(beside), "2.0.0"])
        explicit = self.stub("explicit.so", "1.0.0")
        self.assertEqual(self.found(STYTCH_LIBRARY=str(explicit), **loader_path), [str(explicit), "1.0.0"])

    def test_an_empty_variable_is_as_if_not_set(self) -> None:
        beside = self.stub("checkout/bindings/python/stytch_ffi/libstytch.so.0", "2.0.0")
        self.assertEqual(self.found(STYTCH_LIBRARY=""), [str(beside), "2.0.0"])

    def test_the_newer_of_two_builds(self) -> None:
        self.checkout()
        debug = self.stub("checkout/target/debug/libstytch.so", "1.0.0")
        release = self.stub("checkout/target/release/libstytch.so", "2.0.0")
        now = time.time()
        for newer, older in ((debug, release), (release, debug)):
            os.utime(older, (now - 60, now - 60))
            os.utime(newer, (now, now))
            self.assertEqual(self.found()[0], str(newer))

    def test_a_target_folder_of_another_project_is_left_alone(self) -> None:
        self.stub("checkout/target/debug/libstytch.so", "1.0.0")
        (self.root / "checkout" / "Cargo.toml").touch()
        self.assertNotIn("build folder", self.refused())

    def test_what_is_named_is_never_replaced(self) -> None:
        self.stub("checkout/bindings/python/stytch_ffi/libstytch.so", "2.0.0")
        missing = self.root / "missing.so"
        self.assertIn(f"STYTCH_LIBRARY names {missing}, which is no file", self.refused(STYTCH_LIBRARY=str(missing)))
        self.assertIn("which is no file", self.refused(STYTCH_LIBRARY=str(self.root)))
        text = self.root / "text.so"
        text.write_text("no library")
        self.assertIn(f"STYTCH_LIBRARY names {text}, which cannot be used", self.refused(STYTCH_LIBRARY=str(text)))

    def test_another_abi_version_is_refused(self) -> None:
        other = self.stub("other.so", "9.0.0", abi=ABI_VERSION + 1)
        said = self.refused(STYTCH_LIBRARY=str(other))
        self.assertIn(f"its ABI version is {ABI_VERSION + 1}, and this package needs {ABI_VERSION}", said)

    def test_what_is_no_libstytch_is_refused(self) -> None:
        stranger = self.stub("stranger.so", "9.0.0", abi=None)
        self.assertIn("not libstytch", self.refused(STYTCH_LIBRARY=str(stranger)))
        partial = self.stub("partial.so", "9.0.0", without="stytch_error_url")
        said = self.refused(STYTCH_LIBRARY=str(partial))
        self.assertIn(f"lacks a function of ABI version {ABI_VERSION}", said)
        self.assertIn("stytch_error_url", said)

    def test_it_says_everywhere_it_looked(self) -> None:
        self.checkout()
        beside = self.stub("checkout/bindings/python/stytch_ffi/libstytch.so", "9.0.0", abi=ABI_VERSION + 1)
        said = self.refused()
        self.assertIn("STYTCH_LIBRARY: not set", said)
        self.assertIn(f"beside the package: {beside}.0: no such file", said)
        self.assertIn(f"beside the package: {beside}: its ABI version is {ABI_VERSION + 1}", said)
        for profile in ("release", "debug"):
            built = self.root / "checkout" / "target" / profile / "libstytch.so"
            self.assertIn(f"build folder: {built}: no such file", said)
        self.assertIn("loader's path: libstytch.so.0: ", said)

    def test_after_a_refusal_the_search_goes_on(self) -> None:
        self.stub("checkout/bindings/python/stytch_ffi/libstytch.so", "9.0.0", abi=ABI_VERSION + 1)
        right = self.stub("loader/libstytch.so.0", "4.0.0")
        self.assertEqual(self.found(LD_LIBRARY_PATH=str(right.parent)), ["libstytch.so.0", "4.0.0"])

    def test_the_package_can_be_imported_without_the_library(self) -> None:
        environment = dict(os.environ, PYTHONPATH=str(self.package.parent), STYTCH_LIBRARY=str(self.root / "missing"))
        result = run_python("import stytch_ffi; print(stytch_ffi.__version__)", environment)
        self.assertEqual(result.stdout.strip(), stytch_ffi.__version__, result.stderr)


if __name__ == "__main__":
    unittest.main()
