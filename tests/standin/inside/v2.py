"""llamafile's other server, `--server --v2`: OpenAI's three endpoints, no authentication, no /health.

Sources: prog.cpp, listen.cpp, client.cpp, v1_models.cpp, tokenize.cpp and embedding.cpp in
llamafile/server. Not imitated: its web page, /slotz and /flagz, its limits per address, and that it
drops the oldest of its clients when there are more than its workers.
"""

import json
import socket
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from . import archive, end_politely, leave, own_directory, web
from .engines import Engine, EngineError, load
from .flags import Flags, parse
from .v2_chat import Answer, Asked, RequestError, demand, events, prompt
from .v2_options import V2

STARTED = int(time.time())
TEXTS = ("content", "prompt", "input")  # the names under which an embedding takes its text


def run(version: str, arguments: list[str], engine: str) -> None:
    """Load the model, listen on the one port or end, and serve until a signal ends it well."""
    flags = parse(archive.with_own(arguments), V2)
    if not flags.model:
        leave(1, "llamafile: --model is required")
    own_directory()
    if flags.parallel < 1:
        leave(1, "no slots could be created")
    flags.ctx_size *= flags.parallel  # each slot has all of it
    # A context of its own makes each embedding, out of the last token.
    flags.embeddings, flags.pooling = True, "last"
    loaded = load(flags, engine)
    flags.host, _, port = flags.listen.rpartition(":") if ":" in flags.listen else (flags.listen, "", "8080")
    try:
        flags.port = int(port)
        server = Server(version, flags, loaded)
    except (OSError, OverflowError, ValueError) as error:
        leave(1, f"{flags.listen}: {error}")
    say(f"listen http://{flags.host}:{server.server_port}{flags.url_prefix}")
    end_politely()
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    say("shutdown")
    leave(0, "exit")


def say(text: str) -> None:
    """A line of its log, which --log-disable does not silence."""
    print(
        f"{time.strftime('%Y-%m-%dT%H:%M:%S')}.000000 llamafile/server server {text}",
        file=sys.stderr,
        flush=True,
    )


class Server(web.Server):
    """One model behind one port."""

    address_kind = socket.AF_INET

    def __init__(self, version: str, flags: Flags, engine: Engine) -> None:
        self.version, self.engine = version, engine
        super().__init__(flags, Handler)


class Handler(web.Handler):
    """One connection, which ends with the first refusal."""

    server: Server

    def version_string(self) -> str:
        return f"llamafile/{self.server.version}"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.close_connection = True
        reason = message or self.responses[code][0]
        self.reply(code, "", f"{reason}\r\n", reason=reason)

    def options(self) -> None:
        allowed = {"Accept": "*/*", "Accept_Charset": "utf-8", "Allow": "GET, POST, OPTIONS"}
        self.reply(204, "", "", **allowed)

    def get(self) -> None:
        say(f"{self.command} {self.path}")
        path = self.path.split("?")[0]
        try:
            if not path.startswith(self.server.flags.url_prefix):
                raise RequestError(404, "Not Found")
            self._answer(path.removeprefix(self.server.flags.url_prefix))
        except RequestError as error:
            self.send_error(error.status, error.reason)
        except EngineError:
            self.send_error(500)

    def post(self) -> None:
        if "Content-Length" not in self.headers:
            self.send_error(411)
        else:
            self.get()

    def _answer(self, path: str) -> None:
        if path == "/v1/models":
            name = Path(self.server.flags.model).name
            card = {"id": name.rpartition(".")[0] or name, "object": "model", "owned_by": "llamafile"}
            self._json({"object": "list", "data": [{**card, "created": STARTED}]})
        elif path == "/tokenize":
            self._tokenize()
        elif path in ("/embedding", "/v1/embeddings"):
            self._embed(openai=path == "/v1/embeddings")
        elif path in ("/v1/completions", "/v1/chat/completions"):
            self._complete(chatting=path != "/v1/completions")
        else:
            raise RequestError(404, "Not Found")

    def _sent(self) -> dict[str, Any]:
        """The object that the client sent."""
        if self.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            raise RequestError(501, "Content Type Not Implemented")
        try:
            sent = json.loads(self.body())
        except ValueError as error:
            raise RequestError(400, "not JSON") from error
        demand(isinstance(sent, dict), "JSON must be an object")
        return sent

    def _text(self, names: tuple[str, ...]) -> tuple[dict[str, Any], list[int]]:
        """What was sent, and the tokens of its text, which has one of these names: one string, no list."""
        body = self._sent()
        found = [body[name] for name in names if isinstance(body.get(name), str)]
        demand(found, f"there is no string called {' or '.join(names)}")
        options = {"whole": body.get("add_special", True), "special": body.get("parse_special", False)}
        return body, self.server.engine.tokenize(found[0], **options)

    def _tokenize(self) -> None:
        _, tokens = self._text(("prompt",))
        self._json({"tokens": [self.server.engine.detokenize([token]) for token in tokens]})

    def _embed(self, *, openai: bool) -> None:
        body, tokens = self._text(TEXTS)
        engine = self.server.engine
        used = tokens[: engine.slot_ctx]
        vector = engine.embed(used)
        if openai:
            usage = {"prompt_tokens": len(used), "total_tokens": len(tokens)}
            data = [{"object": "embedding", "index": 0, "embedding": vector}]
            self._json({"object": "list", "model": body.get("model", ""), "usage": usage, "data": data})
        else:
            self._json({"tokens_provided": len(tokens), "tokens_used": len(used), "embedding": vector})

    def _complete(self, *, chatting: bool) -> None:
        if self.command != "POST":
            raise RequestError(405, "Method Not Allowed")
        body, engine = self._sent(), self.server.engine
        asked = Asked.of(body, chatting=chatting)
        if chatting:
            tokens = prompt(body.get("messages"), engine)
        else:
            demand(isinstance(body.get("prompt"), str), "prompt must be a string")
            tokens = engine.tokenize(body["prompt"], whole=True)
            if len(tokens) > engine.slot_ctx:
                raise RequestError(500, "out_of_context")
        answer = Answer(asked)
        with self.server.turn(), closing(events(engine, tokens, asked)) as generated:
            if asked.stream:
                self.stream(web.told(answer.parts(len(tokens), generated)))
                return
            *parts, last = generated
        self._json(answer.whole(parts, last))

    def _json(self, body: object) -> None:
        self.reply(200, "application/json", json.dumps(body))
