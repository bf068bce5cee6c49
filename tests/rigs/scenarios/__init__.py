"""What is done in the rigs, as an ordinary user, for real: `python -m tests.rigs.scenarios RIG NAME`.

Nothing is imitated but llamafile's file itself: bootstrap and all that starts programs are the real ones.
"""
