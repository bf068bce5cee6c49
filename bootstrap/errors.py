"""Every failure that we expect, and what the user can do about it.

BootstrapError           exit status 1
├── UsageError           exit status 2: the command line or an environment variable is wrong
├── SettingsError        config.toml cannot be read or holds a wrong value
├── CatalogueError       the catalogue is broken, or has no such entry
├── HostError            this machine cannot run what was asked for, or has no room
├── ModelError           a file is no model that can be served here
├── FileError            a file or directory cannot be read or changed
├── CommandError         a program that we started failed
├── DownloadError        the network or its answer is unusable
│   └── ChecksumError    all bytes arrived and are not the promised ones
├── ServerError          the model server does not start or does not answer
├── HookError            a repository cannot take the hook
├── ReceiptError         the receipt cannot be read, or is from a newer version
│   └── BrokenReceiptError  nothing can be read of it, so it has to be found out again what is here
└── LockedError          another run is at work
"""

from __future__ import annotations

from bootstrap.messages import tr


class BootstrapError(Exception):
    """An expected failure: `message` says what, with the name of the thing; `hint` one next step.

    Both are said in the user's language. With `fields` both are literals that have them in braces."""

    exit_status = 1

    def __init__(self, message: str, hint: str = "", /, **fields: object) -> None:
        self.message = tr(message, **fields)
        self.hint = tr(hint, **fields)
        super().__init__(self.message)


class UsageError(BootstrapError):
    """The command line or an environment variable is wrong."""

    exit_status = 2


class SettingsError(BootstrapError):
    """config.toml cannot be read or holds a wrong value; the file is left untouched."""


class CatalogueError(BootstrapError):
    """The catalogue is broken, or has no such entry."""


class HostError(BootstrapError):
    """This machine cannot run what was asked for, or has no room for it."""


class ModelError(BootstrapError):
    """A file is no model that can be served here; it says what it is instead."""


class FileError(BootstrapError):
    """A file or directory cannot be read or changed."""


class CommandError(BootstrapError):
    """A program that we started failed."""


class DownloadError(BootstrapError):
    """The network, or what it answered, is unusable; the part file is kept."""


class ChecksumError(DownloadError):
    """All bytes arrived and they are not the promised ones."""


class ServerError(BootstrapError):
    """The model server does not start, or does not answer. status: of HTTP, where that is what is wrong."""

    status = 0


class HookError(BootstrapError):
    """A repository cannot take the hook."""


class ReceiptError(BootstrapError):
    """The receipt cannot be read, or was written by a newer version."""


class BrokenReceiptError(ReceiptError):
    """The receipt is none: empty, cut off, or of another shape. No version can read it."""


class LockedError(BootstrapError):
    """Another run is at work."""
