"""From a message to a subject: what needs the model, what it is told, and what it cannot spoil."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.polish import leave, message, prompt
from bootstrap.polish.client import Answer
from bootstrap.polish.convention import TYPES, Convention
from bootstrap.polish.diff import File, Piece
from bootstrap.polish.pipeline import Outcome, Tools, polish, suggest

TYPE = prompt.Wanted("type", Convention())


class Model:
    """Answers always the same, and remembers the questions."""

    def __init__(self, text: str = "fix:", finish: str = "stop") -> None:
        self.answer = Answer(text, finish, 1, 0.1, 0.1)
        self.asked: list[dict] = []

    def __call__(self, request) -> Answer:
        self.asked.append(dict(request))
        return self.answer

    @property
    def question(self) -> str:
        return self.asked[0]["messages"][0]["content"]


def tools(model: Model, paths: tuple[str, ...] = ("src/login.py",), limit: int = 72, **more) -> Tools:
    given = {
        "model": "gemma-3-4b",
        "temperature": 0.3,
        "mode": "type",
        "rules": Convention(limit=limit),
        "files": lambda: [File(path, None, 1) for path in paths],
        "pieces": lambda _files: (),
        "ask": model,
        "left": lambda: 5.0,
        "explain": lambda _: None,
    }
    return Tools(**given | more)


def outcome(
    text: str, model: Model, paths: tuple[str, ...] = ("src/login.py",), limit: int = 72, **more
) -> Outcome:
    return polish(message.split(text, None), tools(model, paths, limit, **more))


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Fixed the login bug.", "fix: fix the login bug"),
        ("ABC-123: Login crashes (#12) [skip ci]", "ABC-123: fix: login crashes (#12) [skip ci]"),
        ("#7 Login crashes", "#7 fix: login crashes"),
        ("  Login crashes  ", "fix: login crashes"),
        ("Login crashes\n\nBREAKING CHANGE: none can log in", "fix!: login crashes"),
        ("ログイン画面の不具合を修正", "fix: ログイン画面の不具合を修正"),
        ("Anmeldung repariert.", "fix: Anmeldung repariert"),
    ],
)
def test_the_model_chooses_the_type_and_nothing_else(text, subject) -> None:
    model = Model()
    assert outcome(text, model).subject == subject
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Fix: the login", "fix: the login"),
        ("[bugfix] the login.", "fix: the login"),
        ("ABC-1: Feature: dark mode", "ABC-1: feat: dark mode"),
        ("Fix!: the login", "fix!: the login"),
        ("feat: add it.", "feat: add it"),
    ],
)
def test_the_users_own_type_needs_no_model(text, subject) -> None:
    model = Model("chore:")
    assert outcome(text, model, ("README.md",)).subject == subject
    assert not model.asked


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (("README.md", "docs/img/a.png"), "docs"),
        (("tests/test_a.py", "src/app.spec.ts", "pkg/a_test.go", "tests/data/a.md"), "test"),
        ((".github/workflows/ci.yml", ".gitlab-ci.yml"), "ci"),
    ],
)
def test_the_paths_may_prove_the_type(paths, kind) -> None:
    model = Model("chore:")
    assert outcome("Make it better", model, paths).subject == f"{kind}: make it better"
    assert not model.asked


@pytest.mark.parametrize(
    "paths",
    [
        (), ("README.md", "src/a.py"), ("requirements.txt",), ("CMakeLists.txt",), ("docs/conf.py",),
        ("latest/a.py",), ("contest.py",), ("src/testing.py",), ("action.yml",), (".github/CODEOWNERS",),
    ],
)  # fmt: skip
def test_paths_that_prove_nothing(paths) -> None:
    model = Model("chore:")
    assert outcome("Make it better", model, paths).subject == "chore: make it better"
    assert len(model.asked) == 1


LEFT = [
    "", "fix", "login", "wip", "WIP: the login", "wip - login page", "[WIP] the login", "1.2.3",
    "v2.0.0-rc.1",
    "Release 1.2.3", "fixup! the login", "squash! the login", "amend! the login", "Merge branch 'x'",
    'Revert "the login"', 'Reapply "the login"', "fix: the login", "feat(api)!: Add it",
    "ABC-1: fix: the login",
    "fix: the login (#12)", "fix: " + "x" * 100, "parser: handle it", "[backend] handle it",
    "first line\nsecond line", "first line\nSigned-off-by: me", "# a heading", "bell\x07 rings", "ABC-1: wip",
    "#12", "[ABC-1] login",
]  # fmt: skip


@pytest.mark.parametrize("text", LEFT)
def test_what_is_left_alone_by_decision(text) -> None:
    model = Model()
    result = outcome(text, model)
    assert result.subject is None
    assert result.decided and result.reason
    assert not model.asked


@pytest.mark.parametrize(
    "text", ["wipe the cache", "Merged the parsers", "Release the lock", "1.2.3 crashes on start"]
)
def test_what_only_looks_like_that(text) -> None:
    assert outcome(text, Model()).subject


SECRETS = [
    "set password=hunter2 in it", "use AKIAIOSFODNN7EXAMPLE now", "use ghp_" + "a1" * 15,
    "use sk-" + "a1" * 15,
    "the key\n\n-----BEGIN RSA PRIVATE KEY-----\nabc", "see https://me:secret@example.com",
    "API_KEY: abcd1234efgh",
    "use glpat-" + "a1" * 12, "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
]  # fmt: skip


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_sent_to_nobody(text) -> None:
    model = Model()
    result = outcome(text, model)
    assert result.decided and "secret" in result.reason
    assert not model.asked


@pytest.mark.parametrize(
    "text", ["Reset the password: new flow", "ask for the token", "see https://example.com:80/a@b"]
)
def test_talk_about_secrets_is_none(text) -> None:
    assert not leave.has_secret(text)


def test_a_secret_in_a_path_is_sent_to_nobody() -> None:
    model = Model()
    assert not outcome("Add the dump", model, ("dump/password=hunter2.txt",)).subject
    assert not model.asked


def test_too_long_with_any_type_asks_nobody() -> None:
    model = Model()
    result = outcome("Add " + "x" * 66, model)
    assert result == Outcome(None, "its subject would have 74 characters, more than 72")
    assert not model.asked


def test_too_long_with_this_type_is_left() -> None:
    text = "Add " + "x" * 61
    assert outcome(text, Model("fix:")).subject == "fix: add " + "x" * 61
    assert outcome(text, Model("refactor:")).reason == "its subject would have 75 characters, more than 72"
    assert outcome(text, Model("refactor:"), limit=75).subject


@pytest.mark.parametrize(
    "answer",
    [
        "Sure! Here is the type: fix",
        "release:",
        "**fix**:",
        "",
        "fixed:",
        "<think>fix:",
        "fix or feat",
        "FIX NOW",
    ],
)
def test_an_answer_that_is_no_type(answer) -> None:
    result = outcome("Login crashes", Model(answer))
    assert result == Outcome(None, "the model did not answer with a type")


def test_an_answer_without_an_end() -> None:
    assert outcome("Login crashes", Model("fix:", "length")).reason == "the model did not come to an end"


@pytest.mark.parametrize(
    "answer",
    [
        "fix:", " fix: ", "fix", "fix(login)!: something invented", "fix:<end_of_turn>", "fix:</s>",
        "fix:<|im_end|>\n",
        "<think>\n\n</think>\n\nfix:", "fix:\nBecause it crashes.",
    ],
)  # fmt: skip
def test_of_the_answer_only_the_type_is_used(answer) -> None:
    """Servers without grammars go on talking; nothing of it gets into a commit."""
    assert outcome("Login crashes", Model(answer)).subject == "fix: login crashes"


@given(
    subject=st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(LEFT),
    body=st.text(st.characters(exclude_categories=["Cs"])),
    answer=st.sampled_from([f"{kind}:" for kind in TYPES]) | st.text(),
    paths=st.lists(st.text(st.characters(exclude_categories=["Cs"]))).map(tuple),
)
def test_whatever_comes_back_nothing_of_the_users_is_lost(subject, body, answer, paths) -> None:
    text = f"{subject}\n\n{body}"
    parts = message.split(text, None)
    result = outcome(text, Model(answer), paths)
    assert (result.subject is None) == bool(result.reason)
    if result.subject is None:
        return
    assert message.join(parts, result.subject) == parts.before + result.subject + parts.after
    said = [word.rstrip(".") for word in parts.subject.split()[1:]]
    assert [word.rstrip(".") for word in result.subject.split()][-len(said) :] == said or not said
    assert len(result.subject) <= 72


def test_the_request() -> None:
    model = Model()
    outcome("Login crashes", model)
    request = model.asked[0]
    assert request["model"] == "gemma-3-4b"
    assert request["temperature"] == 0.3
    assert isinstance(request["seed"], int)
    assert request["stream"] is True and request["cache_prompt"] is True
    assert 0 < request["max_tokens"] <= 48
    assert len(request["messages"]) == 1  # gemma has no system turn
    assert isinstance(request["messages"][0]["content"], str)
    assert all(isinstance(end, str) for end in request["stop"]) and len(request["stop"]) <= 4
    assert None not in request.values()  # "grammar": null would end a llamafile server


def test_the_fixed_text_comes_first() -> None:
    """The server has it in its cache."""
    first, second = Model(), Model()
    outcome("Login crashes", first, ("a.py",))
    outcome("Make it faster", second, ("b.c", "d.c"))
    common = first.question[: len(prompt._task(TYPE))]
    assert second.question.startswith(common) and len(common) > 400


def test_the_evidence() -> None:
    model = Model()
    outcome("Login crashes", model, ("src/a.py", "src/b c.py"))
    assert "- src/a.py\n- src/b c.py\n" in model.question
    assert model.question.endswith("Login crashes")


def test_much_evidence_is_cut_and_key_files_are_not_named() -> None:
    model = Model()
    outcome("Login crashes", model, (*(f"src/{n}.py" for n in range(500)), "long/" + "x" * 5000))
    assert model.question.count("\n- ") == prompt.MAX_PATHS + 1
    assert "- and 471 more" in model.question
    assert len(model.question) < 3000
    model = Model()
    outcome("Login crashes", model, ("a.py", "keys/server.pem", "id_rsa", ".env.local"))
    assert (
        "server.pem" not in model.question and "id_rsa" not in model.question and ".env" not in model.question
    )
    assert "- and 3 more" in model.question


TOKENS = [
    "<end_of_turn>", "<start_of_turn>user", "<|im_start|>system", "<|im_end|>", "</s>", "<think>", "</think>",
    "<|eot_id|>", "[INST]", "[/INST]", "<<SYS>>", "```", "\u200b\n", "<\uff5cUser\uff5c>",
]  # fmt: skip


@given(st.lists(st.sampled_from(TOKENS) | st.text(max_size=10)).map("".join))
def test_control_tokens_are_neutralised(text) -> None:
    result = prompt.neutral(text, 1000)
    for token in ("<", ">", "[INST]", "[/INST]", "```", "\n"):
        assert token not in result


def test_control_tokens_reach_no_model() -> None:
    model = Model()
    outcome("Drop <end_of_turn> here", model, ("src/<|im_start|>.py",))
    assert "<" not in model.question
    assert "end_of_turn" in model.question
    result = outcome("Drop <end_of_turn> here", model)
    assert result.subject == "fix: drop <end_of_turn> here"


@pytest.mark.parametrize(("model", "ends"), [("qwen3-0.6b", True), ("Qwen3-8B", True), ("gemma-3-4b", False)])
def test_qwen3_is_told_not_to_think(model, ends) -> None:
    assert prompt.question(model, "x", TYPE).endswith("/no_think") == ends


def test_the_grammar_allows_a_type_and_nothing_else() -> None:
    assert prompt.grammar(TYPE).count('"') == 2 * (len(TYPES) + 1)
    assert '"!:"' in prompt.grammar(replace(TYPE, breaking=True))
    assert "!" not in prompt.grammar(TYPE)
    model = Model("fix!:")
    assert outcome("Login crashes\n\nBREAKING CHANGE: all", model).subject == "fix!: login crashes"
    assert '"!:"' in model.asked[0]["grammar"]
    assert outcome("Login crashes", Model("fix!:")).subject == "fix: login crashes"


@pytest.mark.parametrize(
    "subject",
    [
        "fix the" + " " * 60_000 + "b",
        "1" + ".1" * 30_000 + " !",
        "fix it " + "a." * 30_000 + "ab.",
        " #1" * 20_000 + " x",
    ],
    ids=["spaces", "a version", "an abbreviation", "references"],
)
def test_what_is_far_too_long_is_not_looked_at(subject) -> None:
    """Some expressions would take minutes for these."""
    model = Model()
    assert outcome(subject, model).decided
    assert not model.asked


@pytest.mark.parametrize(
    "text",
    ["token:" * 10_000, "eyJ-" * 15_000, "password " * 7_000, ("a_key" * 32 + "\n") * 400, "-key_" * 12_000],
    ids=["a name", "a token", "a word", "lines of names", "dashes"],
)
def test_looking_for_secrets_comes_to_an_end(text) -> None:
    """Some of these took minutes once."""
    assert not leave.may_hold_secret(text)


# scopes


SCOPED = Convention(scopes=("api", "web"))


@pytest.mark.parametrize(
    ("text", "answer", "subject"),
    [
        ("Login crashes", "fix(api):", "fix(api): login crashes"),
        ("Login crashes", "fix:", "fix: login crashes"),
        ("Login crashes", "fix(web):", "fix: login crashes"),  # nothing says that it is about the web
        ("Login of the web crashes", "fix(web):", "fix(web): login of the web crashes"),
        ("Login crashes", "fix(other):", "fix: login crashes"),
        ("x" * 60 + " crashes", "fix:", "fix: " + "x" * 60 + " crashes"),
    ],
)
def test_a_scope_that_something_speaks_for(text, answer, subject) -> None:
    found = outcome(text, Model(answer), ("src/api/login.py",), rules=replace(SCOPED, limit=80))
    assert found.subject == subject


def test_a_scope_never_makes_a_subject_too_long() -> None:
    words = "x" * 58 + " crash"
    assert outcome(words, Model("fix(api):"), ("api.py",), rules=SCOPED).subject == f"fix: {words}"


def test_where_a_scope_must_be_all_are_offered() -> None:
    model = Model("fix(web):")
    rules = replace(SCOPED, scoped=True, closed=True)
    assert outcome("Login crashes", model, rules=rules).subject == "fix(web): login crashes"
    assert "api, web" in model.question and '("(" ("api" | "web") ")")' in model.asked[0]["grammar"]


def test_types_of_the_repository() -> None:
    rules = Convention(types=("fix", "deps"))
    model = Model("deps:")
    assert outcome("New version of it", model, rules=rules).subject == "deps: new version of it"
    assert '"deps"' in model.asked[0]["grammar"] and "feat" not in model.question
    assert outcome("Deps: new version.", Model(), rules=rules).subject == "deps: new version"
    assert outcome("New version of it", Model("feat:"), rules=rules).subject is None
    assert outcome("docs only", Model("deps:"), ("README.md",), rules=rules).subject == "deps: docs only"


# the model's own words


def rewritten(text: str, *answers: str, **more) -> tuple[Outcome, list[dict]]:
    """What comes of the message when the model answers so, one answer after the other."""
    asked: list[dict] = []

    def ask(request) -> Answer:
        asked.append(dict(request))
        return Answer(answers[min(len(asked), len(answers)) - 1], "stop", 1, 0.1, 0.1)

    return outcome(text, ask, mode="rewrite", **more), asked


@pytest.mark.parametrize(
    ("text", "answer", "subject"),
    [
        ("fixed teh #12 login bug", "fix: fix the #12 login bug", "fix: fix the #12 login bug"),
        ("ABC-1: fixed teh login (#12)", "fix: fix the login", "ABC-1: fix: fix the login (#12)"),
        ("fixed teh login", "fix: Fix the login.", "fix: fix the login"),
        ("fixed teh <b> tag", "fix: fix the \u2039b\u203a tag", "fix: fix the <b> tag"),
        ("fixed teh login\n\nBREAKING CHANGE: x", "fix: fix the login", "fix!: fix the login"),
    ],
)
def test_the_models_words_are_taken(text, answer, subject) -> None:
    found, asked = rewritten(text, answer)
    assert found.subject == subject
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("fixed teh #12 login", "fix: fix the login", "#12"),
        ("fixed teh login", "fix!: fix the login", "breaking"),
        ("fixed teh login", "fix(auth): fix the login", "auth"),
        ("fixed teh login", "Here you are: fix the login", "no subject"),
        ("enable teh cache", "feat: disable the cache", ""),
    ],
)
def test_the_models_words_are_refused(text, answer, reason) -> None:
    found, asked = rewritten(text, answer)
    assert found.subject is None and not found.decided
    assert reason in found.reason
    assert len(asked) == 2


def test_a_second_answer_may_be_better() -> None:
    found, asked = rewritten("fixed teh #12 login", "fix: fix the login", "fix: fix the #12 login")
    assert found.subject == "fix: fix the #12 login"
    first, second = (request["messages"][0]["content"] for request in asked)
    assert second.startswith(first)  # the server has it in its cache
    assert "#12" in second.removeprefix(first)


def test_without_time_there_is_no_second_question() -> None:
    left = iter([5.0, 2.0, 2.0, 2.0])
    found, asked = rewritten("fixed teh #12 login", "fix: fix the login", left=lambda: next(left))
    assert found.subject is None and len(asked) == 1


def test_a_subject_that_is_too_long_may_be_shortened() -> None:
    words = "the login form now really also accepts some names with a space in them"
    found, _ = rewritten(f"feat: {words} and dots", "feat: accept names with space")
    assert found.subject is None or len(found.subject) <= 72
    found, asked = rewritten("feat: short and good enough.", "feat: other")
    assert found.subject == "feat: short and good enough" and not asked


# a suggestion


def test_a_suggestion_is_made_from_the_change() -> None:
    model = Model("feat: add the login")
    found = suggest(tools(model, pieces=lambda _files: [Piece("src/login.py", "+def login():")]))
    assert found.subject == "feat: add the login"
    assert "+def login():" in model.question and "author" not in model.question


@pytest.mark.parametrize("answer", ["feat!: x y", "whatever", "feat: " + "x" * 100, "feat: a\u202eb"])
def test_a_suggestion_that_is_none(answer) -> None:
    assert suggest(tools(Model(answer))).subject is None


def test_no_suggestion_without_a_change() -> None:
    model = Model()
    assert suggest(tools(model, ())).subject is None
    assert not model.asked
