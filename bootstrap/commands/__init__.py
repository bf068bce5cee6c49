"""One module per command: look, plan, carry out, say how it went."""
