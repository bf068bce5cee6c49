"""What people read can be translated: all of it is in one list, and a translation is what they then see."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from bootstrap import messages
from bootstrap.errors import ModelError
from scripts import translations
from tests.test_attach import Team, serving

PACKAGE = translations.PACKAGE
# Where sentences are no messages: what is written into files and read by others, patterns and words of commit
# messages, what the model is asked and may be told, and the logs and reports that go to the project.
NO_MESSAGES = (
    "bundle", "doctor/report", "doctor/surroundings", "download/journal", "failure", "keeper/loop",
    "keeper/verbs", "polish/guard", "polish/prompt", "polish/repair", "polish/reply", "polish/sources",
    "polish/words", "settings/writing",
)  # fmt: skip
FILES = ("autostart/", "hook/frameworks", "program")  # where texts of several lines are written into them
# commands, what others say, and what every model is asked
NO_MESSAGE = (
    "bootstrap ", "& if not exist", "git config commit-polish", "Access to this resource",
    "Tunnel connection failed", "llama server listening", "see why: journalctl", "@rem written",
    ": `bootstrap hook install` made this",
    "A developer has moved the settings",
)  # fmt: skip
A_SENTENCE = re.compile(r"[A-Za-z…]{2,}[,;:]? [a-z]{2,}[,;:]? [a-z]{2,}")


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).with_suffix("").as_posix(), ast.parse(path.read_text("utf-8"))


def calls() -> Iterator[tuple[str, ast.Call, list[str]]]:
    """What says a message, but where it takes one that others have as a literal."""
    for name, module in modules():
        if name not in {"messages", "errors"}:
            yield from ((name, call, texts) for call, texts in translations.said(module))


def no_messages(name: str, module: ast.Module) -> Iterator[ast.AST]:
    """What is never one in a module: documentation, patterns, bytes."""
    if name.startswith(NO_MESSAGES):
        yield from ast.walk(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        if name == "trouble" and isinstance(node, ast.Tuple) and len(node.elts) == 3:
            yield node.elts[0]
        if (
            name.startswith(FILES)
            and "\n"
            in "".join(
                part.value
                for part in ast.walk(node)
                if isinstance(part, ast.Constant) and type(part.value) is str
            )
            and isinstance(node, ast.JoinedStr | ast.Constant)
        ):
            yield from ast.walk(node)
        is_pattern = (
            isinstance(node, ast.Call) and getattr(getattr(node.func, "value", None), "id", "") == "re"
        )
        if is_pattern or (isinstance(node, ast.Attribute) and node.attr == "encode"):
            yield from ast.walk(node)


def all_messages() -> set[str]:
    return {text for _, _, texts in calls() for text in texts}


def translated(into: Path, catalog: Catalog, name: str = "xx") -> Path:
    """A copy of the package that has this translation."""
    shutil.copytree(PACKAGE, into / "bootstrap", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE.parent / "hook_template", into / "hook_template")
    place = into / "bootstrap" / "translations" / f"{name}.mo"
    place.write_bytes(translations.compiled(catalog))
    return into


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translation that has each message in quotes, so that what is outside of them was never one."""
    catalog = Catalog()
    for message in all_messages():
        catalog.add(message, f"«{message}»")
    return translated(tmp_path_factory.mktemp("marked"), catalog)


def run(
    place: Path, *words: str, language: str = "xx", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from bootstrap.cli import entry; entry()", *words],
        cwd=place, env=os.environ | {"LANGUAGE": language, "PYTHONUTF8": "1"} | environment,
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def unquoted(text: str) -> str:
    """What is in no quotes, however deep they are."""
    while (less := re.sub(r"«[^«»]*»", "", text)) != text:
        text = less
    return text


def test_the_list_has_all_messages() -> None:
    assert translations.TEMPLATE.read_text("utf-8") == translations.template(), (
        "run: python3 scripts/dev.py translations"
    )


def test_a_message_has_its_fields_and_is_a_literal() -> None:
    wrong = []
    for name, call, texts in calls():
        given = {word.arg for word in call.keywords}
        wanted = set().union(*map(translations.fields, texts)) if given else set()
        literals = [word for word in call.args[:2] if isinstance(word, ast.Constant)]
        if given != wanted or (given and len(literals) != len(call.args)):  # else another one's braces count
            wrong.append(f"{name}, line {call.lineno}")

    assert not wrong


def test_a_sentence_is_a_message() -> None:
    """A message that is none would stay in English in every language, and nobody would know."""
    wrong = []
    for name, module in modules():
        known = {id(word) for call, _ in translations.said(module) for word in ast.walk(call)}
        known |= {id(word) for word in no_messages(name, module)}
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in known:
                is_message = A_SENTENCE.search(node.value) and not node.value.strip().startswith(NO_MESSAGE)
                wrong += [f"{name}, line {node.lineno}: {node.value}"] if is_message else []

    assert not wrong


def test_a_plan_is_in_the_users_language(marked: Path) -> None:
    plan = run(marked, "--dry-run", "--model", "qwen3-0.6b")

    assert plan.returncode == 0
    assert "«This would be done, in this order:»" in plan.stdout
    assert "«create the directory " in plan.stdout
    assert not A_SENTENCE.search(unquoted(plan.stdout)), unquoted(plan.stdout)


def test_an_error_and_its_help_are_in_the_users_language(marked: Path, tmp_path: Path) -> None:
    failed = run(marked, "--dry-run", "--model", str(tmp_path))

    assert failed.stderr == f"error: «{tmp_path} is a directory»\nhelp: «name the .gguf file in it»\n"


def test_what_is_installed_and_remembered_is_the_same_in_every_language(marked: Path) -> None:
    """A receipt is undone, and a file is ours, whatever language the next run speaks."""
    here, there = (
        json.loads(run(marked, "--dry-run", "--json", language=name).stdout) for name in ("C", "xx")
    )

    assert here.keys() == there.keys()
    told = [(one.pop("description"), another.pop("description")) for one, another in zip(
        here["actions"], there["actions"], strict=True
    )]  # fmt: skip
    assert here["actions"] == there["actions"]
    assert all(another.startswith("«") and "«" not in one for one, another in told)


def test_what_helps_is_the_same_in_every_language(marked: Path) -> None:
    """It hangs on what has happened, and not on how that is said."""
    with serving(Team(key="sesame")) as team:
        refused = run(marked, "--dry-run", "--attach", team.url)
        team.leads_to = "https://elsewhere.example/v1/models"
        led_away = run(marked, "--dry-run", "--attach", team.url)

    assert refused.stderr.endswith("\nhelp: «give its key: --api-key FILE»\n")
    assert led_away.stderr.endswith("\nhelp: «if that is right, name that address»\n")


@pytest.mark.parametrize("bad", ["{other} is a directory", "{path", "{0}", "{path.nothing}"])
def test_a_broken_translation_is_none(bad: str, tmp_path: Path) -> None:
    catalog = Catalog()
    catalog.add("{path} is a directory", bad)
    failed = run(translated(tmp_path / "package", catalog), "--dry-run", "--model", str(tmp_path))

    assert failed.stderr.startswith(f"error: {tmp_path} is a directory\n")
    assert not translations.is_whole("{path} is a directory", bad)


def test_another_order_of_fields_is_fine() -> None:
    assert translations.is_whole("port {port} of {host}", "{host}: {port}")
    assert translations.is_whole("port {port}", "")


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, []),
        ({"LANG": "C.UTF-8"}, []),
        ({"LANG": "POSIX"}, []),
        ({"LANG": "en_GB.UTF-8"}, []),
        ({"LANG": "de_AT.UTF-8"}, ["de_AT", "de"]),
        ({"LANG": "sr@latin"}, ["sr"]),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr"}, ["fr"]),
        ({"LANG": "de", "LC_MESSAGES": "fr", "LC_ALL": "C"}, []),
        ({"LANG": "en_US", "LANGUAGE": "pt_BR:es:en:fr"}, ["pt_BR", "pt", "es"]),
        ({"LANG": "../../../etc/passwd"}, []),
        ({"LANG": "de/../../x"}, ["de"]),
    ],
)
def test_the_language_is_the_environments(environment: dict[str, str], wanted: list[str]) -> None:
    assert list(messages.languages(environment)) == wanted


def test_what_an_error_repeats_is_not_read_as_fields() -> None:
    assert ModelError("{path} is {x}", path="{0.__class__}", x="%s{").message == "{0.__class__} is %s{"
    assert ModelError("a name with {braces}").message == "a name with {braces}"
