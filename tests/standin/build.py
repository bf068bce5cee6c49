"""Writes the stand-in into one file: a shell prologue, a loader, padding, a zip with the program.

llamafile is put together in the same way. Python runs the zip at the end of the file, so the file
works wherever it is copied or renamed to.
"""

import gzip
import hashlib
import io
import os
import random
import shlex
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

INSIDE = Path(__file__).parent / "inside"
ENGINES = ("llama.cpp", "scripted")
SHEBANG = 255  # bytes that Linux reads of a first line

# The real loader maps the program into memory and jumps into it; this one starts its arguments.
# It names neither the file nor the interpreter, for all stand-ins of one home share it.
LOADER = b'#!/bin/sh\nexec "$@"\n'

# `MZqFpD='` makes the file no known kind of program (ENOEXEC) and yet a good shell script.
PROLOGUE = """\
MZqFpD='
'
o=$(command -v "$0") || o=$0
t="${{TMPDIR:-${{HOME:-.}}}}/.ape-1.10"
[ -x "$t" ] || {{
  mkdir -p "${{t%/*}}" 2>/dev/null
  dd if="$o" skip={offset} count={length} bs=1 2>/dev/null | gzip -dc >"$t.$$" &&
    chmod 755 "$t.$$" && mv -f "$t.$$" "$t"
}} || exit 121
exec "$t" {python} "$o" "$@"
"""


def build(
    target: Path,
    *,
    version: str = "0.9.3",
    engine: str = "llama.cpp",
    python: str = sys.executable,
    size: int = 0,
    model: Path | None = None,
    windows: bool = False,
) -> str:
    """Write a stand-in of this llamafile version to `target` and return its sha256, in hex.

    Those of 0.10 behave as llama.cpp's own server, all others as 0.9.3 with its two. `engine` "llama.cpp"
    computes, with the xllamacpp of `python`; "scripted" answers at once and needs the standard library only.
    The file is at least `size` bytes long. With a `model` it is packaged: that GGUF file is inside, and so
    are the arguments that name it. For `windows` it is an .exe, and `python` is the path of one there.
    """
    _check(engine)
    head = (_windows_head if windows else _head)(python, with_packages=engine == "llama.cpp")
    program = _program(f"from inside.program import main\nmain({version!r}, {engine!r})\n", model)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        for part in (head, *_padding(size - len(head) - len(program)), program):
            file.write(part)
            digest.update(part)
    return digest.hexdigest()


def build_native(target: Path, *, engine: str = "llama.cpp", python: str = sys.executable) -> str:
    """Write a stand-in of the program `llama-server`, which starts by itself, and return its sha256, in hex.

    `python` is where it finds one when it runs, with xllamacpp for the engine "llama.cpp"; for "scripted"
    any from 3.11 on is enough, in a container image too.
    """
    _check(engine)
    # Linux hands all that follows the interpreter over as one argument.
    head = f"#!{python} -IB{'' if engine == 'llama.cpp' else 'S'}Xutf8\n"
    if len(os.fsencode(head)) > SHEBANG or any(map(str.isspace, python)):
        raise ValueError(f"the first line of a script cannot name {python!r}")
    main = f"from inside.native import llama_server\nllama_server({engine!r})\n"
    content = os.fsencode(head) + _program(main, None)
    target.write_bytes(content)
    target.chmod(0o755)
    return hashlib.sha256(content).hexdigest()


def _check(engine: str) -> None:
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is none of {ENGINES}")


def _head(python: str, *, with_packages: bool) -> bytes:
    """The prologue and the loader behind it, which the prologue finds by its offset."""
    command = f"{shlex.quote(python)} {_options(with_packages)}"
    loader = gzip.compress(LOADER, mtime=0)
    offset, prologue = -1, b""
    while len(prologue) != offset:
        offset = len(prologue)
        text = PROLOGUE.format(offset=offset, length=len(loader), python=command)
        prologue = os.fsencode(text)
    return prologue + loader + b"\n"


def _windows_head(python: str, *, with_packages: bool) -> bytes:
    return launcher(python, _options(with_packages))


def launcher(python: str, options: str) -> bytes:
    """The beginning of an .exe that goes on with a zip: what pip puts before scripts. It starts this Python
    with its own file, waits for it, and takes it along when it is ended."""
    import distlib  # comes with virtualenv

    return Path(distlib.__file__).with_name("t64.exe").read_bytes() + f'#!"{python}" {options}\r\n'.encode()


def _options(with_packages: bool) -> str:
    """-B: no __pycache__ anywhere. -S, where it can be, saves a third of the start."""
    return f"-I -B -X utf8{'' if with_packages else ' -S'}"


def _program(main: str, model: Path | None) -> bytes:
    """The zip: package `inside`, and what this file differs in from other stand-ins."""
    files = {f"inside/{path.name}": path.read_bytes() for path in INSIDE.glob("*.py")}
    files["__main__.py"] = main.encode()
    if model:
        files |= {model.name: model.read_bytes(), ".args": f"-m\n{model.name}\n...\n".encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data)  # dated 1980: the same bytes every time
    return buffer.getvalue()


def _padding(size: int) -> Iterator[bytes]:
    """`size` bytes that do not compress, the same ones every time."""
    generator, block = random.Random(0), 1 << 20
    while size > 0:
        yield generator.randbytes(min(size, block))
        size -= block
