"""The stand-in behaves as llamafile 0.9.3's other server does, `--server --v2`, as its source has it."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from tests.standin import asking, build, make
from tests.standin.asking import CHAT, TEXT, VECTOR, events, until, web
from tests.standin.process import answers, command, environment, free_port, running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is started by a shell")

TYPES = {"enum": ["fix", "docs"]}
SCHEMA = {
    "type": "object",
    "properties": {"type": TYPES},
    "required": ["type"],
    "additionalProperties": False,
}
ENDLESS = {
    "type": "json_schema",
    "json_schema": {"type": "array", "items": {"const": "a"}, "minItems": 5000},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("v2") / "tiny.v1.gguf"
    make(path)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    place = tmp_path_factory.mktemp("files")
    for engine in ("llama.cpp", "scripted"):
        build(place / engine, engine=engine)
    return place


@pytest.fixture(scope="module")
def scripted(files):
    return files / "scripted"


@pytest.fixture(scope="module", params=["llama.cpp", "scripted"])
def url(request, files, model, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running(files / request.param, "-m", str(model), home=home, form="v2") as url:
        yield url


def ask(url, path=CHAT, **body):
    return asking.ask(url, path, **{"model": "any", **body})


def run(file, *args, home):
    return subprocess.run(
        ["/bin/sh", str(file), "--server", *args],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


@contextmanager
def started(file, port, *args, home, ready="/v1/models"):
    process = subprocess.Popen(
        [*command(file, port, "v2"), *args],
        cwd=home,
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: answers(port, ready))
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


# the command line


@pytest.mark.parametrize(
    "flags",
    [
        ["--port", "8080"],
        ["--host", "127.0.0.1"],
        ["--nobrowser"],
        ["--api-key", "secret"],
        ["--api-key-file", "key"],
        ["-a", "ours"],
        ["-np", "2"],
        ["-cb"],
        ["--slots-endpoint-disable"],
    ],
    ids=" ".join,
)
def test_what_the_first_server_takes_and_this_one_refuses(flags, scripted, model, tmp_path):
    ended = run(scripted, "--v2", "-m", str(model), *flags, home=tmp_path)
    assert ended.returncode == 1
    assert f"{flags[0]} unknown argument" in ended.stderr


def test_v2_selects_it_wherever_it_stands(scripted, model, tmp_path):
    port = free_port()
    ended = run(scripted, "--nologo", "-l", f"127.0.0.1:{port}", "--v2", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "llamafile: --model is required\n")
    with started(scripted, port, "-m", str(model), home=tmp_path) as process:
        process.terminate()
        assert f"listen http://127.0.0.1:{port}\n" in process.stderr.read()


def test_it_takes_its_own_flags(scripted, model, tmp_path):
    numbers = ("-c", "8k", "-s", "2", "-w", "4", "-t", "2", "-tb", "2", "-ngl", "0")
    others = ("--gpu", "disable", "--mlock", "--nocompile", "--log-disable", "--nologo", "--db", "x")
    ignored = ("word", "--what-is-behind-a-word")
    args = ("-m", str(model), *numbers, *others, "--url-prefix", "/ai", *ignored)
    port = free_port()
    with started(scripted, port, *args, home=tmp_path, ready="/ai/v1/models"):
        assert not answers(port)
        size = {"messages": [{"role": "user", "content": "x" * 5000}], "max_tokens": 1}
        assert ask(f"http://127.0.0.1:{port}/ai", **size).status_code == 200  # 8k is 8192 here


@pytest.mark.parametrize("kind", ["missing", "html"])
def test_a_broken_model_ends_it(kind, files, tmp_path):
    broken = tmp_path / f"{kind}.gguf"
    if kind == "html":
        broken.write_text("<html></html>")
    for engine in ("llama.cpp", "scripted"):
        ended = run(
            files / engine, "--v2", "-l", f"127.0.0.1:{free_port()}", "-m", str(broken), home=tmp_path
        )
        assert ended.returncode == 1
        assert "listen http" not in ended.stderr


def test_a_taken_port_ends_it_and_nobody_shares_one(scripted, model, tmp_path):
    port = free_port()
    args = ("--v2", "-l", f"127.0.0.1:{port}", "-m", str(model))
    with socket.create_server(("127.0.0.1", port)):
        assert run(scripted, *args, home=tmp_path).returncode == 1
    with started(scripted, port, "-m", str(model), home=tmp_path):
        assert run(scripted, *args, home=tmp_path).returncode == 1


@pytest.mark.parametrize("place", ["[::1]:0", "::1:0", "nowhere.invalid:0", "127.0.0.1:http"])
def test_it_listens_on_ipv4_only(place, scripted, model, tmp_path):
    assert run(scripted, "--v2", "-l", place, "-m", str(model), home=tmp_path).returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("engine", ["llama.cpp", "scripted"])
def test_signals_end_it_well(engine, number, files, model, tmp_path):
    with started(files / engine, free_port(), "-m", str(model), home=tmp_path) as process:
        process.send_signal(number)
        assert process.wait(5) == 0


def test_nothing_is_left_behind_but_the_loader(scripted, model, tmp_path):
    with running(scripted, "-m", str(model), "--db", str(tmp_path / "db"), home=tmp_path, form="v2") as url:
        assert ask(url).status_code == 200
    assert [path.name for path in tmp_path.iterdir()] == [".ape-1.10"]


# endpoints


def test_the_models_name_is_that_of_its_file(url):
    assert web.get(url + "/v1/models").json()["data"][0]["id"] == "tiny.v1"


def test_what_is_not_there(url):
    for path in ("/health", "/v1/health", "/props", "/slots", "/nope"):
        response = web.get(url + path)
        assert (response.status_code, response.text) == (404, "Not Found\r\n")
        assert "Content-Type" not in response.headers
    assert web.get(url + CHAT).status_code == 405
    assert ask(url, "/completion", prompt="x").status_code == 404


def test_no_origin_is_let_in(url):
    headers = {"Origin": "http://evil.example"}
    response = web.options(url + CHAT, headers=headers)
    assert (response.status_code, response.headers["Allow"]) == (204, "GET, POST, OPTIONS")
    for answer in (response, web.get(url + "/v1/models", headers=headers)):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_tokenize_wants_a_prompt_and_gives_strings(url):
    assert ask(url, "/tokenize", prompt="hi", add_special=False).json()["tokens"] == ["h", "i"]
    assert ask(url, "/tokenize", content="hi").status_code == 400


# what a chat has to look like


@pytest.mark.parametrize(
    "body",
    [
        {"model": None},
        {"messages": []},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
        {"messages": [{"role": "user", "content": ""}]},
        {"stop": ["a", "b", "c", "d", "e"]},
        {"stop": ["x" * 51]},
        {"stop": [1]},
        {"seed": 1.5},
        {"max_tokens": "many"},
        {"max_tokens": True},
        {"temperature": 2.5},
        {"temperature": "hot"},
        {"stream": 1},
        {"n": 2},
        {"tools": []},
        {"response_format": {"type": "text"}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
        {"messages": [{"role": "user", "content": "word " * 2000}]},
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_bad_requests_are_400_with_the_reason_in_the_status_line(body, url):
    response = ask(url, **body)
    assert response.status_code == 400
    assert response.text == response.reason_phrase + "\r\n"


def test_only_json_is_taken(url):
    body = json.dumps({"model": "x", "messages": [{"role": "user", "content": "x"}]})
    for headers in ({}, {"Content-Type": "text/plain"}):
        assert web.post(url + CHAT, content=body, headers=headers).status_code == 501
    for kind in ("application/json", "application/json; charset=utf-8"):
        sent = web.post(url + CHAT, content="[]" if ";" in kind else "{nope", headers={"Content-Type": kind})
        assert sent.status_code == 400


def test_what_is_not_known_is_ignored(url):
    answer = ask(url, grammar='root ::= "x"', cache_prompt="no", max_tokens=3, temperature=0).json()
    assert answer["choices"][0]["message"]["content"] != "x"
    assert answer["usage"]["completion_tokens"] == 3


# what is said


def test_a_schema_is_obeyed(url):
    shape = {"type": "json_schema", "json_schema": SCHEMA}
    answer = ask(url, response_format=shape, max_tokens=200, temperature=0).json()
    assert json.loads(answer["choices"][0]["message"]["content"])["type"] in TYPES["enum"]
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["object"] == "chat.completion"


def test_a_stream_has_a_role_an_end_and_the_usage_if_wanted(url):
    asked = {"stream": True, "max_tokens": 2, "temperature": 0, "seed": 1}
    first, *between, last = events(ask(url, **asked))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert (last["choices"][0]["finish_reason"], last["choices"][0]["delta"]) == ("length", {"content": ""})
    assert all(
        chunk["object"] == "chat.completion" and "usage" not in chunk for chunk in (first, *between, last)
    )
    first, *_, last = events(ask(url, **asked, stream_options={"include_usage": True}))
    assert first["usage"] is None
    assert last["usage"]["completion_tokens"] == 2


def test_a_whole_answer_tells_length_from_stop(url):
    short = ask(url, max_tokens=1).json()
    assert short["choices"][0]["finish_reason"] == "length"
    assert short["usage"]["completion_tokens"] == 1
    assert ask(url, max_completion_tokens=2).json()["usage"]["completion_tokens"] == 2


def test_without_a_limit_it_goes_on_until_the_context_is_full(files, model, tmp_path):
    with running(files / "llama.cpp", "-m", str(model), "-c", "512", home=tmp_path, form="v2") as url:
        answer = ask(url, response_format=ENDLESS).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["total_tokens"] == 512


def test_a_stop_leaves_all_but_its_last_token(url):
    shape = {"type": "json_schema", "json_schema": {"const": "abcd"}}
    limits = {"max_tokens": 300, "temperature": 0, "response_format": shape}
    answer = ask(url, **limits, stop=["bc"]).json()
    assert answer["choices"][0]["message"]["content"] == '"ab'
    assert answer["choices"][0]["finish_reason"] == "stop"


def test_old_messages_are_forgotten_but_not_the_instructions(url):
    old = [{"role": "user", "content": f"old {'word ' * 200}"}, {"role": "assistant", "content": "yes"}] * 12
    messages = [{"role": "system", "content": "be brief"}, *old, {"role": "user", "content": "hi"}]
    answer = ask(url, messages=messages, max_tokens=1)
    assert answer.status_code == 200
    assert answer.json()["usage"]["prompt_tokens"] <= 8192 * 0.85


def test_a_stream_tells_how_much_of_a_long_prompt_is_read(url):
    messages = [{"role": "user", "content": "word " * 100}]
    chunks = events(ask(url, messages=messages, stream=True, max_tokens=1))
    progress = [chunk["x_prefill_progress"] for chunk in chunks if "x_prefill_progress" in chunk]
    assert progress[0] == 0
    assert progress == sorted(progress)
    assert progress[-1] < 1


def test_text_completions(url):
    whole = ask(url, TEXT, prompt="say", max_tokens=2, temperature=0).json()
    first, *chunks = events(ask(url, TEXT, prompt="say", max_tokens=2, temperature=0, stream=True))
    assert whole["object"] == "text_completion"
    assert "text" not in first["choices"][0]
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == whole["choices"][0]["text"]
    assert chunks[-1]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"] == "length"
    assert ask(url, TEXT, prompt=["say"]).status_code == 400


def test_embeddings_are_of_length_1_and_tell_texts_apart(url):
    answer = ask(url, VECTOR, input="hello").json()
    vector = answer["data"][0]["embedding"]
    assert sum(number * number for number in vector) == pytest.approx(1, abs=1e-4)
    assert ask(url, VECTOR, input="hello").json()["data"][0]["embedding"] == pytest.approx(vector, abs=1e-3)
    assert ask(url, VECTOR, input="other").json()["data"][0]["embedding"] != pytest.approx(vector, abs=1e-3)
    assert answer["usage"] == {"prompt_tokens": 6, "total_tokens": 6}
    assert ask(url, VECTOR, input=["hello"]).status_code == 400
    assert len(ask(url, "/embedding", content="x").json()["embedding"]) == len(vector)


# one slot


def test_requests_queue_and_a_streaming_client_that_leaves_frees_the_slot(files, model, tmp_path):
    args = ("-m", str(model), "-c", "20000")
    with running(files / "llama.cpp", *args, home=tmp_path, form="v2") as url:
        done = []
        body = {"model": "x", "messages": [{"role": "user", "content": "go"}], "response_format": ENDLESS}
        with web.stream("POST", url + CHAT, json={**body, "stream": True}) as response:
            received = response.iter_bytes()  # kept: its end would close the connection
            next(received)
            waiting = threading.Thread(target=lambda: done.append(ask(url, max_tokens=1).status_code))
            waiting.start()
            assert answers(int(url.rpartition(":")[2]))
            time.sleep(0.2)
            assert not done
        waiting.join(5)
        assert done == [200]


# clients


def test_the_openai_sdk_works(url):
    from openai import OpenAI

    with OpenAI(base_url=url + "/v1", api_key="none") as client:
        assert client.models.list().data[0].id == "tiny.v1"
        asked = {"model": "any", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
        whole = client.chat.completions.create(**asked, temperature=0)
        streamed = client.chat.completions.create(**asked, temperature=0, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
        vector = client.embeddings.create(model="any", input="hello").data[0].embedding
    assert whole.choices[0].message.content == text
    assert len(vector) == 64
