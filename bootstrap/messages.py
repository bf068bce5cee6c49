"""What people read, in their language. A message stands in English where it is said, as tr("… {name} …") or
in an error; translations/messages.pot, with which a translator begins, has all of them in one place."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

from bootstrap import resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from gettext import NullTranslations


def tr(message: str, /, **fields: object) -> str:
    """`message` in the language of the environment, with its {fields} filled in.

    It is a literal, so that it can be found. A translation with other fields than it has counts as none.
    """
    translation = _translation()
    translated = translation.gettext(message) if translation and message else message
    if not fields:
        return translated
    try:
        return translated.format(**fields)
    except (AttributeError, IndexError, KeyError, ValueError):
        return message.format(**fields)


def later(message: str, /) -> str:
    """A message that is kept in English, as in a receipt, and is given to `tr` where it is said."""
    return message


def all_of(words: Iterable[str]) -> str:
    """ "a and b and c"."""
    return tr(" and ").join(words)


def any_of(words: Iterable[str]) -> str:
    """ "a or b or c"."""
    return tr(" or ").join(words)


def languages(environment: Mapping[str, str]) -> Iterator[str]:
    """The names of translations that fit, best first, as gettext has it: "de_AT", "de". English ends them."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    wanted = next((environment[name] for name in names if environment.get(name)), "")
    for locale in wanted.split(":"):
        match = re.match(r"([a-z]{2,3})(_[A-Z]{2})?(?![A-Za-z_])", locale)
        if not match or match[1] == "en":
            return
        yield from dict.fromkeys((match[0], match[1]))


@cache
def _translation() -> NullTranslations | None:
    for language in languages(os.environ):
        try:
            data = resources.data(f"translations/{language}.mo")
        except FileNotFoundError:
            continue
        import gettext
        import io

        return gettext.GNUTranslations(io.BytesIO(data))
    return None
