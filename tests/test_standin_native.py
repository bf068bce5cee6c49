"""The stand-in behaves as llama.cpp's own server does: with the scripted engine as with the real one, in
llamafile 0.10 and as `llama-server`."""

import json
import os
import signal
import socket
import subprocess
from contextlib import contextmanager

import pytest

from tests.standin import build, build_native, make
from tests.standin.asking import CHAT, TEXT, VECTOR, ask, events, until, web
from tests.standin.process import answers, command, environment, free_port, running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is started by a shell")

ENGINES = ("llama.cpp", "scripted")
FORMS = {"0.10": "llamafile", "llama-server": "server"}
FIX = 'root ::= "fix" ": "'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """All the files, and a model."""
    place = tmp_path_factory.mktemp("native")
    for engine in ENGINES:
        build(place / f"llamafile-{engine}", engine=engine, version="0.10.6")
        build_native(place / f"server-{engine}", engine=engine)
    make(place / "tiny.gguf")
    (place / "keys").write_text("# ours\nsecret\n\nother\n")
    return place


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture(params=list(FORMS))
def form(request):
    return request.param


@pytest.fixture(scope="module", params=[(form, engine) for form in FORMS for engine in ENGINES], ids=" ".join)
def url(request, place, tmp_path_factory):
    """A server that does all there is to do."""
    form, engine = request.param
    args = ("-m", str(place / "tiny.gguf"), "-a", "ours", "-c", "2048", "-np", "1")
    with running(
        place / f"{FORMS[form]}-{engine}",
        *args,
        "--embeddings",
        "--pooling",
        "mean",
        home=tmp_path_factory.mktemp("home"),
        form=form,
    ) as url:
        yield url


def file_of(place, form, engine):
    return place / f"{FORMS[form]}-{engine}"


def run(place, form, engine, *args, home, env=None):
    return subprocess.run(
        [*command(file_of(place, form, engine), free_port(), form), *args],
        cwd=home,
        env=environment(home, env),
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


@contextmanager
def started(argv, *, home, env=None, stderr=subprocess.DEVNULL):
    with subprocess.Popen(argv, cwd=home, env=environment(home, env), stderr=stderr) as process:
        try:
            yield process
        finally:
            process.kill()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# the file and the command line


def test_the_files_say_which_version_they_are(place, tmp_path):
    llamafile = ["/bin/sh", str(place / "llamafile-scripted"), "--version"]
    assert subprocess.check_output(llamafile, env=environment(tmp_path), text=True) == "llamafile v0.10.6\n"
    server = subprocess.run(
        [place / "server-scripted", "--version"], capture_output=True, text=True, check=True
    )
    assert server.stderr.startswith("version: ")


def test_llama_server_needs_no_shell_and_no_packages(tmp_path):
    first = build_native(tmp_path / "first", engine="scripted", python="/usr/bin/python3")
    assert build_native(tmp_path / "again", engine="scripted", python="/usr/bin/python3") == first
    assert (tmp_path / "first").read_bytes().startswith(b"#!/usr/bin/python3 -IBSXutf8\n")
    assert os.access(tmp_path / "first", os.X_OK)
    with pytest.raises(ValueError, match="first line"):
        build_native(tmp_path / "third", python="/with a/space")


@pytest.mark.parametrize("flag", ["--nobrowser", "--slots-endpoint-disable", "--v2", "-l", "--port=80"])
def test_what_0_9_3_takes_and_it_refuses(flag, form, place, tmp_path):
    ended = run(place, form, "scripted", "-m", str(place / "tiny.gguf"), flag, home=tmp_path)
    assert ended.returncode == 1
    assert f"invalid argument: {flag}" in ended.stderr


def test_only_llamafile_takes_server_and_mlock(place, tmp_path):
    for flags in (["--server"], ["--mlock"], ["--gpu", "disable"]):
        ended = run(place, "llama-server", "scripted", "-m", str(place / "tiny.gguf"), *flags, home=tmp_path)
        assert f"invalid argument: {flags[0]}" in ended.stderr
    args = ("-m", str(place / "tiny.gguf"), "--mlock", "--gpu", "disable", "--nologo")
    with running(place / "llamafile-scripted", *args, home=tmp_path, form="0.10") as url:
        assert ask(url).status_code == 200


def test_flags_that_both_take(form, engine, place, tmp_path):
    numbers = ("-c", "1024", "-t", "1", "-tb", "1", "-ngl", "0", "-np", "2")
    args = ("-m", str(place / "tiny.gguf"), *numbers, "-cb", "--no-webui", "--no-slots", "--log-disable")
    with running(file_of(place, form, engine), *args, home=tmp_path, form=form) as url:
        assert web.get(url + "/v1/models").json()["data"][0]["id"] == str(place / "tiny.gguf")
        assert web.get(url + "/props").json()["total_slots"] == 2
        assert web.get(url + "/slots").status_code == 501
        assert web.get(url + "/").status_code == 404


def test_0_10_is_told_to_be_a_server(place, tmp_path):
    argv = ["/bin/sh", str(place / "llamafile-scripted"), "-m", str(place / "tiny.gguf")]
    assert subprocess.run(argv, env=environment(tmp_path), capture_output=True, check=False).returncode == 1


def test_variables_stand_for_options(place, tmp_path):
    port = free_port()
    env = {"LLAMA_ARG_PORT": "1", "LLAMA_ARG_MODEL": str(place / "tiny.gguf"), "LLAMA_ARG_ALIAS": "of-env"}
    with started([place / "server-scripted", "--port", str(port)], home=tmp_path, env=env):
        until(lambda: answers(port))
        assert web.get(f"http://127.0.0.1:{port}/v1/models").json()["data"][0]["id"] == "of-env"


# ready or not


def test_it_listens_and_says_503_while_the_model_is_loaded(form, engine, place, tmp_path):
    slow = tmp_path / "slow.gguf"
    os.mkfifo(slow)
    port = free_port()
    argv = [*command(file_of(place, form, engine), port, form), "-m", str(slow)]
    with started(argv, home=tmp_path) as process:
        until(lambda: listens(port))
        for path in ("/health", "/v1/models"):
            loading = web.get(f"http://127.0.0.1:{port}{path}")
            assert loading.status_code == 503
            assert loading.json()["error"]["message"] == "Loading model"
        process.terminate()
        assert process.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("kind", ["missing", "html", "truncated"])
def test_a_broken_model_ends_it(kind, form, engine, place, tmp_path):
    broken = tmp_path / f"{kind}.gguf"
    if kind == "html":
        broken.write_text("<html></html>")
    if kind == "truncated" and engine == "llama.cpp":
        broken.write_bytes((place / "tiny.gguf").read_bytes()[:300_000])
    ended = run(place, form, engine, "-m", str(broken), home=tmp_path)
    assert ended.returncode == 1
    assert "server is listening" not in ended.stderr


def test_a_taken_port_ends_it_and_nobody_shares_one(form, engine, place, tmp_path):
    port = free_port()
    argv = [*command(file_of(place, form, engine), port, form), "-m", str(place / "tiny.gguf")]
    with socket.create_server(("127.0.0.1", port)), started(argv, home=tmp_path) as process:
        assert process.wait(10) == 1
    with started(argv, home=tmp_path):
        until(lambda: answers(port))
        with started(argv, home=tmp_path) as process:
            assert process.wait(10) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_well(number, form, engine, place, tmp_path):
    argv = [*command(file_of(place, form, engine), free_port(), form), "-m", str(place / "tiny.gguf")]
    with started(argv, home=tmp_path, stderr=subprocess.PIPE) as process:
        # It answers a moment before it hears signals, as the real one.
        assert any(b"server is listening" in line for line in process.stderr)
        process.send_signal(number)
        assert process.wait(5) == 0


# endpoints


def test_endpoints(url):
    for path in ("/health", "/v1/health"):
        assert web.get(url + path).json() == {"status": "ok"}
    for path in ("/v1/models", "/models"):
        assert web.get(url + path).json()["data"][0]["id"] == "ours"
    assert web.get(url + "/slots").json()[0]["n_ctx"] == 2048
    assert len(ask(url, "/tokenize", content="hi").json()["tokens"]) == 2
    missing = web.get(url + "/nope")
    assert missing.status_code == 404
    assert missing.json()["error"]["type"] == "not_found_error"
    assert web.get(url + CHAT).status_code == 404


def test_any_origin_is_let_in(url):
    headers = {"Origin": "http://evil.example"}
    for answer in (web.get(url + "/v1/models", headers=headers), web.options(url + CHAT, headers=headers)):
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "http://evil.example"


def test_a_key_protects_all_but_the_health(form, engine, place, tmp_path):
    args = ("-m", str(place / "tiny.gguf"), "--api-key-file", str(place / "keys"))
    with running(file_of(place, form, engine), *args, home=tmp_path, form=form) as url:
        assert web.get(url + "/health").status_code == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer # ours"}):
            for refused in (web.get(url + "/v1/models", headers=headers), ask(url, headers=headers)):
                assert refused.status_code == 401
                assert refused.json()["error"]["type"] == "authentication_error"
        for headers in ({"Authorization": "Bearer other"}, {"X-Api-Key": "secret"}):
            assert web.get(url + "/v1/models", headers=headers).status_code == 200
            assert ask(url, headers=headers, max_tokens=1).status_code == 200


# what is said


def test_a_whole_answer(url):
    answer = ask(url, grammar=FIX, max_tokens=20).json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "ours"
    assert answer["choices"] == [
        {"finish_reason": "stop", "index": 0, "message": {"role": "assistant", "content": "fix: "}}
    ]
    assert answer["usage"]["completion_tokens"] == 6
    assert answer["timings"]["predicted_n"] == 6
    short = ask(url, grammar=FIX, max_tokens=2).json()["choices"][0]
    assert (short["message"]["content"], short["finish_reason"]) == ("fi", "length")


def test_a_stream(url):
    asked = {"grammar": FIX, "max_tokens": 20, "stream": True}
    first, *between, last = events(ask(url, **asked))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": None}
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in between) == "fix: "
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")
    assert {chunk["object"] for chunk in (first, *between, last)} == {"chat.completion.chunk"}
    assert "usage" not in last
    *_, last = events(ask(url, **asked, stream_options={"include_usage": True}))
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 6


def test_a_stop_and_a_schema(url):
    assert ask(url, grammar=FIX, max_tokens=20, stop=["x"]).json()["choices"][0]["message"]["content"] == "fi"
    schema = {
        "type": "object",
        "properties": {"type": {"enum": ["fix", "docs"]}},
        "required": ["type"],
        "additionalProperties": False,
    }
    shape = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    said = ask(url, response_format=shape, max_tokens=200).json()["choices"][0]["message"]["content"]
    assert json.loads(said)["type"] in ("fix", "docs")


def test_text_completions(url):
    whole = ask(url, TEXT, prompt="say", grammar=FIX, max_tokens=20).json()
    chunks = events(ask(url, TEXT, prompt="say", grammar=FIX, max_tokens=20, stream=True))
    assert whole["object"] == "text_completion"
    assert whole["choices"][0]["text"] == "fix: "
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == "fix: "
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["completion_tokens"] == 6


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"messages": None}, "invalid_request_error"),
        ({"messages": [{"role": "user", "content": "x" * 3000}]}, "exceed_context_size_error"),
        ({"temperature": "hot"}, "invalid_request_error"),
        ({"stop": [1]}, "invalid_request_error"),
    ],
    ids=["no messages", "too long", "temperature", "stop"],
)
def test_bad_requests_are_400_in_json(body, kind, url):
    response = ask(url, **body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == 400
    assert response.json()["error"]["type"] == kind
    assert web.post(url + CHAT, content="{nope").status_code == 400


def test_what_killed_0_9_3_does_no_harm(url):
    assert ask(url, grammar=None, max_tokens=1).status_code == 200
    content = [{"type": "text", "text": "hello"}]
    assert ask(url, messages=[{"role": "user", "content": content}], max_tokens=1).status_code == 200


def test_embeddings(url):
    one = ask(url, VECTOR, input="hello").json()
    vector = one["data"][0]["embedding"]
    assert sum(number * number for number in vector) == pytest.approx(1, abs=1e-4)
    assert one["usage"] == {"prompt_tokens": 6, "total_tokens": 6}
    two = ask(url, VECTOR, input=["hello", "other"]).json()["data"]
    assert two[0]["embedding"] == pytest.approx(vector, abs=1e-3)
    assert two[1]["embedding"] != pytest.approx(vector, abs=1e-3)


def test_embeddings_have_to_be_asked_for_and_pooled(form, engine, place, tmp_path):
    args = ("-m", str(place / "tiny.gguf"))
    with running(file_of(place, form, engine), *args, home=tmp_path, form=form) as url:
        refused = ask(url, VECTOR, input="hello")
        assert refused.status_code == 501
        assert refused.json()["error"]["type"] == "not_supported_error"
    with running(file_of(place, form, engine), *args, "--embeddings", home=tmp_path, form=form) as url:
        refused = ask(url, VECTOR, input="hello")
        assert refused.status_code == 400
        assert "Pooling type 'none'" in refused.json()["error"]["message"]
        assert ask(url, max_tokens=1).status_code == 200


# clients


def test_the_openai_sdk_works(url):
    from openai import OpenAI

    with OpenAI(base_url=url + "/v1", api_key="none") as client:
        assert client.models.list().data[0].id == "ours"
        asked = {"model": "ours", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 20}
        extra = {"extra_body": {"grammar": FIX}}
        whole = client.chat.completions.create(**asked, **extra)
        streamed = client.chat.completions.create(**asked, **extra, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
        vector = client.embeddings.create(model="ours", input="hello").data[0].embedding
    assert whole.choices[0].message.content == text == "fix: "
    assert len(vector) == 64
