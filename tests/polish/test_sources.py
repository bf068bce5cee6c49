"""What a repository asks of its subjects: real repositories, and the files that people have in them."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.polish import evidence, sources
from bootstrap.polish.convention import TYPES, Convention
from bootstrap.polish.evidence import Switches
from bootstrap.polish.sources.configured import MAX_BYTES

ANGULAR = ("build", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test")
CONVENTIONAL = '{"extends": ["@commitlint/config-conventional"]}'


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """An empty repository, and the process in it."""
    path = tmp_path / "a project"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    monkeypatch.chdir(path)
    return path


def git(root: Path, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["git", *arguments],
        check=False,
        cwd=root,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commits(root: Path, *subjects: str) -> None:
    """A commit for each subject."""
    user = "committer A U Thor <author@example.com> 1700000000 +0000"
    git(
        root,
        "fast-import",
        "--quiet",
        stdin="".join(
            f"commit refs/heads/main\n{user}\ndata {len(one.encode())}\n{one}\n" for one in subjects
        ),
    )


def write(root: Path, name: str, text: str | dict) -> None:
    (root / name).write_text(text if isinstance(text, str) else json.dumps(text))


def found(root: Path, *, limit: int = 72) -> Convention | None:
    return sources.find(root, evidence.switches(5), limit, 5)


def linted(**rules: list) -> str:
    return json.dumps({"rules": {name.replace("_", "-"): rule for name, rule in rules.items()}})


# --- nothing said ---


def test_a_new_repository_has_the_usual_types_and_the_users_own_limit(root) -> None:
    assert found(root, limit=60) == Convention(TYPES, limit=60, source="the eleven usual types")


def test_a_directory_that_is_not_there_or_no_repository_has_the_usual_types(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sources.find(tmp_path / "none", Switches(), 72, 5) == Convention()


def test_without_git_there_is_no_history_and_the_files_still_count(root, monkeypatch, tmp_path) -> None:
    write(root, ".commitlintrc.json", linted(type_enum=[2, "always", ["feat", "bug"]]))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sources.find(root, Switches(), 72, 5).types == ("feat", "bug")


# --- git config ---


def test_git_config_says_types_scopes_and_the_limit(root) -> None:
    git(root, "config", "--add", "commit-polish.types", "feat, fix  bug")
    git(root, "config", "--add", "commit-polish.types", "chore")
    git(root, "config", "commit-polish.scopes", "api,web")
    git(root, "config", "commit-polish.limit", "50")
    assert found(root) == Convention(
        ("feat", "fix", "bug", "chore"), ("api", "web"), closed=True, limit=50, source="git config"
    )


@pytest.mark.parametrize("value", ["0", "-5", "x", "", "19", "201", "9" * 5000, "٣٤"])
def test_a_limit_that_cannot_be_meant_is_ignored(root, value) -> None:
    git(root, "config", "commit-polish.limit", value)
    assert found(root) == Convention()


@pytest.mark.parametrize(("said", "explicit"), [((), False), (("true",), True), (("false",), True)])
def test_the_switch_tells_whether_it_was_set_at_all(root, said, explicit) -> None:
    for value in said:
        git(root, "config", "commit-polish.enabled", value)
    assert evidence.switches(5).explicit is explicit


# --- commitlint ---


@pytest.mark.parametrize(
    ("preset", "types", "limit"),
    [
        ("@commitlint/config-conventional", TYPES, 100),
        ("@commitlint/config-angular", ANGULAR, 72),
        ("@commitlint/config-angular-type-enum", ANGULAR, 60),
        ("./our-own", TYPES, 60),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_what_a_known_preset_of_commitlint_asks_for(root, preset, types, limit, alone) -> None:
    write(root, ".commitlintrc.json", {"extends": preset if alone else [preset]})
    asked = found(root, limit=60)
    assert (asked.types, asked.limit) == (types, limit)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"type_enum": [2, "always", ["feat", "bug"]]}, {"types": ("feat", "bug")}),
        ({"type_enum": [0, "always", ["feat", "bug"]]}, {}),
        (
            {"type_enum": [2, "never", ["chore", "style"]]},
            {"types": tuple(TYPES[:3] + TYPES[4:9] + TYPES[10:])},
        ),
        ({"scope_enum": [1, "always", ["api", "web"]]}, {"scopes": ("api", "web"), "closed": True}),
        ({"scope_enum": [2, "always", {"scopes": ["api"]}]}, {"scopes": ("api",), "closed": True}),
        ({"scope_enum": [2, "always", []]}, {}),
        ({"scope_enum": [2, "never", ["api"]]}, {}),
        ({"scope_empty": [2, "never"]}, {"scoped": True}),
        ({"scope_empty": [2, "always"]}, {"closed": True}),
        ({"scope_empty": [0]}, {}),
        ({"header_max_length": [2, "always", 50]}, {"limit": 50}),
        ({"header_max_length": [2, "always", 120]}, {"limit": 120}),
        ({"header_max_length": [0, "always", 50]}, {}),
        ({"header_max_length": [2, "never", 50]}, {}),
    ],
)
def test_the_rules_of_commitlint(root, rules, expected) -> None:
    write(root, ".commitlintrc.json", linted(**rules))
    asked = found(root)
    usual = {"types": TYPES, "scopes": (), "closed": False, "scoped": False, "limit": 72}
    assert {name: getattr(asked, name) for name in usual} == usual | expected


def test_its_own_rules_win_over_those_it_extends(root) -> None:
    write(
        root,
        "package.json",
        {
            "commitlint": {
                "extends": ["@commitlint/config-conventional"],
                "rules": {"type-enum": [2, "always", ["feat"]], "header-max-length": [0]},
            }
        },
    )
    asked = found(root)
    assert (asked.types, asked.limit) == (("feat",), 72)
    assert asked.source == "commitlint in package.json"


YAML = """\
--- # rules of ours
extends:
  - '@commitlint/config-conventional'
rules:
  type-enum:
    - 2
    - always
    - [feat, "bug",   # a comment
       docs]
  scope-enum:
  - 2
  - always
  -
    - api
    - 'web app'
  header-max-length: [2, always, 80]
prompt:
  text: |
    anything: [
    at all
"""


@pytest.mark.parametrize("name", [".commitlintrc", ".commitlintrc.yaml", ".commitlintrc.yml"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_commitlint_in_yaml(root, name, end) -> None:
    (root / name).write_bytes(YAML.replace("\n", end).encode())
    assert found(root) == Convention(
        ("feat", "bug", "docs"),
        ("api", "web app"),
        closed=True,
        limit=80,
        source=f"commitlint in {name}",
    )


@pytest.mark.parametrize(
    "text",
    [
        "rules: &rules\n  type-enum: [2, always, [bug]]\n",
        "rules:\n\ttype-enum: [2, always, [bug]]\n",
        "rules: {type-enum: [2, always, [bug]\n",
        "rules:\n  type-enum: [2, always, *types]\n",
        "{" * 5000,
        "- " * 5000,
        "\0\ufffe",
        '{"rules": []}',
    ],
)
def test_a_commitlint_file_that_cannot_be_made_out_shows_that_conventional_commits_are_in_use(
    root, text
) -> None:
    write(root, ".commitlintrc", text)
    commits(root, *(f"Fix the number {number} of them" for number in range(12)))
    asked = found(root)
    assert (asked.types, asked.limit) == (TYPES, 72)


SCRIPT = """\
// the scopes: 'scope-enum': [2, 'always', ['comment']],
import { RuleConfigSeverity } from "@commitlint/types";
/* 'header-max-length': [2, 'always', 30] */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'type-enum': [
      RuleConfigSeverity.Error,
      'always',
      [
        'feat', // something new
        "bug",
      ],
    ],
    "header-max-length": [2, "always", 90],
  },
};
"""


@pytest.mark.parametrize(
    "name", ["commitlint.config.js", "commitlint.config.mts", ".commitlintrc.cjs", ".commitlintrc.ts"]
)
def test_literals_in_a_javascript_configuration_are_read_and_it_is_not_run(root, name) -> None:
    write(root, name, SCRIPT)
    assert found(root) == Convention(("feat", "bug"), limit=90, source=f"commitlint in {name}")


@pytest.mark.parametrize(
    "rule",
    [
        "'type-enum': [2, 'always', [...types, 'bug']]",
        "'type-enum': [2, 'always', types]",
        "'type-enum': [level, 'always', ['bug']]",
        "'type-enum': [2, 'always', ['bug']], 'type-enum': [0]",
        "'type-enum': () => [2, 'always', ['bug']]",
        "'type-enum': [0]",
    ],
)
def test_what_is_not_a_literal_in_a_javascript_configuration_is_not_guessed(root, rule) -> None:
    write(root, "commitlint.config.js", f"module.exports = {{ rules: {{ {rule} }} }}")
    assert found(root).types == TYPES


# --- commitizen and semantic-release ---

CZ = 'name = "cz_conventional_commits"\nmessage_length_limit = 60\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", f"[project]\nname = 'x'\n\n[tool.commitizen]\n{CZ}\n[tool.ruff]\nx = ["),
        (".cz.toml", f"[tool.commitizen]\n{CZ}"),
        ("cz.toml", f"[tool.commitizen] # ours\r\n{CZ}"),
        (".cz.json", {"commitizen": {"name": "cz_conventional_commits", "message_length_limit": 60}}),
        ("cz.json", {"commitizen": {"message_length_limit": 60}}),
        ("cz.yaml", "commitizen:\n  name: cz_conventional_commits\n  message_length_limit: 60\n"),
    ],
)
def test_commitizen(root, name, text) -> None:
    write(root, name, text)
    assert found(root) == Convention((*TYPES, "bump"), limit=60, source=f"commitizen in {name}")


def test_the_choices_of_a_customised_commitizen(root) -> None:
    write(
        root,
        "pyproject.toml",
        '[tool.commitizen]\nname = "cz_customize"\n'
        '[[tool.commitizen.customize.questions]]\ntype = "input"\nname = "message"\n'
        '[[tool.commitizen.customize.questions]]\ntype = "list"\nname = "change_type"\n'
        'choices = [{value = "feature", name = "a feature"}, "fix", {value = "bug fix"}, {name = "x"}, 5]\n',
    )
    assert found(root).types == ("feature", "fix")


@pytest.mark.parametrize(
    ("name", "text", "source"),
    [
        (".releaserc", "branches: [main]\n", "semantic-release"),
        (".releaserc.json", "{}", "semantic-release"),
        ("release.config.cjs", "module.exports = {}", "semantic-release"),
        ("package.json", '{"release": {"branches": ["main"]}}', "semantic-release"),
        ("package.json", '{"config": {"commitizen": {"path": "cz-conventional-changelog"}}}', "commitizen"),
        (".czrc", '{"path": "cz-conventional-changelog"}', "commitizen"),
        ("commitlint.config.js", "module.exports = require('ours')", "commitlint"),
        ("package.yaml", "commitlint:\n  extends: [ours]\n", "commitlint"),
        ("pyproject.toml", "[tool.semantic_release]\n", "semantic-release"),
        ("pyproject.toml", '[tool.semantic_release]\ncommit_parser = "angular"\n', "semantic-release"),
    ],
)
def test_a_tool_for_conventional_commits_outweighs_a_history_of_another_form(
    root, name, text, source
) -> None:
    commits(root, *(f"mm: fix the number {number} of them" for number in range(12)))
    assert found(root) is None
    write(root, name, text)
    assert found(root) == Convention()


def test_the_allowed_tags_of_python_semantic_release(root) -> None:
    tags = 'commit_parser_options = { allowed_tags = ["feat", "fix", "deps"] }'
    write(root, "pyproject.toml", f"[tool.semantic_release]\n{tags}\n")
    asked = found(root)
    assert asked.types == ("feat", "fix", "deps")
    assert asked.source == "semantic-release in pyproject.toml"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".commitlintrc.json", '{"extends": ["gitmoji"]}'),
        (".commitlintrc.json", '{"parserPreset": "conventional-changelog-atom"}'),
        (".commitlintrc.json", '{"parserPreset": {"name": "conventional-changelog-eslint"}}'),
        (".commitlintrc.yml", "rules:\n  type-empty: [2, always]\n"),
        ("commitlint.config.js", "export default { extends: ['gitmoji'] }"),
        (".cz.toml", '[tool.commitizen]\nname = "cz_jira"\n'),
        (".czrc", '{"path": "cz-emoji"}'),
        (".releaserc", '{"plugins": [["@semantic-release/commit-analyzer", {"preset": "eslint"}]]}'),
        ("pyproject.toml", '[tool.semantic_release]\ncommit_parser = "emoji"\n'),
    ],
)
def test_a_tool_for_another_form_leaves_the_repository_alone(root, name, text) -> None:
    write(root, name, text)
    assert found(root) is None
    git(root, "config", "commit-polish.enabled", "true")
    assert found(root) == Convention()


# --- history ---


def test_history_adds_what_is_used_twice_and_takes_no_type_away(root) -> None:
    commits(
        root, "deps: raise x", "fix(api): a", "deps(api): raise y", "fix(web): b", "fix(api)!: c", "odd: once"
    )
    assert found(root) == Convention((*TYPES, "deps"), ("api",), source="the last 50 commits")


def test_scopes_that_are_no_habit_are_not_offered(root) -> None:
    commits(root, "fix(api): a", "fix(api): b", *(f"feat: {number} of them" for number in range(3)))
    assert found(root).scopes == ()


def test_only_the_last_fifty_commits_count(root) -> None:
    commits(root, *(f"mm: fix the number {number} of them" for number in range(60)))
    for number in range(26):
        git(root, "commit", "--quiet", "--allow-empty", "-m", f"fix: the number {number}")
    assert found(root).source == "the last 50 commits"


def test_merges_do_not_count(root) -> None:
    commits(root, "fix: one", "fix: two")
    for branch in ("this", "that"):
        git(root, "checkout", "--quiet", "-B", "side", "main~1")
        git(root, "commit", "--quiet", "--allow-empty", "-m", f"fix: {branch}")
        git(root, "checkout", "--quiet", "main")
        git(root, "merge", "--quiet", "--no-ff", "-m", f"join: {branch}", "side")
    assert found(root).types == TYPES


@pytest.mark.parametrize(
    "subjects",
    [
        [f"mm: fix the number {number} of them" for number in range(10)],
        [f"net/ipv4, net/ipv6: fix it {number} times" for number in range(10)],
        [f"[backend] repair it {number} times" for number in range(10)],
        [f"\U0001f41b repair it {number} times" for number in range(10)],
        [f"ABC-{number}: repair it again" for number in range(10)],
        [f":bug: repair it {number} times" for number in range(10)],
        [
            *(f"mm: fix the number {number}" for number in range(6)),
            *(f"fix: number {number}" for number in range(5)),
        ],
    ],
)
def test_a_history_of_another_form_leaves_the_repository_alone_unless_it_was_switched_on_there(
    root, subjects
) -> None:
    commits(root, *subjects)
    assert found(root) is None
    git(root, "config", "commit-polish.enabled", "true")
    assert found(root) == Convention()


@pytest.mark.parametrize(
    "subjects",
    [
        [f"Fixed the number {number} of them" for number in range(50)],  # no convention is no other one
        [f"mm: fix the number {number} of them" for number in range(9)],
        [
            *(f"[mm] fix the number {number}" for number in range(5)),
            *(f"fix: number {number}" for number in range(5)),
        ],
        [f"[ABC-{number}] fix: repair it (#{number})" for number in range(12)],
        [f"Fix: the number {number} of them" for number in range(12)],
        [f'Revert "The number {number} of them"' for number in range(12)],
        [f"fixup! The number {number} of them" for number in range(12)],
        [f"v1.{number}.0" for number in range(12)],
        [f"Release 1.{number}.0" for number in range(12)],
        [f"bump: version 1.{number}.0 → 1.{number + 1}.0" for number in range(12)],
    ],
)
def test_a_history_that_is_short_even_or_says_nothing_leaves_the_usual_types(root, subjects) -> None:
    commits(root, *subjects)
    assert found(root).types == TYPES


def test_a_worktree_has_the_history_and_the_files_of_its_own(root, tmp_path, monkeypatch) -> None:
    commits(root, *(f"mm: fix the number {number} of them" for number in range(12)))
    git(root, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"), "main")
    monkeypatch.chdir(tmp_path / "side")
    assert found(tmp_path / "side") is None
    write(tmp_path / "side", ".commitlintrc.json", CONVENTIONAL)
    assert found(tmp_path / "side").limit == 100
    assert found(root) is None


def test_asking_for_the_history_changes_nothing_in_the_repository_and_starts_no_gpg(root, tmp_path) -> None:
    gpg = tmp_path / "gpg"
    gpg.write_text(
        "#!/bin/sh\n"
        f"case \"$*\" in *--verify*) touch '{tmp_path}/started' ;; esac\n"
        "cat >/dev/null\n"
        "echo '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----'\n"
    )
    gpg.chmod(0o755)
    git(root, "config", "gpg.program", str(gpg))
    git(root, "config", "log.showSignature", "true")
    git(root, "commit", "--quiet", "--allow-empty", "-S", "-m", "fix: signed")
    before = sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*"))
    assert found(root).source == "the last 50 commits"
    assert sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*")) == before
    assert not (tmp_path / "started").exists()


# --- order ---


def test_the_first_source_that_names_types_wins(root) -> None:
    commits(root, "own: a", "own: b", "fix(api): a", "fix(api): b", "fix(api): c", "own(api): c")
    write(root, ".releaserc", "{}")
    assert found(root).types == (*TYPES, "own")
    write(root, "pyproject.toml", '[tool.commitizen]\nname = "cz_conventional_commits"\n')
    assert found(root).types == (*TYPES, "bump")
    assert found(root).source == "commitizen in pyproject.toml and the last 50 commits"
    write(root, ".commitlintrc.json", linted(type_enum=[2, "always", ["feat"]]))
    assert (found(root).types, found(root).scopes) == (("feat",), ("api",))
    git(root, "config", "commit-polish.types", "fix")
    assert found(root).types == ("fix",)
    assert found(root).source == "git config and the last 50 commits"


@pytest.mark.parametrize(("mine", "linters", "limit"), [("50", 100, 50), ("100", 60, 60), (None, 100, 100)])
def test_the_smallest_limit_of_git_config_and_the_tools_counts(root, mine, linters, limit) -> None:
    if mine:
        git(root, "config", "commit-polish.limit", mine)
    write(root, ".commitlintrc.json", linted(header_max_length=[2, "always", linters]))
    assert found(root, limit=72).limit == limit


# --- hostile content ---


@pytest.mark.parametrize(
    "names",
    [
        ["a b", "1st", "fe(at", 'q"', "x" * 32, "", "a\nb", "évé", 5, None, ["feat"], {}],
        [f"type{number}" for number in range(101)],
        "feat",
        {"feat": 1},
        10**30,
    ],
)
def test_types_that_cannot_be_used_are_ignored(root, names) -> None:
    write(root, ".commitlintrc.json", linted(type_enum=[2, "always", names]))
    assert found(root) == Convention()


@pytest.mark.parametrize("name", ["a(b", "a)b", 'a"b', "a\\b", "x" * 51, "a\x1bb", " a", "", 5])
def test_a_scope_that_cannot_be_used_is_not_offered(root, name) -> None:
    write(root, ".commitlintrc.json", linted(scope_enum=[2, "always", ["api", name]]))
    assert found(root).scopes == ("api",)


@pytest.mark.parametrize("limit", [0, -5, "50", 50.5, True, 10**400, None, [50], 201])
def test_a_limit_of_a_tool_that_cannot_be_meant_is_ignored(root, limit) -> None:
    write(root, ".commitlintrc.json", linted(header_max_length=[2, "always", limit]))
    assert found(root) == Convention()


def test_a_file_that_is_too_large_or_no_file_does_not_count(root) -> None:
    write(root, ".commitlintrc.json", CONVENTIONAL + " " * MAX_BYTES)
    (root / "commitlint.config.js").mkdir()
    os.mkfifo(root / ".czrc")
    assert found(root) == Convention()


def test_a_link_counts_only_inside_the_repository(root, tmp_path) -> None:
    write(tmp_path, "outside.json", CONVENTIONAL)
    (root / ".commitlintrc.json").symlink_to(tmp_path / "outside.json")
    (root / ".czrc").symlink_to(".czrc")
    assert found(root) == Convention()
    (root / ".commitlintrc.json").unlink()
    (root / "config").mkdir()
    write(root / "config", "inside.json", CONVENTIONAL)
    (root / ".commitlintrc.json").symlink_to("config/inside.json")
    assert found(root).limit == 100


FILES = (
    "package.json", "package.yaml", ".commitlintrc", ".commitlintrc.json", ".commitlintrc.yml",
    "commitlint.config.js", ".cz.toml", ".cz.json", "cz.yaml", ".czrc", "pyproject.toml", ".releaserc",
    "release.config.js",
)  # fmt: skip
PIECES = st.sampled_from(
    [
        "commitlint", "extends", "rules", "type-enum", "scope-enum", "header-max-length", "always", "[", "]",
        "{", "}", ":", ": ", ",", "- ", "\n", "\n  ", "'", '"', "#", "|", "2", "commitizen", "config", "path",
        "release", "[tool.commitizen]\n", "[tool.semantic_release]\n", "name = ", "customize", "questions",
        "choices", "=", "\\", "`", "/*", "//", "\0", "é", "😀", "999999999999", "null", "a.b",
    ]
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_no_content_of_a_file_stops_a_commit(tmp_path, name) -> None:
    pieces = st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode())

    @given(st.binary(max_size=200) | pieces | pieces.map(lambda raw: b"{" + raw))
    def check(raw: bytes) -> None:
        (tmp_path / name).write_bytes(raw)
        asked = sources.find(tmp_path, Switches(types=("fix",), scopes=("api",)), 72, 0.01)
        assert asked is None or asked.types == ("fix",)

    check()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "raw",
    [b"[" * MAX_BYTES, b'{"a":' * 40000, b"a.b" * 80000, b"[tool.commitizen]\n" + b"a." * 30000 + b"b=1",
     b"[tool.commitizen]\nx=" + b"[" * 50000, b"'\"`" * 80000, b"- " * 100000, b"\xff\xfe\x00" * 1000],
)  # fmt: skip
def test_hostile_files_are_survived(tmp_path, name, raw) -> None:
    (tmp_path / name).write_bytes(raw)
    asked = sources.find(tmp_path, Switches(), 72, 0.01)
    assert asked is None or asked.types in {TYPES, (*TYPES, "bump")}
