"""What runs on every commit: the hook's script with real git, and the program behind it."""
