"""Finds libstytch, checks that it is the right one, and loads it once."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple, Union

from ._abi import ABI_VERSION, bind

ENVIRONMENT_VARIABLE = "STYTCH_LIBRARY"

# Taken at import: __file__ may be relative, and the library is loaded later, when the process may have
# another working directory.
_PACKAGE = Path(__file__).resolve().parent


class StytchLibraryError(ImportError):
    """libstytch could not be loaded. The message says where it was looked for and what was wrong there."""


class Library(NamedTuple):
    """The functions of the loaded library, and where it came from."""

    c: Any
    path: str


def _file_names() -> Tuple[str, ...]:
    """Returns the names of the library's file on this system, the one with the ABI's number first."""
    if sys.platform == "win32":
        return ("stytch.dll",)
    if sys.platform == "darwin":
        return ("libstytch.0.dylib", "libstytch.dylib")
    return ("libstytch.so.0", "libstytch.so")


def _checkout(package: Path) -> Optional[Path]:
    """Returns the source tree of libstytch, if the package is the one in it.

    No other folder above the package counts. An installed package often lies below a folder that
    other users can write to, and whoever makes that folder look like a source tree would otherwise
    choose the library that runs here.
    """
    if package.parts[-3:] != ("bindings", "python", "stytch_ffi"):
        return None
    folder = package.parents[2]
    is_checkout = (folder / "include" / "stytch.h").is_file() and (folder / "Cargo.toml").is_file()
    return folder if is_checkout else None


def _is_ours(built: Path, package: Path) -> bool:
    """Returns whether a built library belongs to whoever the package belongs to, to root or to this user.

    A folder of this layout can be below one that others can write to as well: /tmp, say.
    """
    if not hasattr(os, "geteuid"):
        return True
    trusted = {0, os.geteuid(), package.stat().st_uid}
    places = (built, built.parent, built.parent.parent)
    return all(found.st_uid in trusted for place in places for found in (place.stat(), place.lstat()))


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _candidates(package: Path) -> Iterator[Tuple[str, Union[Path, str]]]:
    """Yields where to look, in order: what the place is called, and a file or a name for the loader."""
    names = _file_names()
    for name in names:
        yield "beside the package", package / name
    checkout = _checkout(package)
    if checkout is not None:
        built = [checkout / "target" / profile / names[-1] for profile in ("release", "debug")]
        for path in sorted(built, key=_modified, reverse=True):
            yield "build folder", path
    if sys.platform == "darwin":
        # Apple's loader looks for a bare name in the working directory too, which may be anybody's.
        for folder in ("/usr/local/lib", "/opt/homebrew/lib"):
            yield "system folder", Path(folder, names[0])
    else:
        # Without a folder in front the loader uses its own path: LD_LIBRARY_PATH, ld.so.cache.
        yield "loader's path", names[0]


def _open(target: str) -> Any:
    """Loads one file and returns its functions; raises OSError with the reason if it is not the right one."""
    library = ctypes.CDLL(target)
    try:
        library.stytch_abi_version.restype = ctypes.c_uint32
        abi_version = int(library.stytch_abi_version())
    except AttributeError:
        raise OSError("not libstytch: it has no stytch_abi_version") from None
    if abi_version != ABI_VERSION:
        raise OSError(f"its ABI version is {abi_version}, and this package needs {ABI_VERSION}")
    try:
        return bind(library)
    except AttributeError as error:
        raise OSError(f"it lacks a function of ABI version {ABI_VERSION}: {error}") from None


def _named(path: str) -> Library:
    """Loads the library that the environment names. Another one instead would hide the mistake."""
    # A relative path would be looked up in whatever folder the process happens to be in.
    if not os.path.isabs(path):
        raise StytchLibraryError(f"{ENVIRONMENT_VARIABLE} must be an absolute path, and {path!r} is not")
    if not os.path.isfile(path):
        raise StytchLibraryError(f"{ENVIRONMENT_VARIABLE} names {path}, which is not a file")
    try:
        return Library(_open(path), path)
    except OSError as error:
        raise StytchLibraryError(f"{ENVIRONMENT_VARIABLE} names {path}, which cannot be used: {error}") from error


def _find() -> Library:
    explicit = os.environ.get(ENVIRONMENT_VARIABLE)
    if explicit:
        return _named(explicit)
    tried: List[str] = []
    for place, candidate in _candidates(_PACKAGE):
        if isinstance(candidate, Path) and not candidate.is_file():
            tried.append(f"{place}: {candidate}: no such file")
            continue
        if isinstance(candidate, Path) and place == "build folder" and not _is_ours(candidate, _PACKAGE):
            tried.append(f"{place}: {candidate}: it, or a folder that it is in, belongs to another user")
            continue
        try:
            return Library(_open(str(candidate)), str(candidate))
        except OSError as error:
            tried.append(f"{place}: {candidate}: {error}")
    from ._frozen import hints

    places = "\n".join(f"  {line}" for line in [*tried, *hints(Path(__file__).parent)])
    raise StytchLibraryError(
        f"libstytch (ABI version {ABI_VERSION}) was not found. Set {ENVIRONMENT_VARIABLE} to the absolute path of"
        f" the library, or build or install it. Looked here:\n  {ENVIRONMENT_VARIABLE}: not set\n{places}"
    )


_loaded: Optional[Library] = None


def load() -> Library:
    """Returns the library, which the first call loads.

    Two threads that come first together load it twice, which the loader counts and which does no
    harm. A lock would be worse: a fork could leave it held.
    """
    global _loaded
    loaded = _loaded
    if loaded is None:
        loaded = _loaded = _find()
    return loaded


def library_path() -> str:
    """Returns where the loaded libstytch came from: its file, or the name that the loader resolved."""
    return load().path


def library_version() -> str:
    """Returns the version of the loaded libstytch, as ``"1.2.3"``."""
    version: bytes = load().c.stytch_version()
    return version.decode("utf-8")
