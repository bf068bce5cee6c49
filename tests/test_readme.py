"""What the README says is so."""

import re

import pytest

from bootstrap.settings import CHOICES
from tests.world import ROOT

TEXT = (ROOT / "README.md").read_text("utf-8")
NAMED = sorted({found for line in TEXT.splitlines() for found in re.findall(r"`([\w/]+::\w+)`", line)})


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_is_there(name: str) -> None:
    file, _, what = name.partition("::")
    directory, _, module = file.rpartition("/")
    if name == "name::what":
        return
    text = (ROOT / "tests" / directory / f"test_{module}.py").read_text("utf-8")
    assert re.search(rf"^def test_{what}\(", text, re.MULTILINE)


def test_every_option_of_install_is_in_it() -> None:
    assert [choice.flag for choice in CHOICES if choice.help and f"`{choice.flag}" not in TEXT] == []
