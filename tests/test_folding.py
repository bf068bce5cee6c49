"""Lines for a terminal: what is broken, and what must not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bootstrap.console import plain
from bootstrap.console.folding import folded
from bootstrap.console.plain import PlainConsole, tidy

LONG = "a program of Windows; the server is started in another way and is not concerned"


@given(some.text("ab :~/'\"$&", max_size=200), some.integers(20, 100))
def test_nothing_is_lost_or_made_longer(text: str, width: int) -> None:
    lines = folded(text, width).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    if len(text) <= width:
        assert lines == [text]


@given(some.lists(some.from_regex(r"\A[a-z]{1,12}\Z"), min_size=1, max_size=60))
def test_words_fit(words: list[str]) -> None:
    for front in ("error: ", "warning  binfmt      ", "", " 12. "):
        lines = folded(front + " ".join(words), 60).split("\n")
        assert max(map(len, lines)) <= 60
        assert all(line.startswith(" " * len(front)) for line in lines[1:])
        assert not [line for line in lines if line != line.rstrip()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            f"warning  binfmt      wine would start a llamafile as {LONG}",
            [
                "warning  binfmt      wine would start a llamafile as a program of Windows; the",
                "                     server is started in another way and is not concerned",
            ],
        ),
        (
            (
                "           help:  by hand, start it so: "
                "TMPDIR=~/.local/share/commit-polish/loader sh ~/.local/bin/llamafile"
            ),
            [
                "           help:  by hand, start it so:",
                "                  TMPDIR=~/.local/share/commit-polish/loader sh ~/.local/bin/llamafile",
            ],
        ),
        (
            "help: git config --global --unset commit-polish.enabled and-this-makes-it-longer-than-a-line",
            ["help: git config --global --unset commit-polish.enabled and-this-makes-it-longer-than-a-line"],
        ),
        (
            "error: ~/src/a takes its hooks from core.hooksPath = .githooks, which others may share",
            [
                "error: ~/src/a takes its hooks from core.hooksPath = .githooks, which others may",
                "       share",
            ],
        ),
        (
            (
                "  or add this line to .husky/commit-msg: "
                '[ "$2" = message ] && command -v bootstrap >/dev/null || true'
            ),
            [
                "  or add this line to .husky/commit-msg:",
                '  [ "$2" = message ] && command -v bootstrap >/dev/null || true',
            ],
        ),
        ("  model      ~/" + "long/" * 20, ["  model      ~/" + "long/" * 20]),
    ],
)
def test_where_lines_are_broken(text: str, lines: list[str]) -> None:
    assert folded(text, 80).split("\n") == lines


def test_what_would_steer_a_terminal_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert (
        tidy("a\x1b[31mred\x1b[0m \x07b\x1b]0;title\x07\r\n/home/ann/x /home/anna")
        == "ared b\n~/x /home/anna"
    )


def test_progress_is_told_at_sensible_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """A download of 1000 s, seen ten times a second, and one that crawls."""
    now = 1000.0
    monkeypatch.setattr(plain.time, "monotonic", lambda: now)

    class Action:
        def describe(self) -> str:
            return "download it"

    def run(seconds: int, until: int) -> list[str]:
        nonlocal now
        console = PlainConsole()
        console.begin(Action())
        for tick in range(seconds * 10):
            now += 0.1
            console.advance(until * tick // (seconds * 10), 1_000_000_000)
        return capsys.readouterr().err.splitlines()

    quick = run(100, 1_000_000_000)
    assert [line.split()[0] for line in quick] == [str(tenth) for tenth in (4, *range(10, 100, 10))]
    assert "50 % of 1.0 GB, 10.0 MB/s, 50 s left" in quick[5]
    crawling = run(120, 10_000_000)
    assert len(crawling) <= 5
    assert len(run(4, 1_000_000_000)) == 0
