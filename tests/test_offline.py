"""Installs without a network: the folder that `bundle` fills, `--from` it, and `--print-urls`."""

import dataclasses
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import bundle, catalogue
from tests.mirror import Mirror
from tests.world import World, tree

BOOTSTRAP = (sys.executable, "-P", "-m", "bootstrap")
NO_NETWORK = ("unshare", "--map-root-user", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[World]:
    """Another machine, which knows the built-in catalogue and nothing of the mirror."""
    home = tmp_path / "other-home"
    home.mkdir()
    world = World(home, tmp_path / "no-catalogue.toml")
    yield world
    if world.data.exists():
        world.run("stop", check=False)


def fill(world: World, folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    return world.run("bundle", str(folder), "--catalogue", str(world.catalogue), *arguments, check=check)


def from_folder(world: World, folder: Path, *arguments: str, check: bool = True, prefix: tuple = ()):
    wanted = ("install", "--from", str(folder), "--port", str(world.port), *arguments)
    return world.run(*wanted, check=check, prefix=prefix)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


ALL = ["README.txt", "catalogue.toml", "scripted-0.9.3", "tiny-a.gguf"]


# bundle


def test_a_bundle_has_everything_and_says_so(world: World, folder: Path, artifacts: Path) -> None:
    before = tree(world.home)
    done = fill(world, folder)
    assert str(folder) in done.stdout.replace("~", str(world.home))
    assert names(folder) == ALL
    for name in ("scripted-0.9.3", "tiny-a.gguf"):
        assert (folder / name).read_bytes() == (artifacts / name).read_bytes()
        assert name in (folder / "README.txt").read_text()
    assert "--from ." in (folder / "README.txt").read_text()
    assert "bootstrap itself is not in it" in done.stderr
    assert tree(world.home) == before, "filling a folder installs nothing"
    entries = catalogue.load(folder / "catalogue.toml")
    (model,) = entries.models
    assert model.size == (artifacts / "tiny-a.gguf").stat().st_size
    assert model.sha256 == hashlib.sha256((artifacts / "tiny-a.gguf").read_bytes()).hexdigest()


def test_a_second_time_there_is_nothing_to_do(world: World, folder: Path, server: Mirror) -> None:
    fill(world, folder)
    before, asked = tree(folder), len(server.requests)
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    data = json.loads(fill(world, folder, "--json").stdout.splitlines()[-1])
    assert data["changed"] is False
    assert [row["file"] for row in data["files"]] == ["scripted-0.9.3", "tiny-a.gguf"]
    assert "Nothing to do" in fill(world, folder).stdout
    assert tree(folder) == before
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times
    assert len(server.requests) == asked


def test_a_second_model_is_added(world: World, other: World, folder: Path) -> None:
    fill(world, folder)
    fill(world, folder, "--model", "tiny-b", "--llamafile", "0.9.2")
    assert names(folder) == sorted([*ALL, "scripted-0.9.2", "tiny-b.gguf"])
    assert {model.name for model in catalogue.load(folder / "catalogue.toml").models} == {"tiny-a", "tiny-b"}
    (folder / "tiny-b.gguf").unlink()
    fill(world, folder)
    assert {model.name for model in catalogue.load(folder / "catalogue.toml").models} == {"tiny-a"}
    from_folder(other, folder, "--no-start", "--llamafile", "0.9.2")
    assert other.status()["llamafile"]["version"] == "0.9.2"


def test_an_interrupted_bundle_goes_on(world: World, folder: Path, server: Mirror, artifacts: Path) -> None:
    size = (artifacts / "tiny-a.gguf").stat().st_size
    argv = [*BOOTSTRAP, "bundle", str(folder), "--catalogue", str(world.catalogue)]
    part = folder / "tiny-a.gguf.part"
    server.rate = size / 4
    try:
        with subprocess.Popen(
            argv, env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            for _ in range(400):
                threading.Event().wait(0.05)
                if part.with_name(part.name + ".json").exists() and part.stat().st_size > size // 3:
                    break
            running.kill()
    finally:
        server.rate = None
    assert part.exists()
    fill(world, folder)
    assert names(folder) == ALL


def test_what_is_installed_is_not_downloaded_again(world: World, folder: Path, server: Mirror) -> None:
    world.install("--no-start")
    server.requests.clear()
    done = fill(world, folder)
    assert server.requests == []
    assert done.stderr.count("found in this installation") == 2
    assert not (folder / "tiny-a.gguf").samefile(world.data / "models" / "tiny-a.gguf")
    shutil.rmtree(folder)
    fill(world, folder, "--no-reuse")
    assert server.requests


def test_a_model_of_ones_own_is_taken_along(
    world: World, other: World, folder: Path, server: Mirror, artifacts: Path, tmp_path: Path
) -> None:
    own = tmp_path / "My Model-Q4_K_M.gguf"
    shutil.copy(artifacts / "tiny-b.gguf", own)
    size, body = own.stat().st_size, own.read_bytes()
    own.write_bytes(body + bytes(32))  # or it would be one of the catalogue
    fill(world, folder, "--model", str(own))
    fill(world, folder, "--model", str(own))
    own.unlink()
    (model,) = catalogue.load(folder / "catalogue.toml").models
    assert model.size == size + 32
    assert model.urls == ()
    server.requests.clear()
    done = from_folder(other, folder)
    assert f"Ready: {model.name} answers" in done.stdout
    assert "Nothing to do" in other.run("install").stdout
    other.run("verify")
    assert server.requests == []


def test_a_llamafile_with_its_model_inside_is_taken_along(world: World, other: World, folder: Path) -> None:
    text = world.catalogue.read_text()
    entry = re.search(r"url = .*scripted-0.9.3.*\nsha256 = .*\nsize = .*\n", text)
    world.catalogue.write_text(f'{text}\n[[packaged]]\nname = "tiny-inside"\n{entry[0]}llamafile = "0.9.3"\n')
    fill(world, folder, "--model", "tiny-inside")
    assert names(folder) == ["README.txt", "catalogue.toml", "scripted-0.9.3"]
    (plan,) = map(json.loads, from_folder(other, folder, "--dry-run", "--json").stdout.splitlines())
    assert plan["model"] == "tiny-inside"
    assert plan["download_bytes"] == 0
    assert plan["reused_bytes"] == (folder / "scripted-0.9.3").stat().st_size


@pytest.mark.parametrize("name", ["catalogue.toml", "README.txt", "tiny-a.gguf"])
def test_nobodys_file_is_overwritten(world: World, folder: Path, server: Mirror, name: str) -> None:
    folder.mkdir()
    (folder / name).write_text("somebody's own\n")
    asked = len(server.requests)
    done = fill(world, folder, check=False)
    assert done.returncode == 1
    assert str(folder / name) in done.stderr
    assert "help: " in done.stderr
    assert tree(folder) == {name: tree(folder)[name]}
    assert (folder / name).read_text() == "somebody's own\n"
    assert len(server.requests) == asked, "found out before the first byte"


def test_a_folder_that_cannot_be(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        done = fill(world, place, check=False)
        assert done.returncode == 1
        assert re.match(r"error: .+\nhelp: .+\n", done.stderr)
    assert fill(world, tmp_path / "f", "--model", "nope", check=False).returncode == 1
    assert not (tmp_path / "f").exists()


def test_the_catalogue_of_a_folder_loads_as_it_was(tmp_path: Path) -> None:
    """Every entry of the built-in catalogue, with nothing lost but the sizes that were not known."""
    every = catalogue.load()
    sizes = {entry.file: entry.about or 1 for entry in (*every.llamafiles, *every.models, *every.packaged)}
    entries = bundle.contents(every, None, sizes)
    odd = dataclasses.replace(
        every.models[0],
        note='quotes " and \\ and \x7f and 😀',
        urls=("https://me:secret@example.com/a.gguf", "http://example.com/b.gguf"),
    )
    entries = dataclasses.replace(entries, models=(odd, *entries.models[1:]))
    text = bundle.catalogue_text(entries)
    path = tmp_path / "catalogue.toml"
    path.write_text(text, "utf-8")
    loaded = catalogue.load(path)
    assert "secret" not in text
    odd = dataclasses.replace(odd, urls=("https://example.com/a.gguf", "http://example.com/b.gguf"))
    assert loaded == dataclasses.replace(entries, models=(odd, *entries.models[1:]))
    for before, after in zip(every.llamafiles, loaded.llamafiles, strict=True):
        assert dataclasses.replace(after, size=before.size, about=before.about) == before


# --from


def test_an_install_where_there_is_no_network(
    world: World, other: World, folder: Path, server: Mirror
) -> None:
    if shutil.which("unshare") is None or subprocess.call([*NO_NETWORK, "true"], stderr=subprocess.DEVNULL):
        pytest.skip("this machine lets nobody make a network namespace")
    fill(world, folder)
    server.requests.clear()
    reached = subprocess.call(
        [*NO_NETWORK, sys.executable, "-c", f"import urllib.request as u; u.urlopen('{server.url}')"],
        stderr=subprocess.DEVNULL,
    )
    assert reached != 0, "even the mirror on loopback is out of reach"
    before = tree(other.home)
    repository = other.repository()
    made = tree(other.home)
    done = from_folder(other, folder, "--repo", str(repository), prefix=(*NO_NETWORK, *BOOTSTRAP))
    assert "Ready: tiny-a answers" in done.stdout
    assert done.stderr.count("trying") == 0
    assert server.requests == []
    status = json.loads(other.run("status", "--json").stdout)
    assert status["model"]["name"] == "tiny-a"
    other.run("uninstall")
    assert tree(other.home) == made
    assert before == {}


def test_nobody_is_asked_where_there_is_a_network(world: World, other: World, folder: Path) -> None:
    """With a proxy that counts who comes, and addresses that lead there."""
    fill(world, folder)
    text = (folder / "catalogue.toml").read_text()
    (folder / "catalogue.toml").write_text(text.replace("http://127.0.0.1", "http://mirror.example"))
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        other.environment |= {"HTTP_PROXY": address, "HTTPS_PROXY": address, "ALL_PROXY": address}
        from_folder(other, folder)
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_later_runs_need_neither_the_folder_nor_a_network(
    world: World, other: World, folder: Path, server: Mirror
) -> None:
    fill(world, folder)
    server.requests.clear()
    from_folder(other, folder)
    assert "Nothing to do" in from_folder(other, folder).stdout
    moved = folder.rename(folder.with_name("unplugged"))
    before = tree(other.home)
    assert "Nothing to do" in other.run("install").stdout
    assert "Nothing to do" in other.run().stdout
    assert tree(other.home) == before
    assert server.requests == []
    (other.data / "models" / "tiny-a.gguf").unlink()
    other.run("install", "--from", str(moved))  # which repairs
    other.run("verify")
    assert server.requests == []
    (other.data / "models" / "tiny-a.gguf").unlink()
    other.run("install")  # where there is a network, too
    assert server.requests
    other.run("uninstall")
    assert tree(other.home) == {}


def test_a_folder_without_a_catalogue_is_used_with_the_usual_one(
    world: World, folder: Path, server: Mirror, artifacts: Path
) -> None:
    """As after --print-urls, with a tool of one's own."""
    folder.mkdir()
    for name in ("scripted-0.9.3", "tiny-a.gguf"):
        shutil.copy(artifacts / name, folder)
    server.requests.clear()
    world.install("--from", str(folder), "--no-start")
    assert server.requests == []
    assert "Nothing to do" in world.install("--no-start").stdout
    assert not (world.data / "catalogue.toml").exists()


def test_a_file_that_is_missing_is_named(world: World, other: World, folder: Path, server: Mirror) -> None:
    fill(world, folder)
    server.requests.clear()
    (folder / "tiny-a.gguf").unlink()
    done = from_folder(other, folder, check=False)
    assert done.returncode == 1
    assert "there is no tiny-a.gguf in" in done.stderr
    assert "bootstrap bundle" in done.stderr
    assert tree(other.home) == {}
    (folder / "tiny-a.gguf").write_bytes(b"too short")
    done = from_folder(other, folder, check=False)
    assert done.returncode == 1
    assert "tiny-a.gguf has 9 bytes" in done.stderr
    assert tree(other.home) == {}
    assert server.requests == []


@pytest.mark.parametrize("name", ["scripted-0.9.3", "tiny-a.gguf"])
def test_a_file_that_is_wrong_is_named_and_not_downloaded(
    world: World, other: World, folder: Path, server: Mirror, name: str
) -> None:
    fill(world, folder)
    good = (folder / name).read_bytes()
    (folder / name).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    server.requests.clear()
    done = from_folder(other, folder, check=False)
    assert done.returncode == 1
    assert f"error: {'tiny-a' if 'tiny' in name else 'llamafile 0.9.3'}: cannot use " in done.stderr
    assert name in done.stderr
    assert "checksum" in done.stderr
    assert server.requests == []
    (folder / name).write_bytes(good)
    from_folder(other, folder)
    other.run("uninstall")
    assert tree(other.home) == {}


def test_a_model_that_is_not_in_the_folder(world: World, other: World, folder: Path) -> None:
    fill(world, folder)
    done = from_folder(other, folder, "--model", "tiny-b", check=False)
    assert done.returncode == 1
    assert "tiny-b" in done.stderr
    done = other.run("install", "--from", str(folder / "nowhere"), check=False)
    assert done.returncode == 1
    assert "is not a directory" in done.stderr


def test_a_dry_run_from_a_folder(world: World, other: World, folder: Path) -> None:
    fill(world, folder)
    (plan,) = map(json.loads, from_folder(other, folder, "--dry-run", "--json").stdout.splitlines())
    assert plan["download_bytes"] == 0
    assert plan["reused_bytes"] == sum((folder / name).stat().st_size for name in ALL[2:])
    assert plan["disk_needed_bytes"] > plan["reused_bytes"]
    assert f"from {folder / 'tiny-a.gguf'}" in "".join(action["description"] for action in plan["actions"])
    assert tree(other.home) == {}


# --print-urls


def test_addresses_for_other_tools(world: World, server: Mirror, artifacts: Path) -> None:
    before, asked = tree(world.home), len(server.requests)
    done = world.install("--print-urls", "--mirror", "http://mirror.example/files/")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    expected = []
    for name in ("scripted-0.9.3", "tiny-a.gguf"):
        body = (artifacts / name).read_bytes()
        facts = [hashlib.sha256(body).hexdigest(), str(len(body)), name]
        expected += [[f"http://mirror.example/files/{name}", *facts], [f"{server.url}/{name}", *facts]]
    assert rows == expected
    (data,) = map(json.loads, world.install("--print-urls", "--json").stdout.splitlines())
    assert data["event"] == "done"
    assert [(row["file"], row["urls"]) for row in data["files"]] == [
        (name, [f"{server.url}/{name}"]) for name in ("scripted-0.9.3", "tiny-a.gguf")
    ]
    assert tree(world.home) == before
    assert len(server.requests) == asked


def test_a_folder_filled_by_another_tool(world: World, server: Mirror, tmp_path: Path) -> None:
    """What the README says about it."""
    folder = tmp_path / "by-curl"
    folder.mkdir()
    listing = world.install("--print-urls").stdout
    script = """while IFS="$(printf '\\t')" read -r url sha256 size file; do
        curl --silent --location --output "$file" "$url" && echo "$sha256  $file" | sha256sum --check --quiet
    done"""
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    subprocess.run(["sh", "-c", script], input=listing, text=True, cwd=folder, check=True)
    server.requests.clear()
    world.install("--from", str(folder), "--no-start")
    assert server.requests == []


def test_an_unknown_size_is_a_dash_and_nothing_left_is_nothing_said(world: World) -> None:
    rows = world.run("install", "--print-urls", "--force-fit", "--model", "gemma-3-4b").stdout.splitlines()
    engine = [row.split("\t") for row in rows if "llamafile" in row.rpartition("\t")[2]]
    assert engine
    assert {row[2] for row in engine} == {"-"}
    assert len(engine) > 1, "its mirrors, too"
    world.install("--no-start")
    done = world.install("--print-urls", "--no-start")
    assert done.stdout == ""
    assert "nothing would be downloaded" in done.stderr


def test_a_catalogue_that_says_nothing_new_is_not_kept(world: World, folder: Path) -> None:
    fill(world, folder)
    world.environment["BOOTSTRAP_CATALOGUE"] = str(world.catalogue)
    world.run("install", "--from", str(folder), "--no-start")
    assert not (world.data / "catalogue.toml").exists()
    assert tomllib.loads(world.config.read_text())["install"]["catalogue"] == str(world.catalogue)


def test_the_catalogue_that_is_kept_says_what_was_installed(world: World, other: World, folder: Path) -> None:
    fill(world, folder)
    from_folder(other, folder, "--no-start")
    kept = tomllib.loads((other.data / "catalogue.toml").read_text())
    assert [model["name"] for model in kept["model"]] == ["tiny-a"]
    remembered = tomllib.loads(other.config.read_text())["install"]["catalogue"]
    assert remembered == str(other.data / "catalogue.toml")
    other.run("install", "--catalogue", str(world.catalogue))  # and once it answers, the old goes
    assert not (other.data / "catalogue.toml").exists()
    assert os.listdir(other.data / "models") == ["tiny-a.gguf"]
