"""Puts libstytch into the programs that PyInstaller makes.

PyInstaller follows imports, and the package opens the library by its path. The library of a wheel lies beside the
package's files and goes to the same place in the program, where it is looked for first. From a checkout it is the
one that the package itself would use.
"""

from pathlib import Path

from PyInstaller import isolated
from PyInstaller.utils.hooks import get_module_file_attribute, logger


def _library_of(package: Path) -> Path:
    """Returns the library's file; where there is none, a path that is not a file."""
    beside = sorted(file for pattern in ("libstytch*", "stytch.dll") for file in package.glob(pattern))
    if beside:
        return beside[0]

    def used() -> str:
        import stytch_ffi

        try:
            return stytch_ffi.library_path()
        except ImportError:
            return ""

    return Path(isolated.call(used))


_library = _library_of(Path(get_module_file_attribute("stytch_ffi")).parent)
if _library.is_file():
    binaries = [(str(_library), "stytch_ffi")]
else:
    logger.warning(
        "stytch_ffi: no libstytch lies beside the package, so the program comes without one. Install the package"
        " from its wheel, or set STYTCH_LIBRARY to the library's path, now or where the program runs."
    )
