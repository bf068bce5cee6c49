"""`bootstrap`: install, upgrade or repair."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import __version__, actions, attached, engine, files, paths, rollback, server, session
from bootstrap.commands import look, urls
from bootstrap.errors import BootstrapError, ServerError
from bootstrap.messages import tr

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console
    from bootstrap.receipt import Receipt
    from bootstrap.situation import Plan, Situation


# of what has changed: the rest is what was just asked for
_SHOWN = {"bootstrap", "engine", "llamafile", "model", "api_key"}


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Plan and carry out; with --dry-run only plan, with --print-urls only tell the addresses."""
    where = paths.find()
    if arguments.dry_run or arguments.print_urls:
        present = session.look(where)
        _refuse_older(present, force=arguments.force)
        seen = look.situation(arguments, where, present, console)
        if arguments.print_urls:
            urls.show(seen, console)
        else:
            _show(look.planned(seen), seen, console)
        return 0
    with session.begin(where, rebuild=True) as present:
        if present.rebuilding:
            console.say(_lost(present))
        _refuse_older(present, force=arguments.force)
        seen = look.situation(arguments, where, present, console)
        wanted = look.planned(seen)
        console.say(headline(seen, wanted))
        for note in wanted.notes:
            console.say(note)
        earlier = dict(present.about)
        try:
            changed = rollback.carry_out(wanted, present, console)
        except ServerError as error:
            seen = _without_gpu(seen, error)
            console.say(
                tr(
                    "not with the GPU: {message}; going on without it, as with --gpu-layers off",
                    message=error.message,
                )
            )
            wanted = look.planned(seen)
            changed = rollback.carry_out(wanted, present, console)
        text = _summary(wanted, present, where) if changed else _nothing(wanted, present)
        if changed and "version" in earlier:
            text = _what_is_new(wanted, earlier, present)
        console.result(text, {"changed": changed} | status_data(present))
    return 0


def _without_gpu(seen: Situation, error: ServerError) -> Situation:
    """What was seen, for a plan that leaves a GPU alone which nobody has asked for by name. Raises the error
    where there is none."""
    by_itself = seen.settings.gpu_layers == "auto" and not seen.settings.attached
    if not (by_itself and server.layers(seen.settings, seen.host)):
        raise error
    return replace(seen, settings=replace(seen.settings, gpu_layers="off"))


def _lost(present: Receipt) -> str:
    """That nobody has told what is installed, and what the user can tell."""
    kept = tr(", and is now {name}", name=present.broken.name) if present.broken.exists() else ""
    return tr(
        "The receipt of what is installed was {what}{kept}: it is made anew by "
        "looking; name repositories that have the hook once more, with --repo",
        what=tr("broken") if kept else tr("lost"),
        kept=kept,
    )


def _refuse_older(present: Receipt, *, force: bool) -> None:
    """An old download that is run by mistake must not take the place of what is newer, and works."""
    about = present.about
    if (
        force
        or _order(about.get("version", "")) <= _order(__version__)
        or not Path(about["program"]).exists()
    ):
        return
    raise BootstrapError(
        "bootstrap {version} is installed here, and this is the older {own_version}",
        "use that one: {program}; or go back with --force",
        version=about["version"],
        own_version=__version__,
        program=about["program"],
    )


def _order(version: str) -> tuple[list[int], bool]:
    """To compare versions by: 1.0.0rc1 is older than 1.0.0, which is 1.0.0+here."""
    public = version.partition("+")[0]
    numbers = [int(number) for number in re.findall(r"\d+", public)[:3]]
    return numbers + [0] * (3 - len(numbers)), bool(re.fullmatch(r"[\d.]*", public))


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


def _show(wanted: Plan, seen: Situation, console: Console) -> None:
    """The plan, in words and as data."""
    steps, stale = engine.preview(wanted, seen.receipt)
    lines = [headline(seen, wanted), *map(str, wanted.changes), *wanted.notes, wanted.promise, ""]
    lines += [tr("This would be done, in this order:")] if steps else [tr("Nothing to do.")]
    lines += [f"{number:3}. {action.describe()}" for number, action in enumerate(steps, 1)]
    lines += [tr("and then taken back:")] if stale else []
    lines += [f"     {action.describe()}" for action in reversed(stale)]
    lines += [
        "",
        tr("to download: {download_bytes}", download_bytes=files.in_words(wanted.download_bytes)),
        *(
            [tr("to bring from here: {reused_bytes}", reused_bytes=files.in_words(wanted.reused_bytes))]
            if wanted.reused_bytes
            else []
        ),
        tr(
            "disk needed: {disk_needed} of {disk_free} free",
            disk_needed=files.in_words(wanted.disk_needed),
            disk_free=files.in_words(wanted.disk_free),
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


def _nothing(wanted: Plan, present: Receipt) -> str:
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
    rate = tr(", writes {rate} tokens/s", rate=f"{speed:.{0 if speed > 10 else 1}f}") if speed else ""
    loaded = tr("loaded in {load_seconds:.1f} s{rate}", load_seconds=proof.memory["load_seconds"], rate=rate)
    if about["engine"] == attached.ENGINE:
        loaded = rate.removeprefix(", ")
    speed_line = [f"  {'speed':10} {loaded}"] if loaded else []
    return [
        tr("Ready: {alias} answers at {api_base}", alias=about["alias"], api_base=about["api_base"]),
        *speed_line,
    ]


def _what_is_new(wanted: Plan, earlier: dict[str, Any], present: Receipt) -> str:
    """What a later run has changed, in a few lines."""
    lines = _ready(wanted, present)
    lines += [f"  {one.what:10} {one.before} -> {one.now}" for one in wanted.changes if one.what in _SHOWN]
    if any(earlier[key] != present.about[key] for key in ("backend", "at_login")):
        lines.append(f"  {'autostart':10} {wanted.promise}")
    return "\n".join(lines)


def _summary(wanted: Plan, present: Receipt, where: paths.Paths) -> str:
    """Where everything is, and what to try next."""
    about = present.about
    hooks = [group.removeprefix("hook ") for group in present.groups() if group.startswith("hook ")]
    lines = _ready(wanted, present)
    for name, text in (
        ("settings", where.config_file),
        *([("llamafile", about["llamafile"]["path"])] if about["llamafile"] else []),
        *([("image", about["image"])] if about["image"] else []),
        *([("model", about["model"]["path"])] if about["model"]["path"] else []),
        *(
            [("key", tr("{key_file}, which clients need", key_file=about["key_file"]))]
            if about.get("key_file")
            else []
        ),
        ("autostart", wanted.promise),
        *((tr("hook in"), hook) for hook in hooks),
    ):
        lines.append(f"  {name:10} {text}")
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
