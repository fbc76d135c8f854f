"""Commands that a person types for another host."""

from playbooks.byhand.shell import Shell, command
from playbooks.model.hosts import Host, SshHost


def there(host: Host, typed: Shell) -> Shell:
    """The same command as it is typed here: through ssh where the host is one that ssh leads to."""
    if not isinstance(host, SshHost):
        return typed
    return command("ssh", "-p", str(host.port), f"{host.user}@{host.address}", "--", str(typed))
