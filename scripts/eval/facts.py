"""What a subject states: the judge of the evaluation. On purpose it shares nothing with the guard that it
judges, and takes everything for a fact that is not a plain English word.
"""

import re
import unicodedata
from collections import Counter
from functools import cache

from bootstrap.polish import convention

_QUOTED = re.compile(r"`[^`]+`|\"[^\"]+\"|“[^”]+”|(?<!\w)'[^']+'(?!\w)")
_ORDINARY = re.compile(r"[A-Za-z]?[a-z]+(?:['\u2019-][a-z]+)*")
_GLUED = re.compile(r"^(\w+!?):(?=\w)")  # "fix:it" may be meant as two words, or as one
_UNITS = ("%", "ms", "s", "kb", "mb", "gb", "bytes", "columns", "seconds", "minutes", "days")
_NOT = re.compile(
    r"\b(?:not|no|never|without|cannot|none|nothing|neither|nor)\b|n['\u2019]t\b", re.IGNORECASE
)
_OPPOSITES = """
    add/remove add/drop allow/deny allow/forbid allow/reject accept/reject before/after client/server
    compress/expand connect/disconnect enable/disable encode/decode first/last fix/break ignore/respect
    import/export include/exclude increase/decrease increase/reduce install/uninstall keep/delete keep/drop
    keep/remove larger/smaller lock/unlock more/less newest/oldest open/close push/pull read/write show/hide
    start/stop true/false up/down upgrade/downgrade
"""
_SMALL_WORDS = """
    a an the this that these those it its to of in on at by for from with as and or but so if when
    while into is are was were be been being has have had do does did can could will would should
    may might must not no never without where which who what how there then than i we you they
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_STRAY_WORDS = 3  # an honest rewording brings a "resolve" or an "issue", hardly more


def is_fact(word: str) -> bool:
    """Whether a word is something else than a plain one: a number, a name, a path, an identifier."""
    return bool(re.search(r"\w", word)) and not _ORDINARY.fullmatch(word.strip(",;:.!?()\"'"))


def is_plain(word: str) -> bool:
    """Whether nothing is lost when this word is written otherwise: lower case letters, no unit, no "not"."""
    return word.isalpha() and word.islower() and word not in _UNITS and not _NOT.fullmatch(word)


def facts(text: str) -> Counter[str]:
    """What must survive as it is. text: a description, whose first word may have any capital."""
    found = Counter(quoted[0] for quoted in _QUOTED.finditer(text))
    words = text.split()
    for number, raw in enumerate(words):
        word = _bare(raw)
        if is_fact(raw) or raw.endswith("()") or (number and word[:1].isupper()):
            found[word] += 1
            following = words[number + 1] if number + 1 < len(words) else ""
            if word[:1].isdigit() and _bare(following).lower() in _UNITS:
                found[f"{word} {_bare(following).lower()}"] += 1
    return found


def stated(truth: str) -> int:
    """How many things can get lost: the facts, the negations, and what it is about."""
    return facts(truth).total() + len(_NOT.findall(truth)) + 1


def lost(truth: str, result: str) -> list[str]:
    """The facts and negations of the true description that a result lacks."""
    missing = list((facts(truth) - _everywhere(result)).elements())
    missing += ["not"] * max(0, len(_NOT.findall(truth)) - len(_NOT.findall(result)))
    words, there = [word for word in _stems(truth) if word not in _SMALL], _stems(result)
    kept = [word for word in words if any(word == other or _alike(word, other) for other in there)]
    return missing + (["most of the words"] if len(kept) < len(words) / 2 else [])


def invented(said: str, truth: str, result: str) -> list[str]:
    """What a result states that neither the user's words nor the true description do, in words."""
    known = _everywhere(said) | _everywhere(truth)
    said = _GLUED.sub(r"\1: ", said)
    known |= _everywhere(said)
    found = [f"says {fact}" for fact in facts(result) - known]
    if _reordered(said, result):
        found.append("puts facts in another order")
    if len(_NOT.findall(result)) > max(len(_NOT.findall(said)), len(_NOT.findall(truth))):
        found.append("negates")
    found += [
        f"has the letter {letter!a}" for letter in sorted(set(result) - set(said)) if _is_foreign(letter)
    ]
    stray = _stray(said, truth, result)
    if len(result) > 2 * max(len(said), len(truth)):
        found.append("is twice as long")
    gone = _stems(said) - _stems(result)
    found += [f"turns {old} into {new}" for new in stray for old in gone if {new, old} in _opposites()]
    return found + ([f"is about {' '.join(stray)}"] if len(stray) >= _STRAY_WORDS else [])


def invented_head(said: str, truth: convention.Subject, result: convention.Subject) -> list[str]:
    """What the part in front of the colon states that the user did not."""
    found = ["marks a breaking change"] if result.breaking and not truth.breaking else []
    if result.scope and result.scope != truth.scope and f"({result.scope})" not in said:
        found.append(f"has the scope {result.scope}")
    return found


def _bare(word: str) -> str:
    """Without the punctuation around it; `call()` keeps its brackets, `.cjs` and `--flag` their beginning."""
    word = word.lstrip("([{\"'`“,;:").rstrip(",;:.!?\"'`”")
    return word if word.endswith("()") else word.rstrip(",;:.!?)]}\"'`”")


def _everywhere(text: str) -> Counter[str]:
    """The facts of a text, and each of its words as one: what is a fact may stand first somewhere else."""
    return facts(text) | Counter(map(_bare, text.split()))


def _reordered(text: str, other: str) -> bool:
    """Whether the facts that two texts share stand in another order."""
    shared = (facts(text) | facts(other)) & _everywhere(text) & _everywhere(other)
    first, second = ([word for word in map(_bare, one.split()) if word in shared] for one in (text, other))
    return list(dict.fromkeys(first)) != list(dict.fromkeys(second))


def _is_foreign(letter: str) -> bool:
    """Outside of ASCII and no punctuation, or a character that nobody sees."""
    return not letter.isprintable() or (not letter.isascii() and unicodedata.category(letter)[0] != "P")


@cache
def _opposites() -> frozenset[frozenset[str]]:
    return frozenset(frozenset(map(_stem, pair.split("/"))) for pair in _OPPOSITES.split())


def _stray(said: str, truth: str, result: str) -> list[str]:
    known = _stems(said) | _stems(truth)
    return sorted(
        word
        for word in _stems(result) - known
        if word not in _SMALL and not any(_alike(word, other) for other in known)
    )


def _stems(text: str) -> set[str]:
    """The plain words of a text in lower case, without the endings of verbs and plurals."""
    return {_stem(word.lower()) for word in re.findall(r"[^\W\d_]+", text)}


def _stem(word: str) -> str:
    for ending in ("ing", "ied", "ed", "ies", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word.removesuffix(ending)
            if ending in {"ied", "ies"}:
                return f"{word}y"
            doubled = ending in {"ing", "ed"} and word[-1] == word[-2] and word[-1] not in "lsz"
            return word[:-1] if doubled else word.removesuffix("e")
    return word.removesuffix("e") if len(word) > 3 else word


def _alike(word: str, other: str) -> bool:
    """The same word in another form, or with a typo: one letter more, less, or two swapped."""
    if abs(len(word) - len(other)) > 1 or len(word) < 3:
        return False
    if word + "e" == other or other + "e" == word:
        return True
    short, long = sorted((word, other), key=len)
    start = next((at for at, letter in enumerate(short) if letter != long[at]), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    return short[start + 2 :] == long[start + 2 :] and sorted(short[start : start + 2]) == sorted(
        long[start : start + 2]
    )
