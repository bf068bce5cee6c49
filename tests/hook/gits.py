"""A git that says that it is another version. What that version can do and this one cannot, it cannot."""

import shutil

from tests.hook.project import Project
from tests.polish.repository import write_executable
from tests.world import World


def pretend(project: Project | World, version: str) -> None:
    real = shutil.which("git", path=project.environment["PATH"])
    directory = project.home / f"git {version}"
    directory.mkdir()
    write_executable(
        directory / "git",
        f'#!/bin/sh\n[ "$1" != --version ] || {{ echo "git version {version}"; exit; }}\nexec {real} "$@"\n',
    )
    project.environment["PATH"] = f"{directory}:{project.environment['PATH']}"
