"""What fits: which model is chosen for whom, what is refused, and what is said."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import catalogue, fit
from bootstrap.errors import CatalogueError, HostError
from bootstrap.host import GIB, Host
from bootstrap.settings import Settings
from tests.world import World

BUILT_IN = catalogue.load()
NAMES = [model.name for model in BUILT_IN.models]


def machine(gib: float | None) -> Host:
    memory = None if gib is None else int(gib * GIB)
    return Host(os="linux", os_version="6.1", arch="amd64", memory=memory, user="1000")


def choose(gib: float | None, model: str | None = None, *, force: bool = False, **more: int) -> tuple:
    return fit.choose_model(BUILT_IN, machine(gib), Settings(model=model, **more), force=force)


@pytest.mark.parametrize(
    ("gib", "name"),
    [
        (3, "gemma-3-1b"),
        (4, "gemma-3-1b"),
        (8, "gemma-3-4b"),
        (16, "gemma-3-4b"),
        (64, "gemma-3-4b"),
        (1024, "gemma-3-4b"),
    ],
)
def test_the_model_nobody_has_chosen(gib: float, name: str) -> None:
    model, notes = choose(gib)
    assert model.name == name
    if name == "gemma-3-1b":
        (note,) = [note for note in notes if "gemma-3-4b" in note]
        assert "memory" in note, "said in words"
        assert "gemma-3-1b" in note
    else:
        assert not notes


def test_memory_that_nobody_can_tell_stops_nobody() -> None:
    assert choose(None)[0].name in {"gemma-3-4b", "gemma-3-1b"}
    assert choose(None, "gemma-3-12b")[0].name == "gemma-3-12b"


def test_a_chosen_model_is_that_one() -> None:
    for name in NAMES:
        assert choose(64, name)[0].name == name


def test_a_model_that_never_was_is_noted() -> None:
    model, notes = choose(16, "gemma-3-3b")
    assert model.name == "gemma-3-4b"
    assert any("gemma-3-3b" in note and "gemma-3-4b" in note for note in notes)
    assert choose(16, "gemma-3-4b")[1] == []


def test_what_does_not_fit_is_refused_with_what_would() -> None:
    with pytest.raises(HostError) as caught:
        choose(8, "gemma-3-12b")
    assert "gemma-3-12b" in caught.value.message
    assert "memory" in caught.value.message
    assert "GB" in caught.value.message
    hint = caught.value.hint
    assert "--model" in hint
    offered = [name for name in NAMES if name in hint]
    assert offered
    for name in offered:
        assert choose(8, name)[0].name == name, "what is offered is taken"


def test_where_nothing_preferred_fits_what_does_is_named() -> None:
    with pytest.raises(HostError) as caught:
        choose(2)
    offered = [name for name in NAMES if name in caught.value.hint]
    assert offered
    for name in offered:
        assert choose(2, name)[0].name == name


def test_where_nothing_fits_it_is_said() -> None:
    with pytest.raises(HostError) as caught:
        choose(0.25)
    assert "memory" in caught.value.message
    assert not [name for name in NAMES if name in caught.value.hint]


def test_an_old_alias_does_not_get_around_it() -> None:
    with pytest.raises(HostError):
        choose(3, "gemma-3-3b")


def test_force_takes_what_was_asked_for() -> None:
    assert choose(1, "gemma-3-12b", force=True)[0].name == "gemma-3-12b"


def test_a_longer_context_needs_more() -> None:
    assert choose(16, "gemma-3-4b")[0].name == "gemma-3-4b"
    with pytest.raises(HostError):
        choose(16, "gemma-3-4b", ctx_size=131072)
    assert choose(16, ctx_size=131072)[0].name == "gemma-3-1b"


def test_force_is_no_way_to_a_model_that_is_unknown() -> None:
    with pytest.raises(CatalogueError):
        choose(16, "gemma-4", force=True)


@given(st.floats(0.1, 200), st.floats(0, 200), st.sampled_from(NAMES), st.integers(512, 131072))
def test_more_memory_is_never_worse(gib: float, more: float, name: str, ctx_size: int) -> None:
    model = BUILT_IN.model(name)
    if fit.fits(model, machine(gib), ctx_size):
        assert fit.fits(model, machine(gib + more), ctx_size)
        assert model.memory(ctx_size) < gib * GIB, "something is left for everything else"


@given(st.floats(0.1, 200))
def test_what_is_chosen_fits(gib: float) -> None:
    try:
        model, _ = choose(gib)
    except HostError:
        assert not [name for name in BUILT_IN.preferred if fit.fits(BUILT_IN.model(name), machine(gib), 8192)]
    else:
        assert fit.fits(model, machine(gib), 8192)


# the disk


def test_room_on_the_disk() -> None:
    fit.room(0, 10 * GIB, Path("/home/me"))
    fit.room(2 * GIB, 10 * GIB, Path("/home/me"))


@pytest.mark.parametrize("free", [0, GIB, 3 * GIB - 1, 3 * GIB])
def test_no_room_on_the_disk(free: int) -> None:
    """Not even if it would fit to the last byte."""
    with pytest.raises(HostError) as caught:
        fit.room(3 * GIB, free, Path("/home/me/models"))
    assert "/home/me/models" in caught.value.message
    assert "GB" in caught.value.message
    assert "3." in caught.value.message, "how much is needed"
    assert caught.value.hint


def test_the_numbers_of_the_default_install(world: World) -> None:
    """Nothing is asked of the network, so this is the real catalogue."""
    plan = json.loads(world.run("--dry-run", "--model", "gemma-3-1b", "--force-fit", "--json").stdout)
    downloads = [action for action in plan["actions"] if action["kind"] == "Download"]
    assert [action["sha256"] for action in downloads] == [
        "c62b303d2fa6ca6829f10cf9b3c9bfae38a28182eacea92502a399b90547b24b",
        "8ccc5cd1f1b3602548715ae25a66ed73fd5dc68a210412eea643eb20eb75a135",
    ]
    assert plan["download_bytes"] == pytest.approx(806058240 + 300e6, rel=0.1)
    assert plan["download_bytes"] <= plan["disk_needed_bytes"] <= plan["download_bytes"] + GIB


def test_half_a_download_is_not_counted_twice(world: World, artifacts: Path) -> None:
    """What is there already needs no room and is not downloaded."""
    first = json.loads(world.install("--dry-run", "--json").stdout)
    world.install("--no-start")
    assert first["download_bytes"] == sum(
        (artifacts / name).stat().st_size for name in ("scripted-0.9.3", "tiny-a.gguf")
    )
    again = json.loads(world.install("--dry-run", "--json", "--no-start").stdout)
    assert again["download_bytes"] == 0
    other = json.loads(world.install("--dry-run", "--json", "--no-start", "--model", "tiny-b").stdout)
    assert other["download_bytes"] == (artifacts / "tiny-b.gguf").stat().st_size
