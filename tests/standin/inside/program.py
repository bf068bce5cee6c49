"""llamafile's first instructions: which of its programs the command line selects."""

import os
import sys

from . import leave
from .flags import program


def main(version: str, engine: str) -> None:
    """Run the program that the command line selects."""
    refuse_noexec(sys.argv[0])
    arguments = sys.argv[1:]
    if "--version" in arguments:
        print(f"llamafile v{version}")
    elif version.startswith("0.10."):
        from . import native

        native.llamafile(arguments, engine)
    elif program(arguments) != "--server":
        leave(1, f"llamafile {program(arguments)}: only --server is imitated by this stand-in")
    elif "--v2" in arguments:
        from . import v2

        v2.run(version, arguments, engine)
    else:
        from . import v1

        v1.run(version, arguments, engine)


def refuse_noexec(file: str) -> None:
    """The loader maps the file into memory to run it, which a disk mounted noexec does not allow."""
    if hasattr(os, "ST_NOEXEC") and os.statvfs(file).f_flag & os.ST_NOEXEC:
        leave(127, f"ape error: {file}: prog mmap failed w/ errno 1")
