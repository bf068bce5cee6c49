"""Figures for people."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """A figure and the most it may be; `ours` and `rival` name the seconds it was made from."""

    key: str
    most: float
    unit: str = ""
    ours: str = ""
    rival: str = ""


PROMISES = (
    Promise("http_vs_curl_openssl", 1.0, "x", "http_s", "http_curl_openssl_s"),
    Promise("https_vs_curl_openssl", 1.0, "x", "https_s", "https_curl_openssl_s"),
    Promise("limited_vs_aria2", 0.5, "x", "limited_s", "limited_aria2_s"),
    Promise("pause_s", 1.0, "s"),  # after the last byte
    Promise("peak_rss_mib", 80, "MiB"),
    Promise("refetched_mib", 16, "MiB"),
    Promise("rerun_vs_version", 1.3, "x", "rerun_s", "version_s"),
)


def plain(figures: dict[str, float]) -> str:
    """One figure a line."""
    return "\n".join(f"{name:24} {value}" for name, value in figures.items())


def against_targets(figures: dict[str, float]) -> str:
    """The figures of `bench download` beside what is promised."""
    lines = [f"{'':24}{'ours':>9}{'rival':>9}{'measured':>13}{'promised':>13}"]
    for promise in PROMISES:
        value = figures[promise.key]
        seconds = (f"{figures[key]:.3f} s" if key else "" for key in (promise.ours, promise.rival))
        ours, rival = seconds
        measured, promised = f"{value:g} {promise.unit}", f"≤ {promise.most:g} {promise.unit}"
        missed = "" if value <= promise.most else "  missed"
        lines.append(f"{promise.key:24}{ours:>9}{rival:>9}{measured:>13}{promised:>13}{missed}")
    lines.append(f"{figures['size_mib']:g} MiB, medians of {figures['rounds']:g} rounds")
    return "\n".join(lines)
