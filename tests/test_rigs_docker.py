"""Containers by a real docker whose daemon is root's, for an ordinary user of its group: what podman goes
through, too (tests/rigs/scenarios/contained.py), and what is docker's own (docker.py there)."""

import pytest

from tests.rigs.running import HOSTILE, run

pytestmark = pytest.mark.slow  # the first time it makes a tree of 600 MB


@pytest.mark.parametrize("scenario", ["life", "changes", "upgrade", "troubles"])
def test_docker(scenario: str) -> None:
    run("docker", f"contained {scenario} docker")


def test_docker_with_a_hostile_home() -> None:
    run("docker", "contained hostile_home docker", "--home", f"{HOSTILE}, or")


@pytest.mark.parametrize(
    "scenario", ["without_a_manager docker", "upgrade docker systemd-offline", "foreground docker"]
)
def test_docker_without_a_manager(scenario: str) -> None:
    run("docker", f"contained {scenario}", "--no-manager")


@pytest.mark.parametrize("scenario", ["daemon", "elsewhere", "hasty"])
def test_the_daemon_of_docker(scenario: str) -> None:
    run("docker", f"docker {scenario}")


@pytest.mark.parametrize("scenario", ["daemon systemd-offline", "left", "hasty"])
def test_the_daemon_of_docker_without_a_manager(scenario: str) -> None:
    run("docker", f"docker {scenario}", "--no-manager")
