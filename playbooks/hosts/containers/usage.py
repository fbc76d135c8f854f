"""What containers use of processor, memory, network and disk."""

import time
from collections.abc import Mapping
from typing import Any

from playbooks.hosts.docker import engine_with
from playbooks.model.usage import Usage

_READ_SECONDS = 5.0
# The engine itself would compare two readings a second apart, and wait for the next full second.
_ELAPSE = 0.5


def of_container(container: str) -> Usage:
    """What a running container uses. Takes about half a second. Raises HostError."""
    with engine_with(container, _READ_SECONDS) as client:
        about = client.api.inspect_container(container)
        before = client.api.stats(container, stream=False, one_shot=True)
        time.sleep(_ELAPSE)
        seen = client.api.stats(container, stream=False, one_shot=True)
    memory, networks = seen.get("memory_stats") or {}, (seen.get("networks") or {}).values()
    blocks = (seen.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    return Usage(
        name=about["Name"].lstrip("/"),
        processor=_processor(before["cpu_stats"], seen["cpu_stats"]),
        memory=without_cache(memory),
        limit=about["HostConfig"]["Memory"] or None,
        received=sum(each["rx_bytes"] for each in networks),
        sent=sum(each["tx_bytes"] for each in networks),
        read=_moved(blocks, "read"),
        written=_moved(blocks, "write"),
        processes=(seen.get("pids_stats") or {}).get("current") or 0,
        restarts=about.get("RestartCount", 0),
        killed_for_memory=bool(about["State"].get("OOMKilled")),
    )


def _processor(before: Mapping[str, Any], now: Mapping[str, Any]) -> float:
    spent = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    whole = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    cores = now.get("online_cpus") or 1
    return max(0.0, spent / whole * cores * 100) if whole > 0 else 0.0


def without_cache(memory: Mapping[str, Any]) -> int:
    """As docker's own client counts: what the kernel can drop at once is left out."""
    counted = memory.get("stats") or {}
    dropped = counted.get("inactive_file", counted.get("total_inactive_file", 0))
    return max(0, int(memory.get("usage", 0)) - int(dropped))


def _moved(blocks: Any, way: str) -> int:
    return sum(int(each["value"]) for each in blocks if each["op"].lower() == way)
