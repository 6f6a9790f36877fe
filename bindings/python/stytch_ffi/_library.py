"""Finding libstytch, checking that it is the right one, and loading it once."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Tuple, Union

from ._abi import ABI_VERSION, declare

ENVIRONMENT_VARIABLE = "STYTCH_LIBRARY"


class StytchLibraryError(ImportError):
    """libstytch could not be loaded. The message says where it was looked for and what was wrong."""


class Library(NamedTuple):
    """The loaded library and where it came from."""

    c: ctypes.CDLL
    path: str


def _file_names() -> Tuple[str, ...]:
    """What the library's file is called here, the name with the ABI's number first."""
    if sys.platform == "win32":
        return ("stytch.dll",)
    if sys.platform == "darwin":
        return ("libstytch.0.dylib", "libstytch.dylib")
    return ("libstytch.so.0", "libstytch.so")


def _checkout(start: Path) -> Optional[Path]:
    """The source tree of libstytch that the package lies in, if it lies in one."""
    for folder in start.parents:
        if (folder / "include" / "stytch.h").is_file() and (folder / "Cargo.toml").is_file():
            return folder
    return None


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _candidates(package: Path) -> Iterator[Tuple[str, Union[Path, str]]]:
    """Where to look, in order: what the place is called, and a file or a name for the loader."""
    names = _file_names()
    for name in names:
        yield "beside the package", package / name
    checkout = _checkout(package)
    if checkout is not None:
        built = [checkout / "target" / profile / names[-1] for profile in ("release", "debug")]
        for path in sorted(built, key=_modified, reverse=True):
            yield "build folder", path
    # Without a folder in front the loader looks along its own path: LD_LIBRARY_PATH, ld.so.cache.
    yield "loader's path", names[0]


def _open(target: str) -> ctypes.CDLL:
    """Load one file and refuse it with an OSError that says why if it is not the right one."""
    library = ctypes.CDLL(target)
    try:
        library.stytch_abi_version.restype = ctypes.c_uint32
        abi_version = int(library.stytch_abi_version())
    except AttributeError:
        raise OSError("not libstytch: it has no stytch_abi_version") from None
    if abi_version != ABI_VERSION:
        raise OSError(f"its ABI version is {abi_version}, and this package needs {ABI_VERSION}")
    try:
        declare(library)
    except AttributeError as error:
        raise OSError(f"it lacks a function of ABI version {ABI_VERSION}: {error}") from None
    return library


def _find() -> Library:
    explicit = os.environ.get(ENVIRONMENT_VARIABLE)
    if explicit:
        # Whoever names a library wants that one: falling back to another would hide the mistake.
        path = os.path.abspath(explicit)
        if not os.path.isfile(path):
            raise StytchLibraryError(f"{ENVIRONMENT_VARIABLE} names {path}, which is no file")
        try:
            return Library(_open(path), path)
        except OSError as error:
            raise StytchLibraryError(
                f"{ENVIRONMENT_VARIABLE} names {path}, which cannot be used: {error}"
            ) from error

    tried: List[str] = []
    for place, candidate in _candidates(Path(__file__).resolve().parent):
        if isinstance(candidate, Path) and not candidate.is_file():
            tried.append(f"{place}: {candidate}: no such file")
            continue
        try:
            return Library(_open(str(candidate)), str(candidate))
        except OSError as error:
            tried.append(f"{place}: {candidate}: {error}")
    from ._frozen import hints

    places = "\n".join(f"  {line}" for line in [*tried, *hints(Path(__file__).parent)])
    raise StytchLibraryError(
        f"libstytch (ABI version {ABI_VERSION}) was not found. Set {ENVIRONMENT_VARIABLE} to the path of the"
        f" library, or build or install it. Looked here:\n  {ENVIRONMENT_VARIABLE}: not set\n{places}"
    )


_loaded: Optional[Library] = None


def load() -> Library:
    """The library, loaded on the first call.

    Two threads that come first together load it twice, which the loader counts and which does no
    harm. A lock would be worse: a fork could leave it held.
    """
    global _loaded
    loaded = _loaded
    if loaded is None:
        loaded = _loaded = _find()
    return loaded


def library_path() -> str:
    """Where the loaded libstytch came from: its file, or the name that the loader resolved."""
    return load().path


def library_version() -> str:
    """The version of the loaded libstytch, as ``"1.2.3"``."""
    version: bytes = load().c.stytch_version()
    return version.decode("utf-8")
