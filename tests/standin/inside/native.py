"""llama.cpp's own server: in llamafile 0.10, and as the program `llama-server` of its container image.

With the llama.cpp engine nothing is imitated but the command line and the end: xllamacpp has this very
server. With the scripted one its HTTP side is here, which answers 503 until the model is there.
Sources: tools/server/server.cpp and server-http.cpp of llama.cpp, llamafile/args.cpp of llamafile 0.10.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any, NoReturn

from . import archive, end_politely, leave, native_chat, web
from .engines import Engine, EngineError, load
from .flags import Flags, Options, parse, read_keys
from .native_chat import Answer, RequestError

OPEN = ("/health", "/v1/health", "/")  # without a key


def llamafile(arguments: list[str], engine: str) -> None:
    """`--server` of llamafile 0.10, wherever in the command line that is."""
    from .native_options import LLAMAFILE_0_10

    arguments = archive.with_own(arguments)
    if "--server" not in arguments:
        leave(1, "llamafile: only --server is imitated by this stand-in")
    run(arguments, LLAMAFILE_0_10, engine)


def llama_server(engine: str) -> None:
    """`llama-server`."""
    from .native_options import LLAMA_SERVER

    if "--version" in sys.argv[1:]:
        print("version: 11549 (stand-in)", file=sys.stderr)
        return
    run(sys.argv[1:], LLAMA_SERVER, engine)


def run(arguments: list[str], options: Options, engine: str) -> None:
    """Listen, load the model, and serve until a signal ends it well."""
    flags = parse(arguments, options)
    if not flags.model:
        leave(1, "llama-server: only a server of one model is imitated by this stand-in, so -m is needed")
    if flags.parallel < 0:
        flags.parallel = 4
    keys = [key for key in flags.api_key.split(",") if key] + read_keys(flags.api_key_file)
    keys = [key for key in keys if not key.startswith("#")]
    (real if engine == "llama.cpp" else scripted)(flags, keys)


def say(flags: Flags, text: str) -> None:
    if flags.log:
        print(f"srv  llama_server: {text}", file=sys.stderr, flush=True)


def wait(flags: Flags, _server: object = None) -> NoReturn:
    """Serve until a signal; one that comes before this ends the process as it would any."""
    with suppress(KeyboardInterrupt):
        end_politely()
        say(flags, f"server is listening on http://{flags.host}:{flags.port}")
        while True:
            time.sleep(0.1)  # no longer: a signal just before it would wait for its end
    say(flags, "cleaning up before exit...")
    leave(0, "")


def real(flags: Flags, keys: list[str]) -> None:
    """With the real server, which listens before it loads the model."""
    from .llamacpp import start

    try:
        with archive.weights(flags.model) as path:
            # Kept to the end: one that goes while it is young may wait for its own loop for ever.
            server = start(flags.but(model=path), flags.host, flags.port, keys)
    except (EngineError, OSError) as error:
        leave(1, f"srv  llama_server: {flags.model}: {error}")
    wait(flags, server)


def scripted(flags: Flags, keys: list[str]) -> None:
    """With the imitated one."""
    try:
        server = Server(flags, keys)
    except (OSError, OverflowError):
        leave(1, f"srv  start: couldn't bind HTTP server socket, hostname: {flags.host}, port: {flags.port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.engine = load(flags, "scripted")
    wait(flags)


class Server(web.Server):
    """One model behind one port; there is no engine while the model is being loaded."""

    engine: Engine | None = None

    def __init__(self, flags: Flags, keys: list[str]) -> None:
        self.keys = keys
        super().__init__(flags, Handler)


class Handler(web.Handler):
    """One connection. Whatever is wrong is told in JSON."""

    server: Server

    def version_string(self) -> str:
        return "llama.cpp"

    def more_headers(self) -> Mapping[str, str]:
        return {"Access-Control-Allow-Origin": self.headers.get("Origin", "")}

    def options(self) -> None:
        allowed = {"Credentials": "true", "Methods": "GET, POST, DELETE, OPTIONS", "Headers": "*"}
        headers = {f"Access_Control_Allow_{name}": value for name, value in allowed.items()}
        self.reply(200, "text/html", "", **headers)

    def get(self) -> None:
        sent = self.body()
        try:
            self._admit(self.path.split("?")[0])
            self._answer(f"{self.command} {self.path.split('?')[0]}", sent)
        except RequestError as error:
            self._refuse(error)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            self._refuse(native_chat.invalid(str(error)))
        except EngineError as error:
            self._refuse(RequestError(500, "server_error", str(error)))

    post = get

    def _admit(self, path: str) -> None:
        given = self.headers.get("Authorization") or self.headers.get("X-Api-Key") or ""
        if self.server.engine is None:
            raise RequestError(503, "unavailable_error", "Loading model")
        if self.server.keys and path not in OPEN and given.removeprefix("Bearer ") not in self.server.keys:
            raise RequestError(401, "authentication_error", "Invalid API Key")

    def _answer(self, asked: str, sent: bytes) -> None:
        server, flags = self.server, self.server.flags
        engine = server.engine
        assert engine is not None
        if asked in ("GET /health", "GET /v1/health"):
            self._json({"status": "ok"})
        elif asked in ("GET /v1/models", "GET /models"):
            meta = {"n_ctx": engine.slot_ctx}
            card = {"id": self._model(), "object": "model", "owned_by": "llamacpp", "meta": meta}
            self._json({"object": "list", "data": [{**card, "created": int(time.time())}]})
        elif asked == "GET /props":
            settings = {"n_ctx": engine.slot_ctx}
            self._json({"default_generation_settings": settings, "total_slots": flags.parallel})
        elif asked == "GET /slots":
            if not flags.slots_endpoint:
                raise self._unsupported("slots endpoint", "--slots")
            self._json([{"id": slot, "n_ctx": engine.slot_ctx} for slot in range(flags.parallel)])
        elif asked == "GET /" and flags.web:
            self.reply(200, "text/html; charset=utf-8", "<title>llama.cpp</title>")
        elif asked == "POST /tokenize":
            text = json.loads(sent).get("content", "")
            self._json({"tokens": engine.tokenize(text)})
        elif asked == "POST /detokenize":
            self._json({"content": engine.detokenize(json.loads(sent)["tokens"])})
        elif asked == "POST /v1/embeddings":
            self._embed(json.loads(sent), engine)
        elif asked in ("POST /v1/completions", "POST /v1/chat/completions"):
            self._complete(json.loads(sent), engine, chatting=asked != "POST /v1/completions")
        else:
            raise RequestError(404, "not_found_error", "File Not Found")

    def _embed(self, body: dict[str, Any], engine: Engine) -> None:
        if not self.server.flags.embeddings:
            raise self._unsupported("embeddings", "--embeddings")
        if self.server.flags.pooling in ("", "none"):  # as a model that writes text has it
            raise native_chat.invalid("Pooling type 'none' is not OAI compatible")
        self._json(native_chat.embeddings(body, self._model(), engine))

    def _complete(self, body: dict[str, Any], engine: Engine, *, chatting: bool) -> None:
        text = native_chat.prompt(body) if chatting else body["prompt"]
        asked = native_chat.request(body, native_chat.tokens(text, engine), engine)
        usage = bool((body.get("stream_options") or {}).get("include_usage"))
        answer = Answer(self._model(), chatting=chatting, usage=usage)
        with self.server.turn(), closing(engine.generate(asked)) as generated:
            if body.get("stream"):
                self.stream(web.told(answer.parts(generated)))
                return
            *parts, last = generated
        self._json(answer.whole(parts, last))

    def _model(self) -> str:
        flags = self.server.flags
        return min(flags.alias.split(",")) or flags.model

    def _unsupported(self, what: str, flag: str) -> RequestError:
        message = f"This server does not support {what}. Start it with `{flag}`"
        return RequestError(501, "not_supported_error", message)

    def _refuse(self, refused: RequestError) -> None:
        self.close_connection = True
        self._json({"error": refused.error}, refused.status)

    def _json(self, body: object, status: int = 200) -> None:
        self.reply(status, "application/json; charset=utf-8", json.dumps(body))
