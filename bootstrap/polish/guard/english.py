"""The closed lists of English words by which the guard judges. Data, and nothing that is looked up.

What stands in no list here counts as a word that carries meaning, and has to stay.
"""

from __future__ import annotations

from bootstrap.polish import words


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _groups(text: str) -> dict[str, frozenset[str]]:
    groups = (frozenset(line.split()) for line in text.strip().splitlines())
    return {word: group for group in groups for word in group}


def _pairs(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in text.split():
        left, right = pair.split("/")
        found.setdefault(left, set()).add(right)
        found.setdefault(right, set()).add(left)
    return {word: frozenset(others) for word, others in found.items()}


# May come and go.
FREE = _set(
    """
    a an the this that these those which who whose where it its they them their he she his her we our
    i my me you your is are was were be been being do does did has have had having
    in on of at for
    """
)
WEAK = _set("in on of at for where")  # parts of a sentence, to which no word is bound
# May go, but not come, in front of the verb or at the end: "fix please wait message" is about a message.
FILLER = _set("please really basically actually hopefully obviously apparently kinda oops hey lol")
AND = _set("and")
# The words behind these, up to the next one, stay behind them.
RELATIONS = _set(
    """
    from to by with instead over before after into onto via than as until unless because since against
    through under above below between during except despite like toward towards across among behind
    beneath beside besides beyond within inside outside upon up down out off when if while whenever
    or but nor per although though whether rather
    """
)
WHEN = _set("when if while whenever")
# "don't crash" and "do not crash" are one; "cannot" is more than "do not".
NEGATIONS = {
    **dict.fromkeys(("not", "don't", "doesn't", "didn't", "dont", "doesnt", "didnt"), "not"),
    **dict.fromkeys(("isn't", "aren't", "wasn't", "weren't", "isnt", "arent", "wasnt", "werent"), "not"),
    **dict.fromkeys(("hasn't", "haven't", "hadn't", "hasnt", "havent", "hadnt", "ain't"), "not"),
    **dict.fromkeys(("can't", "cannot", "cant"), "cannot"),
    **dict.fromkeys(("couldn't", "couldnt"), "couldn't"),
    **dict.fromkeys(("won't", "wont"), "won't"),
    **dict.fromkeys(("wouldn't", "wouldnt"), "wouldn't"),
    **dict.fromkeys(("shouldn't", "shouldnt"), "shouldn't"),
    **{
        word: word for word in ("mustn't", "needn't", "mightn't", "no", "never", "without", "nothing", "none")
    },
    **{word: word for word in ("nobody", "nowhere", "neither", "non", "un", "hardly", "barely", "lacks")},
}
# A word that begins with one of these is another one than the word without it.
REVERSING = (
    *("un", "in", "im", "il", "ir", "dis", "non", "de", "re", "mis", "anti", "a", "pre", "post"),
    *("over", "under", "out", "up", "down", "co", "en"),
)

SYNONYMS = _groups(
    """
    utilize utilise
    wrong incorrect
    unneeded unnecessary
    optimise optimize
    normalise normalize
    serialise serialize
    initialise initialize
    synchronise synchronize
    behaviour behavior
    colour color
    docs doc documentation
    deps dep dependencies dependency
    config configs configuration
    repo repository
    param params parameter
    arg args argument
    func function
    msg message
    dir directory
    btn button
    impl implementation
    info information
    perf performance
    pkg package
    """
)
# Only as the verb of the whole; further on these are names: "add delete endpoint", "fix allow header".
VERB_SYNONYMS = _groups(
    """
    fix correct repair
    remove delete
    add introduce
    improve enhance
    prevent avoid
    allow permit
    """
)
FAULTS = _set("bug issue problem")
# First words that are orders in the past tense, and hardly ever adjectives.
ORDERS = _set(
    """
    fixed added updated changed improved implemented introduced refactored corrected created renamed moved
    replaced removed bumped reformatted wrote rewrote made
    fixing adding updating changing improving implementing introducing refactoring correcting creating
    renaming moving replacing removing bumping
    fixes adds updates changes improves implements introduces refactors corrects creates renames moves
    replaces removes bumps ensures prevents
    """
)
# "Updated at column", "created date", "fixed width": here even those are adjectives.
NO_OBJECTS = words.ADJECTIVE_BEFORE | words.PREPOSITIONS | _set("date dates by line lines points")
OPPOSITES = _pairs(
    """
    add/remove add/delete add/drop introduce/remove create/delete create/remove create/destroy add/subtract
    enable/disable increase/decrease increase/reduce raise/lower grow/shrink extend/shorten extend/reduce
    expand/collapse expand/shrink allow/forbid allow/prevent allow/deny allow/block allow/disallow
    permit/forbid permit/prevent show/hide display/hide start/stop begin/end start/end resume/pause
    upgrade/downgrade open/close lock/unlock encrypt/decrypt encode/decode compress/decompress zip/unzip
    pack/unpack wrap/unwrap before/after first/last min/max minimum/maximum minimize/maximize true/false
    on/off sync/async synchronous/asynchronous client/server get/set push/pull read/write load/unload
    save/load import/export input/output public/private old/new more/less more/fewer most/least up/down
    in/out inside/outside into/from above/below over/under left/right top/bottom high/low higher/lower
    fast/slow faster/slower speed/slow long/short longer/shorter big/small bigger/smaller large/small
    accept/reject accept/refuse approve/reject grant/deny grant/revoke attach/detach bind/unbind
    mount/unmount connect/disconnect subscribe/unsubscribe install/uninstall register/unregister
    register/deregister include/exclude append/prepend prefix/suffix with/without success/failure
    pass/fail succeed/fail valid/invalid safe/unsafe known/unknown used/unused required/optional
    mutable/immutable stable/unstable empty/full static/dynamic local/remote local/global
    internal/external upstream/downstream upload/download send/receive request/response source/target
    source/destination sender/receiver parent/child master/slave producer/consumer reader/writer
    encoder/decoder ascending/descending horizontal/vertical row/column width/height even/odd
    positive/negative signed/unsigned strict/loose strict/lenient always/never all/none any/none
    do/undo undo/redo merge/split join/split join/leave keep/remove keep/drop keep/delete
    deprecate/undeprecate hard/soft cached/uncached cache/uncache login/logout block/unblock
    freeze/unfreeze pin/unpin mute/unmute check/uncheck follow/unfollow activate/deactivate
    allocate/free acquire/release insert/delete insert/remove fix/break buy/sell give/take same/different
    implicit/explicit upper/lower uppercase/lowercase forward/backward next/previous early/late
    earlier/later light/dark online/offline blocking/nonblocking visible/hidden manual/automatic
    user/admin simplify/complicate shallow/deep eager/lazy warm/cold major/minor
    """
)
IRREGULAR = {
    **dict.fromkeys(("wrote", "written"), "write"),
    **dict.fromkeys(("rewrote", "rewritten"), "rewrite"),
    **dict.fromkeys(("broke", "broken"), "break"),
    **dict.fromkeys(("threw", "thrown"), "throw"),
    "shown": "show",
    "ran": "run",
    "made": "make",
    "sent": "send",
    "built": "build",
    "kept": "keep",
    "lost": "lose",
    **dict.fromkeys(("got", "gotten"), "get"),
    **dict.fromkeys(("took", "taken"), "take"),
    **dict.fromkeys(("gave", "given"), "give"),
    **dict.fromkeys(("chose", "chosen"), "choose"),
    **dict.fromkeys(("hid", "hidden"), "hide"),
    "caught": "catch",
    "brought": "bring",
    **dict.fromkeys(("went", "gone"), "go"),
    **dict.fromkeys(("overrode", "overridden"), "override"),
    **dict.fromkeys(("overwrote", "overwritten"), "overwrite"),
    "hung": "hang",
    "used": "use",
}
# Look like forms of another word, and are words of their own.
WHOLE = _set(
    """
    news string thing something anything nothing everything spring during pricing building meeting setting
    settings embed speed need feed seed bed red shed used string process access address class canvas
    alias bias status radius axis analysis basis focus bonus menus virus less unless always does this its his
    has was is as us plus minus canvas lens series means goods hundred sacred naked wicked bleed breed
    heading warning rating wing king ring sing bring sling sting swing cling ceiling evening morning offspring
    """
)
# Nobody puts these in on purpose. "Leak" and "crash" may be verbs.
DEFECTS = _set("bug bugs typo typos regression regressions")
LEAKS = _set("leak leaks")
LEAKING = _set("memory resource connection")
# What may stand before a defect and is no verb: "reproduce bug" is nothing that was fixed.
PLACES = _set("login logout signup layout parser small minor tiny stupid silly nasty spelling readme")
# "Add some new unit tests" adds unit tests, but "add new operator" may add the operator "new".
ALWAYS_NEW = _set("tests comments examples translations")
KINDS_OF_TESTS = _set("unit integration regression")
# "for loop", "this pointer": here a function word is part of the language that is spoken about.
CODE_WORDS = _set("this is it do for where which that")
CODE_NOUNS = _set(
    "loop loops clause clauses block blocks statement keyword operator binding pointer callback"
)
COMMIT_VERBS = frozenset({*words.PAST, *words.PAST.values(), *words.GERUND, *words.GERUND.values()}) | _set(
    "fixup patch repair solve revert bring bump pin set get put do try test document"
)
SUBORDINATE = _set("that which who where because since") | WHEN
# A verb of the whole sentence, by which "Deleted users are shown" is no order.
FINITE = _set(
    """
    is are was were has have had do does did can could will would should must may might don't doesn't
    didn't cannot can't couldn't won't wouldn't shouldn't isn't aren't wasn't weren't never
    fails crashes breaks causes loses throws raises hangs stays stops works returns leaks takes needs
    failed crashed broke caused lost threw raised hung stayed stopped worked returned leaked took needed
    deletes removes shows disappears appears remains becomes remain become appear disappear stay fail crash
    """
)
TROUBLES = _set("crash fail break leak hang lose stop return")  # verbs that name what is fixed, too
# Two words that are one as well; "log in" is none of these, for "the log in parser" is something else.
JOINED = {
    **{(word, "in"): f"{word} in" for word in ("log", "sign", "opt", "plug", "check", "zoom", "fill")},
    **{(word, "on"): f"{word} on" for word in ("turn", "switch", "log", "sign")},
    **{
        (word, "up"): f"{word}up" for word in ("set", "clean", "start", "back", "pop", "look", "warm", "sign")
    },
    **{(word, "out"): f"{word}out" for word in ("time", "lay", "check", "log", "sign")},
    **{(word, "down"): f"{word}down" for word in ("drop", "shut", "tear", "count")},
    **{(word, "name"): f"{word}name" for word in ("file", "user", "host", "path")},
    ("data", "base"): "database",
    ("time", "stamp"): "timestamp",
    ("place", "holder"): "placeholder",
    ("tool", "tip"): "tooltip",
    ("work", "around"): "workaround",
    ("key", "board"): "keyboard",
    ("white", "space"): "whitespace",
    ("web", "site"): "website",
    ("code", "base"): "codebase",
}
TYPOS = {
    **dict.fromkeys(("teh", "hte", "tge"), "the"),
    **dict.fromkeys(("adn", "nad", "andd"), "and"),
    **dict.fromkeys(("taht", "thta"), "that"),
    **dict.fromkeys(("wiht", "wtih", "whith", "iwth"), "with"),
    **dict.fromkeys(("fro", "ofr", "fpr"), "for"),
    **dict.fromkeys(("wehn", "whne"), "when"),
    **dict.fromkeys(("thsi", "tihs", "htis"), "this"),
    **dict.fromkeys(("wich", "whcih", "hwich", "whihc"), "which"),
    **dict.fromkeys(("fomr", "frmo"), "from"),
    "tto": "to",
    **dict.fromkeys(("beacuse", "becuase", "becasue", "becouse", "cuz", "coz"), "because"),
    **dict.fromkeys(("withouth", "wihtout", "witout"), "without"),
    **dict.fromkeys(("befor", "beofre", "befroe"), "before"),
    **dict.fromkeys(("aftre", "afer", "atfer"), "after"),
    "waht": "what",
    **dict.fromkeys(("pls", "plz"), "please"),
    **dict.fromkeys(("i've", "i'm"), "i"),
    "it's": "its",
}
ACRONYMS = _set(
    """
    API APIs URL URLs URI JSON HTML CSS HTTP HTTPS SQL YAML XML TOML CI CLI UI UX README PDF CSV ID IDs TLS
    SSL DNS CPU GPU RAM SSH FTP JWT CORS CSRF XSS SDK IDE OS PR PRs DB GUI TCP UDP REST UUID
    """
)
# Words that a text in another language has sooner or later, and an English one has not.
FOREIGN = _set(
    """
    der das und nicht für ist ein eine einen einem wird werden mit bei beim vom zum zur auf aus nach oder
    wenn dass kein keine le la les et pas une des du dans avec pour sur est sont ne quand aux ce cette
    el los las y un una del con para por que se cuando il lo gli di della nel non per che è sono
    o os da dos das em não quando uma het een niet voor van naar bij och för att inte med på av som är
    nie dla przy jest oraz się i ve bir için ile ja ei ettei jos
    """
) - _set("i o y e per")

_COMMON = """
    about ability accept access
    some just very various stuff also simply quite now there here thing things will few bunch literally
    totally hang mistake glitch modify use display begin solve wrong flaky broken
    account action activate active actual address admin agent alert algorithm alias
    align allocate allowed animation anonymous answer append application approve archive argument array
    asset assign assert async attach attempt attribute audio auth author authentication authenticate
    authorization auto automatic available avatar backend background backup badge balance banner bar base
    basic batch behavior behaviour benchmark binary bind bit block body bold boolean boot border bottom
    boundary box branch brand break browser buffer bug bugfix bundle bytes calculate calculation calendar
    callback cancel candidate capital card carousel cart case category certificate chain channel character
    chart chat checkbox checkout checksum child choose chunk class cleanup clear click client clock clone
    cloud cluster collapse collection color colour column command commit common compare compatible
    compatibility compile compiler complete component compress concurrent condition conflict connect
    connection console constant constraint container content context contract control controller
    conversion cookie core corner corrupt count counter coverage crash create credential cron currency
    current cursor custom customer daily damage dark dashboard data date deadlock debug decimal
    declaration decorator decrypt default definition delay delete deliver deploy deployment deprecated
    depend descending description design desktop destination detail detach developer development device
    dialog diff different digit direct directive directory disk display distribution doc docker docs domain
    download draft driver duplicate duration dynamic edge edit editor effect element email emit emoji
    encoding encrypt endpoint engine enhance entire entity entry enum environment event every exact
    example exception execute exist existing exit expect expire explicit expression extension external
    extra factory fail failing failure false fallback fast faster feature feedback fetch field figure final
    firewall first fixture flag flaky flow focus folder font footer force foreign fork format formatter
    forward found fragment frame framework freeze frontend function gateway generator generic global
    gradient grammar graph grid guest guide half handling handler happen hardcoded hash height helper
    hidden hide highlight history home hook horizontal host hover hyphen icon identifier idle illegal image
    immutable implementation implicit important inactive indent indentation index individual infinite
    information initial initialization initialize inject inner inside installation installer instance
    instead instruction integer integration intent interface internal interval introduce invoice issue item
    iterate iterator keyboard keyword kernel key kind label landing language large last latency latest lazy
    leading leak left legacy length level library license lifecycle light linter linting list listen
    listener literal little loader loading local locale location logger logic logo long loop lowercase
    machine mail main maintain maintenance manager manual many map margin markdown master maximum media
    member menu merge mention metadata metric middleware migration minimum minute mismatch mobile mode
    model modal module monitor month mouse multiple mutable mutex name native navbar navigate navigation
    negative nested network next node notice notification number object offline offset onboarding online
    operation operator optimization option optional order organization orientation orphan output outer
    overflow overlay overlap overwrite owner package padding page pagination pair panel parameter parent
    parsing part partial password patch path pattern payload payment pending performance permission person
    phone picture pipeline pixel placeholder plain platform player plugin point pointer policy pool popup
    port portal position positive possible post postgres prefix preview previous primary printer priority
    private problem process processing processor product production profile program progress project
    prompt propagate proper properly property protect protocol prototype provider proxy public purchase
    query queue quick quota race random range rate ratio readme real realtime receive recent recipe
    recognise recommend recording recover recursive redirect redundant reference refund regex region
    registration registry regression regular relation relative remote render rendering repeat report
    repository representation request required resend resize resolution resource response responsive
    result retrieve reusable review right role root rotate rotation round route router routing row rule
    runner runtime safe sample sandbox schedule scheduler schema scope score screen script scroll second
    secret section secure security segment select selection selector sender sentence sequence serialize
    server service session setting several severity shadow shape share shared sheet shell shipping
    shortcut side sidebar signature silent similar single size skeleton slash slider slot slow snapshot
    socket some sort sorting source space specific spell spelling spinner stack stage staging standard
    startup state statement static statistics status storage stream strict string structure student
    stub subject submit submodule subscribe subscription success suffix suggestion suite summary super
    sync synchronize syntax system tab table tag target task teacher team temp template temporary tenant
    term terminal terminate ternary text theme thread threshold throttle throw thumbnail ticket time
    timezone timestamp title toast toggle token tool toolbar tooltip top total trace traffic trailing
    transaction transfer transform transition translate translation translator transparent tree trial
    trigger true truncate tuple tutorial type typescript ugly unit unicode unique unknown unnecessary
    unlock unsafe update upload upper uppercase url usage username utility utilize valid value variable
    variant vector vendor verification vertical video view viewport virtual visible visibility warning
    watch watcher webhook website week weird whitespace widget width window word wording work worker
    workflow workspace wrapper writer wrong year yield zero zone zoom
    """
KNOWN = (
    words.ORDINARY
    | FREE
    | FILLER
    | RELATIONS
    | NEGATIONS.keys()
    | SYNONYMS.keys()
    | OPPOSITES.keys()
    | IRREGULAR.keys()
    | set(IRREGULAR.values())
    | WHOLE
    | DEFECTS
    | LEAKS
    | VERB_SYNONYMS.keys()
    | FAULTS
    | set(JOINED.values())
    | _set(_COMMON)
)
