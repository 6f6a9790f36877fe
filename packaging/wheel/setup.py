"""What packaging/wheel/build tells setuptools of the wheel with the library in it."""

import os
import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class WithLibrary(Distribution):
    """It belongs among the packages of one platform, as one with an extension module does."""

    def has_ext_modules(self):
        return True


class Wheel(bdist_wheel):
    """For one platform, and any Python 3: the library knows nothing of Python."""

    def get_tag(self):
        return "py3", "none", os.environ["STYTCH_WHEEL_TAG"]

    def egg2dist(self, egginfo_path, distinfo_path):
        super().egg2dist(egginfo_path, distinfo_path)
        # Where tools look for what a wheel is made of.
        sboms = Path(distinfo_path) / "sboms"
        sboms.mkdir()
        for file in Path(__file__).resolve().parent.glob("*.cdx.json"):
            shutil.copy(file, sboms)


setup(distclass=WithLibrary, cmdclass={"bdist_wheel": Wheel}, license_files=["LICENSE-*", "THIRD-PARTY-LICENSES"])
