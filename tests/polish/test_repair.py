"""What is put right without a model, and that every word of the user's stays."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.polish import convention, repair, words

RULES = convention.Convention()


def repaired(subject: str) -> str:
    draft = repair.draft(subject)
    assert draft
    return str(draft.typed(draft.type)) if draft.type else f"-: {draft.description}"


@pytest.mark.parametrize(
    ("subject", "result"),
    [
        ("Fix: the login", "fix: the login"),
        ("FIX: the login", "fix: the login"),
        ("fix:the login", "fix: the login"),
        ("fix :  the login", "fix: the login"),
        ("Fix(Login Page): crash", "fix(Login Page): crash"),
        ("Feat (api)!: add it", "feat(api)!: add it"),
        ("[fix] the login", "fix: the login"),
        ("[Fix]: the login", "fix: the login"),
        ("[feat](api)! add it", "feat(api)!: add it"),
        ("(docs) the manual", "docs: the manual"),
        ("fix - the login", "fix: the login"),
        ("bugfix: the login", "fix: the login"),
        ("hotfix(api): crash", "fix(api): crash"),
        ("Feature: dark mode", "feat: dark mode"),
        ("doc: the manual", "docs: the manual"),
        ("Tests: the parser", "test: the parser"),
        ("refactoring: the parser", "refactor: the parser"),
        ("fix: the login.", "fix: the login"),
        ("Fix: Added a check.", "fix: add a check"),
    ],
)
def test_the_type_that_the_user_wrote(subject, result) -> None:
    assert repaired(subject) == result


@pytest.mark.parametrize(
    "subject",
    [
        "parser: handle it", "net/ipv4: handle it", "[backend] handle it", "release: the third one",
        "test:unit fails here", "build:prod is slow", "test::module crashes", "Note: this is new", "[x]: y z",
    ],
)  # fmt: skip
def test_another_convention_is_left_alone(subject) -> None:
    draft = repair.draft(subject)
    assert draft is None or draft.type is None
    if draft:
        assert draft.description == subject


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Fixed the login bug.", "fix the login bug"),
        ("Added tests for the parser", "add tests for the parser"),
        ("Adding a button", "add a button"),
        ("Updated dependencies", "update dependencies"),
        ("Renamed it to login", "rename it to login"),
        ("Bumped version to 2.0", "bump version to 2.0"),
        ("Removed unused imports", "remove unused imports"),
        ("Refactored parser", "refactor parser"),
        ("added the button", "add the button"),
        # here the first word is no verb
        ("Deleted users are still shown", "deleted users are still shown"),
        ("Removed users can log in", "removed users can log in"),
        ("Adding a user twice fails", "adding a user twice fails"),
        ("Removing a file deletes the folder", "removing a file deletes the folder"),
        ("Changed files in git are ignored", "changed files in git are ignored"),
        ("Fixed width columns", "fixed width columns"),
        ("Used memory", "used memory"),
        ("ADDED the button", "ADDED the button"),
        ("Fixed-size arrays", "Fixed-size arrays"),
        ("Added", "added"),
    ],
)
def test_the_mood(text, result) -> None:
    assert repair.description(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Update the manual", "update the manual"),
        ("A new button", "a new button"),
        ("Login, logout", "login, logout"),
        ("Don't crash", "don't crash"),
        ("I think so", "I think so"),
        ("API is slow", "API is slow"),
        ("README is wrong", "README is wrong"),
        ("GitHub is down", "GitHub is down"),
        ("Python 3.12 support", "Python 3.12 support"),
        ("Docker image", "Docker image"),
        ("Utf8Reader crashes", "Utf8Reader crashes"),
        ("C compiler", "C compiler"),
        ("Über alles", "Über alles"),
        ("ADD it", "ADD it"),
        ("Parser.run crashes", "Parser.run crashes"),
        ("Update_all crashes", "Update_all crashes"),
        ("Add()", "Add()"),
    ],
)
def test_the_first_letter(text, result) -> None:
    assert repair.description(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("stop here.", "stop here"),
        ("wait...", "wait..."),
        ("such as e.g.", "such as e.g."),
        ("dots, spaces etc.", "dots, spaces etc."),
        ("go to ..", "go to .."),
        ("run it in .", "run it in ."),
        ("in the U.S.", "in the U.S."),
        ("support 2.0.", "support 2.0"),
        ("  trim it \t", "trim it"),
    ],
)
def test_the_full_stop(text, result) -> None:
    assert repair.description(text) == result


def bare(text: str) -> list[str]:
    """The words of a text without what the repairs may change."""
    found = [word.lower().rstrip(".") for word in text.split()]
    if found:
        found[0] = words.PAST.get(found[0]) or words.GERUND.get(found[0]) or found[0]
    return [word for word in found if word]


VOCABULARY = st.sampled_from(
    [*sorted(words.PAST), *sorted(words.GERUND), *sorted(words.ORDINARY)[:40], "Added", "Fixed", "the",
     "#12", "API",
     "is", "not", "v1.2.", "e.g.", "I", "x.", "…", "Don't", "`code`", "\U0001f41b"]
)  # fmt: skip


@given(
    st.lists(VOCABULARY | st.text("abcXYZ.,-", min_size=1, max_size=6), min_size=1, max_size=8).map(" ".join)
)
def test_every_word_survives(text) -> None:
    assert bare(repair.description(text)) == bare(text)


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1))
def test_any_text_survives(text) -> None:
    """Whatever is in it: only the first word, and one dot at the end, can be another one."""
    result = repair.description(text)
    kept = text.strip(" ").partition(" ")[2]
    assert result.partition(" ")[2] in {kept, kept.removesuffix(".")}


@given(
    st.sampled_from(sorted(repair.KINDS)), st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
)
def test_a_type_in_brackets_makes_a_valid_subject(word, rest) -> None:
    draft = repair.draft(f"[{word}] {rest}")
    assert draft and draft.type
    assert convention.parse(str(draft.typed(draft.type)))


@pytest.mark.parametrize(
    "subject",
    [
        "feat: add it",
        "fix(api): stop",
        "refactor(a-b/c)!: x",
        "docs!: Say it",
        "chore: wait...",
        "fix(ü): größe",
    ],
)
def test_valid(subject) -> None:
    assert convention.valid(subject, RULES)
    parts = convention.parse(subject)
    assert parts and str(parts) == subject


@pytest.mark.parametrize(
    "subject",
    [
        "", "feat", "feat:", "feat: ", "feat:add it", "feat : add it", "feat:  add it", "Feat: add it",
        "add it",
        "feature: add it", "feat(): add it", "feat( x): add it", "feat(x) : add it", "feat(x)(y): add it",
        "feat: add it.", "feat: " + "x" * 67, "feat: add\nit", "feat((x)): y",
    ],
)  # fmt: skip
def test_not_valid(subject) -> None:
    assert not convention.valid(subject, RULES)


def test_the_limit_counts_characters() -> None:
    subject = "feat: " + "ü" * 66
    assert convention.valid(subject, RULES)
    assert not convention.valid(subject, replace(RULES, limit=71))


def test_the_lists_do_not_contradict_each_other() -> None:
    assert not set(words.PAST) & set(words.GERUND)
    assert all(re.fullmatch(r"[a-z']+", word) for word in words.ORDINARY)
    assert set(repair.KINDS.values()) == set(convention.TYPES)
