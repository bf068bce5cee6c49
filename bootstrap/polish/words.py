"""The closed lists of English words that the repairs may change; every other word stays. Data."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# base form: the past tense and the gerund with which people begin a subject
_VERBS = {
    "add": "added adding",
    "allow": "allowed allowing",
    "avoid": "avoided avoiding",
    "bump": "bumped bumping",
    "change": "changed changing",
    "clean": "cleaned cleaning",
    "convert": "converted converting",
    "correct": "corrected correcting",
    "create": "created creating",
    "delete": "deleted deleting",
    "disable": "disabled disabling",
    "drop": "dropped dropping",
    "enable": "enabled enabling",
    "ensure": "ensured ensuring",
    "extract": "extracted extracting",
    "fix": "fixed fixing",
    "handle": "handled handling",
    "implement": "implemented implementing",
    "improve": "improved improving",
    "introduce": "introduced introducing",
    "make": "made making",
    "merge": "merged merging",
    "migrate": "migrated migrating",
    "move": "moved moving",
    "optimize": "optimized optimizing",
    "prevent": "prevented preventing",
    "reduce": "reduced reducing",
    "refactor": "refactored refactoring",
    "remove": "removed removing",
    "rename": "renamed renaming",
    "replace": "replaced replacing",
    "resolve": "resolved resolving",
    "restore": "restored restoring",
    "rewrite": "rewrote rewriting",
    "simplify": "simplified simplifying",
    "split": "splitting",
    "support": "supported supporting",
    "switch": "switched switching",
    "update": "updated updating",
    "upgrade": "upgraded upgrading",
    "use": "used using",
    "write": "wrote writing",
}
PAST = {forms.split()[0]: base for base, forms in _VERBS.items() if " " in forms}
GERUND = {forms.split()[-1]: base for base, forms in _VERBS.items()}

# What a capital may be taken from at the start of a subject. No word that is also a name.
ORDINARY = frozenset({*_VERBS, *PAST, *GERUND}) | _set(
    """
    a an the this that these those some any all no not our my your its their
    when if while after before with without for from in on to of by as at
    more less better new old unused missing wrong broken incorrect invalid empty extra
    small big minor major simple first last only also now still
    adjust align apply ask bring build call catch check clarify close collect combine compute
    configure copy cover decode define deprecate describe detect do document don't encode
    escape exclude expand explain export expose extend fetch filter find finish follow format
    forget generate get give group guard hide ignore import include increase decrease inline
    insert install integrate invert join keep let limit load lock log look lower mark match
    measure mention mock modify normalize omit open order override parse pass patch pin polish
    prefer prepare preserve print provide publish pull push put quote raise read rearrange
    rebuild recognize record refresh register reject release reload remember reorder repair
    report require reset retry return reuse revert revise run save scan search send separate set
    setup shorten show skip solve sort speed start stop store strip tell test tidy track trim
    try tweak unify use validate verify wait warn wrap
    build button cache client code comment comments config configuration crash database
    dependencies dependency docs documentation error errors file files form handler header icon
    images input layout link links login logout memory message messages method output page
    parser path query script search server style styles table template tests timeout tokenizer
    types typo typos user users validation version versions
    """
)

# After a past participle these begin its object: "Fixed the …" cannot be an adjective.
DETERMINERS = _set("a an the this that these those our my your its their")
QUALITIES = _set(
    """
    all any duplicate duplicated extra missing new old several some unused useless wrong broken
    incorrect invalid more unit integration dead empty failing flaky minor small various redundant
    """
)
PREPOSITIONS = _set(
    "about after as at before by during for from in into of on per so than through to under with"
)
# A verb further on makes the first word part of a noun: "Deleted users are still shown".
FINITE = _set(
    """
    is are was were be been am do does did don't doesn't didn't has have had hasn't haven't can
    cannot can't could couldn't will won't would wouldn't should shouldn't must may might isn't
    aren't wasn't weren't not never still again longer fail fails failed break breaks broke crash
    crashes crashed cause causes caused lose loses lost throw throws threw raise raises raised get
    gets got go goes went hang hangs hung show shows shown appear appears stay stays stop stops
    work works need needs return returns leak leaks take takes
    """
)
# "Fixed width columns", "Used memory", …: here the first word says what kind.
ADJECTIVE_BEFORE = _set(
    """
    width size sized length point height rate price position amount number cost layout memory
    space value values time files
    """
)
