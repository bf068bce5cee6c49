"""Measures what is promised about time and memory, on this machine, now."""
