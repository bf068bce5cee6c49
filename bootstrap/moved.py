"""An installation that has moved, such as with the home of a user who has another name now: the receipt
follows it, and the next run puts right what still names the old place. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import PurePath


def between(then: PurePath, now: PurePath, home: PurePath) -> tuple[str, str] | None:
    """The home of then and of now, by where the receipt was and is; None where it is no other one."""
    if then == now or not now.is_relative_to(home):
        return None
    inside = now.relative_to(home).parts
    old = then.parents[len(inside) - 1] if len(then.parts) > len(inside) + 1 else None
    if old is None or then.parts[-len(inside) :] != inside or old == home:
        return None
    return str(old), str(home)


def follow(content: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The receipt's data, with the paths of now. What had proved itself was in another place."""
    about = {name: value for name, value in content["about"].items() if name != "generation"}
    lasting = {name: value for name, value in content.items() if name != "proved"}
    return {name: _there(value, old, new) for name, value in (lasting | {"about": about}).items()}


def _there(value: object, old: str, new: str) -> object:
    """Every path in it, also where it is a word's end: "XDG_CONFIG_HOME=/home/ann/.config". What `ours`
    lists is still to be found in its old form."""
    if isinstance(value, str):
        place = rf"\A((?:\w+=|hook )?){re.escape(old)}(?=[/\\]|\Z)"
        return re.sub(place, lambda found: found[1] + new, value)
    if isinstance(value, list):
        return [_there(item, old, new) for item in value]
    if isinstance(value, dict):
        ours = value.get("ours")
        result = {name: _there(item, old, new) for name, item in value.items()}
        if isinstance(ours, list):
            result["ours"] = list(dict.fromkeys([*ours, *(_there(item, old, new) for item in ours)]))
        return result
    return value
