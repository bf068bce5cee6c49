"""Whatever a model answers, what the user said survives: no mutation of their words gets past the guard."""

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bootstrap.polish import message
from bootstrap.polish.client import Answer
from bootstrap.polish.convention import TYPES, Convention
from bootstrap.polish.diff import File
from bootstrap.polish.pipeline import Outcome, Tools, polish

# what has to survive, as this test sees it: found without any help of the guard's
FACTS = re.compile(
    r"""
    (?P<quoted>   `[^`\s][^`]*` | "[^"\s][^"]*" | (?<!\w)'[^'\s][^']*'(?!\w)  )
  | (?P<address>  \b(?:https?|ssh|git|ftp)://[^\s()<>"'`]*[^\s()<>"'`.,;:!?] )
  | (?P<path>     (?<![\w/.~-])(?:~|\.{1,2})?/?(?:[\w.@-]+/)+[\w.@-]*\w )
  | (?P<file>     (?<![\w./-])[\w-]+\.(?:py|js|ts|md|toml|json|ya?ml|c|h|go|rs|txt|sh|cfg|css)\b(?![\w.]) )
  | (?P<issue>    (?<![\w&])\#\d+\b | \bGH-\d+\b | \b[A-Z][A-Z0-9]+-\d+\b )
  | (?P<version>  \bv?\d+(?:\.\d+)+(?:-[\w.]*\w)?\b )
  | (?P<number>   (?<![\w.])-?\d+[a-zA-Z%]*(?!\w) )
  | (?P<name>     \b\w*[a-z0-9][A-Z]\w*\b | \b\w*[^\W_]_[^\W_]\w*\b )
  | (?P<option>   (?<![\w-])--\w[\w-]*\w )
  | (?P<variable> \$\w+ )
    """,
    re.VERBOSE,
)
NEGATION = re.compile(r"\b(?:not|never|without|no|none|cannot|\w+n't|nicht|kein|ne pas)\b", re.IGNORECASE)
OPPOSITE = [
    ("add", "remove"), ("enable", "disable"), ("increase", "decrease"), ("start", "stop"), ("show", "hide"),
    ("open", "close"), ("allow", "deny"), ("lock", "unlock"),
]  # fmt: skip
PINNED = OPPOSITE[:3]  # the ones that are promised


def facts(text: str) -> Counter[str]:
    return Counter(found.group() for found in FACTS.finditer(text))


def negations(text: str) -> int:
    return len(NEGATION.findall(text.replace("\u2019", "'")))


def verbs(text: str, pair: tuple[str, str]) -> list[bool]:
    """Which verbs of a pair of opposites there are, in any form."""
    found = re.findall(r"[a-z]+", text.lower())
    return [
        any(re.fullmatch(f"{verb.rstrip('e')}(?:e|ed|ing|es|s|d)?", word) for word in found) for verb in pair
    ]


def harm(said: str, written: str) -> str:
    """What of the user's words is lost, changed or turned round in the model's, or nothing."""
    before, after = facts(said), facts(written)
    if before - after:
        return f"lost: {before - after}"
    if after - before:
        return f"invented: {after - before}"
    if negations(said) != negations(written):
        return f"negations: {negations(said)} and {negations(written)}"
    for pair in PINNED:
        had, has = verbs(said, pair), verbs(written, pair)
        if had in ([True, False], [False, True]) and has == had[::-1]:
            return f"turned: {pair}"
    if not all(letter.isprintable() for letter in written):
        return "control characters"
    return ""


# messages


WORDS = [
    "the", "a", "login", "form", "crash", "parser", "cache", "users", "when", "on", "for", "of", "twice",
    "slow", "requset", "teh", "recieve", "timout", "chekc", "in", "files", "with", "empty", "names", "is",
    "should", "are", "handling", "old", "server", "again", "keeps", "sends", "größere", "Anmeldung", "it",
]  # fmt: skip
SOLID = [
    "#123", "#7", "GH-12", "ABC-42", "3s", "5s", "10", "2", "30%", "-1", "v1.2.3", "2.0.1", "3.12",
    "get_user", "getUser", "HTTPServer", "__init__", "max_size", "src/app/main.py", "main.py", "../lib/x.js",
    "docs/", "https://example.com/a?b=1", '"Log in"', "`make all`", "'yes'", "--force", "$HOME", "README.md",
    "UTF-8", "0x1F", "1.5GB", "user@example.com", "@alice", "deadbeef1", "x86_64", "10.0.0.1", "C++", "i18n",
    "100ms",
]  # fmt: skip
NEGATIVE = ["not", "never", "without", "no", "don't", "cannot", "doesn't", "nicht"]
VERBS = [verb for pair in OPPOSITE for verb in pair]
FORMS = [*VERBS, *(verb.rstrip("e") + "ing" for verb in VERBS), *(verb.rstrip("e") + "ed" for verb in VERBS)]

POOLS = [WORDS, WORDS, SOLID, NEGATIVE, FORMS]
PREFIXES = ["", "", "", "ABC-1: ", "[XY-12] ", "#3 "]
SUFFIXES = ["", "", "", ".", " (#12)", " [skip ci]", " (ABC-9) [ci skip]"]
LINES = [
    "", "The body.", "Fixes: #1", "Fixes #12", "Signed-off-by: A U Thor <a@example.com>",
    "BREAKING CHANGE: all", "Co-authored-by: B <b@example.com>", "# a comment", "* not 3s but 5s",
    "feat: another subject", "  indented  ", "# ------------------------ >8 ------------------------",
    "diff --git a/x b/x", "Change-Id: I0123", "\ttab",
]  # fmt: skip


# answers: what a model makes of these very words

CORRECT = {"requset": "request", "teh": "the", "recieve": "receive", "timout": "timeout", "chekc": "check"}
TRANSLATED = {
    "the": "die",
    "login": "Anmeldung",
    "users": "utilisateurs",
    "cache": "缓存",
    "server": "сервер",
}


def flipped(words: list[str], at: int) -> list[str]:
    """Each verb of opposites at and behind this place is the other one."""
    other = dict(OPPOSITE) | {second: first for first, second in OPPOSITE}
    return [other.get(word, word) if place >= at else word for place, word in enumerate(words)]


def changed_digit(words: list[str], at: int) -> list[str]:
    for place in [*range(at, len(words)), *range(at)]:
        if digit := re.search(r"\d", words[place]):
            other = str((int(digit.group()) + 3) % 10)
            changed = words[place][: digit.start()] + other + words[place][digit.end() :]
            return [*words[:place], changed, *words[place + 1 :]]
    return words


MUTATIONS = {
    "nothing": lambda words, at, new: words,
    "typos": lambda words, at, new: [CORRECT.get(word, word) for word in words],
    "drop": lambda words, at, new: words[:at] + words[at + 1 :],
    "replace": lambda words, at, new: [*words[:at], new, *words[at + 1 :]],
    "add": lambda words, at, new: [*words[:at], new, *words[at:]],
    "twice": lambda words, at, new: [*words[: at + 1], *words[at:]],
    "swap": lambda words, at, new: [*words[:at], *words[at : at + 2][::-1], *words[at + 2 :]],
    "turn round": lambda words, at, new: words[::-1],
    "digit": lambda words, at, new: changed_digit(words, at),
    "capitals": lambda words, at, new: [*words[:at], words[at].swapcase(), *words[at + 1 :]],
    "capital": lambda words, at, new: [*words[:at], words[at].capitalize(), *words[at + 1 :]],
    "cut": lambda words, at, new: [*words[:at], words[at][:-1] or "x", *words[at + 1 :]],
    "stretch": lambda words, at, new: [*words[:at], words[at] + "s", *words[at + 1 :]],
    "join": lambda words, at, new: [*words[:at], "".join(words[at : at + 2]), *words[at + 2 :]],
    "hyphen": lambda words, at, new: [*words[:at], "-".join(words[at : at + 2]), *words[at + 2 :]],
    "apart": lambda words, at, new: [*words[:at], *re.split(r"[_./-]", words[at]), *words[at + 1 :]],
    "naked": lambda words, at, new: [*words[:at], words[at].strip("#`'\"$-@"), *words[at + 1 :]],
    "dressed": lambda words, at, new: [*words[:at], f"`{words[at]}`", *words[at + 1 :]],
    "flip": lambda words, at, new: flipped(words, at),
    "affirm": lambda words, at, new: [word for word in words if word not in NEGATIVE],
    "deny": lambda words, at, new: [*words[:at], "not", *words[at:]],
    "translate": lambda words, at, new: [TRANSLATED.get(word, word) for word in words],
    "repeat": lambda words, at, new: words * 3,
    "invisible": lambda words, at, new: [*words[:at], words[at] + "\u200b", *words[at + 1 :]],
    "line": lambda words, at, new: [*words[:at], "\n", *words[at:]],
    "dot": lambda words, at, new: [*words[:-1], words[-1] + "."],
}  # fmt: skip
# a model that is good at it does these
MILD = ["nothing", "typos", "drop", "replace", "add", "swap"]


def word(chance: Random) -> str:
    return chance.choice(chance.choice(POOLS))


def conversation(seed: int) -> tuple[str, str, str]:
    """A subject, a body, and what a model answers.

    One number stands for all of it: to draw each word by itself takes ten times as long as what is tested.
    """
    chance = Random(seed)
    words = [word(chance) for _ in range(chance.randint(3, 9))]
    subject = chance.choice(PREFIXES) + " ".join(words) + chance.choice(SUFFIXES)
    end = chance.choice(["\n", "\r\n"])
    body = end + end.join(["", *chance.choices(LINES, k=chance.randint(0, 6))])
    written = message.affixes(subject).core.split()
    for _ in range(chance.randint(1, 3)):
        kind = chance.choice([chance.choice(MILD), chance.choice(sorted(MUTATIONS))])
        written = MUTATIONS[kind](written, chance.randrange(len(written)), word(chance)) or ["x"]
    mark = chance.choice([": "] * 12 + ["!: ", "(login): ", ":", " : ", ":  ", "(a b): ", "():"])
    return subject, body, chance.choice([*TYPES, "fix", "release"]) + mark + " ".join(written)


conversations = st.integers(0, 2**64).map(conversation)
letters = st.characters(exclude_categories=["Cs"])
oddities = st.tuples(
    st.text(letters, max_size=60),
    st.text(letters, max_size=40).map("\n\n{}".format),
    st.text(letters, max_size=60),
)


def outcome(text: str, answers: list[str], mode: str) -> Outcome:
    given = iter(answers)

    def ask(_request) -> Answer:
        return Answer(next(given), "stop", 1, 0.1, 0.1)

    tools = Tools(
        model="gemma-3-4b", temperature=0.3, mode=mode, rules=Convention(), ask=ask, left=lambda: 5.0,
        files=lambda: [File("src/login.py", None, 1)], pieces=lambda _files: (), explain=lambda _text: None,
    )  # fmt: skip
    return polish(message.split(text, None), tools)


def check(subject: str, body: str, answers: list[str], mode: str) -> Outcome:
    """Body, ticket and suffix byte for byte, and no harm to the words; or the message as it was."""
    text = subject + body
    parts = message.split(text, None)
    result = outcome(text, [*answers, answers[-1]][:2], mode)
    assert (result.subject is None) == bool(result.reason)
    if result.subject is None:
        return result
    around = message.affixes(parts.subject)
    assert message.join(parts, result.subject) == parts.before + result.subject + parts.after
    assert text.startswith(parts.before) and text.endswith(parts.after)
    assert len(result.subject) <= 72
    assert result.subject.startswith(around.prefix) and result.subject.endswith(around.suffix)
    inner = result.subject[len(around.prefix) : len(result.subject) - len(around.suffix)]
    head, colon, written = inner.partition(": ")
    assert colon and re.fullmatch(rf"(?:{'|'.join(TYPES)})(?:\([^()\s]+\))?!?", head)
    assert not head.endswith("!") or "BREAKING" in body or "!" in around.core.partition(":")[0]
    said = around.core
    if (own := re.match(rf"\W*(?:{'|'.join(TYPES)})\W", said)) and head.startswith(own.group().strip("[(: ")):
        return result  # the type was the user's own, and no model was asked
    assert not (found := harm(said.rstrip("."), written)), (found, said, written)
    return result


@settings(max_examples=4000)
@given(conversations, st.none() | conversations)
@example(("wait 3s for get_user", "\n\nbody", "fix: wait 5s for get_user"), None)
@example(("enable the cache", "", "feat: disable the cache"), None)
@example(("do not send it twice", "", "fix: send it twice"), None)
@example(("teh login is slow", "", "fix: the login in src/a.py is slow"), None)
def test_a_rewriting_model_loses_nothing(asked, other) -> None:
    subject, body, answer = asked
    check(subject, body, [answer, other[2]] if other else [answer], "rewrite")


@settings(max_examples=1500)
@given(conversations)
def test_a_model_that_chooses_a_type_loses_nothing(asked) -> None:
    subject, body, answer = asked
    result = check(subject, body, [answer], "type")
    if result.subject:
        around = message.affixes(subject)
        words = (around.core.rstrip(".") + around.suffix).split()
        assert result.subject.rstrip(".").split()[-len(words) :][1:] == words[1:]


@settings(max_examples=750)
@given(oddities, st.sampled_from(["type", "rewrite"]))
def test_odd_text_loses_nothing(asked, mode) -> None:
    subject, body, answer = asked
    check(subject, body, [f"fix: {answer}"], mode)
    check(subject, body, [f"fix: {subject}"], mode)


def test_the_property_proves_something() -> None:
    """A guard that takes nothing passes every other test here; and an answer that differs has to be among
    those that are taken."""
    seen: Counter[str] = Counter()

    @settings(max_examples=4000)
    @given(conversations)
    def count(asked) -> None:
        subject, body, answer = asked
        result = check(subject, body, [answer], "rewrite")
        if result.subject:
            written = result.subject.partition(": ")[2].lower().split()
            seen["taken"] += 1
            seen["changed"] += written[1:] != message.affixes(subject.strip()).core.lower().split()[1:]
        else:
            seen["refused"] += 1
            seen["by the guard"] += not result.decided

    count()
    print(seen)
    assert seen["taken"] >= 300
    assert seen["changed"] >= 50
    assert seen["by the guard"] >= 300


@pytest.mark.parametrize(
    ("said", "written", "harmed"),
    [
        ("wait 3s", "wait 5s", True), ("see #12", "see", True), ("see it", "see #12", True),
        ("use a_b", "use ab", True), ("do not go", "go", True), ("don't go", "do not go", False),
        ("enable it", "disable it", True), ("enabling it", "disabled it", True),
        ("add it", "added it", False), ("see a/b.py", "see a/c.py", True),
        ('say "no way"', 'say "yes"', True), ("teh form", "the form", False),
        ("v1.2.3 is it", "v1.2 is it", True), ("add x, remove y", "remove y, add x", False),
        ("go", "go\u200b", True),
    ],
)  # fmt: skip
def test_harm_is_seen(said, written, harmed) -> None:
    assert bool(harm(said, written)) is harmed
