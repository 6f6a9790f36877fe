"""What a program says that was packed without the library."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "stytch_ffi"


class Frozen(unittest.TestCase):
    def said_by(self, before: str, zipped: bool) -> str:
        """Returns what loading the library says in a program that has the package, and no library."""
        with tempfile.TemporaryDirectory() as scratch:
            packed = Path(scratch) / "packed"
            with zipfile.ZipFile(packed, "w") as archive:
                for file in PACKAGE.rglob("*.py"):
                    archive.write(file, file.relative_to(PACKAGE.parent))
            if not zipped:
                with zipfile.ZipFile(packed) as archive:
                    archive.extractall(Path(scratch) / "folder")
                packed = Path(scratch) / "folder"
            program = (
                f"import sys; {before}\nimport stytch_ffi\n"
                "try: stytch_ffi.library_path()\nexcept ImportError as error: print(error)"
            )
            environment = {key: value for key, value in os.environ.items() if key not in ("STYTCH_LIBRARY", "LD_LIBRARY_PATH")}
            # Python looks for packages in the working directory first.
            done = subprocess.run(
                [sys.executable, "-c", program],
                cwd=scratch,
                env={**environment, "PYTHONPATH": str(packed)},
                stdout=subprocess.PIPE,
                universal_newlines=True,
            )
        self.assertEqual(done.returncode, 0)
        self.assertIn("was not found", done.stdout)
        return done.stdout

    def test_nothing_is_said_of_packing_if_nothing_was_packed(self) -> None:
        self.assertNotIn("missing from this program", self.said_by("pass", zipped=False))

    def test_a_zip_file(self) -> None:
        self.assertIn("missing from this program (a zip file)", self.said_by("pass", zipped=True))

    def test_pyinstaller(self) -> None:
        self.assertIn("missing from this program (PyInstaller)", self.said_by("sys.frozen, sys._MEIPASS = True, '/'", zipped=False))

    def test_another_packer(self) -> None:
        self.assertIn("missing from this program (a packed program)", self.said_by("sys.frozen = 'macosx_app'", zipped=False))


if __name__ == "__main__":
    unittest.main()
