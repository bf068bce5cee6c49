"""Figures for people."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """A figure and the most it may be; `ours` and `rival` name the times it was made from."""

    key: str
    most: float
    unit: str = ""
    ours: str = ""
    rival: str = ""

    @property
    def between(self) -> tuple[str, str]:
        """Both of them."""
        return self.ours, self.rival


PROMISES = {
    "download": (
        Promise("http_vs_curl_openssl", 1.0, "x", "http_s", "http_curl_openssl_s"),
        Promise("https_vs_curl_openssl", 1.0, "x", "https_s", "https_curl_openssl_s"),
        Promise("limited_vs_aria2", 0.5, "x", "limited_s", "limited_aria2_s"),
        Promise("pause_s", 1.0, "s"),  # after the last byte
        Promise("peak_rss_mib", 80, "MiB"),
        Promise("refetched_mib", 16, "MiB"),
        Promise("rerun_vs_version", 1.3, "x", "rerun_s", "version_s"),
    ),
    "start": (
        Promise("onefile_mb", 12, "MB"),
        Promise("installed_mb", 25, "MB"),
        Promise("onefile_vs_python", 17, "x", "onefile_ms", "python_ms"),
        Promise("installed_vs_python", 6, "x", "installed_ms", "python_ms"),
    ),
}


def against_targets(figures: dict[str, float], promises: Sequence[Promise]) -> str:
    """The figures beside what is promised, then those of which nothing is."""
    lines = [f"{'':24}{'ours':>9}{'rival':>9}{'measured':>13}{'promised':>13}"] if promises else []
    told = set()
    for promise in promises:
        value = figures[promise.key]
        ours, rival = (f"{figures[key]:g} {key[-2:].strip('_')}" if key else "" for key in promise.between)
        measured, promised = f"{value:g} {promise.unit}", f"≤ {promise.most:g} {promise.unit}"
        missed = "" if value <= promise.most else "  missed"
        lines.append(f"{promise.key:24}{ours:>9}{rival:>9}{measured:>13}{promised:>13}{missed}")
        told |= {promise.key, *promise.between}
    return "\n".join(
        [*lines, *(f"{name:24} {value:g}" for name, value in figures.items() if name not in told)]
    )
