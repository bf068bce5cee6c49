"""Servers that go wrong on demand, a place to download to, and parts as small as tests need them."""

import pytest

from bootstrap.download import crew, ranges
from tests.download.running import BODY, PART
from tests.faultserver import FaultServer


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with FaultServer(BODY) as server:
        yield server


@pytest.fixture
def mirror():
    with FaultServer(BODY) as mirror:
        yield mirror


@pytest.fixture
def target(tmp_path):
    return tmp_path / "model.gguf"


@pytest.fixture
def small_parts(monkeypatch):
    """Requests for PART bytes, and more connections at once, so that they share even a small file."""
    monkeypatch.setattr(ranges, "PART", PART)
    monkeypatch.setattr(crew, "SEEN", 0.01)
