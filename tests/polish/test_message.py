"""Message surgery: one line is replaced, everything else comes out byte for byte."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bootstrap.polish import message

SCISSORS = "# ------------------------ >8 ------------------------"

LINES = st.sampled_from(
    [
        "", " ", "\t", "Fixed the login", "  indented", "# a comment", "#123 is fixed", "; other", SCISSORS,
        "Signed-off-by: A U Thor <a@example.com>", "BREAKING CHANGE: all", "diff --git a/x b/x",
        "\ufeff", "é\u2028ü",
        "form\ffeed", "tab\tbed ", "\x0b", "ABC-123: fix (#12)", "\u00a0",
    ]
)  # fmt: skip
TEXTS = st.lists(st.tuples(LINES | st.text(max_size=20), st.sampled_from(["\n", "\r\n"])), max_size=8).map(
    lambda lines: "".join(line + end for line, end in lines)
)
COMMENTS = st.sampled_from([None, "#", ";", "//"])


@given(text=TEXTS | st.text(), comment=COMMENTS, subject=st.text(max_size=80), cut=st.booleans())
@example(text="\ufefffix it\r\n\r\nbody", comment="#", subject="fix: it", cut=False)
def test_everything_else_comes_out_byte_for_byte(text, comment, subject, cut) -> None:
    text = text[:-1] if cut else text
    parts = message.split(text, comment)
    assert parts.before + parts.line + parts.after == text
    result = message.join(parts, subject)
    assert result.startswith(parts.before) and result.endswith(parts.after)
    assert result == parts.before + subject + parts.after
    assert "\n" not in parts.line


@given(text=TEXTS, comment=COMMENTS)
def test_nothing_below_the_scissors_is_a_subject(text, comment) -> None:
    parts = message.split(text, comment)
    if comment and parts.line:
        assert f"\n{comment} {SCISSORS[2:]}" not in "\n" + parts.before
    if comment:
        assert not parts.line.startswith(comment)


@pytest.mark.parametrize(
    ("text", "comment", "subject", "alone"),
    [
        ("fix it", None, "fix it", True),
        ("fix it\n", None, "fix it", True),
        ("\n\n  fix it \t\n\nbody\n", None, "fix it", True),
        ("fix it\r\n\r\nbody\r\n", None, "fix it", True),
        ("fix it\nand more\n", None, "fix it", False),
        ("fix it\nSigned-off-by: me\n", None, "fix it", False),
        ("fix it\n \nbody\n", None, "fix it", True),
        ("# fix it\n", None, "# fix it", True),
        ("# fix it\n", "#", "", False),
        ("#123 is fixed\n\nbody", None, "#123 is fixed", True),
        ("\n# Please enter\n", "#", "", False),
        ("# help\nfix it\n# more help\n", "#", "fix it", True),
        ("fix it\n# gone\nand more\n", "#", "fix it", False),
        ("fix it\n# gone\n\nbody\n", "#", "fix it", True),
        ("; help\nfix it\n", ";", "fix it", True),
        (f"fix it\n{SCISSORS}\ndiff\n", "#", "fix it", True),
        (f"{SCISSORS}\ndiff --git\n", "#", "", False),
        ("", None, "", False),
        (" \n\t\r\n", None, "", False),
        ("\ufefffix it\n", None, "fix it", True),
        ("a\u2028b\n\nbody", None, "a\u2028b", True),
    ],
)
def test_the_subject(text, comment, subject, alone) -> None:
    parts = message.split(text, comment)
    assert (parts.subject, parts.alone) == (subject, alone)


@pytest.mark.parametrize(
    ("subject", "prefix", "core", "suffix"),
    [
        ("fix it", "", "fix it", ""),
        ("ABC-123: fix it", "ABC-123: ", "fix it", ""),
        ("[ABC-123] fix it", "[ABC-123] ", "fix it", ""),
        ("[ABC-123] [XY-1]: fix it", "[ABC-123] [XY-1]: ", "fix it", ""),
        ("#123 fix it", "#123 ", "fix it", ""),
        ("#123: fix it", "#123: ", "fix it", ""),
        ("fix it (#12)", "", "fix it", " (#12)"),
        ("fix it [skip ci]", "", "fix it", " [skip ci]"),
        ("[skip ci] fix it", "[skip ci] ", "fix it", ""),
        ("ABC-1: fix it. (#12) [skip ci]", "ABC-1: ", "fix it.", " (#12) [skip ci]"),
        ("fix it (ABC-12)", "", "fix it", " (ABC-12)"),
        ("UTF-8 text is broken", "", "UTF-8 text is broken", ""),
        ("fix #12", "", "fix", " #12"),
        ("#12", "", "#12", ""),
    ],
)
def test_what_stands_around_the_words(subject, prefix, core, suffix) -> None:
    found = message.affixes(subject)
    assert (found.prefix, found.core, found.suffix) == (prefix, core, suffix)


@given(
    st.text()
    | st.lists(st.sampled_from(["ABC-1: ", "[A-2] ", "#3 ", "fix", " it.", " (#4)", " [skip ci]"])).map(
        "".join
    )
)
def test_affixes_and_words_are_the_subject(subject) -> None:
    found = message.affixes(subject)
    assert found.prefix + found.core + found.suffix == subject


@pytest.mark.parametrize("raw", [b"caf\xe9", b"a\0b", b"x" * (64 * 1024 + 1)])
def test_what_is_no_text_is_refused(raw) -> None:
    assert message.decode(raw) is None


def test_the_largest_message() -> None:
    assert message.decode(b"x" * 64 * 1024) == "x" * 64 * 1024


@pytest.mark.parametrize("footer", ["BREAKING CHANGE: all new", "BREAKING-CHANGE: all new"])
def test_a_breaking_change(footer) -> None:
    assert message.marks_breaking(message.split(f"add it\n\nbody\n\n{footer}\n", None))
    assert not message.marks_breaking(message.split(f"add it\n\nno {footer}\n", None))


def test_the_note_stands_above_what_git_wrote() -> None:
    text = "fix it\n\nbody\n\n# Please enter\n# more\n"
    noted = message.with_note(message.split(text, "#"), "you wrote: x", "#")
    assert message.join(noted, "new") == "new\n\nbody\n\n# you wrote: x\n# Please enter\n# more\n"


@pytest.mark.parametrize(
    ("text", "comment"),
    [("fix it\n\nbody\n", "#"), ("fix it\n\n# kept\n", None), (f"fix it\n{SCISSORS}\n# Do not\n", "#")],
)
def test_no_note_where_git_might_keep_it(text, comment) -> None:
    parts = message.split(text, comment)
    assert message.with_note(parts, "you wrote: x", comment) == parts
