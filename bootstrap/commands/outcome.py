"""What an install would do, and what it has done, in words and as data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from bootstrap import __version__, actions, attached, engine, files
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap import paths
    from bootstrap.console import Console
    from bootstrap.receipt import Receipt
    from bootstrap.situation import Plan, Situation

# of what has changed: the rest is what was just asked for
_SHOWN = {"bootstrap", "engine", "llamafile", "model", "api_key"}


def headline(seen: Situation, wanted: Plan) -> str:
    """The machine and the choice, in one line."""
    memory = tr(", {memory} memory", memory=files.in_words(seen.host.memory)) if seen.host.memory else ""
    machine = tr(
        "bootstrap {version} on {os} {arch}{memory}",
        version=__version__,
        os=seen.host.os,
        arch=seen.host.arch,
        memory=memory,
    )
    if not wanted.model:
        return tr(
            "{machine}: {alias} of {api_base}",
            machine=machine,
            alias=wanted.about["alias"],
            api_base=wanted.about["api_base"],
        )
    licence = tr(", {licence} licence", licence=wanted.model.licence) if wanted.model.licence else ""
    return f"{machine}: {wanted.model.name} ({files.in_words(wanted.model.about)}{licence})"


def preview(wanted: Plan, seen: Situation, console: Console) -> None:
    """The plan, in words and as data."""
    steps, stale = engine.preview(wanted, seen.receipt)
    lines = [headline(seen, wanted), *map(str, wanted.changes), *wanted.notes, wanted.promise, ""]
    lines += [tr("This would be done, in this order:")] if steps else [tr("Nothing to do.")]
    lines += [f"{number:3}. {action.describe()}" for number, action in enumerate(steps, 1)]
    lines += [tr("and then taken back:")] if stale else []
    lines += [f"     {action.describe()}" for action in reversed(stale)]
    lines += [
        "",
        tr("to download: {size}", size=files.in_words(wanted.download_bytes)),
        *(
            [tr("to bring from here: {size}", size=files.in_words(wanted.reused_bytes))]
            if wanted.reused_bytes
            else []
        ),
        tr(
            "disk needed: {size} of {free} free",
            size=files.in_words(wanted.disk_needed),
            free=files.in_words(wanted.disk_free),
        ),
        tr("nothing was changed"),
    ]
    console.result(
        "\n".join(lines),
        {
            "host": _host_data(seen),
            "model": wanted.about["model"]["name"],
            "changes": [{"what": one.what, "from": one.before, "to": one.now} for one in wanted.changes],
            "actions": [actions.to_json(action) | {"description": action.describe()} for action in steps],
            "taken_back": [action.describe() for action in stale],
            "download_bytes": wanted.download_bytes,
            "reused_bytes": wanted.reused_bytes,
            "disk_needed_bytes": wanted.disk_needed,
            "disk_free_bytes": wanted.disk_free,
            "notes": [*wanted.notes, wanted.promise],
        },
    )


def _host_data(seen: Situation) -> dict[str, Any]:
    host = seen.host
    return {"os": host.os, "os_version": host.os_version, "arch": host.arch, "memory": host.memory}


def status_data(present: Receipt) -> dict[str, Any]:
    """What is installed, as `status --json` tells it."""
    about = present.about
    return {
        "version": about["version"],
        "engine": about.get("engine", "llamafile"),
        "image": about.get("image"),
        "llamafile": about["llamafile"],
        "model": about["model"],
        "server": {"url": about["api_base"], "alias": about["alias"], "key_file": about.get("key_file")},
        "hooks": [str(path) for group in present.groups() if group.startswith("hook ")
                  for path in present.paths("WriteFile", group)],
    }  # fmt: skip


def nothing(wanted: Plan, present: Receipt) -> str:
    """That all is as it was to be."""
    if not _is_proved(wanted, present):
        return tr("Nothing to do: all is in place; the server was not started, as you chose: bootstrap start")
    return tr(
        "Nothing to do: {alias} answers at {api_base}, all is in place.",
        alias=present.about["alias"],
        api_base=present.about["api_base"],
    )


def _is_proved(wanted: Plan, present: Receipt) -> bool:
    """Whether this run has asked the server."""
    proof = present.find("proof")
    return proof is not None and any(planned.action.key == proof.key for planned in wanted.actions)


def _ready(wanted: Plan, present: Receipt) -> list[str]:
    """That it answers, and how fast: from the proof of this run."""
    about, proof = present.about, present.find("proof")
    if proof is None or not _is_proved(wanted, present):
        return [tr("Installed; the server was not started, as you chose: bootstrap start")]
    speed = proof.memory.get("tokens_per_second")
    said = []
    if about["engine"] != attached.ENGINE:
        said.append(tr("loaded in {seconds:.1f} s", seconds=proof.memory["load_seconds"]))
    if speed:
        said.append(tr("writes {rate} tokens/s", rate=f"{speed:.{0 if speed > 10 else 1}f}"))
    return [
        tr("Ready: {alias} answers at {api_base}", alias=about["alias"], api_base=about["api_base"]),
        *([_row(tr("speed"), ", ".join(said))] if said else []),
    ]


def what_is_new(wanted: Plan, earlier: dict[str, Any], present: Receipt) -> str:
    """What a later run has changed, in a few lines."""
    lines = _ready(wanted, present)
    lines += [_row(one.what, f"{one.before} -> {one.now}") for one in wanted.changes if one.what in _SHOWN]
    if any(earlier[key] != present.about[key] for key in ("backend", "at_login")):
        lines.append(_row(tr("autostart"), wanted.promise))
    return "\n".join(lines)


def summary(wanted: Plan, present: Receipt, where: paths.Paths) -> str:
    """Where everything is, and what to try next."""
    about = present.about
    hooks = [group.removeprefix("hook ") for group in present.groups() if group.startswith("hook ")]
    lines = _ready(wanted, present)
    lines.append(_row(tr("settings"), where.config_file))
    if about["llamafile"]:
        lines.append(_row(tr("llamafile"), about["llamafile"]["path"]))
    if about["image"]:
        lines.append(_row(tr("image"), about["image"]))
    if about["model"]["path"]:
        lines.append(_row(tr("model"), about["model"]["path"]))
    if about.get("key_file"):
        lines.append(_row(tr("key"), tr("{key_file}, which clients need", key_file=about["key_file"])))
    lines.append(_row(tr("autostart"), wanted.promise))
    lines += [_row(tr("hook in"), hook) for hook in hooks]
    in_path = os.name == "nt" or str(where.bin) in os.environ.get("PATH", "").split(os.pathsep)
    lines += ["", tr("Try:") if in_path else tr("Try, with {bin} in your PATH:", bin=where.bin)]
    lines += ['  bootstrap polish -m "Fixed the login bug."']
    if not hooks:
        lines.append(tr("  bootstrap hook install    in a repository: polish every commit message"))
    lines += [
        f"  curl {about['api_base']}/chat/completions \\",
        *([f'    -H "Authorization: Bearer $(cat {about["key_file"]})" \\'] if about.get("key_file") else []),
        "    -H 'Content-Type: application/json' \\",
        """    -d '{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}'""",
        tr("  bootstrap uninstall       everything back as it was"),
    ]
    return "\n".join(lines)


def _row(name: str, text: object) -> str:
    return f"  {name:10} {text}"
