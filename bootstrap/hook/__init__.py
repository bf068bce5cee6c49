"""The git hook in repositories: where it goes, what is there already, and the actions that put it in."""
