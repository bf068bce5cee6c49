"""An engine that knows the answer at once and needs nothing but the standard library."""

import json
import math
import random
import re
from collections.abc import Iterator
from typing import Any

from .engines import EngineError, Event
from .flags import Flags

DIMENSIONS = 64  # as the tiny model has


class Scripted:
    """Answers `fix: ` where the grammar asks for the type of a commit, the least that a JSON schema
    takes where there is one, else `ok`."""

    TYPES = ("fix", "feat", "docs", "test", "refactor", "perf", "style", "build", "ci", "chore")
    eos = "</s>"

    def __init__(self, flags: Flags) -> None:
        with open(flags.model, "rb") as file:
            if file.read(4) != b"GGUF":
                raise EngineError("invalid magic characters, GGUF expected")
        self.slot_ctx = (flags.ctx_size or 8192) // flags.parallel

    def tokenize(self, text: str, *, whole: bool = False, special: bool = True) -> list[int]:
        return [1] * whole + [byte + 3 for byte in text.encode()]

    def detokenize(self, tokens: list[int]) -> str:
        return bytes(token - 3 for token in tokens if token >= 3).decode(errors="replace")

    def generate(self, request: dict[str, Any]) -> Iterator[Event]:
        answer, kind = self._answer(request), "eos"
        found = [answer.index(stop) for stop in request["stop"] if stop in answer]
        if found:
            answer, kind = answer[: min(found)], "word"
        if request["n_predict"] <= len(answer):
            answer, kind = answer[: request["n_predict"]], "limit"
        evaluated = {"tokens_evaluated": len(request["prompt"])}
        for count, character in enumerate(answer, start=1):
            tokens = self.tokenize(character)
            yield {
                "content": character,
                "tokens": tokens,
                "stop": False,
                "tokens_predicted": count,
                **evaluated,
            }
        yield {
            "content": "",
            "tokens": [],
            "stop": True,
            "stop_type": kind,
            "tokens_predicted": len(answer) + (kind != "limit"),
            **evaluated,
        }

    def embed(self, tokens: list[int]) -> list[float]:
        generator = random.Random(str(tokens))
        vector = [generator.gauss(0, 1) for _ in range(DIMENSIONS)]
        length = math.hypot(*vector)
        return [number / length for number in vector]

    def _answer(self, request: dict[str, Any]) -> str:
        if "json_schema" in request:
            return json.dumps(self._instance(request["json_schema"]))
        literals = re.findall(r'"(\w+)"', request["grammar"])
        return next((f"{name}: " for name in self.TYPES if name in literals), "ok")

    def _instance(self, schema: dict[str, Any]) -> Any:
        """The least that satisfies a simple schema, with all its properties."""
        if "enum" in schema:
            return next((name for name in self.TYPES if name in schema["enum"]), schema["enum"][0])
        if "const" in schema:
            return schema["const"]
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._instance(choices[0])
        properties = schema.get("properties", {})
        if properties or schema.get("type", "object") == "object":
            return {name: self._instance(inner) for name, inner in properties.items()}
        return {"string": "ok", "integer": 0, "number": 0, "boolean": True, "array": []}.get(schema["type"])
