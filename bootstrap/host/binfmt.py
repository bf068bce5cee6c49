"""Which other program a Linux kernel starts instead of a llamafile: binfmt_misc(5), the kernel's own
documentation "Kernel Support for miscellaneous Binary Formats".

That concerns who starts the file by itself, as a person at a prompt: we start a shell with it.
"""

from __future__ import annotations

from pathlib import Path

from bootstrap.host import texts

_REGISTERED = Path("/proc/sys/fs/binfmt_misc")
_MAGIC = b"MZqFpD='"  # how a llamafile begins


def takers() -> tuple[str, ...]:
    """The names of what would start a llamafile, such as "wine" or "WSLInterop"; none where its own loader
    is registered, or where nothing is."""
    if "enabled" not in texts.of(_REGISTERED / "status"):
        return ()
    entries = [path for path in sorted(_REGISTERED.glob("*")) if path.name not in {"register", "status"}]
    found = {path.name: texts.of(path) for path in entries}
    taking = {name: text for name, text in found.items() if takes_llamafiles(text)}
    return () if any(is_loader(text) for text in taking.values()) else tuple(taking)


def takes_llamafiles(entry: str) -> bool:
    """Whether an entry, as the kernel shows it, fits the beginning of a llamafile."""
    fields = dict(line.split(maxsplit=1) for line in entry.splitlines() if len(line.split(maxsplit=1)) == 2)
    try:
        magic = bytes.fromhex(fields["magic"])
        mask = bytes.fromhex(fields.get("mask", "ff" * len(magic)))
        offset = int(fields.get("offset", "0"))
    except (KeyError, ValueError):
        return False  # by the end of its name, or not what we know
    start = _MAGIC[offset : offset + len(magic)]
    fits = len(start) == len(magic) and all(
        a & m == b & m for a, b, m in zip(start, magic, mask, strict=True)
    )
    return fits and entry.startswith("enabled")


def is_loader(entry: str) -> bool:
    """Whether it is llamafile's own: its README has people register it as /usr/bin/ape."""
    return any(line.startswith("interpreter") and line.endswith("/ape") for line in entry.splitlines())
