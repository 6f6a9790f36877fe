"""Builds what is compared, serves it, and takes the single measurements. Used by `run` and by the guard."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, Optional

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "benches" / "results"
ANSWER = HERE / "answer.json"
TARGET = (ROOT / os.environ.get("CARGO_TARGET_DIR", "target")).resolve()
BUILT = TARGET / "compare"
LIBRARY = TARGET / "release" / "libstytch.so"
SDK_REQUIREMENTS = ROOT / "tests" / "judge" / "requirements.txt"

# What the steady state is taken from: the costs of starting fall out of the difference.
FEW, MANY = 100, 600
# How many fields the header of an answer has: as of Stytch's API, and with those that a delivery network adds.
USUAL_FIELDS, MANY_FIELDS = 6, 20
# How many fields of an answer are read by pointer, besides the five that have functions.
READS = (0, 1, 3, 10)


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def sh(*command: object, **options: object) -> str:
    """Runs a command and returns what it printed; its failure is ours."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, **options)  # type: ignore
    if done.returncode != 0:
        raise SystemExit(f"bench: failed with {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def need(commands: Dict[str, str], packages: Dict[str, str]) -> None:
    """Installs Debian packages for commands, and for files, that are not there."""
    missing = [package for command, package in commands.items() if not shutil.which(command)]
    missing += [package for file, package in packages.items() if not list(Path("/usr/include").glob(file))]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"bench: please install {' '.join(missing)} (their names in Debian), or run this as root there")
    say(f"installing {' '.join(missing)}")
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)
    subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing], check=True, **quiet)


def build_library() -> None:
    say("building the library (release)")
    sh("cargo", "build", "--release", "--locked", "--quiet", "--target-dir", TARGET, cwd=ROOT)


def build_rust() -> None:
    say("building the server and the floor")
    sh("cargo", "build", "--release", "--locked", "--quiet", "--target-dir", BUILT / "rust", cwd=HERE / "rust")


def build_c(name: str, sources: List[str], *flags: object) -> None:
    files = [HERE / source for source in sources]
    sh(os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", BUILT / name, *files, *flags, "-pthread")


def build_libstytch() -> None:
    build_c("libstytch", ["bench.c", "libstytch.c"], f"-I{ROOT / 'include'}", f"-L{LIBRARY.parent}", "-lstytch",
            f"-Wl,-rpath,{LIBRARY.parent}")


def build_others() -> None:
    build_c("libcurl", ["bench.c", "libcurl.c"], "-lcurl", "-lcjson")
    build_c("cjson", ["cjson.c"], "-lcjson")
    build_c("launch", ["launch.c"])


def build_sdk() -> Path:
    """The environment with Stytch's SDK, as pinned for the tests; returns its Python."""
    venv = BUILT / "sdk"
    installed = venv / "installed.txt"
    if not installed.exists() or installed.read_bytes() != SDK_REQUIREMENTS.read_bytes():
        say("installing Stytch's Python SDK")
        sh(os.environ.get("PYTHON", "python3"), "-m", "venv", "--clear", venv)
        sh(venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
           "--only-binary", ":all:", "--requirement", SDK_REQUIREMENTS)
        shutil.copy(SDK_REQUIREMENTS, installed)
    return venv / "bin" / "python"


class Server:
    """The local https server. Leaving it tells how many connections and requests there were."""

    def __init__(self, hold: int = 0, core: Optional[int] = None, fields: int = USUAL_FIELDS) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.ca_file = Path(self.folder.name) / "ca.pem"
        command = on_core(core, [BUILT / "rust" / "release" / "server", ANSWER, self.ca_file, fields, hold])
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        assert self.process.stdout
        self.url = f"https://localhost:{int(self.process.stdout.readline())}"
        self.connections = self.requests = 0

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        said, _nothing = self.process.communicate()
        counted = json.loads(said)
        self.connections, self.requests = counted["connections"], counted["requests"]
        self.folder.cleanup()


def on_core(core: Optional[int], command: List[object]) -> List[object]:
    return command if core is None else ["taskset", "-c", core, *command]


def subject(name: str, server: Server, *mode: object, wrap: tuple = ()) -> str:
    """Runs a compiled subject and returns what it printed."""
    program = BUILT / "rust" / "release" / "floor" if name == "floor" else BUILT / name
    return sh(*wrap, program, server.url, server.ca_file, *mode)


def difference(measure, few: int = FEW, many: int = MANY) -> float:
    """What one more call costs."""
    return (measure(many) - measure(few)) / (many - few)


def callgrind(*command: object, given: str = "") -> int:
    """The instructions of a whole process, outside the kernel, with what it is given on standard input."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        sh("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command, input=given,
           stderr=subprocess.DEVNULL)
        found = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)
        assert found, "callgrind counts"
        return int(found.group(1))


def strace(*command: object) -> int:
    """The system calls of a whole process, threads included."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        sh("strace", "-f", "-c", "-o", out, *command)
        total = [line.split() for line in out.read_text().splitlines() if line.endswith("total")]
        return int(total[0][3])


def mallocs_of(*command: object) -> int:
    """How often a whole process allocates."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        sh("valgrind", "--tool=memcheck", "--leak-check=no", "--undef-value-errors=no", f"--log-file={out}", *command)
        found = re.search(r"total heap usage: ([\d,]+) allocs", out.read_text())
        assert found, "memcheck counts"
        return int(found.group(1).replace(",", ""))


def of_subject(tool: Callable[..., int], name: str, reads: int = 0, fields: int = USUAL_FIELDS) -> float:
    """What `tool` counts in one call, in the steady state."""
    program = BUILT / "rust" / "release" / "floor" if name == "floor" else BUILT / name
    more = [reads] if reads else []
    with Server(fields=fields) as server:
        return difference(lambda count: tool(program, server.url, server.ca_file, "calls", count, *more))


def instructions(name: str, reads: int = 0, fields: int = USUAL_FIELDS) -> float:
    return of_subject(callgrind, name, reads, fields)


def system_calls(name: str) -> float:
    return of_subject(strace, name)


def mallocs(name: str) -> float:
    return of_subject(mallocs_of, name)


def cjson_instructions() -> float:
    return difference(lambda count: callgrind(BUILT / "cjson", ANSWER, count))


def idle(name: str) -> Dict[str, float]:
    """What a kept connection holds: malloc'd bytes, and resident KB, of 48 idle ones less those of 16."""
    few, many = 16, 48
    seen = []
    for count in (few, many):
        with Server(hold=count) as server:
            seen.append(json.loads(subject(name, server, "idle", count)))
        if server.connections != count:
            raise SystemExit(f"bench: {name} opened {server.connections} connections, {count} were meant")
    return {key: (seen[1][key] - seen[0][key]) / (many - few) for key in seen[0]}


def connections(name: str, threads: int = 64, calls: int = 200) -> int:
    """How many connections are opened by so many threads on one client."""
    with Server() as server:
        subject(name, server, "threads", threads, calls)
    if server.requests != threads * calls:
        raise SystemExit(f"bench: {server.requests} requests came, {threads * calls} were meant")
    return server.connections
