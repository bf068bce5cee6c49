"""What every test gets: a throwaway home, no way to the network, and a world to install into."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import mirror, standin
from tests.world import World, clean_environment

# the same examples everywhere, and no database of them in the checkout
hypothesis.settings.register_profile("repeatable", database=None, derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


# where they run in the background of a script, they and all that they start would be deaf to Ctrl-C
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# what takes longest, so that no process is still at it when the others have nothing left to do
FIRST = (
    *("test_one_file", "test_kill", "test_rigs", "test_bad_input", "test_upgrade", "test_receipts"),
    *("test_failure", "test_clients", "test_key", "test_attach", "test_doctor_command", "test_own_model"),
    *("test_random", "test_nothing_lost", "test_output", "test_install", "test_gpu", "test_offline"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.name.startswith(FIRST))


@pytest.fixture(autouse=True)
def throwaway_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the real home or session can be reached by accident."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("XDG_", "GIT_", "BOOTSTRAP_", "HF_")) or name in {
            "CI",
            "COMMIT_POLISH",
            "SUDO_USER",
        }:
            monkeypatch.delenv(name)
    for name, value in clean_environment(home).items():
        if name != "PYTHONWARNINGS":
            monkeypatch.setenv(name, value)
    return home


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting to anything but this machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            assert address[0] in {"127.0.0.1", "::1", "localhost"}, f"a test tried to reach {address}"
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins with a real and with a scripted engine, and three models."""
    directory = tmp_path_factory.mktemp("artifacts")
    standin.build(directory / "llamafile-0.9.3")
    standin.build(directory / "scripted-0.9.3", engine="scripted")
    standin.build(directory / "scripted-0.9.2", engine="scripted", version="0.9.2")
    for seed, name in enumerate(("tiny-a", "tiny-b"), 1):
        standin.make(directory / f"{name}.gguf", seed=seed)
    (directory / "broken.gguf").write_bytes(b"this is no model\n" * 100)
    return directory


@pytest.fixture(scope="session")
def server(artifacts: Path) -> Iterator[mirror.Mirror]:
    """The mirror that all installs of this session download from."""
    with mirror.serving(artifacts) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, server: mirror.Mirror) -> Iterator[World]:
    """A home to install into, with the scripted engine: it starts fast and answers at once."""
    yield from _world(tmp_path, server, {"0.9.3": "scripted-0.9.3", "0.9.2": "scripted-0.9.2"})


@pytest.fixture
def real_world(tmp_path: Path, server: mirror.Mirror) -> Iterator[World]:
    """A home to install into, with a real llama.cpp engine."""
    yield from _world(tmp_path, server, {"0.9.3": "llamafile-0.9.3"})


def _world(tmp_path: Path, server: mirror.Mirror, llamafiles: dict[str, str]) -> Iterator[World]:
    models = {"tiny-a": "tiny-a.gguf", "tiny-b": "tiny-b.gguf", "broken": "broken.gguf"}
    catalogue = server.catalogue(tmp_path / "catalogue.toml", llamafiles, models)
    home = tmp_path / "home"
    home.mkdir()
    world = World(home, catalogue)
    yield world
    if world.data.exists():  # else it was uninstalled, and the server with it
        world.run("stop", check=False)
        if (script := world.data / "run.sh").exists():  # nor does a test that loses the receipt leave one
            subprocess.run(["/bin/sh", str(script), "stop"], env=world.environment, check=False)
