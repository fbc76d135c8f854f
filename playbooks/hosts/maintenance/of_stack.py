"""The switch of a stack."""

from collections.abc import Sequence
from importlib import import_module

from playbooks.errors import BadArgument
from playbooks.hosts.maintenance.files import FLAG, FileSwitch
from playbooks.hosts.maintenance.nginx import NginxSwitch
from playbooks.hosts.maintenance.switch import Switch
from playbooks.hosts.placing import Placing
from playbooks.hosts.shell import output_of, shell_of
from playbooks.model.maintenance import FlagFile, Maintenance, NginxPage, RedisKey, TraefikRoute
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def maintenance_of(stack: Stack) -> Maintenance:
    """Raises BadArgument where the stack file names no switch."""
    if stack.maintenance is None:
        raise BadArgument(
            f"{stack.name} has no maintenance mode.",
            "Name its switch as `maintenance` in the stack file.",
        )
    return stack.maintenance


def switch_of(stack: Stack, secrets: Secrets) -> Switch:
    """Raises BadArgument, HostError, SecretUnavailable."""
    match maintenance_of(stack).switch:
        case NginxPage() as page:
            return NginxSwitch(page, _placing(stack))
        case TraefikRoute() as route:
            return FileSwitch(route.file, route.document, _placing(stack))
        case FlagFile() as flag:
            return FileSwitch(flag.path, FLAG, _placing(stack))
        case RedisKey() as key:
            # The engine's client is large, and a stack without containers does without.
            found: Switch = import_module("playbooks.hosts.maintenance.contained").redis_switch(
                stack, key, secrets
            )
            return found


def _placing(stack: Stack) -> Placing:
    """Raises HostError for a host without a shell."""
    rules = maintenance_of(stack)
    shell = shell_of(rules.host or stack.host)
    opening = ("sudo", "--non-interactive", "--") if rules.sudo else ()

    def run(argv: Sequence[str], stdin: bytes = b"") -> bytes:
        return output_of(shell, (*opening, *argv), stdin)

    return Placing(run)
