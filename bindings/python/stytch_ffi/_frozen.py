"""Says what a program that was packed into one file or folder lacks, when the library is not found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import List

_REMEDIES = {
    "Nuitka": "build it with --include-package-data=stytch_ffi",
    "PyInstaller": "install stytch_ffi from its wheel, which has a hook for PyInstaller, and build the program again",
    "a zip file": "a library cannot be loaded out of one: unpack the package, or use shiv or pex, which do",
    "a packed program": "include the file stytch_ffi/libstytch.so.0 of the package, in the same folder",
}


def _packed_by(package: Path) -> str:
    """Returns what the program was packed by or into, or an empty string if it was not."""
    if "__compiled__" in globals():
        return "Nuitka"
    if hasattr(sys, "_MEIPASS"):
        return "PyInstaller"
    if not package.is_dir():
        return "a zip file"
    return "a packed program" if getattr(sys, "frozen", False) else ""


def hints(package: Path) -> List[str]:
    """Returns lines for a message: how the library gets into this program, if that is the trouble."""
    packed_by = _packed_by(package)
    if not packed_by:
        return []
    return [f"The library is missing from this program ({packed_by}): {_REMEDIES[packed_by]}; or set the variable"]
