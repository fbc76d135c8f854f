"""Who a host must be, and how Interlock says who it is."""

import os
from pathlib import Path
from typing import Any

import asyncssh

from playbooks.errors import HostError
from playbooks.model.hosts import SshHost
from playbooks.ports import Secrets

_KNOWN_HOSTS = Path("~/.ssh/known_hosts")
_AGENT = "SSH_AUTH_SOCK"


def known_hosts(host: SshHost) -> asyncssh.SSHKnownHosts:
    """The keys that the host may show; never None, which would mean any. Raises HostError."""
    if host.host_key is not None:
        return asyncssh.import_known_hosts(f"* {host.host_key}\n")
    place = (host.known_hosts or _KNOWN_HOSTS).expanduser()
    try:
        return asyncssh.read_known_hosts(str(place))
    except OSError as error:
        raise HostError(
            f"Whether {host.title} is who it should be cannot be seen: {place} cannot be read "
            f"({error.strerror}).",
            "Put the host's public key there, or write it as `host_key` of the host.",
        ) from error
    except ValueError as error:
        raise HostError(f"{place} is no file of known hosts: {error}.") from error


def client_keys(host: SshHost, secrets: Secrets) -> dict[str, Any]:
    """What asyncssh is told about Interlock's own key. Raises HostError, SecretUnavailable."""
    if host.key is None:
        return _of_agent(host)
    passphrase = secrets.resolve(host.passphrase).reveal() if host.passphrase else None
    try:
        key = asyncssh.import_private_key(secrets.resolve(host.key).reveal() + "\n", passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise HostError(
            f"The key {host.key} of {host.title} cannot be used: {error}.",
            "It has to be a private key; a sealed one needs `passphrase`.",
        ) from error
    return {"client_keys": [key], "agent_path": None}


def _of_agent(host: SshHost) -> dict[str, Any]:
    agent = os.environ.get(_AGENT)
    if not agent:
        raise HostError(
            f"There is no key for {host.title}: it has no `key`, and no ssh agent runs here.",
            f"Give the host a `key`, or start Interlock with {_AGENT}.",
        )
    return {"client_keys": None, "agent_path": agent}
