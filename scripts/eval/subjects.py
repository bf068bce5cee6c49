"""The subjects of `subjects.tsv`: what a good author wrote, and what such a commit changes."""

from dataclasses import dataclass
from pathlib import Path

from bootstrap.polish import convention

_DATA = Path(__file__).with_name("subjects.tsv")


@dataclass(frozen=True)
class Good:
    """A Conventional Commit subject. parts: the same, taken apart; paths: those that its commit changes."""

    text: str
    parts: convention.Subject
    paths: tuple[str, ...]


def read(limit: int | None = None) -> list[Good]:
    """All of them, or so many spread evenly over the file, since its parts are of different kinds."""
    lines = _DATA.read_text(encoding="utf-8").splitlines()
    subjects = [_good(line) for line in lines if not line.startswith("#")]
    if limit is None or limit >= len(subjects):
        return subjects
    return [subjects[number * len(subjects) // limit] for number in range(limit)]


def _good(line: str) -> Good:
    text, paths = line.split("\t")
    parts = convention.parse(text)
    if not parts:
        raise ValueError(f"{_DATA.name}: not a Conventional Commit subject: {text}")
    return Good(text, parts, tuple(paths.split()))
