"""Bring bootstrap/translations/messages.pot and all translations beside it up to date, and compile them.

A translation is a file LANGUAGE.po there, made from messages.pot by any editor of such files. What is
compiled of it, LANGUAGE.mo, is not kept under version control: `build` and this make it.
"""

import ast
import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from bootstrap import errors

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bootstrap"
PLACE = PACKAGE / "translations"
TEMPLATE = PLACE / "messages.pot"
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
HEADER = """\
# What bootstrap says. `python3 scripts/dev.py translations` writes this.
# A translation of it is called LANGUAGE.po, such as de.po or pt_BR.po, and stands beside this.
# What is in {braces} stays as it is, and so do commands and options.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def main(words: list[str]) -> int:
    if words != ["compile"]:
        TEMPLATE.write_text(template(), "utf-8", newline="\n")
    for path in sorted(PLACE.glob("*.po")):
        translation = read_po(path.open("rb"), path.stem)
        if words != ["compile"]:
            translation.update(read_po(TEMPLATE.open("rb")), no_fuzzy_matching=True)
            with path.open("wb") as file:
                write_po(file, translation, width=110)
        if wrong := [str(one.id) for one in translation if not is_whole(str(one.id), str(one.string))]:
            sys.exit(f"error: {path.name} has other fields than: {wrong[0]}\nhelp: correct it there")
        path.with_suffix(".mo").write_bytes(compiled(translation))
    return 0


def said(module: ast.AST) -> Iterator[tuple[ast.Call, list[str]]]:
    """The calls that take messages, with these: of `tr` and `later` the first word, of an error two."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and (name := getattr(node.func, "id", "")) in {"tr", "later", *ERRORS}:
            texts = [word.value for word in node.args[:2] if isinstance(word, ast.Constant)]
            found = [text for text in texts if isinstance(text, str) and text]
            yield node, found if name in ERRORS else found[:1]


def template() -> str:
    """All messages, in the order of the modules and in theirs, and in which modules they are."""
    catalog = Catalog()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(ROOT).as_posix()
        calls = sorted(said(ast.parse(path.read_text("utf-8"))), key=lambda call: call[0].lineno)
        for message in (message for _, messages in calls for message in messages):
            catalog.add(message, locations=[(module, None)])
    file = io.BytesIO()
    write_po(file, catalog, width=110, omit_header=True, include_lineno=False)
    return HEADER + file.getvalue().decode("utf-8")


def is_whole(message: str, translation: str) -> bool:
    """Whether a translation has the fields that the message has, or is none yet."""
    try:
        return not translation or fields(message) == fields(translation)
    except ValueError:  # a brace without the other one
        return False


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def compiled(translation: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, translation)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
