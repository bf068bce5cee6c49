"""Which messages are left alone, and why. Pure. What the hook's script skips by itself is skipped
here too, since other callers come without it.
"""

from __future__ import annotations

import re

from bootstrap.messages import tr

MAX_SUBJECT = 1000  # characters
_GIT_WROTE = ("fixup! ", "squash! ", "amend! ", "Merge ", "Revert ", "Reapply ")
_WIP = re.compile(r"wip(?![^\W_])|[\[(]wip[\])]", re.IGNORECASE)
_VERSION = re.compile(r"(?:(?:version|release)[ :]+)?v?\d+(?:\.\d+)+(?:[-+. ]?[\w.+-]+)?", re.IGNORECASE)
# Scripts that put no spaces between words: Thai to Lao, Burmese, Khmer, kana and ideographs.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{3}")
_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # Amazon
    r"|\bgh[oprsu]_\w{20}|\bgithub_pat_\w{20}|\bglpat-[\w-]{20}"
    r"|\bsk-[\w-]{20}|\bsk_live_\w{16}|\bxox[abeprs]-[\w-]{10}|\bAIza[\w-]{35}"
    r"|(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,2000}\."  # a JSON web token
    r"|://[^/\s:@]{0,200}:[^/\s@]{1,200}@"  # a password in an address
    r"|\b(?:npm_|hf_|pypi-|glrt-|rk_live_|sk_test_|GOCSPX-|dop_v1_)[\w-]{16}|\bSG\.[\w-]{16}"
    r"|(?i:pass(?:word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key)[\"']?"
    r"(?:\s*=\s*\S|:\s*[\"']?(?=\S{0,200}\d)[^\s\"']{8})"
)
# What may be one among lines of any language: a name that sounds like it with a literal behind it, a login
# of a command line, a long random text.
_PERHAPS = re.compile(
    r"(?i:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|(?<=[_-])key|credentials?|auth\w*|cookie|session)"
    r"\w{0,40}[\"'>\])]{0,9}\s{0,40}(?:=>|:=|[=:(,>]|\s)\s{0,40}(?i:Bearer\s+|Basic\s+)?"
    r"(?:[\"'(]+[^\s\"']{6,}[\"']|(?=[^\s\"'<>()]{0,200}\d)(?=[^\s\"'<>()]{0,200}[A-Za-z])[^\s\"'<>()]{8,})"
    r"|(?i:authorization)\W+\w+\s+\S{8,}"
    r"|(?<!\S)-u\s*\S+:\S{6,}|(?<!\S)-p(?=\S*\d)\S{8,}"
    r"|(?<![\w+/-])(?=[\w+/-]{0,200}\d)(?=[\w+/-]{0,200}[a-z])(?=[\w+/-]{0,200}[A-Z])[\w+/-]{32,}"
)


def why(subject: str) -> str:
    """Why a subject is left alone; "" where it may be polished."""
    if len(subject) > MAX_SUBJECT:  # before anything looks closer, which may take long then
        return tr("its subject is too long to be one")
    reasons = {
        tr("it is empty"): not subject,
        tr("its subject has control characters"): not subject.isprintable(),
        tr("its subject is one that git writes"): subject.startswith(_GIT_WROTE),
        tr("it is work in progress"): _WIP.match(subject),
        tr("it is a version number"): _VERSION.fullmatch(subject),
        tr("it is one word"): len(subject.split()) == 1 and not _UNSPACED.search(subject),
        tr("its subject looks like a comment"): subject.startswith("# "),
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def may_hold_secret(text: str) -> bool:
    """Whether lines of a change are better not shown, because a key or a password may be among them."""
    return has_secret(text) or bool(_PERHAPS.search(text))


def has_secret(text: str) -> bool:
    """Whether something in a text looks like a key or a password."""
    return bool(_SECRETS.search(text))
