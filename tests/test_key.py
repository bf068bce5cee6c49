"""The key of the server: who has it can use the model, who has not cannot, and it is in its own file only."""

import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.world import World, tree

QUESTION = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}


def key_file(world: World) -> Path:
    return world.config.parent / "api-key"


def ask(world: World, key: str = "") -> int:
    """The status with which the server answers a chat."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{world.port}/v1/chat/completions",
        json.dumps(QUESTION).encode(),
        {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def polished(world: World) -> str:
    """What becomes of a message that needs the model. A busy machine may be too slow for the hook, once."""
    for _ in range(3):
        said = world.run("polish", "-m", "Fixed the login bug.", "--explain").stderr
        if "in time" not in said:
            break
    return said


def everything_below(place: Path) -> bytes:
    return b"\n".join(
        path.read_bytes() for path in place.rglob("*") if path.is_file() and path.name != "api-key"
    )


def test_a_key_is_made_used_and_removed(world: World) -> None:
    clean = tree(world.home)
    said = world.install("--api-key", "auto")
    key = key_file(world).read_text().strip()
    assert len(key) > 40
    assert os.name == "nt" or key_file(world).stat().st_mode & 0o777 == 0o600
    assert ask(world) == ask(world, "a wrong key") == 401
    assert ask(world, key) == 200
    assert "taken: fix: fix the login bug" in polished(world)
    assert f"{key_file(world)}".replace(str(world.home), "~") in said.stdout, "clients are told where it is"
    assert key.encode() not in everything_below(world.home)
    assert key not in said.stdout + said.stderr
    assert world.status()["server"]["key_file"] == str(key_file(world))
    assert "Nothing to do" in world.install().stdout, "the choice is remembered"
    assert "holds a key" in world.run("doctor", check=False).stdout
    world.run("uninstall")
    assert tree(world.home) == clean


def test_no_plan_and_no_log_tells_the_key(world: World) -> None:
    said = world.install("--api-key", "auto", "--dry-run", "--json", "--verbose")
    assert not re.search(r"cp-\w{20}", said.stdout + said.stderr)
    assert "api-key" in said.stdout
    world.install("--api-key", "auto")
    planned = world.install("--api-key", "auto", "--model", "tiny-b", "--dry-run", "--json").stdout
    assert key_file(world).read_text().strip() not in planned


def test_a_key_that_was_thrown_away_is_made_anew(world: World) -> None:
    world.install("--api-key", "auto")
    old = key_file(world).read_text().strip()
    key_file(world).unlink()
    assert "run: bootstrap" in polished(world), "and until then no message is lost"
    world.install()
    new = key_file(world).read_text().strip()
    assert new != old
    assert ask(world, old) == 401
    assert ask(world, new) == 200
    assert "Nothing to do" in world.install().stdout


def test_where_the_receipt_is_lost_it_is_known_for_ours(world: World) -> None:
    clean = tree(world.home)
    world.install("--api-key", "auto")
    before = key_file(world).read_text()
    world.receipt.unlink()
    world.install()
    assert key_file(world).read_text() == before
    world.run("uninstall")
    left = {name for name, what in tree(world.home).items() if what[0] != "directory"} - clean.keys()
    assert left <= {".config/commit-polish/config.toml"}, "who has written into it cannot be known"


def test_turned_off_again(world: World) -> None:
    world.install("--api-key", "auto")
    world.install("--api-key", "off")
    assert not key_file(world).exists()
    assert "api_key_file" not in world.config.read_text()
    assert ask(world) == 200
    assert "taken:" in polished(world)


def test_a_file_of_the_users_own(world: World) -> None:
    mine = world.home / "my key"
    mine.write_text("open sesame\n")
    failed = world.install("--api-key", str(mine), check=False)
    assert failed.returncode == 2
    assert "characters" in failed.stderr, "a space"
    mine.write_text("sesame\n")
    world.install("--api-key", str(mine))
    assert ask(world) == 401
    assert ask(world, "sesame") == 200
    assert "taken:" in polished(world)
    mine.write_text("another one\n".replace(" ", "-"))
    world.install()
    assert ask(world, "another-one") == 200, "a changed key restarts the server"
    world.run("uninstall")
    assert mine.read_text() == "another-one\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "empty"), ("abc\n", "fewer than 4"), ("sesame\r\n", "line ends"), (None, "not there")],
)
def test_a_file_that_would_hurt_is_refused(world: World, content: str | None, said: str) -> None:
    before = tree(world.home)
    mine = world.home.parent / "key"
    if content is not None:
        mine.write_bytes(content.encode())
    failed = world.install("--api-key", str(mine), check=False)
    assert failed.returncode == 2
    assert said in failed.stderr
    assert "help:" in failed.stderr
    assert tree(world.home) == before


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_key_that_was_there_before_us_stays_as_it_was(world: World, mode: int) -> None:
    key_file(world).parent.mkdir(parents=True)
    key_file(world).write_text("my-own-key\n")
    key_file(world).chmod(mode)
    before = tree(world.home)
    world.install("--api-key", "auto")
    assert os.name == "nt" or key_file(world).stat().st_mode & 0o777 == 0o600
    assert ask(world, "my-own-key") == 200
    assert "nothing is left" in world.run("uninstall").stdout
    assert tree(world.home) == before


def test_strict_wants_a_key_where_only_this_machine_asks(world: World) -> None:
    world.install("--strict")
    assert ask(world) == 401
    refused = world.install("--api-key", "off", check=False)
    assert refused.returncode == 2
    assert "--strict" in refused.stderr
    world.install("--no-strict")
    assert ask(world) == 200


def test_who_lets_others_in_gets_a_key_and_a_word(world: World) -> None:
    said = world.install("--host", "0.0.0.0").stderr
    assert "who has the key" in said
    assert ask(world) == 401
    assert ask(world, key_file(world).read_text().strip()) == 200
    open_to_all = world.install("--host", "0.0.0.0", "--api-key", "off").stderr
    assert "Everybody who reaches 0.0.0.0 can use the model" in open_to_all
    assert ask(world) == 200


def test_a_web_page_cannot_use_a_server_with_a_key(world: World) -> None:
    world.install("--strict")
    request = urllib.request.Request(
        f"http://127.0.0.1:{world.port}/v1/chat/completions",
        json.dumps(QUESTION).encode(),
        {"Content-Type": "text/plain", "Origin": "https://evil.example"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)
    with refused.value as answer:
        assert answer.code == 401


@pytest.mark.parametrize(
    ("word", "said"),
    [("sk-the-key-itself", "write the key into a file"), (".", "is no file"), ("~no-such-user/key", "home")],
)
def test_what_is_no_file_is_refused_with_what_helps(world: World, word: str, said: str) -> None:
    for more in (("--catalogue", str(world.catalogue)), ("--attach", "http://127.0.0.1:1")):
        failed = world.run("install", "--api-key", word, *more, check=False)
        assert failed.returncode in {1, 2}
        assert said in failed.stderr
    assert not list(world.home.iterdir())


def test_a_key_that_was_changed_is_found_out(world: World) -> None:
    world.install("--api-key", "auto")
    key_file(world).write_text("another-key\n")
    assert "run bootstrap" in polished(world)
    said = world.run("doctor", check=False)
    assert said.returncode == 1
    assert "is not the one that the server asks for" in said.stdout
    world.install()
    assert "taken:" in polished(world)
    assert world.run("doctor", check=False).returncode == 0
    world.config.write_text(world.config.read_text().replace(str(key_file(world)), "/nowhere/key"))
    assert "another api_key_file than the server" in world.run("doctor", check=False).stdout
