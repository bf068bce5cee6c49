import pytest

from tests.polish import scripted
from tests.polish.repository import Repository
from tests.world import free_port


@pytest.fixture
def model():
    """A server whose model says that everything is a fix."""
    with scripted.serving(scripted.says("fix", ":")) as server:
        yield server


@pytest.fixture
def repository(tmp_path, model):
    """A repository with the hook, and a model that answers; no temporary file may be left in it."""
    repository = Repository.new(tmp_path / "a home")
    repository.configure(model.base)
    yield repository
    assert repository.leftovers() == []


@pytest.fixture
def lonely(tmp_path):
    """A repository with the hook where no server is running."""
    repository = Repository.new(tmp_path / "a home")
    repository.configure(f"http://127.0.0.1:{free_port()}/v1")
    yield repository
    assert repository.leftovers() == []
