"""Libraries for Python 3.11 on ARM64 with Linux, brought once: `python -m tests.rigs.arm64_libraries` prints
the directory that they are in, `build` for the one file and what makes it, `test` for what the tests import.

The two are apart as they are on any machine: libraries import what they find, and so would the one file.
"""

from pathlib import Path

from tests.rigs import wheels

# glibc 2.36, which the rig's Debian has, runs what was made for any of these
ARM64 = (
    *("--platform", "manylinux_2_17_aarch64", "--platform", "manylinux2014_aarch64"),
    *("--platform", "manylinux_2_28_aarch64"),
)
FOR = {"build": [*wheels.dependencies(), "pyinstaller"], "test": ["gguf"]}


def fill(place: Path) -> None:
    for name, requirements in FOR.items():
        wheels.install(place / name, ARM64, requirements)


if __name__ == "__main__":
    print(wheels.once("arm64-libraries", [str(FOR), *ARM64], fill))
