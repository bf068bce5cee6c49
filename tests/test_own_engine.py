"""--llamafile FILE: one that is on this machine already, if its checksum is a known one."""

from pathlib import Path

import pytest

from tests import mirror
from tests.world import World, tree


def test_a_known_file_is_not_downloaded(world: World, artifacts: Path, server: mirror.Mirror) -> None:
    mine = world.home.parent / "my llamafile"
    mine.write_bytes((artifacts / "scripted-0.9.2").read_bytes())
    server.requests.clear()
    world.install("--llamafile", str(mine))
    assert not [path for path in server.requests if "scripted" in path]
    status = world.status()
    assert status["llamafile"]["version"] == "0.9.2"
    assert status["server"]["ready"] is True
    assert 'llamafile = "0.9.2"' in world.config.read_text(), "later runs need the file no more"
    mine.unlink()
    assert "Nothing to do" in world.install().stdout


def test_a_file_that_nobody_vouches_for_is_not_executed(world: World) -> None:
    before = tree(world.home)
    mine = world.home.parent / "strange"
    mine.write_text(f"#!/bin/sh\ntouch {world.home}/executed\n")
    failed = world.install("--llamafile", str(mine), check=False)
    assert failed.returncode == 1
    assert "has the checksum" in failed.stderr
    assert "--catalogue FILE" in failed.stderr
    assert tree(world.home) == before


def test_no_file(world: World) -> None:
    failed = world.install("--llamafile", "./nothing/here", check=False)
    assert failed.returncode == 1
    assert "is no file" in failed.stderr


@pytest.mark.parametrize(("word", "said"), [("~no-such-user/x", "home"), ("x" * 300, "no llamafile version")])
def test_what_can_be_no_file(world: World, word: str, said: str) -> None:
    failed = world.install("--llamafile", word, check=False)
    assert failed.returncode == 1
    assert said in failed.stderr
