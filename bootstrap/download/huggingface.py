"""Hugging Face: what an address there names, who may see it, and what its error answers mean.

Sources: huggingface_hub's environment variables and `hf_raise_for_status`, and what the hub answers.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from bootstrap.catalogue import HUGGING_FACE
from bootstrap.errors import UsageError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.download.answer import Headers

_HOSTS = {"huggingface.co", "www.huggingface.co", "hf.co"}
_TOKENS = f"{HUGGING_FACE}/settings/tokens"
_LONGEST_TOKEN = 4096  # bytes; what is longer is no token

# OWNER/NAME, or an old NAME alone; how it is shown and at which revision; the file
_PATH = re.compile(
    r"/(?P<repository>(?:[\w.-]+/)?[\w.-]+?)(?:/(?:resolve|blob|raw|tree)/(?P<revision>[^/]+)(?:/(?P<path>.*))?)?/?"
)
_SHORT = re.compile(r"/(?P<repository>[\w.-]+/[\w.-]+)/(?P<path>.+\.gguf)", re.IGNORECASE)


@dataclass(frozen=True)
class RepositoryFile:
    """One file in a repository of models, at a revision: a branch, a tag or a commit."""

    repository: str
    revision: str
    path: str

    @property
    def url(self) -> str:
        """Its public address, the same whatever $HF_ENDPOINT is."""
        return f"{HUGGING_FACE}/{self._place}"

    @property
    def page(self) -> str:
        """Where its repository presents itself, and its licence is accepted."""
        return f"{HUGGING_FACE}/{self.repository}"

    def at_endpoint(self) -> str:
        """Its address at $HF_ENDPOINT, or the public one."""
        return f"{endpoint()}/{self._place}"

    @property
    def _place(self) -> str:
        return f"{self.repository}/resolve/{quote(self.revision, safe='')}/{quote(self.path)}"


def endpoint() -> str:
    """$HF_ENDPOINT, or the public address; without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or HUGGING_FACE).rstrip("/")


def file_at(address: str) -> RepositoryFile | None:
    """What an address names, as people copy it from the browser; None if it is of another host.

    UsageError for one of Hugging Face that names no file.
    """
    path = _path_of(address)
    if path is None:
        return None
    split = urlsplit(path)
    found = _PATH.fullmatch(split.path) or _SHORT.fullmatch(split.path)
    parts = found.groupdict() if found else {}
    # the page of a repository, or of its tree, with one file looked into
    shown = parse_qs(split.query).get("show_file_info", [""])[0]
    if not parts or not (name := shown or unquote(parts["path"] or "")):
        raise UsageError(
            "{address} names no file",
            "open Files on that page, and copy the address of one .gguf file",
            address=address,
        )
    return RepositoryFile(parts["repository"], unquote(parts.get("revision") or "main"), name)


def knows(url: str) -> bool:
    """Whether an address is one of the hub: the public one, or $HF_ENDPOINT."""
    return _path_of(url) is not None


def at_endpoint(url: str) -> str:
    """The address to ask for what `url` names: at $HF_ENDPOINT, for a file of Hugging Face."""
    try:
        file = file_at(url)
    except UsageError:
        return url
    return file.at_endpoint() if file else url


def authorization_for(url: str) -> str | None:
    """The Authorization header for this address: of the hub's endpoint, over https or loopback only."""
    wanted, own = _split(url), _split(endpoint())
    if wanted is None or own is None or _server(wanted) != _server(own):
        return None
    if not wanted.path.startswith(f"{own.path}/"):
        return None
    if wanted.scheme != "https" and not _is_loopback(wanted.hostname or ""):
        return None
    token = _token()
    return f"Bearer {token}" if token else None


def explain(status: int, headers: Headers, url: str) -> tuple[str, str] | None:
    """Why the hub has not answered with the file, and a hint; None where a status says as much."""
    try:
        file = file_at(url)
    except UsageError:
        return None
    if file is None or status < 400:
        return None
    return _words(file, status, headers.get("x-error-code", ""), headers.get("x-error-message", ""))


def _words(file: RepositoryFile, status: int, code: str, message: str) -> tuple[str, str] | None:
    repository = file.repository
    words: dict[str, tuple[str, str]] = {
        "GatedRepo": _gated(file, status),
        "EntryNotFound": (
            tr(
                "{repository} has no file {path} at {revision}",
                repository=repository,
                path=file.path,
                revision=file.revision,
            ),
            tr("see {page}/tree/main", page=file.page),
        ),
        "RevisionNotFound": (
            tr("{repository} has no revision {revision}", repository=repository, revision=file.revision),
            tr("see {page}/commits/main", page=file.page),
        ),
        # a private one is not told from a missing one
        "RepoNotFound": (
            tr("has no repository {repository}, or it is private", repository=repository),
            tr("check the address; for a private one set HF_TOKEN: {tokens}", tokens=_TOKENS),
        ),
        "token": (
            tr("does not accept the token"),
            tr("set HF_TOKEN to a valid one: {tokens}", tokens=_TOKENS),
        ),
        "disabled": (
            tr("has disabled {repository}", repository=repository),
            tr("choose another model: bootstrap models"),
        ),
    }
    if message.startswith("Invalid credentials"):
        code = "token"
    elif message.startswith("Access to this resource is disabled"):
        code = "disabled"
    elif status == 401 and code not in words:
        code = "RepoNotFound"
    return words.get(code)


def _gated(file: RepositoryFile, status: int) -> tuple[str, str]:
    reason = tr("{repository} is gated: its licence has to be accepted first", repository=file.repository)
    if status == 403 or _token():
        return tr("{reason}, with the account of your token", reason=reason), tr(
            "accept it at {page}", page=file.page
        )
    return reason, tr("accept it at {page}, then set HF_TOKEN: {tokens}", page=file.page, tokens=_TOKENS)


def _path_of(address: str) -> str | None:
    """Path and query below the hub's address; None for another host."""
    if not address.startswith(("http://", "https://")):
        if address.partition("/")[0].lower() not in _HOSTS:
            return None
        address = f"https://{address}"
    own = endpoint()
    if address.startswith(f"{own}/"):
        return address[len(own) :].partition("#")[0]
    split = _split(address)
    if split is None or split.hostname not in _HOSTS or split.port not in {None, 443}:
        return None
    return f"{split.path}?{split.query}"


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None for what can be none."""
    try:
        split = urlsplit(url)
        return split if split.port != 0 else None
    except ValueError:
        return None


def _server(split: SplitResult) -> tuple[str, str | None, int]:
    return split.scheme, split.hostname, split.port or {"https": 443}.get(split.scheme, 80)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token() -> str | None:
    """$HF_TOKEN, or what is in the file where `hf auth login` keeps it."""
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        try:
            with _token_file().open("rb") as file:
                token = file.read(_LONGEST_TOKEN).decode("ascii", "replace").strip()
        except (OSError, RuntimeError):  # RuntimeError: ~ without a home
            return None
    return token if re.fullmatch(r"[\x21-\x7e]+", token) else None


def _token_file() -> Path:
    if chosen := os.environ.get("HF_TOKEN_PATH"):
        return Path(chosen).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "token"
    cache = os.environ.get("XDG_CACHE_HOME")
    return Path(cache or "~/.cache").expanduser() / "huggingface" / "token"
