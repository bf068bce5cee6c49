"""Keeps the server running where the system starts programs but does not look after them: Windows.

`bootstrap keep FILE VERB`, what run.sh is elsewhere; for autostart and our own commands, not for people.
It uses the standard library only, so that it starts fast at login.
"""
