"""The layers and the doors: imports go down only, and each library has one place."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

PACKAGE = Path(bootstrap.__file__).parent
LAYERS = (
    {
        "system",
        "download",
        "files",
        "lock",
        "host",
        "processes",
        "tail",
        "registry",
        "paths",
        "catalogue",
        "gguf",
        "resources",
        "carried",
        "frozen",
        "errors",
        "messages",
        "stores",
        "trouble",
        "redaction",
        "failure",
    },
    {"actions"},
    {
        "autostart",
        "keeper",
        "hook",
        "server",
        "settings",
        "receipt",
        "proof",
        "access",
        "container",
        "moved",
        "recovery",
        "fit",
        "program",
        "supply",
        "bundle",
        "wish",
    },
    {
        "attached",
        "console",
        "hooking",
        "plan",
        "session",
        "target",
        "changes",
        "engine",
        "rollback",
        "situation",
        "doctor",
    },
    {"cli", "arguments", "commands", "__main__"},
)
# beside the tower, reachable from all of it; it may use these and nothing else
POLISH_USES = {"polish", "settings", "errors", "messages", "frozen", "paths"}
DOORS = {
    "rich": {"console"},
    "httpx": {"download"},
    "truststore": {"download"},
    "platformdirs": {"paths"},
    "tomlkit": {"settings"},
    "subprocess": {"system", "polish/git"},
}
PURE = (
    "plan",
    "hooking",
    "target",
    "access",
    "container",
    "changes",
    "moved",
    "fit",
    "supply",
    "bundle",
    "hook/install",
    "catalogue",
    "autostart",
    "trouble",
    "doctor/machine",
    "doctor/installed",
    "doctor/serving",
    "doctor/ownership",
    "doctor/polishing",
    "doctor/report",
    "redaction/secrets",
    "polish/message",
    "polish/repair",
    "polish/prompt",
    "polish/guard",
    "polish/reply",
    "polish/sources/asked",
    "polish/sources/plainyaml",
    "polish/sources/javascript",
)
TOUCHING = {"subprocess", "socket", "httpx", "http", "urllib", "shutil"}


def modules() -> dict[str, ast.Module]:
    """Every module of ours, by its path below the package: "polish/git"."""
    return {
        str(path.relative_to(PACKAGE).with_suffix("")).replace("\\", "/"): ast.parse(path.read_text("utf-8"))
        for path in PACKAGE.rglob("*.py")
    }


def imports(tree: ast.Module) -> set[str]:
    """What a module imports when it runs, as dotted names; imports for type checkers do not count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "absolute imports only"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return found


def ours(names: set[str]) -> set[str]:
    """The parts of the package among imports."""
    return {
        name.split(".")[1]
        for name in names
        if name.startswith("bootstrap.") and name != "bootstrap.__version__"
    }


def layer(part: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part in parts)


def test_every_part_has_a_layer() -> None:
    parts = {name.split("/")[0] for name in modules()} - {"__init__", "polish"}
    assert parts == set().union(*LAYERS)


def test_imports_go_down_only() -> None:
    for name, tree in modules().items():
        part = name.split("/")[0]
        if part in {"polish", "__init__"}:
            continue
        for used in ours(imports(tree)) - {part, "polish"}:
            allowed = layer(used) < layer(part) or (layer(used) == layer(part))
            assert allowed, f"{name} imports {used}, which is above it"


def test_one_layer_has_no_cycles() -> None:
    uses: dict[str, set[str]] = {}
    for name, tree in modules().items():
        uses.setdefault(name.split("/")[0], set()).update(ours(imports(tree)))
    seen: list[str] = []

    def visit(part: str) -> None:
        assert part not in seen, f"a cycle: {' → '.join([*seen, part])}"
        seen.append(part)
        for used in uses.get(part, set()) - {part}:
            visit(used)
        seen.pop()

    for part in uses:
        visit(part)


def test_polish_stands_beside_the_tower() -> None:
    for name, tree in modules().items():
        if name.startswith("polish/"):
            assert ours(imports(tree)) <= POLISH_USES, name


def test_one_door_per_library() -> None:
    for name, tree in modules().items():
        used = {imported.split(".")[0] for imported in imports(tree)}
        for library, doors in DOORS.items():
            assert library not in used or {name, name.split("/")[0]} & doors, f"{name} imports {library}"


def test_decisions_are_pure() -> None:
    for name, tree in modules().items():
        if name.startswith(PURE):
            assert not {imported.split(".")[0] for imported in imports(tree)} & TOUCHING, name
            calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
            assert not calls & {"open", "print", "system.run", "os.system"}, name


def test_only_host_asks_what_system_this_is() -> None:
    for name, tree in modules().items():
        text = ast.unparse(tree)
        if name.split("/")[0] not in {"host", "cli"}:
            assert "sys.platform" not in text, name
            assert "import platform\n" not in text, name


def test_no_dry_run_below_the_commands() -> None:
    for name, tree in modules().items():
        if not name.startswith(("cli", "arguments", "commands")):
            assert "dry_run" not in ast.unparse(tree), name


def test_exactly_one_except_exception() -> None:
    found = [
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]
    assert found == ["cli"]


def test_every_module_says_what_it_is() -> None:
    for name, tree in modules().items():
        assert ast.get_docstring(tree), name


@pytest.mark.parametrize(
    "arguments", [["--version"], ["polish", "--file", "setup.cfg"], ["keep"]], ids=" ".join
)
def test_what_runs_at_every_commit_and_login_loads_little(arguments: list[str]) -> None:
    run = [sys.executable, "-X", "importtime", "-P", "-m", "bootstrap", *arguments]
    told = subprocess.run(run, check=False, capture_output=True, text=True, timeout=60, cwd=PACKAGE.parent)
    loaded = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines() if "import time:" in line}
    assert "bootstrap.cli" in loaded
    assert not loaded & {"rich", "httpx", "tomlkit", "truststore", "bootstrap.download"}
