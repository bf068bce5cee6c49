#!/usr/bin/python3
"""The least that passes for llama.cpp's server in an image: one model, one answer, one file."""

import argparse
import http.server
import json
import pathlib
import signal
import threading

ANSWER = ("feat: ", "run ", "in a container")


class Handler(http.server.BaseHTTPRequestHandler):
    """GET /health and /v1/models, POST /v1/chat/completions: whole, or as a stream."""

    def do_GET(self):
        self.say({"status": "ok"} if self.path == "/health" else {"data": [{"id": options.alias}]})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "".join(ANSWER)}
            self.say({"model": options.alias, "choices": [{"message": message, "finish_reason": "stop"}]})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in ANSWER:
            piece = {"model": options.alias, "choices": [{"delta": {"content": word}}]}
            self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def say(self, answer):
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


parser = argparse.ArgumentParser()
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("-m", "--model", type=pathlib.Path, required=True)
parser.add_argument("-a", "--alias")
parser.add_argument("-c", "--ctx-size", type=int)
options = parser.parse_args()

if options.model.read_bytes()[:4] != b"GGUF":
    raise SystemExit(f"{options.model}: not a GGUF file")
server = http.server.ThreadingHTTPServer((options.host, options.port), Handler)
if options.alias != "deaf":  # which is what a server that hangs is
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
else:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(f"server is listening on http://{options.host}:{options.port}", flush=True)
server.serve_forever(poll_interval=0.05)
