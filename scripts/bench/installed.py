"""A throwaway home with everything installed and the scripted stand-in running."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import mirror
from tests.world import World


@contextlib.contextmanager
def installed(
    *repositories: str, directory: Path | None = None, program: tuple[str, ...] = ()
) -> Iterator[World]:
    """The home, with the hook in these new repositories. It is below `directory`, and gone afterwards.

    `program` is what starts bootstrap, if not this checkout's.
    """
    # numpy is behind it: whoever measures memory imports it late
    from tests import standin

    with tempfile.TemporaryDirectory(prefix="bootstrap-bench-", dir=directory) as top:
        shelf, home = Path(top, "mirror"), Path(top, "home")
        shelf.mkdir()
        home.mkdir()
        standin.build(shelf / "llamafile-0.9.3", engine="scripted")
        standin.make(shelf / "tiny.gguf")
        with mirror.serving(shelf) as running:
            catalogue = running.catalogue(
                Path(top, "c.toml"), {"0.9.3": "llamafile-0.9.3"}, {"tiny": "tiny.gguf"}
            )
            world = World(
                home, catalogue, {"PYTHONWARNINGS": "ignore", "BOOTSTRAP_CATALOGUE": str(catalogue)}
            )
            del world.environment["PYTHONDONTWRITEBYTECODE"]  # users have their bytecode
            paths = [world.repository(name) for name in repositories]
            try:
                world.install(*(word for path in paths for word in ("--repo", str(path))), prefix=program)
                yield world
            finally:
                world.run("uninstall", check=False, prefix=program)
