"""What a commit changes, as far as a model needs to see it: the paths, and the largest pieces of text."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import CommandError
from bootstrap.polish import git, leave

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DIFF = ("diff", "--cached", "--submodule=short", "--no-ext-diff", "--no-textconv", "--no-color", "-M")
_FILES = 12  # so many are looked into
_MAX_BYTES = 256 * 1024  # so much of a diff is read
_MAX_LINE = 160  # characters
_MAX_PIECE = 8 * 1024  # so much of a piece is looked through for secrets; less of it is shown
_SHARE = 0.5  # of the room that one piece may take
_KEY_FILE = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)[^/]*|\.env[^/]*|\.netrc|\.pgpass|\.npmrc|\.pypirc|\.htpasswd"
    r"|\.git-credentials|\.dockercfg|kubeconfig"
    r"|(?:credentials|secrets?|passwords?|auth|service[-_]account[^/]*|[^/]*[-_]key)\.(?:json|ya?ml|toml|ini|txt)"
    r"|credentials|secrets?/[^/]*\.(?:ya?ml|json|env)|[^/]*\.env\.[^/]*"
    r"|[^/]*\.(?:env|pem|key|p8|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg|tfvars|tfstate(?:\.backup)?))$",
    re.IGNORECASE,
)
# What nobody reads either: https://github.com/github-linguist/linguist/blob/main/docs/overrides.md
_NOISE = re.compile(
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|go\.sum|[^/]*\.lock(?:b|file)?|[^/]*[.-]lock\.(?:ya?ml|json))$"
    r"|\.(?:min\.(?:js|css)|map|svg|snap|pb\.go|ipynb|po|csv|tsv)$|_pb2(?:_grpc)?\.pyi?$"
    r"|(?:^|/)(?:vendor|node_modules|third_party|dist|generated|__snapshots__)/",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class File:
    """One changed path. old: where it was before a rename; lines: added and deleted, 0 for a binary one."""

    path: str
    old: str | None = None
    lines: int = 0


@dataclass(frozen=True)
class Piece:
    """Lines of a diff that stand together, with their signs."""

    path: str
    text: str


def files(timeout: float) -> tuple[File, ...]:
    """What the commit changes; () where git cannot tell. timeout in seconds.

    Read from `git diff --numstat -z`: "added TAB deleted TAB path NUL", for a rename with an empty
    path and then "old NUL new NUL" (git-diff(1), "Other diff formats").
    """
    output = _ask(*_DIFF, "--numstat", "-z", timeout=timeout)
    fields = iter(output.decode(errors="replace").split("\0"))
    return tuple(_files(fields))


def names_a_key(path: str) -> bool:
    """Whether a path looks like that of a key or of passwords, so that not even its name is told."""
    return bool(_KEY_FILE.search(path))


def pieces(changed: Iterable[File], room: int, timeout: float) -> tuple[Piece, ...]:
    """The largest pieces of the change that fit into `room` characters, in the order of the diff.

    Without those of binary, generated, vendored and key files, and without any that hold something
    like a secret; such files are known by their names. () where git cannot tell.
    """
    worth = [
        file for file in changed if file.lines and not (_NOISE.search(file.path) or names_a_key(file.path))
    ]
    chosen = sorted(worth, key=lambda file: -file.lines)[:_FILES] if room > 0 else []
    if not chosen:
        return ()
    end = time.monotonic() + timeout
    generated = _generated(chosen, timeout)
    wanted = [file for file in worth if file in chosen and file.path not in generated]
    if not wanted:
        return ()
    # A rename is one only where both its paths are asked for.
    paths = [path for file in wanted for path in (file.old, file.path) if path]
    arguments = (*_DIFF, "-U0", "--", *map(_literal, paths))
    output = _ask(*arguments, timeout=end - time.monotonic(), most=_MAX_BYTES)
    return tuple(_fitting(_pieces(output, wanted), room))


def _files(fields: Iterator[str]) -> Iterator[File]:
    for field in fields:
        added, tab, rest = field.partition("\t")
        deleted, _, path = rest.partition("\t")
        if not tab:
            return
        lines = sum(int(number) for number in (added, deleted) if number.isdigit())
        if path:
            yield File(path, None, lines)
        else:
            old = next(fields, "")
            yield File(next(fields, ""), old, lines)


def _generated(chosen: Iterable[File], timeout: float) -> set[str]:
    """Those that .gitattributes calls generated or vendored. `-diff` is binary to numstat already."""
    attributes = ("linguist-generated", "linguist-vendored")
    paths = [file.path for file in chosen]
    output = _ask("check-attr", "-z", *attributes, "--", *paths, timeout=timeout)
    fields = output.decode(errors="replace").split("\0")
    triples = zip(fields[0::3], fields[2::3], strict=False)
    return {path for path, value in triples if value in {"set", "true"}}


def _pieces(output: bytes, wanted: list[File]) -> list[Piece]:
    """The hunks of a diff; git keeps the order of `--numstat`, and quotes some of the paths.

    None where the two do not go together, as with a link that has become a file.
    """
    sections = re.split(r"^diff --git .*\n", output.decode(errors="replace"), flags=re.MULTILINE)[1:]
    if len(sections) > len(wanted) or (len(sections) < len(wanted) and len(output) < _MAX_BYTES):
        return []
    found = []
    for file, section in zip(wanted, sections, strict=False):
        for hunk in re.split(r"^@@ .*\n", section, flags=re.MULTILINE)[1:]:
            lines = [line for line in hunk.split("\n") if line[:1] in {"+", "-"} and line[1:].strip()]
            if lines:
                found.append(Piece(file.path, "\n".join(line[:_MAX_LINE] for line in lines)))
    return found


def _fitting(found: list[Piece], room: int) -> Iterator[Piece]:
    """The largest that fit, in the order of the diff, without those that may hold a secret."""
    left, kept = room, {}
    for number in sorted(range(len(found)), key=lambda number: -len(found[number].text)):
        piece = found[number]
        text = piece.text[: min(left, int(room * _SHARE))]
        if len(text) < min(len(piece.text), _MAX_LINE) or leave.may_hold_secret(piece.text[:_MAX_PIECE]):
            continue
        kept[number] = Piece(piece.path, text)
        left -= len(text) + len(piece.path)
        if left <= 0:
            break
    return iter([kept[number] for number in sorted(kept)])


def _literal(path: str) -> str:
    """A pathspec of exactly this path, wherever we stand: names may hold any magic."""
    return f":(top,literal){path}"


def _ask(*arguments: str, timeout: float, most: int = git.MOST) -> bytes:
    try:
        status, output = git.run(*arguments, timeout=timeout, most=most)
    except CommandError:
        return b""
    return b"" if status else output
