"""What the containers of a project have used since they started, in one sweep."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playbooks.hosts.containers.usage import without_cache
from playbooks.hosts.docker import engine
from playbooks.model.compose import Compose
from playbooks.model.trend import Counted

_SECONDS = 5.0
_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"
_NANO = 1e9
_AT_ONCE = 16


def counted(compose: Compose, services: Mapping[str, str]) -> list[Counted]:
    """Those that run, of the compose services in `services`, under the names given there. Raises
    HostError."""
    wanted = {"label": [f"{_PROJECT}={compose.project}", f"{_ONE_OFF}=False"]}
    with engine(_SECONDS, compose.host) as client:
        found = [
            each
            for each in client.api.containers(filters=wanted)
            if each["Labels"].get(_SERVICE) in services
        ]

        def count(each: Mapping[str, Any]) -> Counted:
            seen = client.api.stats(each["Id"], stream=False, one_shot=True)
            return _counted(services[each["Labels"][_SERVICE]], each["Id"], seen)

        # The engine answers at its own next second, so that one after the other would take long.
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            return list(pool.map(count, found))


def _counted(service: str, container: str, seen: Mapping[str, Any]) -> Counted:
    spent = (seen.get("cpu_stats") or {}).get("cpu_usage", {}).get("total_usage")
    return Counted(
        id=container,
        service=service,
        spent=None if spent is None else spent / _NANO,
        memory=without_cache(seen.get("memory_stats") or {}),
    )
