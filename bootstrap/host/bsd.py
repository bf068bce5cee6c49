"""What a BSD tells. Known from documentation only: it was never run on one."""

from __future__ import annotations

from typing import Any

from bootstrap.host import cron, texts


def facts(own_home: bool) -> dict[str, Any]:
    """The processor's features stand in what the kernel printed at boot: dmesg(8) of FreeBSD and OpenBSD;
    NetBSD tells more by cpuctl(8). own_home: cron starts what our crontab names."""
    flags = texts.processor_flags(texts.of("/var/run/dmesg.boot"))
    crontab = own_home and cron.works()
    return {
        "cpu_flags": flags or texts.processor_flags(texts.said("cpuctl", "identify", "0") or ""),
        "crontab": crontab,
        "cron_runs": crontab and cron.is_among(texts.said("ps", "-axo", "comm=") or ""),
    }
