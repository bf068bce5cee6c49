"""`eval polish`: how good the polishing is with a model, and whether what is promised of any model holds.

The status is 1 where something was lost or invented, or a good subject was changed.
"""

import argparse
import json
import sys
from urllib.parse import urlsplit

from bootstrap.errors import BootstrapError
from bootstrap.polish import client
from scripts.eval import degrade, score, subjects
from scripts.eval.polishing import Model, Served, polish

MODES = ("type", "rewrite")


def main(argv: list[str]) -> int:
    arguments = _parse(argv)
    base = arguments.server.rstrip("/")
    if not urlsplit(base).path:
        base += "/v1"
    try:
        models = client.models(base, timeout=5)
    except BootstrapError as error:
        sys.exit(f"error: {error}")
    model = Served(base, arguments.model or (models or ["default"])[0], arguments.deadline)
    cases = subjects.read(arguments.limit)
    modes = MODES if arguments.mode == "both" else (arguments.mode,)
    scores = [evaluate(cases, mode, model, arguments.seed) for mode in modes]
    figures = {found.mode: found.figures() for found in scores}
    for found in scores:
        for offence in found.offences:
            print(f"{found.mode}: {offence}", file=sys.stderr)
    print(json.dumps({"model": model.name} | figures) if arguments.json else _table(model.name, figures))
    return 0 if all(score.promises_kept(values) for values in figures.values()) else 1


def evaluate(cases: list[subjects.Good], mode: str, model: Model, seed: int) -> score.Score:
    """Each subject twice: spoilt, and as it is."""
    found = score.Score(mode)
    for case in cases:
        spoilt = degrade.spoil(case, seed)
        found.spoilt(spoilt, polish(spoilt.text, case.paths, mode, model))
        found.good(case, polish(case.text, case.paths, mode, model))
    return found


def _table(model: str, figures: dict[str, dict[str, float]]) -> str:
    lines = [f"{model:24}" + "".join(f"{mode:>10}" for mode in figures)]
    names = next(iter(figures.values()))
    lines += [f"{name:24}" + "".join(f"{values[name]:>10g}" for values in figures.values()) for name in names]
    return "\n".join(lines)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py eval", description=__doc__)
    whats = parser.add_subparsers(dest="what", required=True)
    polishing = whats.add_parser("polish", help="of commit subjects, with a running server")
    polishing.add_argument("--server", required=True, metavar="URL", help="an OpenAI-compatible one")
    polishing.add_argument("--model", metavar="NAME", help="default: the first that the server names")
    polishing.add_argument("--mode", choices=(*MODES, "both"), default="both", help="as hook.mode (both)")
    polishing.add_argument("--limit", type=count, metavar="N", help="so many subjects (all)")
    polishing.add_argument("--seed", type=int, default=1, metavar="N", help="spoils otherwise (1)")
    polishing.add_argument(
        "--deadline", type=float, default=10, metavar="S", help="for a subject, as hook.deadline (10)"
    )
    polishing.add_argument("--json", action="store_true", help="one JSON object")
    return parser.parse_args(argv)


def count(text: str) -> int:  # argparse names it: "invalid count value: '0'"
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
