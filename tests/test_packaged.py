"""A llamafile with its model inside: one file, which is engine and model at once."""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap import catalogue, fit
from bootstrap.errors import HostError
from bootstrap.host import Host
from bootstrap.settings import Settings
from tests import mirror, standin
from tests.standin.process import running
from tests.world import World, tree

NAME = "tiny-llamafile"
FILES = {NAME: "tiny.llamafile", "real-llamafile": "real.llamafile"}


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[mirror.Mirror]:
    """Stand-ins with a model inside, on a mirror of their own."""
    directory = tmp_path_factory.mktemp("packages")
    model = artifacts / "tiny-a.gguf"
    standin.build(directory / FILES[NAME], engine="scripted", model=model)
    standin.build(directory / FILES["real-llamafile"], model=model)
    with mirror.serving(directory) as running:
        yield running


@pytest.fixture
def shop(world: World, packages: mirror.Mirror) -> World:
    """A world whose catalogue has them."""
    packages.requests.clear()
    for name, file in FILES.items():
        data = (packages.directory / file).read_bytes()
        with world.catalogue.open("a") as text:
            text.write(
                f'\n[[packaged]]\nname = "{name}"\nurl = "{packages.url}/{file}"\nabout = {len(data)}\n'
                f'sha256 = "{hashlib.sha256(data).hexdigest()}"\nlicence = "None"\n'
            )
    return world


def engine(world: World, name: str = NAME) -> Path:
    return world.data / "llamafile" / name / "llamafile"


def test_one_file_is_engine_and_model(shop: World, server: mirror.Mirror) -> None:
    before = tree(shop.home)
    server.requests.clear()
    assert f"Ready: {NAME} answers" in shop.install("--model", NAME).stdout
    assert {path.rpartition("/")[2] for path in server.requests} == set()
    status = shop.status()
    assert status["model"]["path"] == str(engine(shop))
    assert status["llamafile"]["sha256"] == status["model"]["sha256"]
    link = shop.home / ".local" / "bin" / "llamafile"
    assert link.readlink() == engine(shop)
    settings = tomllib.loads(shop.config.read_text())
    assert settings["ai"]["model"] == f"llamafile/{NAME}"
    assert settings["llamafile"]["model_path"] == str(engine(shop))
    argv = json.loads(shop.receipt.read_text())["about"]["argv"]
    assert "-m" not in argv
    assert list((shop.data / "models").iterdir()) == []
    assert "Nothing to do" in shop.install().stdout
    told = json.loads(shop.install("--dry-run", "--json").stdout.splitlines()[-1])
    assert (told["actions"], told["download_bytes"]) == ([], 0)
    shop.run("uninstall")
    assert tree(shop.home) == before


def test_the_real_engine_finds_its_model(shop: World) -> None:
    shop.install("--model", "real-llamafile")
    assert shop.status()["server"]["ready"]


def test_from_and_to_a_model_in_a_file_of_its_own(shop: World) -> None:
    shop.install("--model", "tiny-b")
    told = shop.install("--model", NAME, "--llamafile", "0.9.2")
    assert f"tiny-b -> {NAME}" in told.stdout
    assert f"{NAME} brings its own llamafile, instead of 0.9.2" in told.stderr
    assert [path.name for path in (shop.data / "llamafile").iterdir()] == [NAME]
    assert list((shop.data / "models").iterdir()) == []
    assert shop.status()["server"]["ready"]
    assert f"{NAME} -> tiny-a" in shop.install("--model", "tiny-a").stdout
    assert [path.name for path in (shop.data / "llamafile").iterdir()] == ["0.9.2"]
    assert shop.status()["server"]["ready"]


def test_a_broken_one_leaves_the_old_one_running(shop: World, packages: mirror.Mirror) -> None:
    shop.install("--model", "tiny-a")
    text = shop.catalogue.read_text()
    data = hashlib.sha256((packages.directory / FILES[NAME]).read_bytes()).hexdigest()
    shop.catalogue.write_text(text.replace(data, "0" * 64))
    failed = shop.install("--model", NAME, check=False)
    assert failed.returncode == 1
    assert "wrong checksum" in failed.stderr
    assert (shop.status()["model"]["name"], shop.status()["server"]["ready"]) == ("tiny-a", True)


def test_what_is_downloaded_is_one_file(shop: World, packages: mirror.Mirror) -> None:
    lines = shop.install("--model", NAME, "--print-urls").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [f"{packages.url}/{FILES[NAME]}"]
    told = json.loads(shop.install("--model", NAME, "--dry-run", "--json").stdout.splitlines()[-1])
    assert told["download_bytes"] == (packages.directory / FILES[NAME]).stat().st_size
    assert packages.requests == []


def test_they_are_listed(shop: World) -> None:
    shop.install("--model", NAME)
    rows = json.loads(shop.run("models", "--json", "--quiet").stdout.splitlines()[-1])["models"]
    row = next(row for row in rows if row["name"] == NAME)
    assert (row["packaged"], row["installed"], row["fits"]) == (True, True, True)
    assert NAME in shop.run("models").stdout
    failed = shop.install("--model", "tiny-llamafil", check=False)
    assert f"did you mean {NAME}" in failed.stderr


def test_windows_starts_no_program_over_4_gb() -> None:
    """By the size that is pinned or known roughly; LLaVA is just below."""
    windows = Host(os="windows", os_version="10", arch="amd64", memory=1 << 36, user="me")
    linux = replace(windows, os="linux")
    built_in = catalogue.load()
    for name in ("llama-3.2-1b-llamafile", "llava-1.5-7b-llamafile"):
        assert fit.choose_model(built_in, windows, Settings(model=name))[0].name == name
    large = replace(built_in.model("llava-1.5-7b-llamafile"), name="large", size=None, about=1 << 32)
    entries = replace(built_in, packaged=(large,))
    with pytest.raises(HostError, match=r"large has 4\.3 GB, and Windows runs no program over 4 GB"):
        fit.choose_model(entries, windows, Settings(model="large"), force=True)
    fit.choose_model(entries, linux, Settings(model="large"))
    in_two_files = replace(large, inside="")
    fit.choose_model(replace(entries, packaged=(in_two_files,)), windows, Settings(model="large"))


def test_the_stand_in_is_packaged_as_the_real_one(
    packages: mirror.Mirror, artifacts: Path, tmp_path: Path
) -> None:
    """It knows its model by the arguments inside it, and the command line has the last word."""
    file = packages.directory / FILES[NAME]
    with running(file, "-a", "ours", home=tmp_path):
        pass
    with running(file, "-m", str(artifacts / "tiny-b.gguf"), home=tmp_path):
        pass
    with (
        pytest.raises(RuntimeError, match=r"no other\.gguf file found in zip archive"),
        running(file, "-m", "other.gguf", home=tmp_path),
    ):
        pass
