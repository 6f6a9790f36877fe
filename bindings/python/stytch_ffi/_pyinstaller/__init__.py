"""What PyInstaller reads of this package: the entry point `pyinstaller40` names the function."""

from pathlib import Path
from typing import List


def get_hook_dirs() -> List[str]:
    """Returns the folder with hook-stytch_ffi.py."""
    return [str(Path(__file__).resolve().parent)]
