"""The stand-in behaves as llamafile 0.9.3 was observed to, where our programs could notice."""

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.standin import build, make
from tests.standin.asking import CHAT, ask, until, web
from tests.standin.process import answers, environment, free_port, running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is started by a shell")

TYPE_GRAMMAR = """\
root ::= type scope? "!"? ": "
type ::= "build" | "chore" | "ci" | "docs" | "feat" | "fix" | "perf" | "refactor" | "test"
scope ::= "(api)" | "(cli)"
"""
ENDLESS = 'root ::= "a" root'

# One client, for a new one reads all certificates first; one connection for each request.


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """Where the files are: a path that wants quoting."""
    path = tmp_path_factory.mktemp("standin") / "it's a $place"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def model(place):
    make(place / "tiny.gguf")
    return place / "tiny.gguf"


@pytest.fixture(scope="session")
def llamafile(place):
    build(place / "llamafile")
    return place / "llamafile"


@pytest.fixture(scope="session")
def scripted(place):
    build(place / "scripted", engine="scripted")
    return place / "scripted"


@pytest.fixture(scope="session")
def url(llamafile, model, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running(llamafile, "-m", str(model), "-a", "ours", home=home) as url:
        yield url


def events(response):
    lines = [line for line in response.text.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def said(chunks):
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


def run(file, *args, home, env=None):
    """A run that ends by itself."""
    return subprocess.run(
        ["/bin/sh", str(file), *args],
        cwd=home,
        env=environment(home, env),
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


@contextmanager
def process(file, *args, home, env=None):
    """A started process whose end is what the test is about."""
    command = ["/bin/sh", str(file), "--server", "--nobrowser", "--log-disable", *args]
    quiet = subprocess.DEVNULL
    started = subprocess.Popen(command, cwd=home, env=env or environment(home), stdout=quiet, stderr=quiet)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def ready(file, model, *args, home):
    port = free_port()
    with process(file, "--port", str(port), "-m", str(model), *args, home=home) as started:
        until(lambda: answers(port))
        yield started, f"http://127.0.0.1:{port}"


@contextmanager
def generating(url):
    """While it lasts, a client streams an answer without an end."""
    body = {"messages": [{"role": "user", "content": "go"}], "stream": True, "grammar": ENDLESS}
    with web.stream("POST", url + CHAT, json=body) as response:
        received = response.iter_bytes()  # kept: its end would close the connection
        next(received)
        yield


# the file


def test_a_build_is_reproducible_and_returns_its_sha256(tmp_path):
    first = build(tmp_path / "first", size=300_000)
    again = build(tmp_path / "again", size=300_000)
    content = (tmp_path / "first").read_bytes()
    assert first == again == hashlib.sha256(content).hexdigest()
    assert len(content) == 300_000
    assert build(tmp_path / "other", version="0.9.2", size=300_000) != first


def test_a_direct_start_fails_and_a_shell_starts_it(llamafile, tmp_path):
    copy = shutil.copy(llamafile, tmp_path / "copy")
    copy.chmod(0o755)
    assert copy.read_bytes().startswith(b"MZqFpD='\n")
    with pytest.raises(OSError, match="Exec format error") as caught:
        subprocess.run([copy, "--version"], check=False)
    assert caught.value.errno == errno.ENOEXEC
    assert run(copy, "--version", home=tmp_path).stdout == "llamafile v0.9.3\n"


def test_the_version_is_the_one_that_was_built(tmp_path):
    build(tmp_path / "old", version="0.8.17", engine="scripted", size=100_000)
    assert run(tmp_path / "old", "--version", home=tmp_path).stdout == "llamafile v0.8.17\n"


def test_the_interpreter_may_have_any_path_and_writes_no_bytecode(tmp_path):
    python = tmp_path / "it's a $python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    for engine, isolation in (("llama.cpp", "-I -B -X utf8"), ("scripted", "-I -B -X utf8 -S")):
        build(tmp_path / "file", engine=engine, python=str(python))
        printed = run(tmp_path / "file", "--version", home=tmp_path).stdout
        assert printed == f"{isolation} {tmp_path}/file --version\n"


@pytest.mark.parametrize("where", ["TMPDIR", "HOME", "."])
def test_the_loader_is_left_behind(where, scripted, tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    env = {"PATH": os.environ["PATH"]}
    env |= {"HOME": "/nonexistent"} if where == "TMPDIR" else {}
    env |= {where: str(there)} if where != "." else {}
    cwd = there if where == "." else tmp_path
    for _ in range(2):
        subprocess.run(["/bin/sh", scripted, "--version"], cwd=cwd, env=env, check=True)
        assert [path.name for path in there.iterdir()] == [".ape-1.10"]
    loader = there / ".ape-1.10"
    loader.write_text("#!/bin/sh\necho loaded\n")
    again = subprocess.run(["/bin/sh", scripted], cwd=cwd, env=env, capture_output=True, check=True)
    assert again.stdout == b"loaded\n"


def test_nothing_else_is_left_behind(llamafile, model, tmp_path):
    with running(llamafile, "-m", str(model), home=tmp_path) as url:
        assert ask(url, max_tokens=3).status_code == 200
    assert [path.name for path in tmp_path.iterdir()] == [".ape-1.10"]
    assert not list(model.parent.rglob("__pycache__"))


def test_the_log_is_written_to_the_working_directory(scripted, model, tmp_path):
    (tmp_path / "llama.log").write_text("old\n" * 1000)
    port = free_port()
    command = ["/bin/sh", scripted, "--server", "--port", str(port), "-m", model]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE
    ) as started:
        until(lambda: answers(port))
        started.kill()
        assert f"listening at http://127.0.0.1:{port}".encode() in started.stdout.read()
    assert "old" not in (tmp_path / "llama.log").read_text()


# the command line


@pytest.mark.parametrize(
    "flags",
    [["--threads-http", "2"], ["--seed", "1"], ["--jinja"], ["--port=80"], ["-m"]],
    ids=" ".join,
)
def test_an_unknown_flag_ends_it(flags, scripted, tmp_path):
    ended = run(scripted, "--server", *flags, home=tmp_path)
    assert ended.returncode == 1
    assert flags[0] in ended.stderr


@pytest.mark.parametrize("last", ["--embedding", "--cli", "--chat"])
def test_the_last_program_named_wins(last, scripted, model, tmp_path):
    ended = run(scripted, "--server", "-m", str(model), last, home=tmp_path)
    assert ended.returncode == 1
    assert "listening" not in ended.stdout
    with running(scripted, "-m", str(model), last, "--server", home=tmp_path) as url:
        assert ask(url).status_code == 200


def test_all_flags_of_the_reference_are_taken(llamafile, model, tmp_path):
    flags = "-c 4096 -t 2 -tb 2 -ngl 999 --mlock -cb -np 2 --gpu disable --nocompile --embedding"
    more = "--chat-template chatml --slots-endpoint-disable --server"
    args = [*flags.split(), *more.split()]
    with running(llamafile, "--model", str(model), *args, home=tmp_path) as url:
        assert web.get(url + "/slots").status_code == 404
        props = web.get(url + "/props").json()
    assert props["total_slots"] == 2
    assert props["default_generation_settings"]["n_ctx"] == 2048


def test_numbers_are_read_as_stoi_reads_them(llamafile, model, tmp_path):
    assert run(llamafile, "--server", "--port", "abc", home=tmp_path).returncode == -signal.SIGABRT
    with running(llamafile, "-m", str(model), "-c", "8k", home=tmp_path) as url:
        assert web.get(url + "/props").json()["default_generation_settings"]["n_ctx"] == 8


def test_a_gpu_that_is_not_there_ends_it(scripted, model, tmp_path):
    ended = run(scripted, "--server", "-m", str(model), "--gpu", "nvidia", home=tmp_path)
    assert ended.returncode == 1


# loading, ports, ending


@pytest.mark.parametrize("kind", ["missing", "empty", "html", "truncated", "at@sign", "directory"])
def test_a_broken_model_ends_it(kind, llamafile, model, tmp_path):
    broken = tmp_path / f"{kind}.gguf"
    if kind == "directory":
        broken.mkdir()
    elif kind != "missing":
        content = {"empty": b"", "html": b"<html></html>", "at@sign": model.read_bytes()}
        broken.write_bytes(content.get(kind, model.read_bytes()[:300_000]))
    port = str(free_port())
    ended = run(llamafile, "--server", "--port", port, "-m", str(broken), home=tmp_path)
    assert ended.returncode == 1
    assert "listening at" not in ended.stdout
    assert ("no missing.gguf file found in zip archive" in ended.stderr) == (kind == "missing")


def test_it_listens_only_when_the_model_is_loaded(scripted, tmp_path):
    slow = tmp_path / "slow.gguf"
    os.mkfifo(slow)
    port = free_port()
    with process(scripted, "--port", str(port), "-m", str(slow), home=tmp_path) as started:
        with slow.open("wb") as pipe:  # opens when the server reads, so it is loading now
            for _ in range(10):
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port)).close()
                time.sleep(0.01)
            pipe.write(b"GGUF")
        until(lambda: answers(port))
        assert started.poll() is None


def eleven_free_ports():
    """The first of eleven ports in a row, and listeners that take them."""
    while True:
        first, stack = free_port(), ExitStack()
        try:
            for port in range(first, first + 11):
                listener = stack.enter_context(socket.socket())
                listener.bind(("127.0.0.1", port))
                listener.listen()
        except (OSError, OverflowError):
            stack.close()
        else:
            return first, stack


def test_a_taken_port_makes_it_drift_ten_ports_and_no_further(scripted, model, tmp_path):
    first, listeners = eleven_free_ports()
    args = ["--server", "--port", str(first), "-m", str(model)]
    with listeners:
        ended = run(scripted, *args, home=tmp_path)
        assert ended.returncode == 1
        assert "couldn't bind" in ended.stderr
    with socket.create_server(("127.0.0.1", first)), process(scripted, *args[1:], home=tmp_path):
        until(lambda: answers(first + 1))


def test_two_of_one_user_share_a_port(scripted, model, tmp_path):
    with ready(scripted, model, "-a", "one", home=tmp_path) as (_, url):
        port = url.rpartition(":")[2]
        with process(scripted, "--port", port, "-m", str(model), "-a", "two", home=tmp_path):
            seen = set()
            until(lambda: seen.add(alias(url)) or seen == {"one", "two"})


def alias(url):
    return web.get(url + "/v1/models").json()["data"][0]["id"]


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_sigterm_ends_it_at_once(busy, llamafile, model, tmp_path):
    with ready(llamafile, model, home=tmp_path) as (started, url), ExitStack() as stack:
        if busy:
            stack.enter_context(generating(url))
        began = time.monotonic()
        started.terminate()
        assert started.wait(5) == -signal.SIGTERM
        assert time.monotonic() - began < 1


def test_sigint_waits_for_what_is_being_generated(llamafile, model, tmp_path):
    with ready(llamafile, model, home=tmp_path) as (started, url):
        with generating(url):
            started.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                started.wait(0.2)
        assert started.wait(5) == 0


def test_without_a_home_it_writes_where_it_stands(scripted, model, tmp_path):
    port = free_port()
    args = ["--port", str(port), "-m", str(model)]
    with process(scripted, *args, home=tmp_path, env={"PATH": os.environ["PATH"]}):
        until(lambda: answers(port))
    assert {path.name for path in tmp_path.iterdir()} == {".ape-1.10", ".llamafile"}


def test_a_restart_gets_the_same_port_again(scripted, model, tmp_path):
    with ready(scripted, model, home=tmp_path) as (started, url), httpx.Client() as client:
        client.get(url + "/v1/models")
        started.kill()  # with a connection open, which leaves the port in TIME_WAIT
        started.wait()
        port = int(url.rpartition(":")[2])
        with process(scripted, "--port", str(port), "-m", str(model), home=tmp_path):
            until(lambda: answers(port))


# endpoints


def test_open_endpoints(url):
    assert web.get(url + "/health").json()["status"] == "ok"
    assert alias(url) == "ours"
    assert web.get(url + "/slots").status_code == 200
    assert len(ask(url, "/tokenize", content="hi ä").json()["tokens"]) == 5
    asked = web.get(url + "/v1/models", headers={"Origin": "http://evil.example"})
    assert asked.headers["Access-Control-Allow-Origin"] == "http://evil.example"


def test_without_an_alias_the_path_is_the_id(scripted, model, tmp_path):
    with running(scripted, "-m", str(model), home=tmp_path) as url:
        assert alias(url) == str(model)


def test_missing_endpoints_answer_in_plain_text(url):
    for path, status in [("/v1/completions", 404), ("/v1/embeddings", 503), ("/nope", 404)]:
        response = ask(url, path, prompt="x", input="x")
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith("text/plain")
    assert web.get(url + "/v1/health").status_code == 404


def test_form_types_are_limited(url):
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    message = {"role": "user", "content": "hello"}
    body = {"messages": [message], "max_tokens": 1}
    assert web.post(url + CHAT, content=json.dumps(body), headers=kind).status_code == 200
    text = json.dumps(body | {"ignored": "x" * (1 << 20)})
    assert web.post(url + CHAT, content=text, headers=kind).status_code == 413
    assert web.post(url + CHAT, content=text).status_code == 200


# completions


def test_a_grammar_is_obeyed_in_a_stream(url):
    grammar = 'root ::= ("feat" | "fix" | "docs") ": "'
    response = ask(url, stream=True, grammar=grammar, stop=["</s>"], max_tokens=48, seed=1)
    assert response.headers["Content-Type"].startswith("text/event-stream")
    chunks = events(response)
    assert said(chunks) in ("feat: ", "fix: ", "docs: ")
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1]["choices"][0] == {"finish_reason": "stop", "index": 0, "delta": {}}
    for chunk in chunks:
        assert "usage" not in chunk
        assert "role" not in chunk["choices"][0]["delta"]


def test_the_grammar_of_the_hook_always_comes_to_an_end(url):
    answers = set()
    for seed in range(8):
        body = {"grammar": TYPE_GRAMMAR, "max_tokens": 48, "temperature": 0.3, "seed": seed}
        text = said(events(ask(url, stream=True, cache_prompt=True, **body)))
        assert re.fullmatch(r"[a-z]+(\((api|cli)\))?!?: </s>", text)
        assert said(events(ask(url, stream=True, **body))) == text  # the seed decides
        answers.add(text)
    assert len(answers) > 1  # and nothing else


def test_end_of_turn_text_stays_unless_it_is_a_stop(url):
    grammar = 'root ::= "fix"'
    answer = ask(url, grammar=grammar).json()
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "fix</s>"}
    assert answer["usage"]["completion_tokens"] == 4
    assert answer["usage"]["prompt_tokens"] > 5
    assert "timings" not in answer
    stopped = ask(url, grammar=grammar, stop="</s>").json()
    assert stopped["choices"][0]["message"]["content"] == "fix"
    assert ask(url, grammar=grammar, stop=["x"]).json()["choices"][0]["message"]["content"] == "fi"


def test_only_a_stream_tells_length_from_stop(url):
    whole = ask(url, grammar=ENDLESS, max_tokens=5).json()
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["choices"][0]["message"]["content"] == "aaaaa"
    assert whole["usage"]["completion_tokens"] == 5
    chunks = events(ask(url, grammar=ENDLESS, max_tokens=5, stream=True))
    assert said(chunks) == "aaaaa"
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


def test_what_is_not_known_is_ignored(url):
    more = {"response_format": {"type": "json_object"}, "tools": [{"type": "x"}], "n": 3}
    answer = ask(url, grammar='root ::= "x"', max_tokens=3, max_completion_tokens=1, **more)
    assert [choice["message"]["content"] for choice in answer.json()["choices"]] == ["x</s>"]


def test_the_default_temperature_is_0(url):
    first, second = (ask(url, max_tokens=20, seed=seed).json() for seed in (1, 2))
    assert first["choices"] == second["choices"]
    first, second = (ask(url, max_tokens=20, seed=seed, temperature=2).json() for seed in (1, 2))
    assert first["choices"] != second["choices"]


def test_an_overlong_prompt_is_cut_silently(llamafile, model, tmp_path):
    with running(llamafile, "-m", str(model), "-c", "512", home=tmp_path) as url:
        message = {"role": "user", "content": "word " * 1000}
        response = ask(url, messages=[message], max_tokens=2)
    assert response.status_code == 200
    assert 256 <= response.json()["usage"]["prompt_tokens"] < 512


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
        {"messages": None},
        {"temperature": "hot"},
        {"grammar": "root ::= ("},
    ],
    ids=["content is a list", "no messages", "temperature is text", "broken grammar"],
)
def test_bad_requests_are_500_in_plain_text(body, url):
    response = ask(url, **body)
    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "body", [{"grammar": None}, {"grammar": {}}, {"stop": [1]}], ids=["null", "object", "stop"]
)
def test_what_kills_the_server(body, llamafile, model, tmp_path):
    with ready(llamafile, model, home=tmp_path) as (started, url):
        with pytest.raises(httpx.TransportError):
            ask(url, **body)
        assert started.wait(5) == -signal.SIGABRT


# one slot


def test_requests_queue_while_other_endpoints_answer(url):
    ended = []

    def second():
        ask(url, grammar='root ::= "x"')
        ended.append(time.monotonic())

    with generating(url):
        thread = threading.Thread(target=second)
        thread.start()
        began = time.monotonic()
        assert alias(url) == "ours"
        assert ask(url, "/tokenize", content="x").status_code == 200
        assert time.monotonic() - began < 1
        assert web.get(url + "/health").json()["status"] == "no slot available"
        time.sleep(0.2)
        assert not ended
        left = time.monotonic()
    thread.join(10)
    assert ended[0] - left < 1  # a streaming client that leaves frees the slot


def test_who_leaves_without_streaming_keeps_the_slot(llamafile, model, tmp_path):
    with running(llamafile, "-m", str(model), home=tmp_path) as url:
        body = {"messages": [{"role": "user", "content": "go"}], "grammar": ENDLESS}
        with pytest.raises(httpx.ReadTimeout):
            web.post(url + CHAT, json=body, timeout=0.2)
        time.sleep(0.2)
        assert web.get(url + "/health").json()["slots_processing"] == 1


def test_eight_connections_occupy_it(scripted, model, tmp_path):
    with running(scripted, "-m", str(model), home=tmp_path) as url, ExitStack() as stack:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        for _ in range(8):
            stack.enter_context(socket.create_connection(address))
        with pytest.raises(httpx.ReadTimeout):
            web.get(url + "/v1/models", timeout=0.3)
        stack.close()
        assert alias(url) == str(model)


# keys


def test_a_key_protects_completions_only(scripted, model, tmp_path):
    key = tmp_path / "key"
    key.write_text("secret\nother-key\n")
    with running(scripted, "-m", str(model), "--api-key-file", str(key), home=tmp_path) as url:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret"}):
            refused = ask(url, headers=headers)
            assert (refused.status_code, refused.text) == (401, "Unauthorized: Invalid API Key")
        assert ask(url, headers={"Authorization": "Bearer other-key"}).status_code == 200
        assert ask(url, "/tokenize", content="x").status_code == 200
        assert alias(url)


def test_an_empty_key_file_is_no_protection(scripted, model, tmp_path):
    key = tmp_path / "key"
    key.touch()
    with running(scripted, "-m", str(model), "--api-key-file", str(key), home=tmp_path) as url:
        assert ask(url).status_code == 200


def test_a_short_key_aborts(scripted, model, tmp_path):
    key = tmp_path / "key"
    key.write_text("abc\n")
    args = ["--server", "--port", str(free_port()), "-m", str(model), "--api-key-file", str(key)]
    ended = run(scripted, *args, home=tmp_path)
    assert ended.returncode == -signal.SIGABRT
    assert "listening" in ended.stdout


# the other engine, the other models


def test_the_scripted_engine_answers_like_the_other_one(scripted, model, tmp_path):
    with running(scripted, "-m", str(model), home=tmp_path) as url:
        assert said(events(ask(url, stream=True, grammar=TYPE_GRAMMAR))) == "fix: </s>"
        assert ask(url, stop=["</s>"]).json()["choices"][0]["message"]["content"] == "ok"
        short = events(ask(url, stream=True, grammar=TYPE_GRAMMAR, max_tokens=2))
        assert (said(short), short[-1]["choices"][0]["finish_reason"]) == ("fi", "length")


def test_models_differ_by_their_seed_only(model, tmp_path):
    for name, seed in (("same", 1), ("other", 2)):
        make(tmp_path / name, seed=seed)
    assert (tmp_path / "same").read_bytes() == model.read_bytes()
    weights = -100_000
    assert (tmp_path / "other").read_bytes()[weights:] != model.read_bytes()[weights:]
    assert model.stat().st_size < 1_000_000


# clients


def test_the_openai_sdk_works(url):
    from openai import OpenAI

    with OpenAI(base_url=url + "/v1", api_key="none") as client:
        assert client.models.list().data[0].id == "ours"
        asked = {"model": "ours", "messages": [{"role": "user", "content": "hello"}]}
        extra = {"grammar": TYPE_GRAMMAR}
        whole = client.chat.completions.create(**asked, stop=["</s>"], extra_body=extra)
        streamed = client.chat.completions.create(**asked, stop=["</s>"], extra_body=extra, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
    assert whole.choices[0].message.content == text
    assert text.endswith(": ")


def test_litellm_works(url, monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    from litellm import completion

    asked = {
        "model": "llamafile/ours",
        "api_base": url + "/v1",
        "messages": [{"role": "user", "content": "hello"}],
        "stop": ["</s>"],
        "extra_body": {"grammar": TYPE_GRAMMAR},
    }
    whole = completion(**asked)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in completion(**asked, stream=True))
    assert whole.choices[0].message.content == text
    assert text.endswith(": ")
