"""What the git hook runs on every commit: a message in, the same message with a better subject out.

Stands beside the installer: it starts fast and cannot install anything.
"""
