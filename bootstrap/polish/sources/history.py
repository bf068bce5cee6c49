"""What the last subjects of a repository show of its habits."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from bootstrap.errors import CommandError
from bootstrap.polish import git, message
from bootstrap.polish.convention import TYPES
from bootstrap.polish.sources import asked

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMITS = 50
SOURCE = f"the last {COMMITS} commits"
_LONGEST = 300  # characters of a subject that are looked at
_ENOUGH = 10  # subjects, to say that a repository follows another convention
_FORM = re.compile(r"([A-Za-z][\w-]{0,30})(?:\(([^()]+)\))?!?: \S.*")
# "net/ipv4: …", "[backend] …", ":bug: …", an emoji: a form, and not that of a Conventional Commit
_OTHER = re.compile(
    r"(?:\[[^\]]+\]|[\w./@*-]+(?:, ?[\w./@*-]+)*(?:\([^()]*\))?!?:|:[\w+-]+:) *\S|[\u2600-\U0001faff]"
)
# what nobody worded: git's own subjects, version numbers and releases
_WORDLESS = re.compile(
    r"(?:fixup!|squash!|amend!|Merge|Revert|Reapply) .*"
    r"|(?i:(?:(?:bump|release|version|prepare)[ :]+){0,3}v?\d+(?:\.\d+)+\S*"
    r"(?: *(?:->|→|to) *v?\d+(?:\.\d+)+\S*)?)"
)


def subjects(timeout: float) -> tuple[str, ...]:
    """The last subjects of HEAD where the process stands, newest first; () where git cannot tell.

    `git log` writes nothing; no signature is checked, whatever log.showSignature says, for that would
    start gpg. timeout in seconds.
    """
    try:
        status, output = git.run(
            "log", f"-{COMMITS}", "--no-merges", "--no-show-signature", "--encoding=UTF-8", "--format=%s",
            timeout=timeout,
        )  # fmt: skip
    except CommandError:
        return ()
    return () if status else tuple(output.decode(errors="replace").split("\n")[:-1])


def habits(past: Iterable[str]) -> asked.Asked:
    """The types and scopes that are in use, both at least twice, and whether most subjects (of ten or
    more) have another form, or a ticket in front and no type. Plain sentences are no other form: they are
    what people write who have no convention, and what is left when our own hook could not help. Pure.

    History never takes one of the usual types away, since a young repository has not used them all.
    Words before a colon only count as types where most such words are usual types: in other
    repositories they name the part that is changed ("mm: fix a leak"). Scopes are a habit where half
    of the Conventional Commits have one.
    """
    taken_apart = [message.affixes(one[:_LONGEST]) for one in past]
    worded = [one for one in taken_apart if one.core and not _WORDLESS.fullmatch(one.core)]
    formed = [found for one in worded if (found := _FORM.fullmatch(one.core))]
    kinds = Counter(found[1] for found in formed)
    usual = sum(count for kind, count in kinds.items() if kind.lower() in TYPES)
    habit = usual * 2 >= len(formed)
    more = [kind for kind, count in kinds.most_common() if _is_new(kind) and count > 1 and habit]
    commits = [found for found in formed if found[1].lower() in TYPES or found[1] in more]
    ours = {found[0] for found in commits}
    others = sum(bool(one.prefix or _OTHER.match(one.core)) and one.core not in ours for one in worded)
    if len(worded) >= _ENOUGH and others * 2 > len(worded):
        return asked.Asked(SOURCE, foreign=True)
    scopes = Counter(found[2].strip() for found in commits if found[2])
    used = [scope for scope, count in scopes.most_common(asked.MOST) if count > 1]
    return asked.Asked(
        SOURCE,
        types=asked.types([*TYPES, *more]) if commits else None,
        scopes=asked.scopes(used) if sum(scopes.values()) * 2 >= len(commits) else None,
    )


def _is_new(kind: str) -> bool:
    return kind.islower() and kind not in TYPES
