"""What is written when a message was polished: the message, and what `bootstrap undo` needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# In git's directory: the whole message that the user wrote; the new subject and, below it, the old one and
# what HEAD was.
ORIGINAL = "COMMIT_POLISH_ORIG"
POLISHED = "COMMIT_POLISH_RESULT"
_NEW = ".commit-polish-new"


@dataclass(frozen=True)
class Subjects:
    """A subject that was polished: what it is, what its author wrote, and the commit that HEAD was then,
    "" where there was none."""

    polished: str
    original: str
    head: str = ""


def save(path: Path, raw: bytes, polished: str, subjects: Subjects, out: str | None) -> None:
    """Put the polished message in the file's place, or at `out`. Raises OSError."""
    mode = path.stat().st_mode & 0o777
    directory = path.parent
    if (directory / "HEAD").is_file():  # a git directory, of a worktree too
        _write(directory / ORIGINAL, raw, mode)
        _write(
            directory / POLISHED,
            f"{subjects.polished}\n{subjects.original}\n{subjects.head}\n".encode(),
            mode,
        )
    write(path, polished, out)


def write(path: Path, text: str, out: str | None) -> None:
    """Put the text in the file's place, or at `out`. Raises OSError."""
    _write(Path(out) if out else path.resolve(), text.encode(), path.stat().st_mode & 0o777)


def subjects(path: Path) -> Subjects | None:
    """What was kept there; None where there is nothing that makes sense."""
    try:
        polished, original, head, *_ = path.read_text("utf-8").split("\n")
    except (OSError, ValueError):
        return None
    return Subjects(polished, original, head) if polished and original else None


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all."""
    new = path.with_name(path.name + _NEW)
    try:
        new.write_bytes(data)
        new.chmod(mode)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
