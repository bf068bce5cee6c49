"""What is done in the rig `wine`: `python -m tests.rigs.wine_scenarios NAME`.

The Task Scheduler is imitated (wine's takes every task and starts none), and llamafile's file; the Run key,
the logon that reads it and the Python are real, as far as wine is Windows.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import mirror, standin
from tests.rigs.windows_world import PYTHON, Windows, name


@contextlib.contextmanager
def machine(**environment: str) -> Iterator[Windows]:
    """This rig's user, with a mirror of two models."""
    with tempfile.TemporaryDirectory() as directory:
        files = Path(directory)
        standin.build(files / "llamafile-0.9.3", engine="scripted", windows=True, python=name(PYTHON))
        for seed, model in enumerate(("tiny-a", "tiny-b"), 1):
            standin.make(files / f"{model}.gguf", seed=seed)
        with mirror.serving(files) as source:
            models = {name: f"{name}.gguf" for name in ("tiny-a", "tiny-b")}
            catalogue = source.catalogue(files / "catalogue.toml", {"0.9.3": "llamafile-0.9.3"}, models)
            yield Windows(catalogue, **environment)


def smoke() -> None:
    with machine() as world:
        for command in (("install", "--dry-run"), ("install",)):
            done = world.install(*command[1:], check=False)
            print(done.stdout, done.stderr, done.returncode)
        print(world.run("status", check=False))
        import subprocess
        print(subprocess.run(["find", str(world.data)], capture_output=True, text=True).stdout)
        print(subprocess.run(["ps", "ax", "-o", "pid,ppid,args"], capture_output=True, text=True).stdout)
        print(world.install(check=False))
        for verb in (("logs",), ("stop",), ("status",), ("start",), ("restart",),("polish", "-m", "Fixed it.")):
            print(verb, world.run(*verb, check=False))
        print(world.run("uninstall", check=False))
        print(subprocess.run(["find", str(world.data)], capture_output=True, text=True).stdout)
        print(subprocess.run(["ps", "ax", "-o", "pid,ppid,args"], capture_output=True, text=True).stdout)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
