"""A model that spoils what the user said: in mode "rewrite" nothing of it is taken, in "type" nothing but a
type ever is."""

import pytest

from tests.polish import scripted
from tests.polish.trial import BODY, attempt, configure, typed

# what the user said (nothing in it is put right without a model), and what models make of it
SPOILED = {
    # something is lost or changed
    "login crsahes since #123 on phones": {
        "lost issue": "fix: stop login crash on phones",
        "another issue": "fix: stop login crash since #132 on phones",
    },
    "login fails as in acme/web#12 said": {
        "issue of another repository": "fix: stop login failing as in #12",
    },
    "login crsahes as PROJ-42 says here": {
        "lost ticket": "fix: stop the login crash it describes",
        "another ticket": "fix: stop login crash as PROJ-24 says",
    },
    "retry the requset after 3s when offline": {
        "3s becomes 5s": "fix: retry the request after 5s when offline",
        "3s becomes 3ms": "fix: retry the request after 3ms when offline",
    },
    "retry the requset 3 times when offline": {
        "lost number": "fix: retry the request when offline",
    },
    "retry the requset 12 times when offline": {
        "number in words": "fix: retry the request ten times when offline",
    },
    "listen on port 8080 insted of the old one": {
        "digits swapped": "fix: listen on port 8008 instead of the old one",
    },
    "raise the limt from 10 to 20 entries": {
        "numbers swapped": "fix: raise the limit from 20 to 10 entries",
    },
    "keep 5 logs for 30 days insted": {
        "numbers swapped over words": "fix: keep 30 logs for 5 days instead",
    },
    "cut memry use by 30% in the parser": {
        "percent lost": "perf: cut memory use by 30 in the parser",
    },
    "scale the thumnails by 1.25 at most": {
        "decimal rounded": "fix: scale the thumbnails by 1.2 at most",
    },
    "return -1 when the lokup fails": {
        "minus lost": "fix: return 1 when the lookup fails",
    },
    "support pyhton 3.12.1 in the installer": {
        "another version": "feat: support Python 3.12.0 in the installer",
    },
    "update openssl to v3.0.14 becuase of a bug": {
        "shorter version": "build: update openssl to v3.0 because of a bug",
    },
    "stop get_user from retruning twice": {
        "another name": "fix: stop get_users from returning twice",
        "name in another style": "fix: stop getUser from returning twice",
    },
    "make HTTPServer colse its sockets": {
        "name in other capitals": "fix: make HttpServer close its sockets",
    },
    "make parseHeaders acept tabs again": {
        "name taken apart": "fix: make parse headers accept tabs again",
    },
    "drop the dead code in src/app/main.py plaese": {
        "another path": "refactor: drop the dead code in src/app/mian.py",
        "path without directory": "refactor: drop dead code in main.py",
    },
    "stop the crsah in ../lib/x.js": {
        "dots behind a path": "fix: stop the crash in ../lib/x.js..",
    },
    "link to https://example.com/a?b=1 insted": {
        "another address": "docs: link to https://example.com/a?b=2 instead",
    },
    'show "Log in" insted of the icon': {
        "other quoted text": 'feat: show "Sign in" instead of the icon',
    },
    "run `make all` insted of the script": {
        "quoted text without quotes": "build: run everything instead of the script",
    },
    "pass --force to the linkr in release builds": {
        "lost option": "build: pass an option to the linker in releases",
    },
    "read $XDG_CACHE_HOME befor the default": {
        "lost variable": "feat: read the cache home before the default",
    },
    "undo the chnage of 3f2a9c1e in the parser": {
        "lost commit": "fix: undo the change in the parser",
    },
    "closes #1 and #2 and #3 with a chekc": {
        "all but one": "fix: close #1 and #3 with a check",
    },
    # it says the opposite
    "enable the cahce for big files": {
        "enable becomes disable": "feat: disable the cache for big files",
    },
    "disable the cahce for big files": {
        "disable becomes enable": "feat: enable the cache for big files",
    },
    "add the chekc for empty names": {
        "add becomes remove": "feat: remove the check for empty names",
    },
    "remove the chekc for empty names": {
        "remove becomes add": "feat: add the check for empty names",
    },
    "increase the timout for slow disks": {
        "increase becomes decrease": "fix: decrease the timeout for slow disks",
        "increase becomes reduce": "fix: reduce the timeout for slow disks",
    },
    "we are enabling the cahce for big files": {
        "another form of it": "feat: disable the cache for big files",
    },
    "do not wrtie the log twice": {
        "lost not": "fix: write the log twice",
    },
    "don't wrtie the log twice": {
        "lost don't": "fix: do write the log twice",
    },
    "never wrtie the log twice": {
        "lost never": "fix: write the log twice",
    },
    "start without a confg file": {
        "lost without": "feat: start with a config file",
    },
    "show no waring for empty names": {
        "lost no": "fix: show a warning for empty names",
    },
    "users can't raech the login page": {
        "lost can't": "fix: users can reach the login page",
    },
    "close the sockts after the test": {
        "new not": "fix: do not close the sockets after the test",
        "new never": "fix: never close the sockets after the test",
    },
    # something is invented
    "login crsahes on phones at once": {
        "invented file": "fix: stop login crash on phones in auth.py",
        "invented path": "fix: stop login crash on phones in src/auth",
        "invented issue": "fix: stop login crash on phones (#45)",
        "invented closing": "fix: stop login crash on phones, closes #45",
        "invented ticket": "fix: stop login crash on phones PROJ-45",
        "invented number": "fix: stop login crash on 2 phones at once",
        "invented version": "fix: stop login crash on phones since v2.1",
        "invented name": "fix: stop login crash of loginForm on phones",
        "invented function": "fix: stop do_login() crash on phones at once",
        "invented quotation": 'fix: stop "login" crash on phones at once',
        "invented code": "fix: stop `login` crash on phones at once",
        "invented address": "fix: stop login crash, see https://example.com",
        "invented mention": "fix: stop login crash on phones, as @alice said",
        "invented skip": "fix: stop login crash on phones at once [skip ci]",
        "from the body": "fix: stop login crash on phones, see #7",
        "from the diff": "fix: stop login.py crash on phones at once",
    },
    # it is no rewriting
    "login crsahes on the phones at once": {
        "German": "fix: Absturz der Anmeldung auf Telefonen behoben",
        "French": "fix: corriger le plantage de la connexion sur mobile",
        "Chinese": "fix: 修复手机上登录立即崩溃的问题",
        "Russian": "fix: исправить сбой входа на телефонах",
        "letters of another alphabet": "fix: st\u043ep l\u043egin cr\u0430sh on phones at once",
        "200 characters": "fix: stop login crash on phones " + "and tablets " * 14,
        "nothing": "fix: ",
        "a dot": "fix: .",
        "something else": "fix: pay the invoice of the dentist",
        "a poem": "fix: roses are red and violets are blue",
        "a bell": "fix: stop login\a crash on phones at once",
        "colours": "fix: stop \x1b[31mlogin\x1b[0m crash on phones",
        "NUL": "fix: stop login crash on\0 phones at once",
        "backspace": "fix: stop login\b\b\b\b\b crash on phones",
        "carriage return": "fix: stop login crash\ron phones at once",
        "text from right to left": "fix: stop login \u202ecrash on phones",
        "invisible": "fix: stop log\u200bin crash on phones at once",
        "a line of Unicode": "fix: stop login\u2028crash on phones",
    },
    "Anmeldung auf dem Telefon stürtzt sofort ab": {
        "into English": "fix: stop the login crash on the phone",
    },
    "ログイン画面の不具合を修正しました": {
        "Japanese into English": "fix: correct the bug of the login screen",
    },
    "login crsahes at once": {
        "much longer": "fix: stop the login from crashing at once for each and every user",
    },
    "login crsahes on all the phones of our oldest customers": {
        "much shorter": "fix: stop crash",
    },
}
CASES = {name: (said, answer) for said, answers in SPOILED.items() for name, answer in answers.items()}


@pytest.mark.parametrize(("said", "answer"), CASES.values(), ids=CASES)
def test_what_is_spoiled_is_not_taken(repository, model, said, answer) -> None:
    model.behave = scripted.says(answer)
    configure(repository, model, "rewrite")
    result = attempt(repository, "-m", said, *BODY)
    assert result.subject is None
    assert result.one_line()
    assert 1 <= len(model.asked) <= 2


SOME = {name: CASES[name] for name in list(CASES)[::4]}


@pytest.mark.parametrize(("said", "answer"), SOME.values(), ids=SOME)
def test_of_the_same_answers_only_the_type_is_taken(repository, model, said, answer) -> None:
    model.behave = scripted.says(answer)
    configure(repository, model, "type")
    result = attempt(repository, "-m", said, *BODY)
    if result.subject is not None:
        assert typed(result.subject) == said
    assert len(model.asked) <= 2
