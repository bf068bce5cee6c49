"""--connections and --limit-rate: what they take, where they are remembered, and that they arrive."""

import json
import tomllib
from pathlib import Path

import pytest

from bootstrap import actions, settings
from tests.world import World

MIB = 1 << 20


@pytest.mark.parametrize(
    ("text", "bytes_per_second"),
    [
        ("0", 0),
        ("1000", 1000),
        ("500K", 500 << 10),
        ("500k", 500 << 10),
        ("5M", 5 * MIB),
        ("5MiB", 5 * MIB),
        (" 5m ", 5 * MIB),
        ("1.5M", 3 * MIB // 2),
        ("2G", 2 << 30),
        ("2GiB", 2 << 30),
    ],
)
def test_rates_are_those_of_curl(text, bytes_per_second):
    assert settings.rate(text) == bytes_per_second


@pytest.mark.parametrize("text", ["", "fast", "-1", "5X", "5Mb", "5 M", "1e6", "iB", "5iB", "99999999999"])
def test_what_is_no_rate(text):
    with pytest.raises(ValueError, match="500K or 5M"):
        settings.rate(text)


def downloads(world: World, *arguments: str) -> list[dict]:
    (plan,) = map(json.loads, world.install("--dry-run", "--json", *arguments).stdout.splitlines())
    return [action for action in plan["actions"] if action["kind"] == "Download"]


def test_the_pace_arrives_at_every_download(world: World) -> None:
    found = downloads(world, "--connections", "2", "--limit-rate", "5M")
    assert [(action["connections"], action["bytes_per_second"]) for action in found] == [(2, 5 * MIB)] * 2
    assert {action["connections"] for action in downloads(world)} == {None}
    world.environment |= {"BOOTSTRAP_CONNECTIONS": "3", "BOOTSTRAP_LIMIT_RATE": "1M"}
    assert {(action["connections"], action["bytes_per_second"]) for action in downloads(world)} == {(3, MIB)}
    assert {action["bytes_per_second"] for action in downloads(world, "--limit-rate", "0")} == {None}


def test_the_pace_is_remembered_and_taken_back(world: World) -> None:
    world.install("--no-start", "--connections", "2", "--limit-rate", "1G")
    written = tomllib.loads(world.config.read_text())["install"]
    assert (written["connections"], written["limit_rate"]) == (2, "1G")
    pace = [
        (action["connections"], action["bytes_per_second"])
        for action in downloads(world, "--model", "tiny-b")
    ]
    assert pace == [(2, 1 << 30)]
    world.install("--no-start", "--limit-rate", "0")
    assert tomllib.loads(world.config.read_text())["install"]["limit_rate"] == "0"
    assert downloads(world, "--model", "tiny-b")[0]["bytes_per_second"] is None


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--connections", "0", "from 1 to 16"),
        ("--connections", "17", "from 1 to 16"),
        ("--connections", "many", "whole number"),
        ("--limit-rate", "fast", "500K or 5M"),
    ],
)
def test_values_that_will_not_do(world: World, option: str, value: str, words: str) -> None:
    done = world.install(option, value, check=False)
    assert done.returncode == 2
    assert option in done.stderr
    assert words in done.stderr
    world.config.parent.mkdir(parents=True)
    key = option.removeprefix("--").replace("-", "_")
    world.config.write_text(f"[install]\n{key} = {json.dumps(value)}\n")
    done = world.install(check=False)
    assert done.returncode == 1
    assert f"install.{key}" in done.stderr


def test_a_receipt_of_before_these_options_still_loads_and_is_equal(tmp_path: Path) -> None:
    """As the first releases wrote a download, without any word on how to bring it."""
    before = {
        "kind": "Download",
        "what": "tiny-a",
        "urls": ["http://127.0.0.1/tiny-a.gguf"],
        "path": str(tmp_path / "tiny-a.gguf"),
        "sha256": "0" * 64,
        "size": 7,
        "about": 7,
        "executable": False,
    }
    old = actions.from_json(before)
    now = actions.from_json(
        before | {"connections": 2, "bytes_per_second": 5, "only_from": "x", "found": [["/a", "a store"]]}
    )
    assert isinstance(now, actions.Download)
    assert now.found == (("/a", "a store"),)
    assert old == now, "how a file is brought makes it no other file: no receipt is written anew for it"
    assert actions.from_json(actions.to_json(now)) == now
