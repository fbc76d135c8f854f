"""A unit of systemd, by hand."""

from playbooks.byhand.hosts import there
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Shell, command
from playbooks.hosts.systemd import kill_argv, systemctl_argv
from playbooks.model.base import JsonObject
from playbooks.model.hosts import Host
from playbooks.model.systemd import SystemdUnit


def start(unit: SystemdUnit, host: Host) -> Lines:
    return (_typed(host, systemctl_argv(unit, "start")),)


def reload(unit: SystemdUnit, host: Host) -> Lines:
    return (_typed(host, systemctl_argv(unit, "reload")),)


def stop(unit: SystemdUnit, host: Host, seconds: float | None) -> Lines:
    """Without `seconds` it has the time that the unit itself grants."""
    if seconds is None:
        return (_typed(host, systemctl_argv(unit, "stop")),)
    active = _typed(host, systemctl_argv(unit, "is-active", "--quiet"))
    return (
        _typed(host, systemctl_argv(unit, "stop", "--no-block")),
        f"for _ in $(seq {max(1, round(seconds))}); do {active} || break; sleep 1; done",
        f"{active} && {_typed(host, kill_argv(unit))}",
    )


def state(unit: SystemdUnit, host: Host) -> Lines:
    return (_typed(host, systemctl_argv(unit, "status", "--no-pager")),)


def unit_of(known: Known, args: JsonObject) -> tuple[SystemdUnit, Host] | None:
    """The unit that the arguments name, and its host; None where systemd does not run it."""
    name = str(args["service"])
    unit = known.stack.service(name).systemd
    return None if unit is None else (unit, known.stack.host_of(name))


def _typed(host: Host, argv: tuple[str, ...]) -> Shell:
    return there(host, command(*argv))
