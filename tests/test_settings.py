"""What the user chose: who wins, what is remembered, and that config.toml stays the user's own file."""

import json
import math
import tomllib
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from bootstrap import settings
from bootstrap.errors import SettingsError, UsageError
from bootstrap.settings import CHOICES, Choice, Settings
from bootstrap.settings.writing import render
from tests.world import World

CONFIG = Path("config.toml")
INSTALLED = Settings(
    model="gemma-3-4b",
    llamafile_path="/home/user/.local/bin/llamafile",
    model_path="/home/user/.local/share/commit-polish/models/gemma-3-4b-it-Q4_K_M.gguf",
    api_base="http://127.0.0.1:8080/v1",
)
PROMISED = """
[ai]
model = "llamafile/gemma-3-4b"
temperature = 0.3
max_tokens = 200

[llamafile]
path = "/home/user/.local/bin/llamafile"
model_path = "/home/user/.local/share/commit-polish/models/gemma-3-4b-it-Q4_K_M.gguf"
api_base = "http://127.0.0.1:8080/v1"

[server]
host = "127.0.0.1"
port = 8080
ctx_size = 8192
autostart = true

[hook]
stage = "prepare-commit-msg"
deadline = 10.0
"""


def read_text(text: str) -> Settings:
    """What `settings.read` makes of a file with this text."""
    return settings.overlay(Settings(), settings.choices_in(settings.parse(text, CONFIG), CONFIG))


# the file


def test_the_first_config_is_what_the_interface_shows() -> None:
    text = render("", INSTALLED)
    written, promised = tomllib.loads(text), tomllib.loads(PROMISED)
    assert written == promised
    assert [(name, list(table)) for name, table in written.items()] == [
        (name, list(table)) for name, table in promised.items()
    ], "and in this order"
    assert [type(value) for table in written.values() for value in table.values()] == [
        type(value) for table in promised.values() for value in table.values()
    ]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert max(map(len, text.splitlines())) <= 110


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    chosen = replace(
        INSTALLED,
        port=9999,
        threads=4,
        parallel=2,
        mlock=True,
        alias="it's",
        mirror=("https://a/", "https://b"),
    )
    file = tmp_path / "config.toml"
    file.write_text(render("", chosen))
    assert settings.read(file) == chosen
    assert settings.read(tmp_path / "missing.toml") == Settings()


def test_every_setting_has_its_own_place_variable_and_option() -> None:
    for facts in (
        [(choice.table, choice.key) for choice in CHOICES],
        [choice.variable for choice in CHOICES],
        [choice.flag for choice in CHOICES],
        [choice.name for choice in CHOICES],
    ):
        assert len(set(facts)) == len(facts)
    for choice in CHOICES:
        assert choice.variable == "BOOTSTRAP_" + choice.name.upper()
        assert choice.flag == "--" + choice.name.replace("_", "-")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[server]\nport = "8080"\n', "port"),
        ("[server]\nport = 0\n", "port"),
        ("[server]\nport = 65536\n", "port"),
        ("[server]\nport = true\n", "port"),
        ("[server]\nport = 8080.5\n", "port"),
        ("[server]\nport = [8080]\n", "port"),
        ("[server]\nctx_size = -1\n", "ctx_size"),
        ("[server]\nctx_size = 1e4\n", "ctx_size"),
        ('[server]\nautostart = "yes"\n', "autostart"),
        ("[server]\nautostart = 1\n", "autostart"),
        ("[server]\nhost = 127\n", "host"),
        ('[server]\nhost = ""\n', "host"),
        ('[ai]\ntemperature = "hot"\n', "temperature"),
        ("[ai]\ntemperature = nan\n", "temperature"),
        ("[ai]\ntemperature = inf\n", "temperature"),
        ("[ai]\ntemperature = -0.1\n", "temperature"),
        ("[ai]\nmax_tokens = 0\n", "max_tokens"),
        ("[ai]\nmodel = 3\n", "model"),
        ("[ai.model]\nname = 3\n", "model"),
        ('[ai]\nmodel = "two\\nlines"\n', "model"),
        ('[hook]\nstage = "post-commit"\n', "stage"),
        ("[hook]\ndeadline = -1\n", "deadline"),
        ("[hook]\ndeadline = inf\n", "deadline"),
        ("[hook]\ndeadline = nan\n", "deadline"),
        ('[install]\nmirrors = "https://a"\n', "mirrors"),
        ("[install]\nmirrors = [1]\n", "mirrors"),
        ("server = 3\n", "server"),
        ("[[server]]\nport = 1\n", "server"),
    ],
)
def test_a_wrong_value_names_file_and_key(text: str, key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_text(text)
    assert key in caught.value.message
    assert "config.toml" in caught.value.message
    assert caught.value.hint


def test_an_integer_is_a_good_number_of_seconds() -> None:
    assert read_text("[hook]\ndeadline = 5\n[ai]\ntemperature = 0\n") == replace(
        Settings(), deadline=5.0, temperature=0.0
    )


def test_a_syntax_error_names_line_and_column() -> None:
    with pytest.raises(SettingsError, match=r"config\.toml.*line 3.*column 8"):
        settings.parse("[ai]\n\nmodel =\n", CONFIG)


def test_keys_we_do_not_know_are_nobodys_business() -> None:
    text = '[server]\nfuture = 1\n[ai]\nmodel = "llamafile/x"\nstyle = "brief"\n[elsewhere]\nport = "no"\n'
    assert read_text(text) == replace(Settings(), model="x")


# the environment


def test_variables_are_read_like_options() -> None:
    found = settings.from_environment(
        {
            "BOOTSTRAP_MODEL": "tiny",
            "BOOTSTRAP_PORT": "9000",
            "BOOTSTRAP_MLOCK": "1",
            "BOOTSTRAP_AUTOSTART": "no",
            "BOOTSTRAP_ALIAS": "it's",
            "HOME": "/root",
            "PORT": "1",
        }
    )
    assert found == {"model": "tiny", "port": 9000, "mlock": True, "autostart": False, "alias": "it's"}


@pytest.mark.parametrize("word", ["1", "true", "yes", "on", "True", "YES"])
def test_words_for_yes(word: str) -> None:
    assert settings.from_environment({"BOOTSTRAP_AUTOSTART": word}) == {"autostart": True}


@pytest.mark.parametrize("word", ["0", "false", "no", "off", "False"])
def test_words_for_no(word: str) -> None:
    assert settings.from_environment({"BOOTSTRAP_AUTOSTART": word}) == {"autostart": False}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOOTSTRAP_PORT", "0"),
        ("BOOTSTRAP_PORT", "65536"),
        ("BOOTSTRAP_PORT", "8080 or so"),
        ("BOOTSTRAP_AUTOSTART", "maybe"),
        ("BOOTSTRAP_CTX_SIZE", "-1"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings.from_environment({name: value})
    assert name in caught.value.message
    assert value in caught.value.message


# who wins, and what is remembered


def config(world: World) -> dict:
    return tomllib.loads(world.config.read_text())


def test_the_command_line_wins_then_the_environment_then_the_file(world: World) -> None:
    install = ("install", "--catalogue", str(world.catalogue), "--no-start")
    world.config.parent.mkdir(parents=True)
    world.config.write_text("[server]\nctx_size = 1024\nthreads = 1\nparallel = 2\n[hook]\nlimit = 50\n")
    world.environment |= {"BOOTSTRAP_THREADS": "2", "BOOTSTRAP_PARALLEL": "3", "BOOTSTRAP_MODEL": "tiny-b"}
    world.run(*install, "--parallel", "4", "--port", str(world.port))
    assert config(world)["server"] == {
        "host": "127.0.0.1",  # by default
        "port": world.port,  # typed
        "ctx_size": 1024,  # from the file
        "threads": 2,  # from the environment, over the file
        "parallel": 4,  # typed, over the environment, over the file
        "autostart": True,
    }
    assert config(world)["ai"]["model"] == "llamafile/tiny-b"
    assert config(world)["hook"]["limit"] == 50

    for name in ("BOOTSTRAP_THREADS", "BOOTSTRAP_PARALLEL", "BOOTSTRAP_MODEL"):
        del world.environment[name]
    before = world.config.read_bytes()
    world.run("install", "--no-start")
    assert world.config.read_bytes() == before, "the choices are remembered"

    world.environment["BOOTSTRAP_PORT"] = "1234"
    world.run("install", "--no-start")
    assert config(world)["server"]["port"] == 1234
    assert config(world)["llamafile"]["api_base"] == "http://127.0.0.1:1234/v1"


def test_choices_are_remembered_by_the_next_plain_run(world: World) -> None:
    world.install(
        "--model", "tiny-b", "--no-autostart", "--ctx-size", "4096", "--alias", "mine", "--no-start"
    )
    world.run("--no-start")
    assert config(world)["server"] | {"port": 0} == {
        "host": "127.0.0.1",
        "port": 0,
        "ctx_size": 4096,
        "autostart": False,
        "alias": "mine",
    }
    assert config(world)["ai"]["model"] == "llamafile/tiny-b"
    status = world.status()
    assert status["autostart"]["enabled"] is False
    assert status["server"]["alias"] == "mine"
    world.run("install", "--autostart", "--no-start")
    assert config(world)["server"]["autostart"] is True


def test_a_value_edited_in_the_config_counts_at_the_next_run(world: World) -> None:
    world.install("--no-start")
    text = world.config.read_text()
    world.config.write_text(text.replace("ctx_size = 8192", "ctx_size = 2048"))
    world.run("install", "--no-start")
    assert config(world)["server"]["ctx_size"] == 2048
    plan = json.loads(world.run("install", "--dry-run", "--json").stdout)
    assert plan["model"] == "tiny-a"


def test_options_of_one_run_have_variables_too(world: World) -> None:
    """interface: every option has an environment variable. A dry run that is none would be a bad surprise."""
    world.environment |= {"BOOTSTRAP_DRY_RUN": "1", "BOOTSTRAP_JSON": "1"}
    done = world.install("--no-start")
    assert not world.config.exists()
    assert json.loads(done.stdout)["actions"]


def test_the_models_old_place_in_the_config_does_not_hold_it_back(world: World) -> None:
    """model_path is what we say, not what is asked for: another model moves it."""
    world.install("--no-start")
    world.install("--model", "tiny-b", "--no-start")
    assert config(world)["llamafile"]["model_path"] == str(world.data / "models" / "tiny-b.gguf")


# any settings, any file

OURS = {(choice.table, choice.key): choice for choice in CHOICES}
TABLES = sorted({choice.table for choice in CHOICES})
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12
)


def acceptable(choice: Choice, value: object) -> bool:
    try:
        settings.check(choice, value)
    except ValueError:
        return False
    return True


def values(choice: Choice) -> st.SearchStrategy:
    """What this setting may be."""
    if choice.one_of:
        return st.sampled_from(choice.one_of)
    if choice.kind is bool:
        return st.booleans()
    if choice.kind is int:
        return st.integers(int(choice.low or 0), int(choice.high or 1))
    if choice.kind is float:
        return st.floats(choice.low, choice.high).filter(math.isfinite)
    if choice.kind is tuple:
        return st.lists(WORDS, max_size=3).map(tuple).filter(lambda value: acceptable(choice, value))
    return WORDS.filter(lambda value: acceptable(choice, value) and not value.startswith(settings.PREFIX))


def toml(value: object) -> str:
    """A value as TOML. JSON's strings are TOML's, but for these two escapes."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, float):
        return repr(value) if "." in repr(value) or "e" in repr(value) else f"{value}.0"
    return json.dumps(value, ensure_ascii=False)


OWN_VALUES = st.sampled_from(
    [
        "1",
        "0x1F",
        "1_000",
        "-0.5",
        "6e2",
        "'literal \\ text'",
        '"a \\"b\\" # no comment"',
        "'''\nlong # text\n'''",
        "[ 1,2 , # inside\n  3 ]",
        "{ a = 1, b.c = 'x' }",
        "2026-01-31T10:00:00Z",
        "true",
        "[]",
    ]
)
ASKED = st.fixed_dictionaries({}, optional={choice.name: values(choice) for choice in CHOICES})


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A config.toml that somebody wrote by hand, and the comments in it."""
    comments: list[str] = []
    lines: list[str] = []

    def comment() -> str:
        comments.append(f"# remark {len(comments)} ünï")
        return comments[-1]

    def line(text: str) -> None:
        if draw(st.integers(0, 4)) == 0:
            lines.append(draw(st.sampled_from(["", "  ", "\t"])) + comment())
        if draw(st.integers(0, 5)) == 0:
            lines.append("")
        behind = "  " + comment() if draw(st.integers(0, 2)) == 0 else ""
        lines.append(text + behind)

    def own(number: int) -> None:
        key = draw(st.sampled_from(["mine", "'my key'", "Port", "ünï", "model2", "a.b"]))
        if "." not in key:
            key = key[:-1] + f"{number}'" if key.endswith("'") else f"{key}{number}"
            key = f'"{key}"' if "ü" in key else key
        else:
            key += str(number)
        line(f"{key}{draw(st.sampled_from(['=', ' = ', '   = ']))}{draw(OWN_VALUES)}")

    used = []
    for number in range(draw(st.integers(0, 2))):
        own(number)
    # a table of ours, as dotted keys or on one line
    shape = draw(st.sampled_from(["", "", "dotted", "inline"]))
    if shape:
        table = draw(st.sampled_from(TABLES))
        used.append(table)
        here = draw(
            st.lists(st.sampled_from([key for key in OURS if key[0] == table]), unique=True, min_size=1)
        )
        pairs = [(key, toml(draw(values(OURS[place])))) for place in here for key in [place[1]]]
        if shape == "dotted":
            for key, value in pairs:
                line(f"{table}.{key} = {value}")
        else:
            line(f"{table} = {{ own = 1, {', '.join(f'{key} = {value}' for key, value in pairs)} }}")
    names = [name for name in draw(st.permutations([*TABLES, "mine too", "other.deep"])) if name not in used]
    for place, name in enumerate(names[: draw(st.integers(0, len(names)))]):
        line(f'["{name}"]' if " " in name else f"[{name}]")
        for number in range(draw(st.integers(0, 2))):
            own(10 * place + number + 100)
        for key in draw(st.lists(st.sampled_from([k for t, k in OURS if t == name] or ["x"]), unique=True)):
            choice = OURS.get((name, key))
            line(f"{key} = {toml(draw(values(choice))) if choice else 1}")
        if draw(st.integers(0, 3)) == 0:
            line(f"[{json.dumps(name)}.sub{place}]")
            own(1000 + place)
    if draw(st.integers(0, 3)) == 0:
        for _ in range(2):
            line("[[several]]")
            own(2000)
    if draw(st.booleans()):
        lines.append(comment())
    end = draw(st.sampled_from(["\n", "\n", "", "\n\n"]))
    return "\n".join(lines) + end, comments


def own_values(text: str) -> dict[str, object]:
    """All values of a document that are not ours, by their place in it."""
    found: dict[str, object] = {}

    def walk(path: tuple[str, ...], value: object) -> None:
        if path in OURS:
            return
        if isinstance(value, dict) and not (len(path) == 1 and path[0] not in TABLES and not value):
            for key, inner in value.items():
                walk((*path, key), inner)
        else:
            found[json.dumps(path)] = value

    walk((), tomllib.loads(text))
    return found


@hypothesis.settings(max_examples=200)
@hypothesis.given(documents(), ASKED)
@hypothesis.example(("[server]\nport = 1 # one", ["# one"]), {"threads": 3})
@hypothesis.example(("server = {port = 1} # one\n", ["# one"]), {"threads": 3, "port": 2})
@hypothesis.example(("server.port = 1 # one\nmine = 2\n", ["# one"]), {"threads": 3, "port": 2})
@hypothesis.example(("ai.own = 1\n[server.sub]\nx = 1 # one\n[mine]\n", ["# one"]), {"port": 2})
@hypothesis.example(("# one\n\n", ["# one"]), {})
@hypothesis.example(("", []), {})
@hypothesis.example(("", []), {"model": 'my "best" \\model'})
def test_only_what_is_asked_for_changes(written: tuple[str, list[str]], asked: dict) -> None:
    text, comments = written
    chosen = settings.overlay(read_text(text), {"model": "tiny"} | asked)
    result = render(text, chosen)
    assert read_text(result) == chosen, "all of it is there"
    assert own_values(result) == own_values(text), "what is not ours stays"
    places = [result.find(comment) for comment in comments]
    assert -1 not in places, f"{comments[places.index(-1)]} is lost"
    assert places == sorted(places), "in the same order"
    assert render(result, chosen) == result, "twice is once"


@hypothesis.settings(max_examples=60)
@hypothesis.given(documents(), ASKED)
def test_a_file_that_is_right_is_not_touched(written: tuple[str, list[str]], asked: dict) -> None:
    """Nor are the other lines when one value changes."""
    text, _ = written
    chosen = settings.overlay(read_text(text), {"model": "tiny"} | asked)
    complete = render(text, chosen)
    changed = render(complete, replace(chosen, port=1 if chosen.port != 1 else 2))
    before, after = complete.splitlines(), changed.splitlines()
    assert len(before) == len(after)
    different = [was for was, now in zip(before, after, strict=True) if was != now]
    assert len(different) == 1
    assert "port" in different[0]


@pytest.mark.parametrize("text", ["[server]\r\nport = 1 # one\r\n\r\n[mine]\r\nx = 2\r\n"])
def test_line_endings_of_windows_stay(text: str) -> None:
    result = render(text, replace(read_text(text), port=2))
    assert "port = 2 # one\r\n" in result
    assert "[mine]\r\nx = 2\r\n" in result
    assert tomllib.loads(result)["server"]["port"] == 2
