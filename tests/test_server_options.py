"""Everything that can be chosen about the server arrives there, in the words of each kind of server."""

import json
import os
import plistlib
import socket
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bootstrap import container, plan, server
from bootstrap.actions import AwaitPort
from bootstrap.autostart import launchd, openrc, run_script, systemd
from bootstrap.catalogue import Model
from bootstrap.errors import HostError, ServerError, UsageError
from bootstrap.host import Host
from bootstrap.receipt import Receipt
from bootstrap.server import dialects
from bootstrap.settings import Settings
from bootstrap.target import choose_target
from tests.test_plan import LINUX, MACHINES, PATHS, SESSION, planned, situation
from tests.world import World, free_port

MODEL = Model("tiny", "tiny-Q4_K_M.gguf", (), "0" * 64, 1, 1)
EVERYTHING = Settings(
    host="127.0.0.2", port=9000, ctx_size=4096, threads=3, threads_batch=5, gpu_layers=7, parallel=2
)


def argv(
    dialect: server.Dialect, settings: Settings = EVERYTHING, key_file: str = "", host: Host = LINUX
) -> str:
    launch = server.Launch(("llamafile",), dialect, "/m/tiny-Q4_K_M.gguf", settings.host, key_file)
    return " ".join(server.command_line(launch, MODEL, settings, host))


def test_llamafile_0_9() -> None:
    assert argv(dialects.V1, replace(EVERYTHING, mlock=True, alias="mine"), "/k") == (
        "llamafile --server --nobrowser --log-disable --slots-endpoint-disable --host 127.0.0.2 --port 9000 "
        "-m /m/tiny-Q4_K_M.gguf -a mine -c 4096 -t 3 -tb 5 -cb -np 2 --mlock --api-key-file /k -ngl 7"
    )


def test_the_second_server_of_llamafile_0_9() -> None:
    assert argv(dialects.V2, replace(EVERYTHING, embeddings=True)) == (
        "llamafile --server --v2 --log-disable -l 127.0.0.2:9000 "
        "-m /m/tiny-Q4_K_M.gguf -c 4096 -t 3 -tb 5 -s 2 -ngl 7"
    )
    assert server.alias(MODEL, EVERYTHING, dialects.V2) == "tiny-Q4_K_M"


def test_llamafile_0_10() -> None:
    assert argv(dialects.V10, replace(EVERYTHING, embeddings=True), "/k") == (
        "llamafile --server --no-webui --no-slots --host 127.0.0.2 --port 9000 "
        "-m /m/tiny-Q4_K_M.gguf -a tiny -c 4096 -t 3 -tb 5 -np 2 --embeddings --pooling mean "
        "--api-key-file /k -ngl 7"
    )
    assert argv(dialects.V10, Settings()).endswith("-c 8192 -np 1 --gpu disable"), (
        "one at a time is said, too"
    )


@pytest.mark.parametrize(
    ("dialect", "wish", "key_file", "hint"),
    [
        (dialects.V2, {"alias": "mine"}, "", "--alias"),
        (dialects.V2, {"mlock": True}, "", "--no-mlock"),
        (dialects.V2, {}, "/k", "--api-key off"),
        (dialects.V2, {"strict": True}, "/k", "--no-strict --api-key off"),
        (dialects.V2, {"host": "::1"}, "", "--host 127.0.0.1"),
        (dialects.V1, {"embeddings": True}, "", "--no-embeddings"),
        (dialects.CONTAINER, {"mlock": True}, "", "--no-mlock"),
    ],
)
def test_what_a_server_cannot_do_is_said(
    dialect: server.Dialect, wish: dict[str, Any], key_file: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        argv(dialect, replace(Settings(), **wish), key_file)
    assert dialect.name in refused.value.message
    assert hint in refused.value.hint


def test_every_version_of_the_catalogue_has_its_words() -> None:
    for entry in situation(LINUX).catalogue.llamafiles:
        made = planned(LINUX, settings={"llamafile": entry.version})
        assert made.about["argv"][:3] == [
            "/bin/sh",
            str(situation(LINUX).paths.llamafile(entry.version)),
            "--server",
        ]
        assert any("never tried" in note for note in made.notes) == entry.version.startswith("0.10")
    with pytest.raises(HostError):
        server.of_llamafile("0.11.0", embeddings=False)


def test_who_lets_others_in_where_no_key_is_known_has_to_say_so() -> None:
    with pytest.raises(UsageError) as refused:
        planned(LINUX, settings={"host": "0.0.0.0", "embeddings": True})
    assert "--api-key off" in refused.value.hint
    made = planned(LINUX, settings={"host": "0.0.0.0", "embeddings": True, "api_key": "off"})
    assert any("Everybody" in note for note in made.notes)


# ---- containers -------------------------------------------------------------------------------------------


def contained(kind: str, host: Host = LINUX, **wishes: Any) -> list[str]:
    made = planned(host, settings={"engine": kind, **wishes}, container_program=f"/usr/bin/{kind}")
    return list(made.about["argv"])


def test_podman_gets_two_files_and_one_port() -> None:
    words = contained("podman", port=9000, model="gemma-3-4b")
    image = words.index(container.IMAGE)
    assert words[:2] == ["/usr/bin/podman", "run"]
    assert "127.0.0.1:9000:9000" in words[:image]
    model = next(word for word in words[:image] if word.endswith(".gguf:ro"))
    assert words[words.index("-m") + 1] == model.split(":")[1]
    assert words[image + 1 :][:6] == ["--no-webui", "--no-slots", "--host", "0.0.0.0", "--port", "9000"]
    assert "--replace" in words[:image]


def test_a_container_publishes_addresses_only() -> None:
    for host, published in (("localhost", "127.0.0.1:8080:8080"), ("::1", "[::1]:8080:8080")):
        wishes = {"engine": "podman", "host": host}
        made = planned(LINUX, settings=wishes, container_program="/usr/bin/podman")
        assert published in made.about["argv"]


def test_docker_has_its_own_words() -> None:
    words = contained("docker")
    assert words[:2] == ["/usr/bin/docker", "run"]
    assert not {"--replace", "--cgroups"} & set(words)


def test_a_container_that_was_left_is_removed() -> None:
    host = MACHINES["systemd"]
    made = planned(host, settings={"engine": "podman"}, container_program="/usr/bin/podman")
    unit = next(
        step.action.text for step in made.actions if getattr(step.action, "path", Path()).suffix == ".service"
    )
    assert 'ExecStartPre=-/usr/bin/podman "rm" "--force"' in unit
    assert 'ExecStopPost=-/usr/bin/podman "rm" "--force"' in unit
    assert "Delegate=yes" in unit
    assert "NoNewPrivileges" not in unit
    assert "split" in unit
    assert 'Environment="LC_ALL=C.UTF-8"' in unit, "conmon takes no other home than an ASCII one without"


def test_a_server_that_dockers_daemon_has_ended_is_started_again() -> None:
    """It ends well then, for the daemon asks it to."""
    for kind, always in (("docker", True), ("podman", False)):
        seen = situation(MACHINES["systemd"], settings={"engine": kind}, container_program=f"/usr/bin/{kind}")
        service = choose_target(seen).service
        assert ("Restart=always\n" in systemd.unit(service)) == always
        assert ("case $code in 0 | 130 | 143) break" in run_script.text(service)) != always
        assert (plistlib.loads(launchd.plist(service).encode())["KeepAlive"] is True) == always


def test_a_container_that_was_left_is_no_hindrance_to_any_manager() -> None:
    """Each start removes it first: docker takes no name twice."""
    for name in ("openrc", "launchd"):
        seen = situation(MACHINES[name], settings={"engine": "docker"}, container_program="/usr/bin/docker")
        service = choose_target(seen).service
        removed = "/usr/bin/docker rm --force commit-polish-1000"
        assert removed in " ".join(service.tidied)
        assert service.tidied[-len(service.argv) :] == service.argv
        assert removed in openrc.script(service)
        assert removed in launchd.plist(service)
    plain = choose_target(situation(MACHINES["openrc"])).service
    assert plain.tidied == plain.argv
    assert "stop_post" not in openrc.script(plain)


def test_a_container_that_was_left_is_found_by_what_is_installed() -> None:
    asks = (("DOCKER_HOST", "unix:///run/d.sock"),)
    wishes = {"settings": {"engine": "docker"}, "container_program": "/usr/bin/docker"}
    made = plan.install(situation(MACHINES["systemd"], container_asks=asks, **wishes))
    removes = (
        "env",
        "DOCKER_HOST=unix:///run/d.sock",
        "/usr/bin/docker",
        "rm",
        "--force",
        "commit-polish-1000",
    )
    assert container.left(made.about) == removes
    assert removes in [getattr(step.action, "undo", ()) for step in made.actions], "uninstall does it"
    assert container.left(planned(LINUX).about) == ()
    reached = situation(MACHINES["systemd"], port_is_free=False, is_ours=True, out_of_reach=True, **wishes)
    reached.receipt.about |= made.about
    with pytest.raises(ServerError) as refused:
        plan.install(reached)
    assert refused.value.hint.endswith("or end that server first: " + " ".join(removes))


def test_no_unit_no_group_to_divide() -> None:
    """Seen with podman 4.3: in a session it may not."""
    made = planned(MACHINES["systemd"], settings={"engine": "podman"}, container_program="/usr/bin/podman")
    argv = tuple(made.about["argv"])
    alone = container.outside(argv)
    assert [word for word in argv if word not in alone] == ["--cgroups", "split"]
    assert container.outside(alone) == alone
    llamafile = tuple(planned(LINUX).about["argv"])
    assert container.outside(llamafile) == llamafile


def test_docker_makes_nothing_in_the_place_of_a_file_that_has_gone() -> None:
    """As it does with --volume; and it takes any name of a file."""
    words = contained("docker")
    mounted = words[words.index("--mount") + 1]
    assert mounted.startswith("type=bind,src=/")
    assert mounted.endswith(".gguf,readonly")
    assert "--volume" not in words
    made = container.Container("/usr/bin/docker", "docker", container.IMAGE, "c")
    odd = made.launch(Settings(), Path('/a, "b":c/m.gguf'), None, in_unit=False)
    assert 'type=bind,"src=/a, ""b"":c/m.gguf",dst=/models/m.gguf,readonly' in odd.words


def test_the_daemon_that_a_shell_means_is_asked_by_what_starts_with_a_login_too() -> None:
    asks = (("DOCKER_HOST", "unix:///run/user/1000/docker.sock"),)
    wishes = {"settings": {"engine": "docker"}, "container_program": "/usr/bin/docker"}
    seen = situation(MACHINES["systemd"], container_asks=asks, **wishes)
    service = choose_target(seen).service
    assert 'Environment="DOCKER_HOST=unix:///run/user/1000/docker.sock"' in systemd.unit(service)
    pull = next(step.action for step in plan.install(seen).actions if "bring" in step.action.describe())
    assert "env DOCKER_HOST=unix:///run/user/1000/docker.sock /usr/bin/docker pull" in pull.describe()
    other = choose_target(situation(MACHINES["systemd"], **wishes)).service
    assert other.generation != service.generation, "a server of another daemon is another one"
    assert container.named({"DOCKER_HOST": "", "DOCKER_CONTEXT": "mine", "HOME": "/"}) == (
        ("DOCKER_CONTEXT", "mine"),
    )


@pytest.mark.parametrize(
    ("address", "machine"),
    [
        ("ssh://me:secret@there", "there"),
        ("tcp://10.0.0.1:2376", "10.0.0.1"),
        ("tcp://[fd00::1]:2375/", "[fd00::1]"),
        ("tcp://127.0.0.1:2375", ""),
        ("unix:///run/docker.sock", ""),
        ("tcp://[", "["),
    ],
)
def test_a_daemon_of_another_machine_has_not_the_model(address: str, machine: str) -> None:
    asks = (("DOCKER_HOST", address),)
    if not machine:
        assert container.choose(Settings(engine="docker"), LINUX, "/usr/bin/docker", asks).asks == asks
        return
    with pytest.raises(HostError) as refused:
        container.choose(Settings(engine="docker"), LINUX, "/usr/bin/docker", asks)
    assert f"another machine, {machine}," in refused.value.message
    assert "secret" not in refused.value.message


def test_an_image_comes_before_the_model() -> None:
    """Docker may be down, or not for this user: nobody waits for a model to be told so."""
    made = planned(LINUX, settings={"engine": "docker"}, container_program="/usr/bin/docker")
    kinds = [type(step.action).__name__ for step in made.actions]
    pull = next(n for n, step in enumerate(made.actions) if "bring" in getattr(step.action, "what", ""))
    assert pull < kinds.index("Download")


def test_run_sh_knows_the_program_of_a_container() -> None:
    """By a word behind the directory of ours that it looks for, too."""
    for kind in ("podman", "docker"):
        seen = situation(MACHINES["cron"], settings={"engine": kind}, container_program=f"/usr/bin/{kind}")
        service = choose_target(seen).service
        command = " ".join((*service.argv, ""))
        assert f"{service.mark} " in command.partition(f"/{seen.paths.data.name}/")[2]


def test_another_kind_of_server_comes_when_the_one_before_has_gone_with_its_port() -> None:
    """Only its own service removes a container; and the port is kept by other means."""
    options = {}
    for engine in ("podman", "docker", "llamafile"):
        for earlier in ("podman", "docker", "llamafile"):
            receipt = Receipt(PATHS.receipt_file, about={"backend": "systemd", "engine": earlier})
            wishes = {"settings": {"engine": engine}, "container_program": f"/usr/bin/{engine}"}
            made = plan.install(replace(situation(SESSION, **wishes), receipt=receipt))
            assert made.first_undo == (frozenset({"service"}) if engine != earlier else frozenset())
            first = next(step.action for step in made.actions if step.group == "service")
            assert isinstance(first, AwaitPort)
            options[engine] = first.option
    assert options == {"podman": "SO_REUSEADDR", "docker": "SO_REUSEADDR", "llamafile": "SO_REUSEPORT"}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no port from who comes next")
def test_a_port_is_kept_by_nobody_but_what_a_server_has_left() -> None:
    port = free_port()
    ours = AwaitPort("127.0.0.1", port, "SO_REUSEPORT")
    assert ours.observe({}) == {}
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listening.accept()
            accepted.close()
            client.recv(1)
        assert ours.observe({}) == {}, "who listens is not waited for"
    if sys.platform == "linux":
        assert ours.observe({}) is None
        assert replace(ours, option="SO_REUSEADDR").observe({}) == {}
        assert server.port_is_free("127.0.0.1", port)


def test_a_gpu_takes_the_image_for_it() -> None:
    host = replace(LINUX, gpus=frozenset({"nvidia"}))
    assert container.CUDA_IMAGE in contained("podman", host)
    assert "nvidia.com/gpu=all" in contained("podman", host)
    assert "--gpus" in contained("docker", host)
    assert container.IMAGE in contained("podman", host, gpu_layers="off")


@pytest.mark.parametrize(
    ("host", "program", "said"),
    [(LINUX, "", "not installed"), (MACHINES["windows"], "docker.exe", "Linux and macOS")],
)
def test_no_container_where_there_can_be_none(host: Host, program: str, said: str) -> None:
    with pytest.raises(HostError) as refused:
        planned(host, settings={"engine": "docker"}, container_program=program)
    assert said in refused.value.message
    assert "--engine llamafile" in refused.value.hint


# ---- the real thing ---------------------------------------------------------------------------------------


def test_the_options_arrive(world: World) -> None:
    options = (
        "--ctx-size", "4096", "--threads", "2", "--threads-batch", "1", "--parallel", "2", "--mlock",
        "--alias", "mine", "--gpu-layers", "off",
    )  # fmt: skip
    world.install(*options)
    with urllib.request.urlopen(f"http://127.0.0.1:{world.port}/props", timeout=20) as answer:
        props = json.load(answer)
    assert props["total_slots"] == 2
    assert props["default_generation_settings"]["n_ctx"] == 2048, "shared out"
    status = world.status()["server"]
    assert status["alias"] == "mine"
    assert status["ready"] is True
    if os.name != "nt" and Path("/proc/self").exists():
        running = Path(f"/proc/{status['pid']}/cmdline").read_bytes().decode().split("\0")
        assert {"--mlock", "-t", "-tb", "-cb", "--nocompile"} <= set(running)
    assert "taken:" in world.run("polish", "-m", "Fixed the login bug.", "--explain").stderr
    assert "Nothing to do" in world.install().stdout


def test_another_address(world: World) -> None:
    world.install("--host", "127.0.0.2")
    assert world.status()["server"]["url"] == f"http://127.0.0.2:{world.port}/v1"
    assert world.status()["server"]["ready"] is True
    world.install("--host", "::1")
    assert world.status()["server"]["url"] == f"http://[::1]:{world.port}/v1"
    assert world.status()["server"]["ready"] is True
