"""A release: what scripts/release.py makes of built files, read as those read it who install from it."""

import contextlib
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from bootstrap import __version__
from scripts import release, smoke
from tests.world import ROOT

BASE = "https://github.com/acme/bootstrap"
DOWNLOADS = f"{BASE}/releases/download/v{__version__}/"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def made(directory: Path, names: tuple[str, ...] = release.BUILT + release.PARTS_LISTS) -> Path:
    """A directory of built files, no two alike."""
    directory.mkdir()
    for name in names:
        (directory / name).write_text(f"this is {name}\n")
    return directory


def run(directory: Path, *arguments: str, base: str = BASE) -> tuple[int, str]:
    """Its status, and what it says."""
    scripts = directory.parent / "scripts"
    scripts.mkdir(exist_ok=True)
    for name in release.INSTALLERS:
        if not (scripts / name).exists():
            (scripts / name).write_text('release="@RELEASE@"\necho "$release"\n')
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        status = release.main([str(directory), "--base", base, "--scripts", str(scripts), *arguments])
    return status, said.getvalue()


def released(directory: Path, *arguments: str) -> Path:
    assert run(directory, *arguments) == (0, "")
    return directory


def refused(directory: Path, *arguments: str, base: str = BASE) -> str:
    """What is said; nothing may have been written."""
    before = content(directory)
    status, said = run(directory, *arguments, base=base)
    assert status == 1
    assert re.fullmatch(r"error: .+\nhelp: .+\n", said), said
    assert content(directory) == before
    return said


def content(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def full(tmp_path: Path) -> Path:
    return released(made(tmp_path / "release"))


# The manifests, each read by the parser of its format, as (address, checksum) of every download.


def homebrew(directory: Path) -> list[tuple[str, str]]:
    text = (directory / "manifests/homebrew/commit-polish.rb").read_text()
    if ruby := shutil.which("ruby"):
        subprocess.run([ruby, "-wc", "-"], input=text, text=True, check=True, capture_output=True)
    return re.findall(r'^ +url "(.+)"\n +sha256 "(.+)"$', text, re.MULTILINE)


def scoop(directory: Path) -> list[tuple[str, str]]:
    manifest = json.loads((directory / "manifests/scoop/commit-polish.json").read_text())
    builds = manifest["architecture"].values()
    assert all(build["url"].endswith("#/bootstrap.exe") for build in builds)
    return [(build["url"].partition("#")[0], build["hash"]) for build in builds]


def winget(directory: Path) -> list[tuple[str, str]]:
    installer = winget_files(directory)["installer"]
    assert all(entry["InstallerSha256"].isupper() for entry in installer["Installers"])
    return [(entry["InstallerUrl"], entry["InstallerSha256"].lower()) for entry in installer["Installers"]]


def winget_files(directory: Path) -> dict[str, dict]:
    texts = [path.read_text() for path in (directory / "manifests/winget").rglob("*.yaml")]
    assert len(texts) == 3
    return {file["ManifestType"]: file for file in map(yaml.safe_load, texts)}


def aur(directory: Path) -> list[tuple[str, str]]:
    found = []
    fields = sourced(directory / "manifests/aur/PKGBUILD")
    for name, sources in fields.items():
        if name.startswith("source"):
            sums = fields[name.replace("source", "sha256sums")]
            found += [
                (source.partition("::")[2], sha256) for source, sha256 in zip(sources, sums, strict=True)
            ]
    return found


def sourced(pkgbuild: Path) -> dict[str, list[str]]:
    """The variables of a PKGBUILD, as the shell has them."""
    if not (bash := shutil.which("bash")):
        pytest.skip("there is no bash")
    show = """
        source "$1"
        for name in pkgname pkgver pkgrel pkgdesc url arch license depends optdepends provides conflicts \
                    options source sha256sums "${arch[@]/#/source_}" "${arch[@]/#/sha256sums_}"; do
            declare -n values=$name
            for value in "${values[@]}"; do printf '%s\\t%s\\n' "$name" "$value"; done
        done
    """
    command = [bash, "-euc", show, "bash", str(pkgbuild)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={}).stdout
    fields: dict[str, list[str]] = {}
    for line in said.splitlines():
        name, _, value = line.partition("\t")
        fields.setdefault(name, []).append(value)
    return fields


READERS = {"homebrew": homebrew, "scoop": scoop, "winget": winget, "aur": aur}
PLATFORMS = {
    "homebrew": ["linux-amd64", "linux-arm64", "macos-amd64", "macos-arm64"],
    "scoop": ["windows-amd64.exe", "windows-arm64.exe"],
    "winget": ["windows-amd64.exe", "windows-arm64.exe"],
    "aur": ["linux-amd64", "linux-arm64"],
}


def downloads(directory: Path, manager: str) -> list[str]:
    """The files that a manifest names: each has to be there, with the checksum that is given."""
    names = []
    for url, sha256 in READERS[manager](directory):
        assert url.startswith(DOWNLOADS)
        name = url.removeprefix(DOWNLOADS)
        assert hashlib.sha256((directory / name).read_bytes()).hexdigest() == sha256
        names.append(name)
    return sorted(name.removeprefix("bootstrap-") for name in names if name != "LICENSE")


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="there is no sha256sum")
def test_sha256sum_checks_every_file(full: Path) -> None:
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    said = subprocess.run(check, cwd=full, capture_output=True, text=True, check=True).stdout
    checked = [line.removesuffix(": OK") for line in said.splitlines()]
    assert checked == sorted({path.name for path in full.iterdir()} - {"SHA256SUMS", "manifests"})
    sums = (full / "SHA256SUMS").read_text().splitlines()
    assert [
        line for line in sums if not re.fullmatch(r"[0-9a-f]{64}  \S+", line)
    ] == []  # the scripts read it, too
    (full / "bootstrap-linux-amd64").write_text("something else")
    assert subprocess.run(check, cwd=full, capture_output=True, check=False).returncode


@pytest.mark.parametrize("manager", READERS)
def test_a_manifest_has_the_checksum_of_every_file(full: Path, manager: str) -> None:
    assert downloads(full, manager) == PLATFORMS[manager]


@pytest.mark.parametrize("gone", release.ONE_FILES)
def test_what_was_not_built_is_named_nowhere(tmp_path: Path, gone: str) -> None:
    directory = made(tmp_path / "release", tuple(name for name in release.BUILT if name != gone))
    released(directory)
    for manager, platforms in PLATFORMS.items():
        assert downloads(directory, manager) == [name for name in platforms if f"bootstrap-{name}" != gone]
    for path, data in content(directory).items():
        assert not re.search(rf"{re.escape(gone)}\b".encode(), data), path


@pytest.mark.parametrize(
    ("system", "managers"),
    [
        ("windows", {"scoop", "winget"}),
        ("macos", {"homebrew"}),
        ("linux", {"homebrew", "aur"}),
        ("freebsd", set()),
    ],
)
def test_a_manager_without_a_file_has_no_manifest(tmp_path: Path, system: str, managers: set[str]) -> None:
    names = tuple(name for name in release.BUILT if f"-{system}-" in name)
    directory = released(made(tmp_path / "release", names))
    assert {path.split("/")[1] for path in content(directory) if path.startswith("manifests/")} == managers
    for manager in managers:
        assert downloads(directory, manager) == [
            name for name in PLATFORMS[manager] if name.startswith(f"{system}-")
        ]
    if managers == {"homebrew"}:
        assert "on_linux" not in (directory / "manifests/homebrew/commit-polish.rb").read_text()


def test_again_everything_is_the_same(full: Path) -> None:
    before = content(full)
    assert content(released(full)) == before
    (full / "bootstrap-linux-arm64").unlink()
    (full / "bootstrap-linux-arm64.cdx.json").unlink()
    released(full)
    (full / "bootstrap-linux-arm64").write_text("this is bootstrap-linux-arm64\n")
    (full / "bootstrap-linux-arm64.cdx.json").write_text("this is bootstrap-linux-arm64.cdx.json\n")
    assert content(released(full)) == before


def test_a_platform_that_is_gone_leaves_no_manifest_behind(full: Path) -> None:
    for path in full.glob("*windows*"):
        path.unlink()
    released(full)
    assert {path.name for path in (full / "manifests").iterdir()} == {"homebrew", "aur"}


def test_the_install_scripts_know_where_the_newest_release_is(full: Path) -> None:
    for name in release.INSTALLERS:
        assert (full / name).read_text().splitlines()[0] == f'release="{BASE}/releases/latest/download"'


@pytest.mark.parametrize("name", release.INSTALLERS)
def test_a_release_can_be_made_of_the_real_scripts(name: str) -> None:
    script = ROOT / "scripts" / name
    if not script.exists():
        pytest.skip("not written yet")
    assert release.TOKEN in script.read_text("utf-8")


def test_the_shell_reads_the_pkgbuild_as_srcinfo_says(full: Path) -> None:
    fields = sourced(full / "manifests/aur/PKGBUILD")
    said: dict[str, list[str]] = {}
    for line in (full / "manifests/aur/.SRCINFO").read_text().splitlines():
        if line:
            name, _, value = line.strip().partition(" = ")
            said.setdefault(name, []).append(value)
    assert said.pop("pkgbase") == said["pkgname"] == ["commit-polish-bin"]
    assert said == fields
    assert said["arch"] == ["x86_64", "aarch64"]
    assert "!strip" in said["options"]  # stripped, a one file is nothing but its bootloader


def test_the_package_of_the_aur_installs_what_it_downloads(full: Path, tmp_path: Path) -> None:
    pkgbuild = full / "manifests/aur/PKGBUILD"
    fields = sourced(pkgbuild)
    for source in [*fields["source"], *fields["source_x86_64"], *fields["source_aarch64"]]:
        called, _, url = source.partition("::")
        shutil.copy(full / url.removeprefix(DOWNLOADS), tmp_path / called)
    script = 'cd "$1"; pkgdir=$1/pkg; CARCH=aarch64; source "$2"; package'
    command = ["bash", "-euc", script, "bash", str(tmp_path), str(pkgbuild)]
    subprocess.run(command, check=True, capture_output=True)
    program = tmp_path / "pkg/usr/bin/bootstrap"
    assert program.read_bytes() == (full / "bootstrap-linux-arm64").read_bytes()
    assert program.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "pkg/usr/share/licenses/commit-polish-bin/LICENSE").exists()


def test_homebrew_gives_each_machine_its_own_file(full: Path) -> None:
    """The formula run, with a Homebrew that is played by twenty lines of Ruby."""
    if not (ruby := shutil.which("ruby")):
        pytest.skip("there is no Ruby")
    play = r"""
        class Formula
          class << self
            attr_accessor :system, :processor
            def desc(text) = text
            alias homepage desc
            alias version desc
            alias license desc
            def test = nil
            def sha256(text) = text
            def url(text) = puts(text)
            def on_macos = (yield if system == "macos")
            def on_linux = (yield if system == "linux")
            def on_arm = (yield if processor == "arm64")
            def on_intel = (yield if processor == "amd64")
          end
        end
        Formula.system, Formula.processor = ARGV[1], ARGV[2]
        class << Formula; def inherited(klass) = (klass.system, klass.processor = system, processor); end
        load ARGV[0]
    """
    formula = full / "manifests/homebrew/commit-polish.rb"
    for platform in PLATFORMS["homebrew"]:
        command = [ruby, "-e", play, str(formula), *platform.split("-")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert said == f"{DOWNLOADS}bootstrap-{platform}\n"


def test_scoop_finds_the_next_version(full: Path) -> None:
    manifest = json.loads((full / "manifests/scoop/commit-polish.json").read_text())
    assert manifest["checkver"] == {"github": BASE}
    anew = manifest["autoupdate"]["architecture"]
    now = manifest["architecture"]
    assert {key: build["url"].replace("$version", __version__) for key, build in anew.items()} == {
        key: build["url"] for key, build in now.items()
    }
    assert manifest["autoupdate"]["hash"]["url"] == "$baseurl/SHA256SUMS"


def test_wingets_files_are_of_one_package(full: Path) -> None:
    files = winget_files(full)
    assert set(files) == {"version", "installer", "defaultLocale"}
    assert {file["PackageIdentifier"] for file in files.values()} == {"acme.CommitPolish"}
    assert {file["PackageVersion"] for file in files.values()} == {__version__}
    assert files["version"]["DefaultLocale"] == files["defaultLocale"]["PackageLocale"]
    assert files["installer"]["InstallerType"] == "portable"
    assert files["installer"]["Commands"] == ["bootstrap"]
    assert [entry["Architecture"] for entry in files["installer"]["Installers"]] == ["x64", "arm64"]


@pytest.mark.parametrize(
    "name",
    ["bootstrap", "bootstrap-plan9-amd64", "commit_polish_bootstrap-0.0.1.tar.gz", "notes.txt", ".DS_Store"],
)
def test_a_file_that_nobody_knows_is_refused(tmp_path: Path, name: str) -> None:
    directory = made(tmp_path / "release")
    (directory / name).write_text("?")
    assert name in refused(directory)


def test_nothing_to_release_is_refused(tmp_path: Path) -> None:
    assert "no directory" in refused(tmp_path / "nowhere")
    assert "no built file" in refused(made(tmp_path / "empty", ()))
    assert "no built file" in refused(made(tmp_path / "only", ("SHA256SUMS", "install.sh")))


def test_an_empty_or_lonely_file_is_refused(tmp_path: Path) -> None:
    directory = made(tmp_path / "release")
    (directory / "bootstrap-macos-arm64").write_text("")
    assert "bootstrap-macos-arm64 is empty" in refused(directory)
    (directory / "bootstrap-macos-arm64").unlink()
    assert "bootstrap-macos-arm64.cdx.json describes" in refused(directory)


def test_a_tag_of_another_version_is_refused(tmp_path: Path) -> None:
    directory = made(tmp_path / "release")
    assert "v9.9.9" in refused(directory, "--tag", "v9.9.9")
    released(directory, "--tag", f"v{__version__}")


@pytest.mark.parametrize(
    "base", ["github.com/acme/bootstrap", f"{BASE}/releases", 'https://x/y/"z"', "http://a/b/c"]
)
def test_an_address_that_is_no_projects_is_refused(tmp_path: Path, base: str) -> None:
    assert "no project's address" in refused(made(tmp_path / "release"), base=base)


def test_scripts_that_could_not_know_the_release_are_refused(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/install.ps1").write_text("$base = 'https://example.org'")
    directory = made(tmp_path / "release")
    assert "install.ps1 has no @RELEASE@" in refused(directory)


def test_wrong_usage_is_no_traceback() -> None:
    # By its path, with a Python that has nothing installed.
    command = [sys.executable, "-S", str(ROOT / "scripts/release.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"error: .+\nhelp: .+\n", done.stderr)


# What is inside a file.


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("__main__.py", "bootstrap/__init__.py", *names):
            archive.writestr(name, "")
    return path


def frozen(path: Path, *modules: str, zip_names: tuple[str, ...] = ()) -> Path:
    """An archive as PyInstaller makes it, behind no program; with other modules in a zip file inside."""
    from PyInstaller.archive.writers import CArchiveWriter, ZlibArchiveWriter

    code = {name: compile("", name, "exec") for name in modules}
    ZlibArchiveWriter(str(path.with_suffix(".z")), [(name, "-", "PYMODULE") for name in modules], code)
    entries = [("PYZ.pyz", str(path.with_suffix(".z")), False, "z")]
    if zip_names:
        inner = zipped(path.with_suffix(".zip"), *zip_names)
        entries.append(("modules.zip", str(inner), True, "x"))
    CArchiveWriter(str(path), entries, "libpython3.11.so.1.0")
    return path


@pytest.fixture
def sbom():
    pytest.importorskip("cyclonedx")
    from scripts import sbom

    return sbom


def described(sbom, path: Path) -> dict:
    """The parts list, which the official schema has to find right, and which is the same the second time."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert sbom.main([str(path)]) == 0
    text = path.with_name(f"{path.name}.cdx.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert sbom.main([str(path)]) == 0
    assert path.with_name(f"{path.name}.cdx.json").read_text("utf-8") == text
    about = json.loads(text)
    assert (
        about["metadata"]["component"]["hashes"][0]["content"]
        == hashlib.sha256(path.read_bytes()).hexdigest()
    )
    return about


def pinned(name: str) -> str:
    return re.search(rf"^{name}==(.+)$", (ROOT / "scripts/constraints.txt").read_text(), re.MULTILINE)[1]


def test_a_one_file_has_its_packages_and_a_python(sbom, tmp_path: Path) -> None:
    about = described(
        sbom, frozen(tmp_path / "bootstrap", "bootstrap", "bootstrap.cli", "rich.console", "httpx")
    )
    parts = {part["purl"] for part in about["components"]}
    assert {f"pkg:pypi/rich@{pinned('rich')}", f"pkg:pypi/httpx@{pinned('httpx')}"} <= parts
    assert f"pkg:generic/python@{sys.version.split()[0]}" in parts
    assert f"pkg:pypi/pyinstaller@{pinned('pyinstaller')}" in parts
    assert any(part.startswith(("pkg:generic/openssl@", "pkg:generic/libressl@")) for part in parts)
    assert not any("tomlkit" in part for part in parts)  # it is not in this one


def test_a_one_file_has_what_is_in_an_archive_inside_it(sbom, tmp_path: Path) -> None:
    names = ("tomlkit/__init__.pyc", "typing_extensions.pyc")
    about = described(sbom, frozen(tmp_path / "bootstrap", "rich", zip_names=names))
    found = {part["name"] for part in about["components"] if part["purl"].startswith("pkg:pypi/")}
    assert found == {"pyinstaller", "rich", "tomlkit", "typing-extensions"}


@pytest.mark.parametrize("folder", ["", "site-packages/"])
def test_a_pyz_has_its_packages_only(sbom, tmp_path: Path, folder: str) -> None:
    names = ("rich/__init__.py", "rich/httpx.py", "tomlkit/__init__.py", "typing_extensions.py")
    about = described(sbom, zipped(tmp_path / "bootstrap.pyz", *(folder + name for name in names)))
    assert [part["name"] for part in about["components"]] == ["rich", "tomlkit", "typing-extensions"]


def test_the_day_is_only_the_one_that_is_given(sbom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "bootstrap.pyz")
    assert "timestamp" not in described(sbom, path)["metadata"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert described(sbom, path)["metadata"]["timestamp"].startswith("2023-11-14T22:13:20")


def test_what_came_along_from_a_developer_is_refused(sbom, tmp_path: Path, capsys) -> None:
    path = frozen(tmp_path / "bootstrap", "bootstrap", "rich", "_pytest")
    assert sbom.main([str(path)]) == 1
    assert "contains pytest, which bootstrap does not need" in capsys.readouterr().err
    assert not path.with_name("bootstrap.cdx.json").exists()


def test_what_is_no_built_file_is_refused(sbom, tmp_path: Path, capsys) -> None:
    (tmp_path / "bootstrap").write_text("#!/bin/sh\n")
    assert sbom.main([str(tmp_path / "bootstrap")]) == 1
    assert capsys.readouterr().err.startswith("error: ")


# A built file, tried.


def program(path: Path, dry_run: str, *, version: str = __version__, ends: int = 0) -> Path:
    path.write_text(f"""\
import sys
answers = {{
    "--version": ("bootstrap {version}", 0),
    "--help": ("uninstall", 0),
    "--dry-run": ({dry_run!r}, {ends}),
    "doctor": ('{{"event": "done", "checks": 4}}', 1),
}}
text, status = answers[sys.argv[1]]
print(text)
sys.exit(status)
""")
    return path


REFUSES = '{"event": "error", "message": "no llamafile", "hint": "use a server elsewhere"}'


def test_a_file_that_works_passes(tmp_path: Path) -> None:
    good = program(tmp_path / "good.pyz", '{"event": "done", "actions": [1]}')
    assert smoke.main([str(good)]) == 0
    refuses = program(tmp_path / "refuses.pyz", REFUSES, ends=1)
    assert smoke.main([str(refuses)]) == 1
    assert smoke.main([str(refuses), "--may-refuse"]) == 0


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"dry_run": "a traceback", "ends": 3}, "ends with 3"),
        ({"dry_run": "Plan: nothing"}, "does not speak JSON"),
        ({"dry_run": '{"event": "done", "actions": []}'}, "has no plan"),
        ({"dry_run": "{}", "version": "0.0.1"}, "--version says"),
    ],
)
def test_a_file_that_does_not_work_fails(tmp_path: Path, about: dict, said: str, capsys) -> None:
    assert smoke.main([str(program(tmp_path / "bad.pyz", **about)), "--may-refuse"]) == 1
    assert said in capsys.readouterr().err


# The workflows.


def jobs(name: str) -> dict[str, dict]:
    return yaml.safe_load((ROOT / ".github/workflows" / name).read_text())["jobs"]


def test_the_release_builds_the_files_of_the_contract() -> None:
    entries = [
        entry
        for job in jobs("release.yml").values()
        for entry in job.get("strategy", {}).get("matrix", {}).get("include", [])
    ]
    assert sorted(entry["asset"] for entry in entries) == sorted(release.ONE_FILES)
    assert [entry["asset"] for entry in entries if entry.get("options") == "--portable"] == [
        "bootstrap-linux-amd64"
    ]


def steps() -> list[dict]:
    return [
        step
        for path in WORKFLOWS
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        for step in job["steps"]
    ]


def test_actions_are_those_that_were_read() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)] == []


def test_a_workflow_may_do_no_more_than_it_needs() -> None:
    for path in WORKFLOWS:
        assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_no_command_is_put_together_from_what_others_wrote() -> None:
    commands = [
        text
        for step in steps()
        for text in (step.get("run"), *step.get("with", {}).values())
        if isinstance(text, str)
    ]
    assert [text for text in commands if "${{" in text and ("github." in text or "inputs." in text)] == []
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


@pytest.mark.skipif(not shutil.which("actionlint"), reason="there is no actionlint")
def test_actionlint_has_nothing_to_say() -> None:
    done = subprocess.run(
        ["actionlint", "-no-color", *map(str, WORKFLOWS)], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0
