"""What `make release` left in target/dist, taken and run as users do. tests/release/run says what is needed."""

import glob
import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("STYTCH_TARGET", ROOT / "target"))
DIST = TARGET / "dist"
PROJECT_ID, SECRET = "project-test-00000000-0000-4000-8000-000000000000", "secret-test-sandbox"


def run(*command, check=True, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if check and done.returncode:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def only(pattern):
    (file,) = DIST.glob(pattern)
    return file


def target(triple):
    """What packaging/targets says of it, by name."""
    lines = run(ROOT / "packaging/targets", triple).stdout.splitlines()
    return {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}


# This machine's, which the tests run; of the others they look at the files, and tests/targets runs what it can.
TARGETS = [target(triple) for triple in run(ROOT / "packaging/targets").stdout.split()]
NATIVE = TARGETS[0]
TAR_BALL = f"libstytch-{NATIVE['version']}-{NATIVE['label']}.tar.gz"
BILL = TAR_BALL.replace(".tar.gz", ".cdx.json")
WHEEL = f"*-{NATIVE['wheel']}.whl"


class WithSandbox(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = subprocess.Popen(
            [os.environ["STYTCH_SANDBOX"], "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        cls.addClassCleanup(cls.stop)
        cls.url = cls.sandbox.stdout.readline().split(" listening on ")[1].strip()
        scratch = tempfile.TemporaryDirectory(prefix="a path with spaces ")
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)

    @classmethod
    def stop(cls):
        cls.sandbox.terminate()
        cls.sandbox.wait()
        cls.sandbox.stdout.close()

    def token(self):
        connection = http.client.HTTPConnection(self.url.split("//")[1])
        connection.request("POST", "/sandbox/impersonation_tokens", "{}", {"Content-Type": "application/json"})
        token = json.loads(connection.getresponse().read())["impersonation_token"]
        connection.close()
        return token

    def environment(self, path):
        """Nothing of the machine's own: a name here would hide what a user lacks."""
        return {"PATH": str(path), "STYTCH_PROJECT_ID": PROJECT_ID, "STYTCH_SECRET": SECRET, "STYTCH_BASE_URL": self.url}


class Files(unittest.TestCase):
    def test_checksums(self):
        lines = (DIST / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        sums = {name: digest for digest, name in (line.split() for line in lines)}
        self.assertEqual(set(sums), {file.name for file in DIST.iterdir()} - {"SHA256SUMS"})
        for name, digest in sums.items():
            self.assertEqual(hashlib.sha256((DIST / name).read_bytes()).hexdigest(), digest, name)

    def test_the_bill_of_materials_follows_the_schema(self):
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator

        text = only(BILL).read_text(encoding="utf-8")
        validator = JsonStrictValidator(SchemaVersion.V1_5)
        self.assertIsNone(validator.validate_str(text))
        self.assertIsNotNone(validator.validate_str(text.replace('"type": "library"', '"type": "none"', 1)))

    def test_the_bill_of_materials_names_what_cargo_tree_names(self):
        command = ["cargo", "tree", "--locked", "--offline", "--package", "stytch-ffi", "--edges", "normal", "--prefix", "none"]
        tree = run(*command, "--target", "x86_64-unknown-linux-gnu", "--format", "{p}", cwd=ROOT).stdout
        crates = {f"pkg:cargo/{name}@{version}" for name, version in re.findall(r"^(\S+) v(\S+)", tree, re.M)}
        bom = json.loads(only(BILL).read_text(encoding="utf-8"))
        listed = {entry["purl"] for entry in [bom["metadata"]["component"], *bom["components"]] if "purl" in entry}
        self.assertEqual(listed, crates)

    def test_the_licences_name_every_crate(self):
        with tarfile.open(only(TAR_BALL)) as tar:
            (name,) = [name for name in tar.getnames() if name.endswith("/THIRD-PARTY-LICENSES")]
            text = tar.extractfile(name).read().decode()
        for entry in json.loads(only(BILL).read_text(encoding="utf-8"))["components"]:
            # Our own crates have no checksum, and the library's own licences stand beside this file.
            if "hashes" in entry:
                # In the list at the top, and over a text.
                self.assertGreaterEqual(text.count(f"{entry['name']} {entry['version']}"), 2, entry["name"])

    def test_the_tar_ball_tells_nothing_of_who_packed_it(self):
        with tarfile.open(only(TAR_BALL)) as tar:
            members = tar.getmembers()
        self.assertEqual({(member.uid, member.gid, member.uname, member.gname) for member in members}, {(0, 0, "", "")})
        self.assertEqual(len({member.mtime for member in members}), 1)
        self.assertLessEqual({member.mode for member in members if member.isfile()}, {0o644, 0o755})
        self.assertEqual([member.name for member in members], sorted(member.name for member in members))
        top = only(TAR_BALL).name.replace(".tar.gz", "")
        self.assertEqual({member.name.split("/")[0] for member in members}, {top})


def published():
    """Of each target that is published here: what is known of it, and its tar ball's files by name."""
    for one in TARGETS:
        packed = DIST / f"libstytch-{one['version']}-{one['label']}.tar.gz"
        if packed.exists():
            with tarfile.open(packed) as tar:
                top = packed.name.replace(".tar.gz", "") + "/"
                files = {member.name.replace(top, "", 1): tar.extractfile(member).read() for member in tar.getmembers() if not member.isdir()}
            yield one, files


class EachTarget(unittest.TestCase):
    def test_its_files(self):
        documents = {"LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md", "THIRD-PARTY-LICENSES"}
        documents |= {f"examples/{name}" for name in ("authenticate.c", "authenticate.cpp", "session.c", "session.cpp")}
        same = {f"include/{name}" for name in ("stytch.h", "stytch.hpp", "stytch_queue.hpp", "stytch_result.hpp")}
        same |= {"lib/libstytch.a", "share/man/man3/stytch.3"}
        same |= {"lib/pkgconfig/stytch.pc", "lib/cmake/stytch/stytch-config.cmake", "lib/cmake/stytch/stytch-config-version.cmake"}
        own = {
            "glibc": {"lib/libstytch.so.0.1.0", "lib/libstytch.so.0", "lib/libstytch.so"},
            "macos": {"lib/libstytch.0.dylib", "lib/libstytch.dylib"},
            "windows": {"bin/stytch.dll", "lib/libstytch.dll.a", "lib/stytch.lib"},
        }
        seen = 0
        for one, files in published():
            with self.subTest(one["triple"]):
                bill = f"libstytch-{one['version']}-{one['label']}.cdx.json"
                expected = same | own.get(one["system"], own["glibc"]) | {f"share/doc/libstytch/{name}" for name in documents | {bill}}
                self.assertEqual(set(files), expected)
                self.assertEqual(files[f"share/doc/libstytch/{bill}"], (DIST / bill).read_bytes())
            seen += 1
        self.assertTrue(seen)

    def test_its_wheel_has_the_same_library(self):
        for one, files in published():
            with self.subTest(one["triple"]):
                if one["wheel"] == "-":
                    continue
                (library,) = (data for name, data in files.items() if name in (f"lib/{one['installed']}", f"bin/{one['installed']}"))
                with zipfile.ZipFile(only(f"*-py3-none-{one['wheel']}.whl")) as wheel:
                    self.assertEqual(wheel.read(f"stytch_ffi/{one['inside']}"), library)
                    (tag,) = (name for name in wheel.namelist() if name.endswith(".dist-info/WHEEL"))
                    self.assertIn(f"Tag: py3-none-{one['wheel']}\n", wheel.read(tag).decode())

    def test_its_tag_is_true(self):
        # auditwheel knows no musl where it runs with glibc; there, packaging/inspect has looked at what is needed.
        for one, _ in published():
            if one["system"] == "glibc":
                said = " ".join(run("auditwheel", "show", only(f"*-py3-none-{one['wheel']}.whl")).stdout.split())
                tag = one["wheel"].replace("manylinux2014", "manylinux_2_17")
                self.assertIn(f'consistent with the following platform tag: "{tag}"', said)

    def test_its_static_libraries_are_named(self):
        for one, files in published():
            with self.subTest(one["triple"]):
                self.assertIn(f"Libs.private: {one['static_libs']}".rstrip(), files["lib/pkgconfig/stytch.pc"].decode())
                cmake = files["lib/cmake/stytch/stytch-config.cmake"].decode()
                self.assertIn(one["installed"], cmake)
                self.assertNotRegex(cmake, "@[A-Z_]+@")

    def test_the_bills_of_materials_follow_the_schema(self):
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator

        for file in DIST.glob("*.cdx.json"):
            self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(file.read_text(encoding="utf-8")), file.name)


class TarBall(WithSandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run("tar", "-xzf", only(TAR_BALL), "-C", cls.scratch)
        (cls.tree,) = cls.scratch.glob("libstytch-*")

    def flags(self, *options):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.tree / "lib/pkgconfig")}
        return run("pkg-config", *options, "stytch", env=environment).stdout

    def authenticates(self, *link):
        program = self.scratch / "authenticate"
        example = self.tree / "share/doc/libstytch/examples/authenticate.c"
        command = [os.environ.get("CC", "cc"), example, f"-I{self.tree}/include", "-o", program, *link]
        run(*command)
        return run(program, self.token(), env=self.environment("")).stdout

    def test_shared(self):
        self.assertIn(str(self.tree).replace(" ", "\\ "), self.flags("--libs"))
        self.assertIn("session", self.authenticates(f"-L{self.tree}/lib", "-lstytch", f"-Wl,-rpath,{self.tree}/lib").lower())

    def test_static(self):
        libraries = [flag for flag in self.flags("--libs", "--static").split() if flag.startswith("-l") and flag != "-lstytch"]
        self.assertIn("session", self.authenticates(self.tree / "lib/libstytch.a", *libraries).lower())

    def test_the_shared_library_is_the_wheel_s(self):
        with zipfile.ZipFile(only(WHEEL)) as wheel:
            self.assertEqual(wheel.read("stytch_ffi/libstytch.so.0"), (self.tree / "lib/libstytch.so.0").read_bytes())


def pythons():
    """Each Python 3 to be had, by version; where one version is there twice, once."""
    named = os.environ.get("STYTCH_PYTHONS", "").split(":")
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = {}
    for python in [*named, *glob.glob(f"{root}/versions/3.*/bin/python3"), "/usr/bin/python3", sys.executable]:
        # Not the virtual environment of the tools, but what it was made from.
        if python:
            code = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3], getattr(sys, '_base_executable', sys.executable))"
            done = run(python, "-c", code, check=False) if os.path.exists(python) else None
            if done and done.returncode == 0:
                version, base = done.stdout.split(maxsplit=1)
                found.setdefault(tuple(map(int, version.split("."))), base.strip())
    return dict(sorted(found.items()))


class Wheel(WithSandbox):
    def install(self, version, python):
        venv = self.scratch / ("python " + ".".join(map(str, version)))
        run(python, "-m", "venv", venv)
        # No compiler is in the path, and no package index is asked.
        environment = self.environment(venv / "bin")
        command = [venv / "bin/python", "-m", "pip", "install", "--no-index", "--disable-pip-version-check", only(WHEEL)]
        return venv, environment, run(*command, env=environment, check=False)

    def test_it_runs_on_every_python(self):
        tried = []
        for version, python in pythons().items():
            with self.subTest(version=version):
                venv, environment, installed = self.install(version, python)
                if version < (3, 8):
                    # pip has to say so, and not the program later.
                    self.assertNotEqual(installed.returncode, 0)
                    self.assertRegex(installed.stderr + installed.stdout, "(?i)requires.*python|not (a )?supported")
                    continue
                self.assertEqual(installed.returncode, 0, installed.stderr)
                program = ROOT / "bindings/python/examples/authenticate.py"
                done = run(venv / "bin/python", program, self.token(), env=environment, cwd=self.scratch)
                self.assertIn("A session was started.", done.stdout)
                where = run(venv / "bin/python", "-c", "import stytch_ffi; print(stytch_ffi.library_path())", env=environment, cwd=self.scratch)
                self.assertTrue(os.path.realpath(where.stdout.strip()).startswith(os.path.realpath(venv)), where.stdout)
                run(venv / "bin/python", "-m", "pip", "uninstall", "--yes", "stytch-ffi", env=environment)
                self.assertEqual(list(venv.rglob("*stytch*")), [])
                tried.append(".".join(map(str, version)))
        print(f"the wheel runs on Python {', '.join(tried)} ...", end=" ", file=sys.stderr)
        self.assertTrue(tried, "no Python 3.8 or later was found")

    def test_its_tag_is_true(self):
        said = " ".join(run("auditwheel", "show", only(WHEEL)).stdout.split())
        self.assertIn('consistent with the following platform tag: "manylinux_2_17_x86_64"', said)
        self.assertTrue(only(WHEEL).name.endswith("-py3-none-manylinux2014_x86_64.whl"))

    def test_what_is_in_it(self):
        with zipfile.ZipFile(only(WHEEL)) as wheel:
            names = wheel.namelist()
            self.assertIn("Root-Is-Purelib: false", wheel.read(next(n for n in names if n.endswith("/WHEEL"))).decode())
        self.assertEqual([name for name in names if ".so" in name], ["stytch_ffi/libstytch.so.0"])
        for ending in ("/licenses/THIRD-PARTY-LICENSES", "/licenses/LICENSE-MIT", "/licenses/LICENSE-APACHE", ".cdx.json", "/py.typed"):
            self.assertEqual(len([name for name in names if name.endswith(ending)]), 1, ending)
        self.assertFalse([name for name in names if "test" in name or name.endswith((".pyc", "setup.py"))])

    def test_the_package_s_own_tests(self):
        version, python = list(pythons().items())[-1]
        with zipfile.ZipFile(only(WHEEL)) as wheel:
            library = wheel.extract("stytch_ffi/libstytch.so.0", self.scratch)
        command = [python, "-m", "unittest", "discover", "-s", ROOT / "bindings/python/tests"]
        run(*command, env={**os.environ, "STYTCH_LIBRARY": library}, cwd=self.scratch)


class Frozen(WithSandbox):
    """Programs with everything they need in one folder or file. Each authenticates, or says what it lacks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.scratch / "site"
        run(sys.executable, "-m", "pip", "install", "--no-index", "--disable-pip-version-check", "--target", cls.site, only(WHEEL))
        cls.program = ROOT / "bindings/python/examples/authenticate.py"

    def by_pyinstaller(self, *options, site=None):
        work = Path(tempfile.mkdtemp(dir=self.scratch))
        command = [sys.executable, "-m", "PyInstaller", "--name", "app", "--log-level", "WARN", *options, self.program]
        done = run(*command, cwd=work, env={**os.environ, "PYTHONPATH": str(site or self.site)})
        return work / "dist", done.stderr

    def authenticates(self, program):
        # "/" for no folder of the build; a folder for what unpacks itself.
        done = run(program, self.token(), cwd="/", env={**self.environment(""), "TMPDIR": str(self.scratch)})
        self.assertIn("A session was started.", done.stdout)

    def test_a_folder_by_pyinstaller(self):
        dist, _ = self.by_pyinstaller("--onedir")
        self.authenticates(dist / "app/app")

    def test_a_file_by_pyinstaller(self):
        dist, _ = self.by_pyinstaller("--onefile")
        self.authenticates(dist / "app")

    def test_the_build_and_the_program_say_what_is_missing(self):
        site = self.scratch / "without the library"
        run("cp", "-R", self.site, site)
        (site / "stytch_ffi/libstytch.so.0").unlink()
        dist, said = self.by_pyinstaller("--onedir", site=site)
        self.assertIn("no libstytch lies beside the package", said)
        done = run(dist / "app/app", self.token(), check=False, cwd="/", env=self.environment(""))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("missing from this program (PyInstaller)", done.stdout + done.stderr)

    def test_a_zip_file_says_what_is_missing(self):
        folder, packed = self.scratch / "zip", self.scratch / "app.pyz"
        run("cp", "-R", self.site, folder)
        run("cp", self.program, folder / "__main__.py")
        run(sys.executable, "-m", "zipapp", folder, "-o", packed)
        done = run(sys.executable, packed, self.token(), check=False, cwd="/", env=self.environment(""))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("missing from this program (a zip file)", done.stdout + done.stderr)
        environment = {**self.environment(""), "STYTCH_LIBRARY": str(self.site / "stytch_ffi/libstytch.so.0")}
        self.assertIn("A session was started.", run(sys.executable, packed, self.token(), cwd="/", env=environment).stdout)


if __name__ == "__main__":
    unittest.main()
