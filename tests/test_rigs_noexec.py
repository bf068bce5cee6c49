"""bootstrap where a disk starts no programs, for real: see tests/rigs/scenarios/noexec.py.

Needs root on Debian, for namespaces of its own; skipped elsewhere.
"""

from tests.rigs.running import HOSTILE, run


def test_the_data_on_such_a_disk() -> None:
    run("noexec", "noexec data", "disk")


def test_with_a_hostile_home() -> None:
    run("noexec", "noexec data", "disk", "--home", HOSTILE)


def test_the_whole_home_on_such_a_disk() -> None:
    run("noexec", "noexec home", ".")


def test_what_the_kernel_and_the_shell_say_is_explained() -> None:
    run("noexec", "noexec remounted", "disk")
