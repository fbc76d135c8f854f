"""What a service runs as, in a few words: image, ports, restarts and how it ended."""

from datetime import datetime, timedelta

from playbooks.model.base import JsonObject
from playbooks.model.service import Service

_LOOP_RESTARTS = 3
_LOOP_TIME = timedelta(minutes=10)
_ENDS = {137: "killed", 143: "ended by SIGTERM", 139: "crashed"}


def image(fact: JsonObject) -> str:
    """`relica/api:1.4`, of several containers each other one once."""
    names = dict.fromkeys(each.get("tag") or each["image"][:19] for each in _containers(fact))
    return ", ".join(names)


def ports(service: Service, fact: JsonObject) -> str:
    """As they are published now, else as the stack file says."""
    published = dict.fromkeys(port for each in _containers(fact) for port in each.get("ports", ()))
    return ", ".join(published or map(str, service.ports))


def restarts(fact: JsonObject) -> str:
    """How often it was started again by itself, nothing where that is not known."""
    counts = [each["restarts"] for each in _containers(fact)]
    if unit := fact.get("unit"):
        counts.append(unit.get("restarts"))
    known = [count for count in counts if count is not None]
    return str(sum(known)) if known else ""


def trouble(fact: JsonObject, now: datetime) -> str:
    """`restart loop`, `exit code 137 (killed)`, `out of memory`, or nothing."""
    found = dict.fromkeys(word for each in _containers(fact) for word in _troubles(each, now))
    if fact.get("state") == "stopped" and (unit := fact.get("unit")) and unit.get("exit_code"):
        found[_exit(unit["exit_code"])] = None
    return ", ".join(found)


def several(fact: JsonObject) -> str:
    """`2 of 3 run` where there are several and not all of them run."""
    containers = _containers(fact)
    up = sum(each["status"] == "running" for each in containers)
    return f"{up} of {len(containers)} run" if len(containers) > 1 else ""


def _troubles(container: JsonObject, now: datetime) -> list[str]:
    found = []
    since = container.get("since")
    young = since is not None and now - datetime.fromisoformat(since) < _LOOP_TIME
    if container["status"] == "restarting" or (container["restarts"] >= _LOOP_RESTARTS and young):
        found.append("restart loop")
    if container.get("out_of_memory"):
        found.append("out of memory")
    if container["exit_code"]:
        found.append(_exit(container["exit_code"]))
    return found


def _exit(code: int) -> str:
    why = f" ({_ENDS[code]})" if code in _ENDS else ""
    return f"exit code {code}{why}"


def _containers(fact: JsonObject) -> list[JsonObject]:
    found: list[JsonObject] = fact.get("containers") or []
    return found
