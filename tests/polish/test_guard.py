"""What a model may do to the words of a subject, and what it may not: honest polish passes, everything
that loses, adds, flips or swaps something is refused with its reason.
"""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bootstrap.polish import guard
from bootstrap.polish.guard import english, forms

HONEST = [
    ("Fixed the lgoin form", "correct the login form"),
    (
        "fixed teh login bug that was crashing when user has no email",
        "fix crash on login when user has no email",
    ),
    ("added some new unit tests for parser", "add unit tests for the parser"),
    ("Fixed the login bug", "fix the login bug"),
    ("added tests", "add tests"),
    ("Added new button to the header", "add new button to the header"),
    ("updated dependencies", "update dependencies"),
    ("updating deps", "update dependencies"),
    ("Removed unused code in parser.py", "remove unused code in parser.py"),
    ("refactored the tokenizer", "refactor the tokenizer"),
    ("fixes crash when config is missing", "fix crash when config is missing"),
    ("fixing typo in README", "fix typo in README"),
    ("Fix typo in readme", "fix typo in README"),
    ("fix seperate window bug", "fix separate window bug"),
    ("recieve messages only once", "receive messages only once"),
    ("fix occured error in parser", "fix occurred error in parser"),
    ("bumped version to v1.2.3", "bump version to v1.2.3"),
    ("Bumped the version to v1.2.3", "bump version to v1.2.3"),
    ("increased the timeout from 3s to 10s", "increase timeout from 3s to 10s"),
    ("dont crash on empty input", "don't crash on empty input"),
    ("Don't crash on empty input", "do not crash on empty input"),
    ("can not delete the last user", "cannot delete the last user"),
    ("please fix the broken link in footer", "fix broken link in footer"),
    ("renamed foo.py to bar.py", "rename foo.py to bar.py"),
    ("replaced moment with dayjs", "replace moment with dayjs"),
    ("moved auth code from server to client", "move auth code from server to client"),
    ("parser tests", "tests for the parser"),
    ("login bug fixed", "fix login bug"),
    ("typo in docs fixed", "fix typo in docs"),
    ("typo in docs", "fix typo in docs"),
    ("memory leak in worker", "fix memory leak in worker"),
    ("fixed the login bug please", "fix the login bug"),
    ("added some new tests", "add tests"),
    ("turned the cache on", "turn the cache on"),
    ("make it possible to disable cache", "make it possible to disable the cache"),
    ("Added --verbose flag", "add --verbose flag"),
    ("added support for `foo bar`", "add support for `foo bar`"),
    ("Adding support for TypeScript", "add support for TypeScript"),
    ("added MAX_RETRIES env var", "add MAX_RETRIES env var"),
    ("Improved performance of the search", "improve search performance"),
    ("improve perfomance of search", "improve performance of search"),
    ("fixed memmory leak in worker", "fix memory leak in worker"),
    ("fix the bug where app crashes", "fix app crash"),
    ("resolved an issue", "resolve an issue"),
    ("fixed issue #12 in the parser", "fix issue #12 in the parser"),
    ("Fix Login Page Bug", "fix login page bug"),
    ("Update Parser Documentation", "update parser documentation"),
    ("fix set up of database", "fix setup of database"),
    ("fixed data base connection", "fix database connection"),
    ("added api for users & groups", "add API for users and groups"),
    (":bug: fixed the login", ":bug: fix the login"),
    ("🐛 fixed login", "🐛 fix login"),
    ("implemented user defined types", "implement user-defined types"),
    ("added json export", "add JSON export"),
    ("deleted the old files", "remove the old files"),
    ("Handle errors in src/app/main.ts", "handle errors in src/app/main.ts"),
    ('corrected the spelling of "recieve"', 'fix spelling of "recieve"'),
    ("fixed bug in the algoritm", "fix bug in the algorithm"),
    ("updated the documentaion of the API", "update documentation of the API"),
    ("removed dependancy on jquery", "remove dependency on jquery"),
    ("fixed authentication problem after token expires", "fix authentication problem after token expires"),
    ("caching of images added", "add caching of images"),
    ("made the parser faster", "make parser faster"),
    ("fixing the failing tests", "fix failing tests"),
    ("fix crahs on startup", "fix crash on startup"),
    ("fixd the build", "fix the build"),
    ("addd logging", "add logging"),
    ("reformatted code with prettier", "reformat code with prettier"),
    ("Use Redis for the session cache", "use Redis for session cache"),
    ("avoided a race condition in the queue", "avoid race condition in queue"),
    ("prevents duplicate entries", "prevent duplicate entries"),
    ("ensures that cookies are secure", "ensure cookies are secure"),
    ("wrote tests for user model", "write tests for user model"),
    ("added validation for e-mail", "add validation for e-mail"),
    ("Added missing translations", "add missing translations"),
    ("implmented pagination", "implemented pagination"),
    ("optimised image loading", "optimize image loading"),
    ("simplified the retry logic", "simplify retry logic"),
    ("rewrote the query builder", "rewrite query builder"),
    ("Reduced the memory usage of the indexer", "reduce memory usage of indexer"),
    ("hide the button when user is logged out", "hide button when user is logged out"),
    ("used a regex for parsing", "use a regex for parsing"),
    ("Fixed the log in of users", "fix log in of users"),
    ("renamed a to b", "rename a to b"),
    ("fixed this binding in callbacks", "fix this binding in callbacks"),
    ("fixed crashes in the worker", "fix crashes in worker"),
    ("fixed crash on startup", "fix crash on startup"),
    ("Fixed the crash of the parser", "fix crash of the parser"),
]
FACTS = [
    ("sign the installer on Windows", "sign the installer on windows", "it lost “Windows”"),
    ("require Node 20", "require node 20", "it lost “Node”"),
    ("fix crash in #12", "fix crash", "it lost “#12”"),
    ("fix crash in #12", "fix crash in #13", "it lost “#12”"),
    ("fix crash !12", "fix crash #12", "it lost “!12”"),
    ("close GH-12 in parser", "close gh-12 in parser", "it lost “GH-12”"),
    ("see ABC-123 for the parser", "see ABC-124 for the parser", "it lost “ABC-123”"),
    ("see org/repo#4 for details", "see org/repo#5 for details", "it lost “org/repo#4”"),
    ("login crash", "fix login crash #12", "it adds “#12”, which you did not say"),
    ("increase timeout to 3s", "increase timeout to 5s", "it lost “3s”"),
    ("increase timeout to 3s", "increase timeout to 3", "it lost “3s”"),
    ("increase timeout to 3s", "increase timeout to 3 s", "it lost “3s”"),
    ("increase timeout", "increase timeout to 10s", "it adds “10s”, which you did not say"),
    ("raise limit by 10%", "raise limit by 10", "it lost “10%”"),
    ("offset by -1 in loop", "offset by 1 in loop", "it lost “-1”"),
    ("make it 1.5x faster", "make it 15x faster", "it lost “1.5x”"),
    ("mask with 0x1F", "mask with 0x1f", "it lost “0x1F”"),
    ("use 2^8 slots", "use 2^9 slots", "it lost “2^8”"),
    ("retry two times", "retry 2 times", "it adds “2”, which you did not say"),
    ("bump to v1.2.3", "bump to v1.2.4", "it lost “v1.2.3”"),
    ("bump to v1.2.3", "bump to 1.2.3", "it lost “v1.2.3”"),
    ("release 2.0.0-rc.1 notes", "release 2.0.0 notes", "it lost “2.0.0-rc.1”"),
    ("bump lodash", "bump lodash to 4.17.21", "it adds “4.17.21”, which you did not say"),
    ("fix getUserById crash", "fix getUserByID crash", "it lost “getUserById”"),
    ("fix getUserById crash", "fix get user by id crash", "it lost “getUserById”"),
    ("fix user_name parsing", "fix username parsing", "it lost “user_name”"),
    ("rename UserModel", "rename userModel", "it lost “UserModel”"),
    ("rename utf-8 table", "rename utf8 table", "it lost “utf-8”"),
    ("call app.config.load early", "call app.config early", "it lost “app.config.load”"),
    ("fix call() in loop", "fix call in loop", "it lost “call()”"),
    ("add --verbose flag", "add --verbos flag", "it lost “--verbose”"),
    ("add --verbose flag", "add verbose flag", "it lost “--verbose”"),
    ("add -x switch", "add -X switch", "it lost “-x”"),
    ("read ENV_VARS at start", "read ENV_VAR at start", "it lost “ENV_VARS”"),
    ("bump @scope/pkg version", "bump scope/pkg version", "it lost “@scope/pkg”"),
    ("support C++ headers", "support C headers", "it lost “C++”"),
    ("support .NET apps", "support NET apps", "it lost “.NET”"),
    ("fix parser.py crash", "fix parser.js crash", "it lost “parser.py”"),
    ("fix parser.py crash", "fix parser crash", "it lost “parser.py”"),
    ("fix crash", "fix crash in parser.py", "it adds “parser.py”, which you did not say"),
    ("fix src/app/main.ts types", "fix src/main.ts types", "it lost “src/app/main.ts”"),
    ("link https://a.b/c to docs", "link https://a.b/d to docs", "it lost “https://a.b/c”"),
    ("mail me@a.org on crash", "mail me@b.org on crash", "it lost “me@a.org”"),
    ('show "not found" page', "show 'not found' page", 'it lost “"not found"”'),
    ('show "not found" page', 'show "found" page', 'it lost “"not found"”'),
    ("show `a b` page", "show `a c` page", "it lost “`a b`”"),
    ("show “a b” page", 'show "a b" page', "it lost ““a b””"),
    (":bug: fix login", ":sparkles: fix login", "it lost “:bug:”"),
    (":bug: fix login", "fix login", "it lost “:bug:”"),
    ("🐛 fix login", "✨ fix login", "it lost “🐛”"),
    ("fix login", "🐛 fix login", "it adds “🐛”, which you did not say"),
    ("escape non-ascii text", "escape ascii text", "it lost “non-ascii”"),
    ("Anmeldung repariert", "fix login", "it lost “Anmeldung”"),
    ("fix fooBar crash", "fix f\u043eoBar crash", "it lost “fooBar”"),
    ("fix login page", "Sure! fix login page", "it adds “sure”, which you did not say"),
    ("fix login page", '"fix login page"', 'it adds “"fix login page"”, which you did not say'),
    ("fix login page", "`fix login page`", "it adds “`fix login page`”, which you did not say"),
    ("fix login page", "```fix login page```", "it adds “```fix”, which you did not say"),
    ("fix login page", "<think>fix login page", "it adds “<think>fix”, which you did not say"),
    ("fix login page", "fix login page </s>", "it adds “</s>”, which you did not say"),
    ("fix login page", "**fix login page**", "it adds “**fix”, which you did not say"),
    ("fix login page", "1. fix login page", "it adds “1”, which you did not say"),
    ("fix a<b check", "fix a>b check", "it lost “a<b”"),
    ("why does it crash?", "why it crash", "it lost “crash?”"),
    ("fix login [skip ci] page", "fix login page", "it lost “[skip ci]”"),
    ("skip ci on docs", "[skip ci] on docs", "it adds “[skip ci]”, which you did not say"),
    ("fix Redis crash", "fix redis crash", "it lost “Redis”"),
    ("use \u212bngstrom", "use \xc5ngstrom", "it lost \u201c\u212bngstrom\u201d"),
    ("fix x² rendering", "fix x2 rendering", "it lost “x²”"),
    ("add ½ step", "add 1/2 step", "it lost “½”"),
    ("call run('a b') at start", "call run('a c') at start", "it lost “run('a b')”"),
]
NEGATIONS = [
    ("do not cache errors", "cache errors", "it lost a “not”"),
    ("don't cache errors", "do cache errors", "it lost a “not”"),
    ("never cache errors", "cache errors", "it lost a “never”"),
    ("never cache errors", "don't cache errors", "it lost a “never”"),
    ("build without cache", "build with cache", "it lost a “without”"),
    ("cannot log in", "can log in", "it lost a “cannot”"),
    ("user has no email", "user has email", "it lost a “no”"),
    ("cache errors", "do not cache errors", "it adds a “not”, which you did not say"),
    ("login works", "login never works", "it adds a “never”, which you did not say"),
    ("don't cache errors, log them", "cache errors, don't log them", "it changes what stands behind “not”"),
    ("users not deleted", "users deleted", "it lost a “not”"),
]
FLIPS = [
    ("add the cache", "remove the cache", "it turns add into remove"),
    ("removed the cache", "add the cache", "it turns removed into add"),
    ("enable the cache", "disable the cache", "it turns enable into disable"),
    ("disabled the cache", "enable the cache", "it turns disabled into enable"),
    ("increase the limit", "decrease the limit", "it turns increase into decrease"),
    ("allow empty names", "forbid empty names", "it turns allow into forbid"),
    ("allow empty names", "prevent empty names", "it turns allow into prevent"),
    ("show the button", "hide the button", "it turns show into hide"),
    ("start the server", "stop the server", "it turns start into stop"),
    ("upgrade the parser", "downgrade the parser", "it turns upgrade into downgrade"),
    ("open the file", "close the file", "it turns open into close"),
    ("lock the row", "unlock the row", "it turns lock into unlock"),
    ("encrypt the key", "decrypt the key", "it turns encrypt into decrypt"),
    ("check before login", "check after login", "it turns before into after"),
    ("use min width", "use max width", "it turns min into max"),
    ("default to true", "default to false", "it turns true into false"),
    ("turn cache on", "turn cache off", "it turns on into off"),
    ("turn cache off", "turn cache on", "it turns off into on"),
    ("make fetch sync", "make fetch async", "it turns sync into async"),
    ("make fetch async", "make fetch sync", "it turns async into sync"),
    ("fix client error", "fix server error", "it turns client into server"),
    ("get the name", "set the name", "it turns get into set"),
    ("push the tags", "pull the tags", "it turns push into pull"),
    ("read the config", "write the config", "it turns read into write"),
    ("make api public", "make api private", "it turns public into private"),
    ("keep old layout", "keep new layout", "it turns old into new"),
    ("log more errors", "log less errors", "it turns more into less"),
    ("mark call safe", "mark call unsafe", "it turns safe into unsafe"),
    ("mark call unsafe", "mark call safe", "it turns unsafe into safe"),
    ("check valid names", "check invalid names", "it turns valid into invalid"),
    ("undo the change", "do the change", "it turns undo into do"),
    ("install the hook", "uninstall the hook", "it turns install into uninstall"),
    ("include tests", "exclude tests", "it turns include into exclude"),
    ("import users", "export users", "it turns import into export"),
    ("encode the url", "decode the url", "it turns encode into decode"),
    ("fix login", "fix logout", "it turns login into logout"),
    ("print used memory", "print unused memory", "it turns used into unused"),
]
ROLES = [
    ("replace A by B", "replace B by A", "it changes the order of “A” and “B”"),
    ("replace moment with dayjs", "replace dayjs with moment", "it changes what stands behind “with”"),
    ("move from client to server", "move from server to client", "it changes what stands behind “from”"),
    (
        "move code from parser to lexer",
        "move code from lexer to parser",
        "it changes what stands behind “from”",
    ),
    ("copy users to groups", "copy groups to users", "it changes what stands behind “to”"),
    ("users of groups", "groups of users", "it changes the order of “users” and “groups”"),
    ("delete users in groups", "delete users and groups", "it lost a “in”"),
    ("call foo() before bar()", "call bar() before foo()", "it changes the order of “foo()” and “bar()”"),
    (
        "use lexer instead of parser",
        "use parser instead of lexer",
        "it changes the order of “lexer” and “parser”",
    ),
    ("server kills client", "client kills server", "it changes the order of “kills” and “client”"),
    ("prefer cache over disk", "prefer disk over cache", "it changes what stands behind “over”"),
    ("update a and b", "update b and a", "it changes the order of “a” and “b”"),
    (
        "delete user and notify admin",
        "delete admin and notify user",
        "it changes the order of “notify” and “admin”",
    ),
    ("rename a to b", "rename b to a", "it changes what stands behind “to”"),
    ("users deleted", "delete users", "it adds “delete”, which you did not say"),
    ("fix in memory cache", "fix memory cache", "it lost a “in”"),
    ("fix memory cache", "fix in memory cache", "it adds a “in”, which you did not say"),
    ("fix on demand loading", "fix demand loading", "it lost a “on”"),
]
LANGUAGES = [
    ("fix login bug", "corriger le bug login", "it is in another language"),
    ("fix login bug", "Fehler beim Login beheben", "it is in another language"),
    (
        "fix login bug",
        "\u0438\u0441\u043f\u0440\u0430\u0432\u0438\u0442\u044c \u0432\u0445\u043e\u0434",
        "it is in another language",
    ),
    ("fix login bug", "ログインの不具合を修正", "it is in another language"),
    (
        "Fehler beim Login behoben",
        "fix Fehler beim Login",
        "it changes words in a language that cannot be checked",
    ),
    ("corrigé le bug", "corrige le bug", "it changes words in a language that cannot be checked"),
    ("no carga la página", "carga la página", "it changes words in a language that cannot be checked"),
    ("fix login for users", "fix l\u043egin for users", "it is in another language"),
    ("fix café page", "fix cafe page", "it changes words in a language that cannot be checked"),
]
SHAPES = [
    ("fix login", "fix login and signup", "it is much longer than what you wrote"),
    ("fix login", "fix login in Firefox", "it is much longer than what you wrote"),
    ("fix the login", "fix", "it is much shorter than what you wrote"),
    ("fix", "fix the login of all of the users", "it is much longer than what you wrote"),
    (
        "improve login",
        "improve the login of the users on the page of the app",
        "it is much longer than what you wrote",
    ),
    ("fix login", "fix\u200b login", "it has control characters"),
    ("fix login", "fix login\u202e", "it has control characters"),
    ("fix login", "fix\tlogin", "it has control characters"),
    ("fix login", "fix login\n\nbody", "it has control characters"),
    ("fix login", "fix login\u2028x", "it has control characters"),
    ("fix login", " fix login", "it has white space around it"),
    ("fix login", "", "it is empty"),
    ("fix login", "fix\x07 login", "it has control characters"),
    ("fix login", "Here is the commit message: fix login", "it is much longer than what you wrote"),
    ("fix login page", "fix: login page", "it adds a “:”"),
    ("login bug", "fix: login bug", "it adds a “:”"),
    ("fix login page", "fix login page or fix login", "it is much longer than what you wrote"),
    ("fix login page", "- fix login page", "it adds a “-”"),
]
WORDS = [
    ("retry two times", "retry three times", "it adds “three”, which you did not say"),
    ("retry two times", "retry times", "it lost “two”"),
    ("use first entry", "use second entry", "it adds “second”, which you did not say"),
    ("enable cache and disable logs", "disable cache and enable logs", "it does not begin with “enable”"),
    ("fix login", "fix login page", "it adds “page”, which you did not say"),
    ("fix the login", "fix the login securely", "it adds “securely”, which you did not say"),
    ("fix login on safari", "fix login", "it lost “safari”"),
    ("fix slow login", "fix login", "it lost “slow”"),
    ("only fix login", "fix login", "it lost “only”"),
    ("fix login again", "fix login", "it lost “again”"),
    ("fix login for admins", "fix login", "it lost “admins”"),
    ("dark mode", "add dark mode", "it adds “add”, which you did not say"),
    ("dark mode", "remove dark mode", "it adds “remove”, which you did not say"),
    ("refactor parser", "improve parser", "it adds “improve”, which you did not say"),
    ("maybe fix login", "fix login", "it lost “maybe”"),
    ("users should log in", "users log in", "it lost “should”"),
    ("Deleted users are still shown", "delete users that are still shown", "it makes an order of “deleted”"),
    ("Adding a user twice fails", "add a user twice fails", "it makes an order of “adding”"),
    ("Removed users can log in", "remove users that can log in", "it makes an order of “removed”"),
    ("fix contest page", "fix context page", "it adds “context”, which you did not say"),
    ("fix form layout", "fix from layout", "it lost “form”"),
    ("add casting to parser", "add caching to parser", "it adds “caching”, which you did not say"),
    ("fix staging build", "fix staying build", "it adds “staying”, which you did not say"),
    ("fix trail page", "fix trial page", "it adds “trial”, which you did not say"),
    ("fix login page", "fix login page; fix login", "it adds “fix”, which you did not say"),
    ("fix login page", "fix login page (critical)", "it adds “critical”, which you did not say"),
    ("fix login page", "fix login page - page", "it adds “page”, which you did not say"),
    ("fix user's groups", "fix users groups for admins", "it adds “admins”, which you did not say"),
    ("fix log in of users", "fix log of users", "it adds “log”, which you did not say"),
    ("log in users at start", "log users at start", "it adds “log”, which you did not say"),
    ("turn on the cache", "turn the cache", "it adds “turn”, which you did not say"),
    ("fix bit order", "fix order", "it lost “bit”"),
    ("fix issue tracker link", "fix tracker link", "it lost “issue”"),
    ("add new line at end", "add line at end", "it lost “new”"),
    ("error page layout", "fix error page layout", "it adds “fix”, which you did not say"),
    ("crash reporter settings", "fix crash reporter settings", "it adds “fix”, which you did not say"),
    ("fix for loop in parser", "fix loop in parser", "it lost “for”"),
    ("fix where clause", "fix clause", "it lost “where”"),
    ("fix this binding", "fix binding", "it lost “this”"),
    ("no crash on start", "fix no crash on start", "it adds “fix”, which you did not say"),
    ("update a and b", "update b", "it lost “a”"),
    ("fix news page", "fix new page", "it adds “new”, which you did not say"),
    ("fix about page", "fix page", "it lost “about”"),
    ("load so files", "load files", "it lost “so”"),
    ("fix am times", "fix times", "it lost “am”"),
    ("show us locale", "show locale", "it lost “us”"),
    ("adding user crashes the app", "add user crashes the app", "it makes an order of “adding”"),
    ("deleted users crash the app", "delete users crash the app", "it makes an order of “deleted”"),
    ("fix Redis crash", "crash for fix Redis", "it does not begin with “fix”"),
    ("fix login page", "fix login page in", "it adds “in”, which you did not say"),
    ("fix crash in parser", "fix crash of in parser", "it is no sentence"),
    ("upgrade the parser", "the parser of upgrade", "it does not begin with “upgrade”"),
]
# Small words that are spoken about, nouns that look like verbs, adjectives that look like orders.
SUBTLE = [
    ("use if instead of when", "use when instead of if", "it changes the order of “if” and “when”"),
    ("replace if by while", "replace while by if", "it changes the order of “by” and “while”"),
    ("replace has with have", "replace have with has", "it changes what stands behind “with”"),
    ("replace in by on", "replace on by in", "it changes what stands behind “by”"),
    ("rename me to you", "rename you to me", "it changes what stands behind “to”"),
    ("rename is to has", "rename to", "it adds “to”, which you did not say"),
    ("rename stuff to things", "rename to things", "it lost “stuff”"),
    ("turn cache on", "turn cache", "it lost “on”"),
    ("delete user that is admin", "delete user admin", "it lost a “that”"),
    ("fix while loop", "fix when loop", "it lost a “while”"),
    ("add if statement", "add when statement", "it lost a “if”"),
    ("search in user", "search for user", "it lost a “in”"),
    ("crash on purpose", "fix crash on purpose", "it adds “fix”, which you did not say"),
    (
        "abort and crash on corrupt index",
        "fix abort and crash on corrupt index",
        "it adds “fix”, which you did not say",
    ),
    ("Incorrect password screen", "fix incorrect password screen", "it adds “fix”, which you did not say"),
    ("crash when assertion fails", "fix crash when assertion fails", "it adds “fix”, which you did not say"),
    ("leak on purpose", "fix leak on purpose", "it adds “fix”, which you did not say"),
    ("reproduce bug in parser", "fix reproduce bug in parser", "it adds “fix”, which you did not say"),
    ("fix few shot prompts", "fix shot prompts", "it lost “few”"),
    ("fix just in time compiler", "fix in time compiler", "it lost “just”"),
    ("hide the now playing bar", "hide the playing bar", "it lost “now”"),
    ("delete some users", "delete users", "it lost “some”"),
    ("Add new operator", "add operator", "it lost “new”"),
    ("new relic agent", "add relic agent", "it adds “add”, which you did not say"),
    ("add delete endpoint", "add remove endpoint", "it adds “remove”, which you did not say"),
    ("fix allow header", "fix permit header", "it adds “permit”, which you did not say"),
    ("rename delete method", "rename remove method", "it adds “remove”, which you did not say"),
    (
        "document the use directive",
        "document the utilize directive",
        "it adds “utilize”, which you did not say",
    ),
    ("fix please wait message", "fix wait message", "it lost “please”"),
    ("delete issue button", "delete bug button", "it adds “bug”, which you did not say"),
    ("correct answers page", "fix answers page", "it adds “fix”, which you did not say"),
    ("fix answers page", "correct answers page", "it adds “correct”, which you did not say"),
    ("display driver crash", "show driver crash", "it adds “show”, which you did not say"),
    ("new users crash the app", "add new users crash the app", "it adds “add”, which you did not say"),
    ("broken build", "break build", "it makes an order of “broken”"),
    ("break build", "broken build", "it adds “broken”, which you did not say"),
    ("Cached responses", "cache responses", "it makes an order of “cached”"),
    ("Hidden files", "hide files", "it makes an order of “hidden”"),
    ("Deleted user page", "delete user page", "it makes an order of “deleted”"),
    ("Deleted user page", "remove user page", "it makes an order of “deleted”"),
    ("blocked users list", "block users list", "it makes an order of “blocked”"),
    ("failed login page", "fail login page", "it makes an order of “failed”"),
    ("loading spinner layout", "load spinner layout", "it makes an order of “loading”"),
    ("breaks build on windows", "break build on windows", "it makes an order of “breaks”"),
    ("Fixed width columns", "fix width columns", "it makes an order of “fixed”"),
    ("updated at column", "update at column", "it makes an order of “updated”"),
    ("fix uint overflow", "fix unit overflow", "it adds “unit”, which you did not say"),
    ("fix varint parsing", "fix variant parsing", "it adds “variant”, which you did not say"),
    ("fix nest layout", "fix nested layout", "it adds “nested”, which you did not say"),
    ("fix nets layout", "fix nested layout", "it adds “nested”, which you did not say"),
    ("fix vertica driver", "fix vertical driver", "it adds “vertical”, which you did not say"),
    ("fix chanel page", "fix channel page", "it adds “channel”, which you did not say"),
    ("show error if file is not found", "show error when file is not found", "it lost a “if”"),
    ("login crash on Safari", "fix login crash on Safari", "it adds “fix”, which you did not say"),
    ("delete user admin", "delete user that is admin", "it adds a “that”, which you did not say"),
    ("hide file list", "hidden file list", "it adds “hidden”, which you did not say"),
    ("rename it or them", "rename it", "it lost “it”"),
    ("add new comments table", "add comments table", "it lost “new”"),
    ("write some tests page", "write tests page", "it lost “some”"),
    ("fix cached response", "fix cache response", "it adds “cache”, which you did not say"),
    ("fix broken build script", "fix break build script", "it adds “break”, which you did not say"),
    ("please wait screen", "wait screen", "it lost “please”"),
    ("add new test runner", "add test runner", "it lost “new”"),
]
REFUSED = [*FACTS, *NEGATIONS, *FLIPS, *ROLES, *LANGUAGES, *SHAPES, *WORDS, *SUBTLE]
UNCHANGED = [
    "bump lodash to 4.17.21",
    "increase timeout from 3s to 10s",
    "fix utf-8 decoding",
    "Anmeldung repariert",
    "ログイン画面の不具合を修正",
    "corrigé le bug",
    "upgrade react from 17 to 18",
    "fixed the login",
    "WIP: parser",
    "why?",
    "a",
    "fix (see #12)",
    "don\u2019t crash",
    "v1.2.3",
    "été à la plage",
]
# One of each kind of fact, any of which an honest answer keeps.
KEPT = [
    "#12", "!12", "GH-12", "ABC-123", "org/repo#4", "3s", "-10%", "1.5x", "0x1F", "2^8", "v1.2.3",
    "2.0.0-rc.1", "camelCase", "PascalCase", "snake_case", "utf-8", "a.b.c", "call()", "--flag", "-x",
    "ENV_VAR", "@scope/pkg", "C++", "C#", ".NET", "file.ext", "src/a/b", "~/.profile", "https://a.b/c?d=e#f",
    "me@a.org", '"two words"', "'two words'", "`two words`", "\u201ctwo words\u201d", ":bug:", "\U0001f41b",
    "\U0001f469\u200d\U0001f4bb", "f('two words')",
    "[skip ci]", "$HOME", "=>", "TypeScript", "API", "user-defined", "x\u00b2", "\u00bd", "e\u0301\u0323x",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.text("abfixn t'#12.-_()\"`A\u00e9e\u0301\u0430\u200d", max_size=40),
    st.lists(st.sampled_from([*KEPT, "fix", "add", "crash", "and", "not", "teh"]), max_size=6).map(" ".join),
)
SUBJECTS = st.lists(st.sampled_from([*KEPT, *sorted(english.KNOWN)]), min_size=1, max_size=10).map(" ".join)


@pytest.mark.parametrize(("said", "written"), HONEST)
def test_honest_polish_passes(said, written) -> None:
    assert guard.objection(said, written) == ""


@pytest.mark.parametrize(("said", "written", "reason"), REFUSED)
def test_what_spoils_the_words_is_refused(said, written, reason) -> None:
    assert guard.objection(said, written) == reason


@pytest.mark.parametrize("subject", UNCHANGED)
def test_the_users_own_words_pass(subject) -> None:
    assert guard.objection(subject, subject) == ""


@given(SUBJECTS)
@settings(max_examples=100)
def test_any_subject_may_stay_as_it_is(subject) -> None:
    assert guard.objection(subject, subject) == ""


@pytest.mark.parametrize("fact", KEPT)
def test_a_fact_is_kept_to_the_letter(fact) -> None:
    said = f"fixed the crash ({fact}), that was in the parser."
    assert guard.protected(said) == (fact,)
    assert guard.objection(said, f"fix the crash {fact} that was in the parser") == ""
    for spoilt in (
        "",
        fact + "x",
        "x" + fact,
        fact[:-1],
        fact.swapcase() if fact.swapcase() != fact else "1",
    ):
        assert guard.objection(said, f"fix the crash {spoilt} that was in the parser")
    assert guard.objection("fixed the crash that was in the parser", f"fix the crash {fact} in the parser")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("see (#12), [a b] and foo().", ("#12", "[a b]", "foo()")),
        ("fix don't, user's and users' pages", ()),
        ("Fix Login Page Bug", ()),
        ("Use Redis on Safari", ("Redis", "Safari")),
        ("Safari crashes", ("Safari",)),
        ("I think it's fine: really...", ()),
        ("call('x y') fails", ("call('x y')",)),
        ("replace A by B", ("A", "B")),
        ("does it work?", ("work?",)),
        ("", ()),
    ],
)
def test_what_is_a_fact(text, facts) -> None:
    assert guard.protected(text) == facts


@given(TEXTS, TEXTS)
@settings(max_examples=300)
@example("\ud800", "\ud800a")
@example("fix it", "x" * 70_000)
@example("( " * 30_000, "(")
def test_an_answer_that_passes_has_every_fact_and_no_new_number(said, written) -> None:
    reason = guard.objection(said, written)
    assert reason.isprintable() or not said.isprintable() or not written.isprintable()
    if not reason:
        assert all(written.count(fact) >= guard.protected(said).count(fact) for fact in guard.protected(said))
        assert digits(written) <= digits(said)


@given(st.sampled_from(HONEST), st.sampled_from(KEPT), st.sampled_from(KEPT), st.integers(0, 3))
@settings(max_examples=200)
def test_facts_in_an_honest_answer_are_neither_changed_nor_moved(pair, one, other, way) -> None:
    said, written = f"{pair[0]} {one} {other}", f"{pair[1]} {one} {other}"
    spoilt = (f"{pair[1]} {one}", f"{pair[1]} {other}", f"{pair[1]} {other} {one}", f"{written} {one}")[way]
    assert guard.objection(said, spoilt) or (one == other and way == 2)


@given(st.lists(st.sampled_from(sorted(english.KNOWN)), min_size=2, max_size=7), st.randoms())
@settings(max_examples=200)
def test_no_word_is_lost_and_none_appears(words, random) -> None:
    said = " ".join(words)
    written = words[:]
    written[random.randrange(len(words))] = random.choice(sorted(english.KNOWN))
    if guard.objection(said, " ".join(written)) == "":
        harmless = english.FREE | english.FILLER | english.FAULTS | {"some", "new", "and"}
        for old, new in zip(words, written, strict=True):
            assert (
                harmless >= {old, new}
                or forms.related(old, new, verb=True)
                or same_negation(old, new)
                or old == new
            )


def same_negation(one: str, other: str) -> bool:
    return english.NEGATIONS.get(one, one) == english.NEGATIONS.get(other, other)


def test_opposites_never_stand_for_each_other() -> None:
    for word, others in english.OPPOSITES.items():
        for other in others:
            assert not forms.related(word, other), (word, other)
            assert forms.opposed(other, word)


@pytest.mark.parametrize("prefix", ["un", "in", "dis", "non", "de", "re", "mis", "a"])
@pytest.mark.parametrize("word", ["safe", "valid", "sync", "do", "connected", "typed", "parse", "install"])
def test_a_prefix_makes_another_word(prefix, word) -> None:
    assert not forms.related(prefix + word, word)
    assert not forms.related(word, prefix + word)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("recieve", "receive"), ("seperate", "separate"), ("occured", "occurred"), ("crahs", "crash"),
        ("memmory", "memory"), ("perfomance", "performance"),
        ("algoritm", "algorithm"), ("documentaion", "documentation"), ("authentcation", "authentication"),
        ("paser", "parser"), ("fixd", "fix"), ("addd", "add"), ("dependancy", "dependency"),
        ("udpate", "update"), ("stopped", "stop"), ("tries", "try"), ("boxes", "box"), ("writing", "write"),
        ("hidden", "hide"), ("user's", "user"), ("deps", "dependencies"),
    ],
)  # fmt: skip
def test_forms_and_slips_of_a_word(said, written) -> None:
    assert forms.related(said, written, verb=True)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("contest", "context"), ("form", "from"), ("trail", "trial"), ("casting", "caching"),
        ("plane", "plan"), ("news", "new"), ("string", "str"), ("quiet", "quite"), ("charter", "character"),
        ("sever", "server"), ("hosting", "posting"), ("contact", "contract"), ("steam", "stream"),
        ("browse", "browser"), ("public", "publish"), ("cache", "catch"), ("test", "text"),
        ("serve", "server"), ("factor", "factory"), ("nest", "nested"), ("nets", "nested"),
        ("crahsing", "crash"), ("uint", "unit"), ("varint", "variant"), ("delete", "remove"),
    ],
)  # fmt: skip
def test_another_word_is_no_slip(said, written) -> None:
    assert not forms.related(said, written)


def digits(text: str) -> set[str]:
    return set("".join(letter if letter.isdecimal() else " " for letter in text).split())
