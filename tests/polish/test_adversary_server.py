"""A server that does anything but what it should: the commit is made, and nothing else is left of it."""

import contextlib
import json
import socket
import time

import pytest

from tests.polish import scripted, trial
from tests.polish.scripted import piece
from tests.polish.trial import ANSWER, MODES, POLISHED, WORDS, attempt, configure

MESSAGE = ("-m", WORDS, "-m", "The body: #7 is not closed.\n\nSigned-off-by: A U Thor <a@example.com>")


def sends(*parts: bytes) -> scripted.Behaviour:
    """These bytes, with no regard for any protocol, and the end of the connection."""

    def behave(handler: scripted.Handler) -> None:
        for part in parts:
            handler.wfile.write(part)

    return behave


def again_and_again(head: bytes, part: bytes, pause: float = 0.05) -> scripted.Behaviour:
    """The same bytes without an end."""

    def behave(handler: scripted.Handler) -> None:
        with contextlib.suppress(OSError):
            handler.wfile.write(head)
            while not handler.server.over.wait(pause):
                handler.wfile.write(part)

    return behave


def whole(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def plain_json(value: object) -> scripted.Behaviour:
    return scripted.answers(200, "application/json", json.dumps(value))


def events(*values: object, end: str = "\n\n") -> scripted.Behaviour:
    """A stream of these values, each as JSON unless it is text already."""
    lines = [value if isinstance(value, str) else "data: " + json.dumps(value) for value in values]
    return sends(STREAM + end.join([*lines, ""]).encode())


def message_of(content: object, finish: str | None = "stop") -> dict:
    return {"choices": [{"index": 0, "message": {"content": content}, "finish_reason": finish}]}


def delta(**fields: object) -> dict:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


STREAM = whole("200 OK", b"", "Content-Type: text/event-stream")
JSON = "Content-Type: application/json"
HTML = "<!DOCTYPE html><html><body>fix: sign in to the network</body></html>"
STOP = piece(finish="stop")

FAILS = {
    "does not answer": scripted.silent,
    "one byte in a while": scripted.drips,
    "503 loading": scripted.answers(503, "application/json", '{"error": {"message": "Loading model"}}'),
    "500 in HTML": scripted.answers(500, "text/html", HTML),
    "502 with a good answer in it": scripted.answers(502, "application/json", json.dumps(message_of(ANSWER))),
    "404": scripted.answers(404, "text/plain", "no such path"),
    "401": scripted.answers(401, "application/json", '{"error": "no key"}'),
    "429": scripted.answers(429, "application/json", '{"error": "too many"}'),
    "204": sends(whole("204 No Content", b"")),
    "a captive portal": scripted.answers(200, "text/html", HTML),
    "no choices": plain_json({"choices": []}),
    "choices that are null": plain_json({"choices": None}),
    "choices that are text": plain_json({"choices": "fix: it"}),
    "a list": plain_json([message_of(ANSWER)]),
    "a number": plain_json(7),
    "null": plain_json(None),
    "no content": plain_json({"choices": [{"index": 0, "message": {}, "finish_reason": "stop"}]}),
    "content that is a list": plain_json(message_of(["fix: it"])),
    "content that is a number": plain_json(message_of(5)),
    "an error object": plain_json({"error": {"message": "out of memory"}}),
    "an error in the stream": events(piece("fi"), {"error": {"code": 500, "message": "out of memory"}}),
    "broken JSON": scripted.answers(200, "application/json", '{"choices": [{"mess'),
    "broken JSON in the stream": events(piece("fi"), "data: {oh no", STOP),
    "JSON without a bottom": scripted.answers(200, "application/json", "[" * 60_000),
    "an empty body": scripted.answers(200, "application/json", ""),
    "an empty stream": events(),
    "a stream that is over at once": events("data: [DONE]"),
    "empty pieces": events(piece(""), piece(""), STOP),
    "only spaces": events(piece(" \n\t "), STOP),
    "hangs up": sends(),
    "hangs up in the status line": sends(b"HTTP/1.1 2"),
    "hangs up in the headers": sends(b"HTTP/1.1 200 OK\r\nContent-"),
    "stops in the middle": scripted.stops_in_the_middle,
    "another protocol": sends(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "binary": sends(bytes(range(256)) * 20),
    "cut off for length": scripted.says("fix: correct the", finish="length"),
    "a call of a tool": events(delta(tool_calls=[{"function": {"name": "rm", "arguments": "{}"}}]), STOP),
    "only thoughts, apart": events(delta(reasoning_content="It is a fix."), STOP),
    "a flood": scripted.floods,
    "one line without an end": sends(STREAM + b"data: ", b"x" * 3_000_000),
    "headers without an end": again_and_again(b"HTTP/1.1 200 OK\r\n", b"X-More: of it\r\n", 0.001),
    "news that it is alive, for ever": again_and_again(STREAM, b": ping\n\n"),
    "continue, for ever": again_and_again(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "too slow": scripted.waits_then_says(1.2, ANSWER),
    "chunks of no size": sends(whole("200 OK", b"zz\r\nfix:\r\n", JSON, "Transfer-Encoding: chunked")),
    "a chunk of a negative size": sends(whole("200 OK", b"-5\r\nit\r\n", JSON, "Transfer-Encoding: chunked")),
    "packed": sends(whole("200 OK", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", JSON, "Content-Encoding: gzip")),
    "a length that is a word": sends(whole("200 OK", b"fix:", JSON, "Content-Length: many")),
    "a body shorter than it said": sends(whole("200 OK", b'{"choices": [', JSON, "Content-Length: 4000")),
}  # fmt: skip


@MODES
@pytest.mark.parametrize("behave", FAILS.values(), ids=FAILS)
def test_a_server_that_fails(repository, model, mode, behave) -> None:
    model.behave = behave
    configure(repository, model, mode, "deadline = 0.7\n")
    result = attempt(repository, *MESSAGE)
    assert result.subject is None
    assert result.one_line()
    assert 1 <= len(model.asked) <= 2


ROLE = delta(role="assistant", content=None)
USAGE = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
WORKS = {
    "in one piece": scripted.says(ANSWER),
    "in many pieces": scripted.says(*ANSWER),
    "at once": scripted.says_at_once(ANSWER),
    "in chunks": scripted.says_in_chunks(ANSWER),
    "with a role first and the usage last": events(ROLE, piece(ANSWER), STOP, USAGE, "data: [DONE]"),
    "lines as in DOS": events(piece(ANSWER), STOP, "data: [DONE]", end="\r\n\r\n"),
    "remarks in between": events(": hello", piece(ANSWER), "event: x\nid: 7\nretry: 5", STOP),
    "no space behind data": events("data:" + json.dumps(piece(ANSWER)), "data:" + json.dumps(STOP)),
    "fields of the future": events({"new": [{}]} | piece(ANSWER), STOP | {"new": None}),
    "spaces around it": scripted.says(f"\n {ANSWER} \n"),
    "spelled in escapes": sends(STREAM + b'data: {"choices":[{"index":0,"delta":{"content":"'
        + "".join(f"\\u{ord(letter):04x}" for letter in ANSWER).encode()
        + b'"},"finish_reason":"stop"}]}\n\n'),
}  # fmt: skip


@MODES
@pytest.mark.parametrize("behave", WORKS.values(), ids=WORKS)
def test_an_answer_in_another_shape(repository, model, mode, behave) -> None:
    model.behave = behave
    configure(repository, model, mode)
    result = attempt(repository, *MESSAGE)
    assert result.subject == POLISHED[mode]
    assert result.said == ""
    assert len(model.asked) == 1


FIRST = {"index": 0, "delta": {"content": ANSWER}, "finish_reason": "stop"}
SECOND = {"index": 1, "delta": {"content": ANSWER.replace("fix", "feat")}, "finish_reason": "stop"}
LAST = b'"},"finish_reason":"stop"}]}\n\n'
DOUBTFUL = {
    "two candidates": events({"choices": [FIRST, SECOND]}),
    "two candidates, the second first": events({"choices": [SECOND, FIRST]}),
    "two candidates by turns": events({"choices": [FIRST]}, {"choices": [SECOND]}),
    "cut off by a filter": scripted.says("fix: correct the", finish="content_filter"),
    "half a character": sends(STREAM + b'data: {"choices":[{"delta":{"content":"fix: \\ud83d form' + LAST),
    "bytes that are no text": sends(STREAM + b'data: {"choices":[{"delta":{"content":"fix: \xff\xfe' + LAST),
    "no end": sends(STREAM + b"data: " + json.dumps(piece(ANSWER)).encode() + b"\n\n"),
    "done without a reason": events(piece(ANSWER), "data: [DONE]"),
    "another length than it said": sends(
        whole("200 OK", json.dumps(message_of(ANSWER)).encode() + b" more", JSON, "Content-Length: 40")
    ),
    "no headers": sends(b"HTTP/1.0 200\r\n\r\n" + json.dumps(message_of(ANSWER)).encode()),
}  # fmt: skip


@MODES
@pytest.mark.parametrize("behave", DOUBTFUL.values(), ids=DOUBTFUL)
def test_an_answer_that_may_be_taken_or_not(repository, model, mode, behave) -> None:
    """Either whole or not at all, and never a mixture."""
    model.behave = behave
    configure(repository, model, mode, "deadline = 2\n")
    result = attempt(repository, *MESSAGE)
    assert result.subject in {None, POLISHED[mode], POLISHED[mode].replace("fix:", "feat:")}
    assert len(model.asked) <= 2


@MODES
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_led_to_another_server(repository, model, mode, status) -> None:
    with scripted.serving(scripted.says(ANSWER)) as other:
        model.behave = sends(whole(f"{status} Over There", b"", f"Location: {other.base}/chat/completions"))
        configure(repository, model, mode)
        assert attempt(repository, *MESSAGE).subject is None
        assert not other.asked and not other.headers


@MODES
def test_nothing_listens(lonely, mode) -> None:
    config = lonely.home / ".config" / "commit-polish" / "config.toml"
    config.write_text(config.read_text() + f'mode = "{mode}"\n')
    result = attempt(lonely, *MESSAGE)
    assert result.subject is None and result.one_line()


@MODES
def test_a_listener_that_takes_no_calls(repository, mode) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        repository.configure(
            f"http://127.0.0.1:{listener.getsockname()[1]}/v1", f'mode = "{mode}"\ndeadline = 0.7\n'
        )
        result = attempt(repository, *MESSAGE)
    assert result.subject is None and result.one_line()


@pytest.mark.parametrize(
    "address",
    [
        "", "http://", "http://127.0.0.1:0/v1", "http://127.0.0.1:99999/v1", "127.0.0.1", "file:///etc/passwd",
        "http://[::1", "http://127.0.0.1:eighty/v1", "gopher://127.0.0.1/1", "http://exa mple/v1",
        "http://127.0.0.1:1/a\\r\\nX-Evil: 1",
    ],
)  # fmt: skip
def test_an_address_that_is_none(repository, address) -> None:
    repository.configure(address, "deadline = 0.7\n")
    assert attempt(repository, *MESSAGE).subject is None


@pytest.mark.parametrize(
    "address",
    ["http://192.0.2.1/v1", "http://localhost.example.com/v1", "http://127.0.0.1@192.0.2.1/v1",
     "http://127.0.0.1.example.com/v1", "http://2130706434.example/v1"],
)  # fmt: skip
def test_a_server_elsewhere_is_not_asked(repository, address) -> None:
    """Addresses for documentation: nobody is there, and this one would wait for nobody if it tried."""
    repository.configure(address, "deadline = 30\n")
    result = attempt(repository, *MESSAGE)
    assert result.subject is None
    assert result.said == "" or "allow_remote" in result.said


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_no_proxy_hears_of_it(repository, model, name) -> None:
    with scripted.serving(scripted.says(ANSWER)) as proxy:
        address = proxy.base.removesuffix("/v1")
        result = attempt(repository, *MESSAGE, **{name: address, "NO_PROXY": "", "no_proxy": ""})
        assert not proxy.asked and not proxy.headers
    assert result.subject == "fix: fix the lgoin form"


# after a failure the server is left in peace for a minute


@pytest.fixture
def paused(repository, model):
    """A repository whose server has just failed."""
    model.behave = scripted.answers(503, "text/plain", "loading")
    repository.configure(model.base, 'mode = "type"\n')
    assert attempt(repository, *MESSAGE).one_line()
    model.behave = scripted.says(ANSWER)
    model.asked.clear()
    return repository


def test_after_a_failure_the_next_commit_asks_nobody_and_says_nothing(paused, model) -> None:
    result = attempt(paused, *MESSAGE)
    assert result.subject is None
    assert result.said == ""
    assert not model.asked
    assert float(paused.pause.read_text()) <= time.time() + 60


def test_without_the_pause_file_the_server_is_asked_again(paused, model) -> None:
    paused.pause.unlink()
    assert attempt(paused, *MESSAGE).subject == POLISHED["type"]
    assert len(model.asked) == 1


@pytest.mark.parametrize("seconds", [0, 1, 60])
def test_after_the_pause_the_server_is_asked_again(paused, model, seconds) -> None:
    paused.pause.write_text(f"{int(time.time()) - seconds}\n")
    assert attempt(paused, *MESSAGE).subject == POLISHED["type"]


@pytest.mark.parametrize(
    "content",
    ["", "\n", "soon\n", "-1", "1e99", "99999999999999999999999999", "0x7fffffffffff", "nan", "inf",
     "$(touch pwned)", "a[$(touch pwned)]", "08", "1 2", "9" * 5000, "\0\0\0", str(2**63), "4102444800\n"],
)  # fmt: skip
def test_a_pause_that_makes_no_sense_switches_nothing_off(paused, model, content) -> None:
    """Garbage, or a time far away, as after a clock that was wrong."""
    paused.pause.write_text(content)
    result = attempt(paused, *MESSAGE)
    assert result.subject == POLISHED["type"]
    assert result.said == ""
    assert not list(paused.home.rglob("pwned"))


def test_a_pause_file_that_is_a_directory_costs_no_commit(paused) -> None:
    paused.pause.unlink()
    paused.pause.mkdir()
    assert attempt(paused, *MESSAGE).subject in {None, POLISHED["type"]}


def test_where_no_pause_can_be_written_the_commit_is_made(repository, model) -> None:
    model.behave = scripted.answers(503, "text/plain", "loading")
    state = repository.pause.parent
    state.rmdir()
    state.write_text("not a directory\n")
    assert attempt(repository, *MESSAGE).one_line()
    assert state.read_text() == "not a directory\n"


def test_a_model_that_answers_badly_is_no_server_that_failed(repository, model) -> None:
    """Nothing is wrong with the server, and the next message may be easier."""
    model.behave = scripted.says("I cannot help with that")
    configure(repository, model, "type")
    assert attempt(repository, *MESSAGE).subject is None
    model.behave = scripted.says(ANSWER)
    assert attempt(repository, *MESSAGE).subject == POLISHED["type"]


def test_the_checks_themselves_see_a_wrong_body() -> None:
    plain = b"\n Fixed it \n\nbody\n"
    assert trial.changed_subject(plain, plain) is None
    assert trial.changed_subject(plain, b"\nfix: it\n\nbody\n") == "fix: it"
    for message in (b"fix: it\n\nbody\n", b"\nfix: it\n\nbody", b"\nfix: it\nmore\n\nbody\n"):
        with pytest.raises(AssertionError):
            trial.changed_subject(plain, message)
