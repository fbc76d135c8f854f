"""Units of systemd: the argv that is run, and what its answers mean. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from playbooks.model.systemd import SystemdUnit

_DOWN = frozenset({"inactive", "failed"})
_STEADY = frozenset({"active", "reloading", "refreshing"})
_UNSET = frozenset({"", "[not set]", "infinity", str(2**64 - 1)})
_MICRO = 1_000_000
# Ended, and about to be started again.
_WAITING = "auto-restart"
_SHOWN = (
    *("LoadState", "ActiveState", "SubState", "Result", "MainPID", "NRestarts", "ExecMainStatus"),
    *("ActiveEnterTimestampMonotonic", "InactiveEnterTimestampMonotonic", "MemoryCurrent"),
    *("MemoryMax", "CPUUsageNSec", "TasksCurrent", "IOReadBytes", "IOWriteBytes"),
    *("IPIngressBytes", "IPEgressBytes", "CanReload"),
)
# Both in one call: systemd's times count from the boot, as /proc/uptime does.
_WITH_UPTIME = 'cat /proc/uptime && exec "$@"'


@dataclass(frozen=True)
class UnitSeen:
    """A unit as systemd tells it.

    `since_seconds` is how long ago it came up, or went down when it is down. Bytes, `processor`
    (nanoseconds) and `tasks` are None where systemd does not count them. `limit` is None where
    memory has none.
    """

    loaded: str
    active: str
    sub: str
    result: str
    pid: int | None
    restarts: int
    exit_code: int
    since_seconds: float | None
    memory: int | None
    limit: int | None
    processor: int | None
    tasks: int | None
    read: int | None
    written: int | None
    received: int | None
    sent: int | None
    can_reload: bool

    @property
    def up(self) -> bool:
        """Running. One that systemd starts again and again is up only while it runs."""
        return self.active in _STEADY

    @property
    def down(self) -> bool:
        """Not running, and not about to."""
        return self.active in _DOWN

    @property
    def on_its_way(self) -> bool:
        """Starting, stopping or reloading."""
        return self.active not in {*_DOWN, "active"} and self.sub != _WAITING

    @property
    def state(self) -> str:
        """`active (running)`, as systemctl shows it."""
        return f"{self.active} ({self.sub})" if self.sub else self.active


def systemctl_argv(unit: SystemdUnit, *words: str) -> tuple[str, ...]:
    """`systemctl WORDS UNIT`, as the unit's user. It never asks anything."""
    return (*_opening(unit, "systemctl"), "--no-ask-password", *words, "--", unit.unit)


def show_argv(unit: SystemdUnit) -> tuple[str, ...]:
    """What `unit_seen` reads. Everybody may ask, so there is no sudo in it."""
    scope = ("--user",) if unit.scope == "user" else ()
    asked = f"--property={','.join(_SHOWN)}"
    return ("sh", "-c", _WITH_UPTIME, "sh", "systemctl", *scope, "show", asked, "--", unit.unit)


def kill_argv(unit: SystemdUnit) -> tuple[str, ...]:
    """Ends all its processes at once."""
    return systemctl_argv(unit, "kill", "--signal=KILL")


def journal_argv(
    unit: SystemdUnit,
    lines: int,
    since: float | None = None,
    after: str = "",
    *,
    newest_first: bool = False,
) -> tuple[str, ...]:
    """The unit's entries as JSON, one a line. `since` is in seconds of the epoch, `after` the
    cursor of an entry that was read already."""
    named = "--user-unit" if unit.scope == "user" else "--unit"
    return (
        *(("sudo", "--non-interactive") if unit.sudo else ()),
        *("journalctl", "--no-pager", "--quiet", "--output=json", "--all"),
        f"--output-fields={','.join(('MESSAGE', 'PRIORITY', '_PID', 'SYSLOG_IDENTIFIER'))}",
        f"--lines={lines}",
        *((f"--since=@{since:.6f}",) if since is not None else ()),
        *((f"--after-cursor={after}",) if after else ()),
        *(("--reverse",) if newest_first else ()),
        f"{named}={unit.unit}",
    )


def unit_seen(said: str) -> UnitSeen:
    """What `show_argv` answers."""
    first, _, rest = said.partition("\n")
    told = dict(line.split("=", 1) for line in rest.splitlines() if "=" in line)
    active = told.get("ActiveState", "")
    entered = "InactiveEnter" if active in _DOWN else "ActiveEnter"
    return UnitSeen(
        loaded=told.get("LoadState", ""),
        active=active,
        sub=told.get("SubState", ""),
        result=told.get("Result", ""),
        pid=_number(told, "MainPID") or None,
        restarts=_number(told, "NRestarts") or 0,
        exit_code=_number(told, "ExecMainStatus") or 0,
        since_seconds=_ago(first, _number(told, f"{entered}TimestampMonotonic")),
        memory=_number(told, "MemoryCurrent"),
        limit=_number(told, "MemoryMax"),
        processor=_number(told, "CPUUsageNSec"),
        tasks=_number(told, "TasksCurrent"),
        read=_number(told, "IOReadBytes"),
        written=_number(told, "IOWriteBytes"),
        received=_number(told, "IPIngressBytes"),
        sent=_number(told, "IPEgressBytes"),
        can_reload=told.get("CanReload") == "yes",
    )


def _opening(unit: SystemdUnit, program: str) -> tuple[str, ...]:
    if unit.scope == "user":
        return (program, "--user")
    return ("sudo", "--non-interactive", program) if unit.sudo else (program,)


def _ago(uptime: str, entered: int | None) -> float | None:
    """Seconds since a moment that is given in microseconds after the boot; 0 stands for never."""
    if not entered or not uptime:
        return None
    return max(0.0, float(uptime.split(maxsplit=1)[0]) - entered / _MICRO)


def _number(told: Mapping[str, str], name: str) -> int | None:
    text = told.get(name, "")
    return None if text in _UNSET or not text.lstrip("-").isdigit() else int(text)
