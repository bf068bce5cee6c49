"""How the speed of this machine's model decides what is asked of it."""

import json

import pytest

from bootstrap.polish import speed
from bootstrap.polish.speed import LARGE, Speed

QUICK = Speed("m", 500.0, 40.0, LARGE)


@pytest.mark.parametrize(
    ("wanted", "measured", "mode"),
    [
        ("auto", QUICK, "rewrite"),
        ("auto", Speed("m", 500.0, 40.0, LARGE - 1), "type"),  # too small to be trusted with words
        ("auto", Speed("m", 60.0, 40.0, LARGE), "type"),  # reads too slowly
        ("auto", Speed("m", 500.0, 3.0, LARGE), "type"),  # writes too slowly
        ("auto", Speed("m", None, 40.0, LARGE), "type"),
        ("auto", Speed(), "type"),
        ("type", QUICK, "type"),
        ("rewrite", Speed(), "rewrite"),
    ],
)
def test_the_mode(wanted, measured, mode) -> None:
    assert speed.mode(wanted, measured, 10.0) == mode


def test_a_shorter_deadline_asks_for_less() -> None:
    assert speed.mode("auto", QUICK, 3.0) == "type"
    assert speed.room("type", Speed("m", 100.0, 10.0), 10.0) < speed.room("type", QUICK, 10.0)
    assert speed.room("type", Speed("m", 50.0, 10.0), 10.0) == 0
    assert speed.room("type", Speed(), 10.0) == 1200
    assert speed.room("rewrite", Speed("m", 1e6, 1e6), 10.0) == 3000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\udcff",
        '{"model": "other"}',
        '{"model": "m", "tokens_per_second": "x"}',
        '{"model": "m", "prompt_tokens_per_second": -1, "tokens_per_second": true, "model_bytes": null}',
        '{"model": "m", "model_bytes": "large"}',
    ],
)
def test_what_was_not_measured(tmp_path, text) -> None:
    file = tmp_path / "speed.json"
    file.write_bytes(text.encode(errors="surrogateescape"))
    assert speed.mode("auto", speed.measured(file, "m"), 10.0) == "type"
    assert speed.measured(tmp_path / "none", "m") == Speed()


def test_what_was_measured(tmp_path) -> None:
    file = tmp_path / "speed.json"
    found = {"model": "m", "prompt_tokens_per_second": 500, "tokens_per_second": 40.0, "model_bytes": LARGE}
    file.write_text(json.dumps(found))
    assert speed.measured(file, "m") == QUICK
