"""Installer of a local language model server and of the git hook that polishes commit messages."""

__version__ = "0.1.0"
