"""Finding the library: the order, the refusals, and what is said about them."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from unittest import mock

from support import PACKAGE, run_python

import stytch_ffi
from stytch_ffi import _library
from stytch_ffi._abi import ABI_VERSION, FUNCTIONS

WHERE = "import stytch_ffi; print(stytch_ffi.library_path(), stytch_ffi.library_version())"


class CandidateTest(unittest.TestCase):
    def test_apples_loader_gets_no_bare_name(self) -> None:
        """It would look for one in the working directory."""
        with mock.patch("sys.platform", "darwin"):
            found = [str(candidate) for _, candidate in _library._candidates(Path("/some/folder/stytch_ffi"))]
        self.assertIn("/usr/local/lib/libstytch.0.dylib", found)
        self.assertEqual([name for name in found if not name.startswith("/")], [])

    def test_windows_and_linux_have_their_names(self) -> None:
        for platform, name in (("win32", "stytch.dll"), ("linux", "libstytch.so.0")):
            with mock.patch("sys.platform", platform):
                *_, (place, last) = _library._candidates(Path("/some/folder/stytch_ffi"))
            self.assertEqual((place, last), ("loader's path", name))


@unittest.skipUnless(sys.platform.startswith("linux"), "file names and loader of Linux")
class FinderTest(unittest.TestCase):
    """Each test runs on a copy of the package, in a folder with stub libraries that are told apart by version."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.package = self.root / "checkout" / "bindings" / "python" / "stytch_ffi"
        shutil.copytree(PACKAGE / "stytch_ffi", self.package, ignore=shutil.ignore_patterns("*.so*", "__pycache__"))

    _stubs: Dict[Tuple[str, Optional[int], str], bytes] = {}

    def stub(self, path: str, version: str, abi: Optional[int] = ABI_VERSION, without: str = "") -> Path:
        """A library with every function, or without an ABI version or one function."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = version, abi, without
        if kind not in self._stubs:
            self._stubs[kind] = self.compiled(version, abi, without)
        target.write_bytes(self._stubs[kind])
        return target

    def compiled(self, version: str, abi: Optional[int], without: str) -> bytes:
        special = ("stytch_version", "stytch_abi_version", without)
        lines = [f"void {name}(void) {{}}" for name in FUNCTIONS if name not in special]
        lines.append(f'const char *stytch_version(void) {{ return "{version}"; }}')
        if abi is not None:
            lines.append(f"unsigned stytch_abi_version(void) {{ return {abi}; }}")
        source, built = self.root / "stub.c", self.root / "stub.so"
        source.write_text("\n".join(lines))
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-shared", "-fPIC", "-o", str(built), str(source)], check=True)
        return built.read_bytes()

    def checkout(self, folder: Optional[Path] = None) -> None:
        folder = folder or self.root / "checkout"
        (folder / "include").mkdir(exist_ok=True)
        (folder / "include" / "stytch.h").touch()
        (folder / "Cargo.toml").touch()

    def install(self, place: Path) -> None:
        if not place.exists():
            shutil.copytree(self.package, place / "stytch_ffi")

    def environment(self, package: Optional[Path] = None, **changes: Any) -> Dict[str, str]:
        environment: Dict[str, str] = dict(os.environ)
        for name in ("STYTCH_LIBRARY", "LD_LIBRARY_PATH"):
            environment.pop(name, None)
        environment.update(changes, PYTHONPATH=str(package or self.package.parent))
        return environment

    def run_finder(
        self, package: Optional[Path] = None, cwd: Optional[Path] = None, **changes: Any
    ) -> "subprocess.CompletedProcess[str]":
        return run_python(WHERE, self.environment(package, **changes), cwd=cwd)

    def found(self, package: Optional[Path] = None, cwd: Optional[Path] = None, **changes: Any) -> List[str]:
        result = self.run_finder(package, cwd, **changes)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.split()

    def refused(self, cwd: Optional[Path] = None, **changes: Any) -> str:
        result = self.run_finder(cwd=cwd, **changes)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("StytchLibraryError", result.stderr)
        return result.stderr

    def test_each_place_in_its_order(self) -> None:
        loaders = self.stub("loader/libstytch.so.0", "4.0.0")
        loader_path: Dict[str, Any] = {"LD_LIBRARY_PATH": str(loaders.parent)}
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

    def test_a_folder_above_an_installed_package_is_not_a_checkout(self) -> None:
        """Whoever can write to a folder above the package must not choose the library."""
        right: Dict[str, Any] = {"LD_LIBRARY_PATH": str(self.stub("loader/libstytch.so.0", "4.0.0").parent)}
        for installed in (
            "top/home/venv/site-packages",
            "top/python",
            "top/other/python",
            "top/bindings/other",
            "top/bindings/python/build/lib",
            "top/bindings/python/venv/site-packages",
        ):
            for above in Path(installed).parents:
                with self.subTest(f"{installed} below {above}"):
                    place = self.root / installed
                    self.install(place)
                    self.checkout(self.root / above)
                    self.stub(f"{above}/target/release/libstytch.so", "6.6.6")
                    self.assertEqual(self.found(place, **right), ["libstytch.so.0", "4.0.0"])

    def test_the_working_directory_is_not_looked_in(self) -> None:
        right: Dict[str, Any] = {"LD_LIBRARY_PATH": str(self.stub("loader/libstytch.so.0", "4.0.0").parent)}
        planted = self.stub("planted/libstytch.so.0", "6.6.6").parent
        self.stub("planted/stytch_ffi/libstytch.so.0", "6.6.6")
        self.stub("planted/target/release/libstytch.so", "6.6.6")
        self.checkout(planted)
        self.assertEqual(self.found(cwd=planted, **right), ["libstytch.so.0", "4.0.0"])

    def test_the_package_stays_where_it_was_imported_from(self) -> None:
        """A relative entry of sys.path, and another working directory by the time of the first use."""
        right: Dict[str, Any] = {"LD_LIBRARY_PATH": str(self.stub("loader/libstytch.so.0", "4.0.0").parent)}
        planted = self.stub("planted/bindings/python/stytch_ffi/libstytch.so.0", "6.6.6").parents[2]
        source = (
            "import os, sys; sys.path.insert(0, os.path.join('bindings', 'python')); import stytch_ffi;"
            f"os.chdir({str(planted.parent)!r}); print(stytch_ffi.library_path(), stytch_ffi.library_version())"
        )
        environment = self.environment(**right)
        del environment["PYTHONPATH"]
        result = run_python(source, environment, cwd=self.root / "checkout")
        self.assertEqual(result.stdout.split(), ["libstytch.so.0", "4.0.0"], result.stderr)

    def test_a_relative_path_in_the_variable_is_refused(self) -> None:
        planted = self.stub("planted/libstytch.so.0", "6.6.6").parent
        for relative in ("libstytch.so.0", "./libstytch.so.0", "../planted/libstytch.so.0"):
            said = self.refused(cwd=planted, STYTCH_LIBRARY=relative)
            self.assertIn(f"STYTCH_LIBRARY must be an absolute path, and '{relative}' is not", said)

    def test_a_linked_package_is_the_one_that_it_links_to(self) -> None:
        self.checkout()
        built = self.stub("checkout/target/debug/libstytch.so", "3.0.0")
        place = self.root / "planted" / "bindings" / "python"
        place.mkdir(parents=True)
        (place / "stytch_ffi").symlink_to(self.package)
        self.checkout(self.root / "planted")
        self.stub("planted/target/release/libstytch.so", "6.6.6")
        self.assertEqual(self.found(place), [str(built), "3.0.0"])

    def give_away(self, path: Path) -> None:
        try:
            os.chown(path, 12345, 12345, follow_symlinks=False)
        except OSError as error:  # in a container, root may know no other user
            self.skipTest(f"root cannot give files away here: {error}")

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid() == 0, "only root can give files away")
    def test_a_build_of_another_user_is_refused(self) -> None:
        """The package in /tmp/bindings/python, say, and the rest of /tmp made to look like a checkout."""
        self.checkout()
        built = self.stub("checkout/target/release/libstytch.so", "6.6.6")
        for belongs_to_other in (built, built.parent, built.parent.parent):
            self.give_away(belongs_to_other)
            self.assertIn("belongs to another user", self.refused())
            os.chown(belongs_to_other, 0, 0)
        target = built.parent.parent
        target.rename(self.root / "moved")
        target.symlink_to(self.root / "moved")
        self.assertEqual(self.found()[0], str(built))
        self.give_away(target)
        self.assertIn("belongs to another user", self.refused())

    def test_what_is_named_is_never_replaced(self) -> None:
        self.stub("checkout/bindings/python/stytch_ffi/libstytch.so", "2.0.0")
        missing = self.root / "missing.so"
        self.assertIn(f"STYTCH_LIBRARY names {missing}, which is not a file", self.refused(STYTCH_LIBRARY=str(missing)))
        self.assertIn("which is not a file", self.refused(STYTCH_LIBRARY=str(self.root)))
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
