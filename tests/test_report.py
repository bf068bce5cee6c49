"""What is to be pasted for others tells nothing of who and where its author is, and no secret."""

import json
import os
import re
import shlex
import string
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from bootstrap.autostart import systemd
from bootstrap.doctor import examine, report
from bootstrap.errors import ReceiptError, SettingsError
from bootstrap.hook.health import Health
from bootstrap.paths import Paths
from bootstrap.redaction import HIDDEN, Redaction, of_here, without_home
from tests.test_doctor import ABOUT, ARGV, GOOD
from tests.test_plan import LINUX
from tests.world import World, tree

# none of them is a word that the report itself has
NAMES = some.from_regex(r"\A(zq|Žq|q x|q'q|q\"|q%q|q\$q|qü)[a-zé '&%.\-]{2,8}[qx]\Z")
SECRETS = some.text(string.ascii_letters + string.digits + "-_", min_size=8, max_size=40).map(
    lambda t: f"zZ9{t}"
)
HOSTILE = '/home/q\'q "x" 5% $a&é/z'
SYSTEMS = some.sampled_from(["/home/{}", "/Users/{}", "/data/people/{}", "C:\\Users\\{}", "/home/{}/nested"])


def forms(path: str) -> list[str]:
    """How a path may stand in logs, besides as it is."""
    return [
        path,
        json.dumps(path),
        repr(path),
        ascii(path),
        quote(path),
        f"file://{quote(path)}",
        shlex.quote(path),
        path.replace("\\", "/"),
        path.replace("%", "%%").replace('"', '\\"'),
        re.sub(r"([ '\"$&\\])", r"\\\1", path),  # as a shell completes it
    ]


def planted(secret: str) -> list[str]:
    """Where secrets stand: none of these is known to us, but for where it stands."""
    return [
        f"HF_TOKEN={secret}",
        f'{{"api_key": "{secret}"}}',
        f"Authorization: Bearer {secret}",
        f"curl -H 'authorization: Basic {secret}'",
        f"--api-key {secret} --port 1",
        f"password: '{secret} {secret}'",
        f"https://someone:{secret}@example.org/x",
        f"http://{secret}@127.0.0.1:8080/v1",
        f"https://cdn.example.org/model.gguf?X-Amz-Signature={secret}&X-Amz-Expires=3600",
        f"https://example.org/model.gguf#{secret}",
        f"hf_{secret} ghp_{secret} sk-{secret}",
        f'{{"msg":"got request","prompt":"Say \\"{secret}\\" aloud","n_predict":24}}',
        f'{{"messages": [{{"role": "user", "content": "{secret}"}}]}}',
        f"{{'content': 'x {secret} y'}}",
        json.dumps({"message": json.dumps({"prompt": f"x {secret}", "n": 1})}),
        shlex.quote(f"password: '{secret} {secret}'"),
        f"prompt: '{secret}'",
        f"<start_of_turn>user\nfix {secret}\nand {secret}<end_of_turn>\n<start_of_turn>model\n",
        f"<|im_start|>user\n{secret}",
        f"[INST] {secret} [/INST]",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n",
        f"\x1b[1mto{'ken'}\x1b[0m={secret}",
    ]


@given(NAMES, NAMES, SYSTEMS, some.lists(SECRETS, min_size=1, max_size=3), some.data())
def test_whatever_is_planted_anywhere_is_not_in_the_report(
    name: str, host: str, system: str, secrets: list[str], data: some.DataObject
) -> None:
    assume(name.lower() not in host.lower() and host.lower() not in name.lower())
    home, known = system.format(name), secrets[0]
    logs = [f"one {form}{os.sep}file and {form}" for form in forms(home)]
    logs += [text for secret in secrets for text in planted(secret)]
    logs += [
        f"{name}@{host} {host}: started by {name}; /media/{name}/disk /run/user/1000 /mnt/x-{name}-1",
        f"Nov 28 13:14:15 {host} llamafile[1]: the key is {known}",
    ]
    log = "\n".join(data.draw(some.permutations(logs)))
    one_line = data.draw(some.sampled_from(logs)).replace("\n", " ")
    places = Paths(*(Path(f"{home}/{part}") for part in ("", "config", "data", "state", "bin")))
    sight = replace(
        GOOD,
        host=replace(LINUX, sudo_user=name),
        paths=places,
        about=ABOUT
        | {
            "alias": one_line,
            "api_base": f"http://{quote(name)}:{secrets[-1]}@{host}:8080/v1",
            "argv": [*ARGV, "-m", f"{home}/models/a b.gguf", "--api-key-file", f"{home}/key", "-a", one_line],
            "program": f"{home}/bin/bootstrap",
        },
        receipt_error=ReceiptError(f"{home}/receipt.json: {one_line}", one_line),
        settings_error=SettingsError(f"{home}/config.toml: {one_line}", one_line),
        unfinished=(one_line,),
        temporary=f"{home}/tmp",
        takers=(one_line,),
        gpu_compiler=f"{home}/nvcc",
        other_program=f"{home}/other",
        off=f"CI={one_line}",
        health=(Health(f"{home}/src/project", (), one_line, one_line),),
        names=(),
        holder=f"a program of the user {name}",
    )
    hide = Redaction((home,), (name,), (host,), (known,))
    told = report.text(sight, examine(sight), hide, said=log, failure=log)
    for forbidden in {name, host, home, *forms(home), *secrets}:
        found = told.lower().find(forbidden.lower())
        assert found < 0, f"{forbidden!r} is in {told[max(0, found - 200) : found + 200]!r}"
    assert told.startswith("```text\nbootstrap  ")
    assert told.count("```") == 2
    assert "~" in told and HIDDEN in told


@pytest.mark.parametrize(
    "text",
    [
        *planted("zZ9secret00"),
        '{"prompt": [1, "zZ9secret00", 3], "n": 1}',
        '{"input": ["see [1]", "zZ9secret00"], "n": 1}',
        "it was sent Bearer zZ9secret00",
        "X-Amz-Signature=zZ9secret00",
        "Policy=zZ9secret00&Key-Pair-Id=zZ9secret00",
        "found hf_zZ9secret00",
        "found sk-zZ9secret00",
        "found AKIAZZ9SECRET00ZZ9SECRET00",
        "found eyJzZ9secret00.zZ9secret00.zZ9secret00",
        "found zZ9secret00zZ9secret00zZ9secret00zZ9secret00",
        "from zZ9secret00@example.org",
        "zZ9secret00<end_of_turn>",
    ],
)
def test_every_kind_of_secret_is_hidden(text: str) -> None:
    told = Redaction()(text)
    assert "zz9secret00" not in told.lower()
    assert HIDDEN in told


@pytest.mark.parametrize(
    "spelt",
    [
        HOSTILE,
        json.dumps(HOSTILE),
        json.dumps(HOSTILE, ensure_ascii=False),
        repr(HOSTILE),
        ascii(HOSTILE),
        HOSTILE.encode("ascii", "backslashreplace").decode(),
        quote(HOSTILE),
        quote(HOSTILE, safe=""),
        quote(HOSTILE, safe="/:~!$&'()*+,;=@").lower(),
        shlex.quote(HOSTILE),
        "'" + HOSTILE.replace("'", "'\\''") + "'",
        re.sub(r"([ '\"$&])", r"\\\1", HOSTILE),
        systemd.escape(HOSTILE, ""),
        systemd.escape(HOSTILE, "$"),
        escape(HOSTILE),
    ],
)
def test_every_spelling_of_the_home_is_known(spelt: str) -> None:
    assert re.fullmatch("[\"']?~[\"']?", without_home(spelt, [HOSTILE]))


@pytest.mark.parametrize(
    "spelt",
    ["C:/Users/Q q/x", "/c/Users/Q q/x", "/mnt/c/Users/Q q/x", "c:\\users\\q q/x", "C:\\\\Users\\\\Q q/x"],
)
def test_a_home_of_windows_is_known_as_others_call_it(spelt: str) -> None:
    assert without_home(spelt, ["C:\\Users\\Q q"]) == "~/x"


def test_a_long_log_is_cut_behind_what_would_be_known_whole() -> None:
    asked, known = "prompt: " + "zZ9secret00 " * 10_000, f"token={'zZ9secret00' * 100}"
    whole = "zZ9 is known as a whole"
    log = "\n".join([asked, *[known] * 10, "- " * (report.LONGEST // 2 - 4) + whole, "x" * 999, "```"])
    told = report.text(GOOD, examine(GOOD), Redaction(secrets=(whole,)), said=log)
    assert "zz9" not in told.lower()
    assert told.count(f"token={HIDDEN}\n") == 10
    assert "x" * report.LONGEST + "\n" in told and "x" * (report.LONGEST + 1) not in told
    assert told.count("```") == 2


def test_a_word_of_the_servers_command_line_is_made_harmless_before_it_is_quoted() -> None:
    sight = replace(GOOD, about=ABOUT | {"argv": [*ARGV, "-a", "password: 'zZ9 zZ9'", "it's", "~/a b"]})
    told = report.text(sight, [], Redaction())
    assert "zZ9" not in told
    assert "it's" in told.replace("'\"'\"'", "'")
    assert "'~/a b'" in told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann/x", "~/x"),
        ("see /home/ann.", "see ~."),
        ("'/home/ann'", "'~'"),
        ("/home/anna/x", "/home/anna/x"),
        ("/home/ann-old/x", "/home/ann-old/x"),
        ("/home/ann.old/x", "/home/ann.old/x"),
        ("-L/home/ann/lib:/home/ann", "-L~/lib:~"),
    ],
)
def test_a_home_is_not_in_a_longer_name(text: str, shown: str) -> None:
    assert without_home(text, ["/home/ann"]) == shown


@pytest.mark.parametrize(
    "kept",
    [
        "llama_print_timings: prompt eval time = 33.1 ms / 115 tokens (0.29 ms per token, 3474 tokens/s)",
        "max_tokens = 200, n_predict: 24",
        "server listening at http://127.0.0.1:8080",
        "--api-key-file ~/.config/commit-polish/key -c 8192",
        "0.9.3 9d3a2e1b5c7f8a6b4d2e0f1c3b5a79889d3a2e1b5c7f8a6b4d2e0f1c3b5a7988",
        "Meta-Llama-3-1-8B-Instruct-Q4_K_M-imatrix.gguf",
        "/run/user/1000/bus user@1000.service",
        "registered with systemd: commit-polish.service",
    ],
)
def test_what_helps_stays(kept: str) -> None:
    assert Redaction(("/home/ann",), ("ann", "root", "server"), ("annpc", "linux"))(kept) == kept


def test_names_of_nobody_stay_and_homes_of_others_go() -> None:
    hide = Redaction(("/root",), ("root",), ("localhost",))
    assert hide("root@localhost /root/x /home/bert/y C:\\Users\\Bert\\z /rootfs") == (
        "root@localhost ~/x /home/~user/y C:\\Users\\~user\\z /rootfs"
    )


def test_this_user_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("HOME", str(tmp_path / "link"))
    monkeypatch.setenv("USER", "zqann")
    monkeypatch.setenv("MY_API_TOKEN", "something-long")
    hide = of_here(["the key of the server"])
    host = os.uname().nodename if hasattr(os, "uname") else os.environ["COMPUTERNAME"]
    text = f"{tmp_path}/real/a {tmp_path}/link/b zqann {host} something-long the key of the server"
    told = hide(text)
    assert told.startswith("~/a ~/b ~user ")
    assert told.endswith(f"{HIDDEN} {HIDDEN}")
    assert len(host) < 3 or host == "localhost" or host not in told


@pytest.mark.skipif(os.name == "nt", reason="what a shell script leaves in its log")
def test_the_report_of_a_real_installation(world: World) -> None:
    world.environment |= {"HF_TOKEN": "hf_QqQqQqQqQqQqQq", "USER": "zqann"}
    world.install("--repo", str(world.repository("my project")))
    log = world.state / "logs" / "server.log"
    with log.open("a") as file:
        file.write(f'{{"prompt":"a secret change in {world.home}"}}\n' + "zqann hf_QqQqQqQqQqQqQq\n" * 200)
    said = world.run("doctor", "--report").stdout
    for forbidden in (str(world.home), "zqann", "hf_Qq", "a secret change", os.uname().nodename):
        assert forbidden not in said, said
    for wanted in (
        "bootstrap     0.",
        "engine        llamafile 0.9.3",
        "model         tiny-a, ",
        "git           2.",
        " GiB\n",
        "backend       none",
        f"answers at http://127.0.0.1:{world.port}/v1",
        "/bin/sh ~/.local/share/commit-polish/llamafile/0.9.3/llamafile --server",
        "-m ~/.local/share/commit-polish/models/tiny-a.gguf",
        "the server's log, its end:\n",
        f"~user {HIDDEN}\n",
    ):
        assert wanted in said, said
    assert len(re.findall(f"~user {re.escape(HIDDEN)}", said)) <= report.LINES
    as_json = json.loads(world.run("doctor", "--report", "--json").stdout)
    assert as_json["event"] == "done"
    assert as_json["report"].startswith("```text\n")
    world.run("stop")
    assert "tiny-a is stopped" in world.run("doctor", "--report").stdout


def test_the_report_where_nothing_is_installed(world: World) -> None:
    said = world.run("doctor", "--report").stdout
    assert "nothing is installed yet" in said
    assert str(world.home) not in said
    assert tree(world.home) == {}
