"""Units of systemd: what is typed for them, and what systemd's answers mean."""

import pytest
from pydantic import ValidationError

from playbooks.hosts.logs.journal import entries
from playbooks.hosts.systemd import journal_argv, systemctl_argv, unit_seen
from playbooks.model.systemd import SystemdUnit

_ACTIVE = """27516.89 21871.78
LoadState=loaded
ActiveState=active
SubState=running
Result=success
MainPID=100
NRestarts=2
ExecMainStatus=0
ActiveEnterTimestampMonotonic=27486890000
InactiveEnterTimestampMonotonic=0
MemoryCurrent=2990080
MemoryMax=infinity
CPUUsageNSec=[not set]
TasksCurrent=3
IOReadBytes=18446744073709551615
"""


@pytest.mark.parametrize(
    ("unit", "typed"),
    [
        ({}, "systemctl --no-ask-password restart -- a.service"),
        ({"sudo": True}, "sudo --non-interactive systemctl --no-ask-password restart -- a.service"),
        ({"scope": "user"}, "systemctl --user --no-ask-password restart -- a.service"),
    ],
)
def test_what_is_typed_follows_the_stack_file(unit: dict[str, object], typed: str) -> None:
    """With sudo only where it is told, and never one that asks for a password."""
    made = SystemdUnit.model_validate({"unit": "a.service", **unit})
    assert " ".join(systemctl_argv(made, "restart")) == typed


@pytest.mark.parametrize("unit", ["-a.service", "a", "a.service b", "../a.service", "a.service\n"])
def test_what_is_no_unit_is_refused_by_the_model(unit: str) -> None:
    """A unit's name can neither be an option nor two words."""
    with pytest.raises(ValidationError):
        SystemdUnit(unit=unit)


def test_an_active_unit_is_read() -> None:
    """Its age counts from the boot; what systemd does not count is not known, rather than 0."""
    seen = unit_seen(_ACTIVE)
    assert (seen.up, seen.down, seen.pid, seen.restarts) == (True, False, 100, 2)
    assert seen.since_seconds == pytest.approx(30)
    assert (seen.memory, seen.limit, seen.processor, seen.read) == (2990080, None, None, None)


@pytest.mark.parametrize(
    ("active", "sub", "up", "down", "on_its_way"),
    [
        ("active", "exited", True, False, False),
        ("reloading", "reload", True, False, True),
        ("activating", "start", False, False, True),
        ("activating", "auto-restart", False, False, False),
        ("deactivating", "stop-sigterm", False, False, True),
        ("failed", "failed", False, True, False),
        ("inactive", "dead", False, True, False),
    ],
)
def test_states_on_the_way_are_neither_up_nor_down(
    active: str, sub: str, up: bool, down: bool, on_its_way: bool
) -> None:
    """A unit that is started again and again is not taken for one that runs."""
    seen = unit_seen(f"10.0 1\nActiveState={active}\nSubState={sub}\n")
    assert (seen.up, seen.down, seen.on_its_way) == (up, down, on_its_way)


def test_entries_of_the_journal_become_lines() -> None:
    """Text as it is, bytes as far as they are text, several lines as one; what was cut is left
    out."""
    said = [
        '{"__REALTIME_TIMESTAMP":"1795336020820805","__CURSOR":"s=1","MESSAGE":"one\\ntwo",'
        '"PRIORITY":"6"}',
        '{"__REALTIME_TIMESTAMP":"1795336020820805","MESSAGE":[72,105]}',
        '{"__REALTIME_TIMESTAMP":"1795336020820805","MESSAGE":null}',
        '{"__REALTIME_TIM',
    ]
    found = list(entries(said))
    assert [entry.line for entry in found] == [
        "2026-11-22T08:27:00.820Z one two",
        "2026-11-22T08:27:00.820Z Hi",
        "2026-11-22T08:27:00.820Z (an entry too large to be shown)",
    ]
    assert (found[0].cursor, found[0].priority, found[1].priority) == ("s=1", 6, None)


def test_the_journal_is_asked_for_one_unit_alone() -> None:
    """From a moment, or after an entry that was read."""
    unit = SystemdUnit(unit="a.service")
    argv = journal_argv(unit, 5, since=1.5, after="s=1;i=2")
    assert argv[0] == "journalctl"
    assert {"--lines=5", "--since=@1.500000", "--after-cursor=s=1;i=2", "--unit=a.service"} <= {
        *argv
    }
