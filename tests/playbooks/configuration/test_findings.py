"""What is worth changing in a configuration, as tables."""

from typing import Any

import pytest

from playbooks.configuration.findings import findings
from playbooks.configuration.model import Contained, Described, Effective, PublishedPort, Weakness
from playbooks.model.stack import Stack

_STACK = Stack.model_validate(
    {
        "name": "shop",
        "environment": "prod",
        "channel": "ops",
        "compose": {"project": "shop", "files": ["c.yaml"], "required": ["KEY"]},
        "services": {"db": {}, "web": {}},
        "datastores": {
            "db": {
                "kind": "postgres",
                "service": "db",
                "database": "shop",
                "user": "shop",
                "password": "env:DB",
            }
        },
    }
)
_GOOD: dict[str, Any] = {
    "image": "one:1",
    "health": True,
    "restart": "unless-stopped",
    "memory": True,
    "processors": True,
    "log_driver": "json-file",
    "log_rotates": True,
    "hashes": ("h1", "h9"),
}
_MADE: dict[str, Any] = {
    "service": "web",
    "name": "shop-web-1",
    "hash": "h1",
    "up": True,
    "health": True,
    "restart": "unless-stopped",
    "memory": True,
    "log_driver": "json-file",
    "log_rotates": True,
}


def _found(
    service: dict[str, Any],
    made: dict[str, Any] | None = None,
    name: str = "web",
    **files: Any,
) -> dict[str, str]:
    described = Effective(services={name: Described(**(_GOOD | service))}, **files)
    containers = [Contained(**(_MADE | {"service": name} | (made or {})))]
    return {each.id: each.weight for each in findings(_STACK, described, containers)}


def _port(address: str, target: int = 80) -> dict[str, Any]:
    return {"ports": (PublishedPort(target=target, published="8080", address=address),)}


@pytest.mark.parametrize(
    ("service", "made", "expected"),
    [
        ({}, {}, {}),
        ({"memory": False}, {}, {"limit.memory": "advice"}),
        ({"restart": ""}, {}, {"restart.none": "advice"}),
        ({"health": False}, {}, {}),
        ({"health": False}, {"health": False}, {"health.none": "advice"}),
        ({"log_rotates": False}, {}, {"log.grows": "advice"}),
        ({"log_driver": "", "log_rotates": False}, {}, {}),
        (
            {"log_driver": "", "log_rotates": False},
            {"log_rotates": False},
            {"log.grows": "advice"},
        ),
        ({"hashes": ("h2",)}, {}, {"drift.changed": "trouble"}),
        ({}, {"hash": "h9"}, {}),
        ({}, {"behind": True}, {"drift.image": "trouble"}),
        (_port("127.0.0.1"), {}, {}),
        (_port("0.0.0.0"), {}, {"port.world": "advice"}),
        (_port(""), {}, {"port.world": "advice"}),
        (_port("::"), {}, {"port.world": "advice"}),
        (_port("192.168.1.5"), {}, {}),
        (
            {"weak": (Weakness(setting="DB_PASSWORD", why="is empty"),)},
            {},
            {"password.weak": "danger"},
        ),
    ],
)
def test_each_thing_is_found_alone(
    service: dict[str, Any], made: dict[str, Any], expected: dict[str, str]
) -> None:
    """A service that is well configured has none, and each fault gives its own."""
    assert _found(service, made) == expected


def test_a_datastore_open_to_the_world_is_a_danger() -> None:
    """For others it may be meant."""
    assert _found(_port("0.0.0.0", 5432), name="db") == {"port.world": "danger"}


def test_variables_without_a_value() -> None:
    """Required ones are a danger, others become blank."""
    found = _found({}, unset=("KEY", "OTHER"))
    assert found == {"variable.required": "danger", "variable.blank": "trouble"}


def test_a_redis_without_a_password_is_told() -> None:
    """As the stack file has it, which is what backups use."""
    told = _STACK.model_dump(mode="json")
    told["datastores"]["cache"] = {"kind": "redis", "service": "web"}
    said = findings(Stack.model_validate(told), Effective(), None)
    assert [(each.id, each.where) for each in said] == [("password.none", ("web",))]


def test_refused_files_hide_the_rest() -> None:
    """Nothing is made up about files that compose does not take."""
    said = findings(_STACK, Effective(refused="no such file", unset=("KEY",)), [])
    assert [each.id for each in said] == ["variable.required", "files.refused"]


def test_containers_and_files_that_do_not_fit() -> None:
    """Those without a file and those without a container."""
    files = Effective(services={"web": Described(**_GOOD)})
    said = findings(
        _STACK, files, [Contained(**(_MADE | {"service": "old", "name": "shop-old-1"}))]
    )
    assert {each.id: each.where for each in said} == {
        "drift.orphan": ("shop-old-1",),
        "drift.absent": ("web",),
    }


def test_unknown_containers_are_no_drift() -> None:
    """What could not be read is not judged."""
    assert not findings(_STACK, Effective(services={"web": Described(**_GOOD)}), None)
