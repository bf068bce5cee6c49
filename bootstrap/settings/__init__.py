"""What the user chose, read from the command line, the environment and config.toml.

Writing is in `settings.writing`, which needs tomlkit; the git hook reads at every commit and does not.
"""

from bootstrap.settings.choices import (
    CHOICES,
    PREFIX,
    Choice,
    Settings,
    Value,
    check,
    checksum,
    convert,
    overlay,
    rate,
    truth,
    without_password,
)
from bootstrap.settings.reading import choices_in, from_environment, parse, read, text_of

__all__ = [
    "CHOICES",
    "PREFIX",
    "Choice",
    "Settings",
    "Value",
    "check",
    "checksum",
    "choices_in",
    "convert",
    "from_environment",
    "overlay",
    "parse",
    "rate",
    "read",
    "text_of",
    "truth",
    "without_password",
]
