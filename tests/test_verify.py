"""`bootstrap verify` reads everything again, and the next run repairs what it found."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.mirror import Mirror
from tests.test_install import ask
from tests.world import World, tree


def model_of(world: World) -> Path:
    return world.data / "models" / "tiny-a.gguf"


def damage(path: Path) -> None:
    """One bit, as a dying disk does it: size and time stay."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(before.st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_all_is_well(world: World, server: Mirror) -> None:
    world.install()
    before, asked = tree(world.home), len(server.requests)
    done = world.run("verify")
    assert [line.split()[:2] for line in done.stdout.splitlines()[:2]] == [
        ["ok", "llamafile"],
        ["ok", "tiny-a"],
    ]
    assert "as it was installed" in done.stdout
    data = json.loads(world.run("verify", "--json").stdout.splitlines()[-1])
    assert data["event"] == "done"
    assert data["ok"] is True
    assert [(row["what"], row["path"], row["ok"], row["problem"]) for row in data["files"]] == [
        ("llamafile 0.9.3", str(world.data / "llamafile" / "0.9.3" / "llamafile"), True, None),
        ("tiny-a", str(model_of(world)), True, None),
    ]
    assert tree(world.home) == before
    assert len(server.requests) == asked
    assert world.run("verify", "--quiet").stderr == ""


def test_one_flipped_bit_is_found_and_repaired_by_the_next_run(world: World) -> None:
    world.install()
    good, pid = model_of(world).read_bytes(), world.status()["server"]["pid"]
    damage(model_of(world))
    assert "Nothing to do" in world.install().stdout, "a run looks at size and time only"
    done = world.run("verify", check=False)
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("wrong")]
    assert "tiny-a" in line
    assert "checksum" in line
    assert done.stdout.splitlines()[-1] == "help: repair it with: bootstrap"
    assert "Nothing to do" not in world.install().stdout
    assert model_of(world).read_bytes() == good
    assert world.status()["server"]["pid"] != pid, "the server had the damaged one in memory"
    assert ask(f"http://127.0.0.1:{world.port}/v1/models")["data"][0]["id"] == "tiny-a"
    assert [path.name for path in model_of(world).parent.iterdir()] == ["tiny-a.gguf"], "damage is not kept"
    world.run("verify")
    assert "Nothing to do" in world.install().stdout


@pytest.mark.parametrize(("how", "word"), [("missing", "missing"), ("short", "bytes instead of")])
def test_what_is_gone_or_too_short(world: World, how: str, word: str) -> None:
    world.install("--no-start")
    good = model_of(world).read_bytes()
    if how == "missing":
        model_of(world).unlink()
    else:
        os.truncate(model_of(world), 1000)
    done = world.run("verify", "--json", check=False)
    assert done.returncode == 1
    data = json.loads(done.stdout.splitlines()[-1])
    assert data["ok"] is False
    assert data["hint"].endswith("bootstrap")
    (wrong,) = [row for row in data["files"] if not row["ok"]]
    assert wrong["path"] == str(model_of(world))
    assert word in wrong["problem"]
    world.install("--no-start")
    assert model_of(world).read_bytes() == good
    world.run("verify")


def test_a_damaged_engine(world: World) -> None:
    world.install("--no-start")
    engine = world.data / "llamafile" / "0.9.3" / "llamafile"
    damage(engine)
    done = world.run("verify", check=False)
    assert done.returncode == 1
    assert "wrong  llamafile 0.9.3" in done.stdout
    world.install()
    world.run("verify")


def test_nothing_is_installed(world: World) -> None:
    done = world.run("verify", check=False)
    assert done.returncode == 1
    assert "nothing is installed" in done.stderr
    assert tree(world.home) == {}


def test_after_uninstall_with_the_models_kept(world: World) -> None:
    world.install("--no-start")
    world.run("uninstall", "--keep-models")
    assert "ok     tiny-a" in world.run("verify").stdout
    shutil.rmtree(model_of(world).parent)
    assert world.run("verify", check=False).returncode == 1
