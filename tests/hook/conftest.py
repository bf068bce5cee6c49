import pytest

from tests.hook.project import Project
from tests.polish import scripted


@pytest.fixture
def project(tmp_path):
    """A repository without a hook, and a model that says that everything is a fix."""
    with scripted.serving(scripted.says("fix", ":")) as server:
        project = Project.new(tmp_path / "a home")
        project.machine(server.base)
        yield project
