"""Secrets, and what a model was asked and has answered, known by where they stand or how they look. Pure."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

# a chat as models get it: whatever is between the first and the last of these marks
_MARK = re.compile(
    r"<\|?/?(?:im_start|im_end|im_sep|start_of_turn|end_of_turn|begin_of_text|start_header_id|end_header_id"
    r"|eot_id|endoftext|system|user|assistant|end)\|?>|\[/?INST\]|<</?SYS>>"
)
_OPENING = re.compile(r"start|begin|\[INST|<SYS|<\|(?:system|user|assistant)")
# a whole JSON string, or, of quotes that may be quoted in turn, the rest of the line, or a bare word
_VALUE = r"""(?:\[hidden\]|"(?:[^"\\\n]|\\.)*"(?=\s*(?:[,}\]]|$))|[\\"'].*|[^\s"',;&}\]]+)"""
_ASKED = (
    "prompt|system_prompt|user_prompt|content|input|text|formatted_chat|completion|generated_text|generated"
    "|suffix|input_prefix|input_suffix"
)
_CALLED = (
    r"[\w-]{0,60}(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credentials?|signature)"
)
_KNOWN = (
    r"hf_|npm_|pypi-|glrt-|[rs]k_live_|sk_test_|GOCSPX-|dop_v1_|gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-"
    r"|AIza|SG\.|sk-"
)
_LOGIN = r"(?:[^\s/@<>]{1,200}|[^\s/:@<>]{0,200}:[^\s@<>]{1,200})"
_MIXED = r"(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{32,}"
# What stands before a secret, and stays; what the secret looks like; what comes behind it. In this order.
_PATTERNS = tuple(
    (re.compile(f"({before}){secret}", re.MULTILINE), behind)
    for before, secret, behind in (
        ("", r"-----BEGIN [A-Z ]*PRIVATE KEY(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", ""),
        # as servers log it: a list may have any bracket in it
        (r"""(?i:(\\*["'])(?:messages|prompt|input)\2\s*:\s*)""", r"\[.*$", ""),
        (rf"""(?i:(\\*["'])(?:{_ASKED})\2\s*:\s*)""", _VALUE, ""),
        (r"(?i:\b(?:formatted[_ ])?prompt\s*[:=]\s?)", ".*$", ""),
        (r"(?i:\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key)[\"']?\s*[:=]\s?)", ".*$", ""),
        (r"(?i:\bbearer\s+)", r"[^\s\"']+", ""),
        (rf"""(?i:(?<!\w){_CALLED}\\*["']?\s*(?:=>|:=|[=:])\s*)""", _VALUE, ""),
        (rf"(?i:(?<![\w-])--?{_CALLED}\s+)", _VALUE, ""),
        # a password in an address, and whatever an address is signed with
        (r"(?i:\b[a-z][a-z0-9+.-]{0,20}://)", f"{_LOGIN}@", "@"),
        (r"(?i:\b(?:https?|ftp|s3)://[^\s\"'<>?#]*)", r"[?#][^\s\"'<>]*", ""),
        (r"(?i:\b(?:x-amz-[\w-]+|x-goog-[\w-]+|key-pair-id|policy|sig)=)", r"[^\s&\"']+", ""),
        # by their looks
        ("", rf"(?<![\w-])(?:{_KNOWN})[\w.-]{{8,}}", ""),
        ("", r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}", ""),
        ("", r"(?<![\w-])eyJ[\w-]{8,}\.[\w.-]*", ""),
        ("", rf"(?<![\w+/=-]){_MIXED}", ""),
        ("", r"(?<![\w.+-])[\w.+-]+@(?!\d)[\w-]+(?:\.[\w-]+)*\.(?!service\b)[A-Za-z]{2,}(?!\w)", ""),
    )
)


def hidden(text: str) -> str:
    """The text without what looks like a secret, or like something that was said to a model."""
    text = _without_chat(text)
    for pattern, behind in _PATTERNS:
        text = pattern.sub(rf"\1{HIDDEN}{behind}", text)
    return text


def _without_chat(text: str) -> str:
    marks = list(_MARK.finditer(text))
    if not marks:
        return text
    # cut off before, or behind, by whoever keeps only a part of the log
    start = marks[0].start() if _OPENING.search(marks[0][0]) else 0
    last = marks[-1]
    # behind a prompt comes the mark with which an answer begins; else the words of somebody go on
    closed = not _OPENING.search(last[0]) or re.match(r"\s*(?:model|assistant)\b", text[last.end() :])
    end = text.find("\n", last.end()) if closed else -1
    return text[:start] + HIDDEN + (text[end:] if end >= 0 else "")
