"""`python -m bootstrap` is the command `bootstrap`."""

from bootstrap.cli import entry

if __name__ == "__main__":
    entry()
