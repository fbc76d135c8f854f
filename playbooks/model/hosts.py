"""Where a stack runs: this host, one that ssh leads to, or a Docker Engine behind TLS."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from playbooks.model.base import Model
from playbooks.model.secret import SecretRef

# No leading dash anywhere: what is in an address must never be taken for an option.
Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9:_][A-Za-z0-9.:_-]*$")]
User = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
HostPort = Annotated[int, Field(ge=1, le=65535)]

_DOCKER_CERTIFICATES = Path("~/.docker")
_SSH, _DOCKER = 22, 2376
_SHORT = "local, ssh://USER@ADDRESS[:PORT], tcp://ADDRESS[:PORT]"


class LocalHost(Model):
    """The host that Interlock runs on."""

    kind: Literal["local"] = "local"

    @property
    def title(self) -> str:
        return "this host"


class SshHost(Model):
    """A host whose shell and whose Docker Engine are reached by ssh, through one connection.

    `key` is a private key, opened by `passphrase` where it is sealed; without it the ssh agent is
    asked. The host has to show the key `host_key` (`ssh-ed25519 AAAA…`), or else one that
    `known_hosts` has for it, which is `~/.ssh/known_hosts` when left out. `connect_seconds` is how
    long a connection may take before the host counts as away.
    """

    kind: Literal["ssh"]
    address: Address
    port: HostPort = _SSH
    user: User
    key: SecretRef | None = None
    passphrase: SecretRef | None = None
    host_key: str | None = Field(default=None, pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/=]+$")
    known_hosts: Path | None = None
    docker_socket: PurePosixPath = PurePosixPath("/var/run/docker.sock")
    connect_seconds: float = Field(default=2.0, gt=0)

    @property
    def title(self) -> str:
        return self.address if self.port == _SSH else f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        return f"ssh://{self.user}@{_bracketed(self.address)}:{self.port}"


class TlsHost(Model):
    """A Docker Engine that is reached over TLS and lets in who shows a certificate.

    `ca` signed the engine's certificate; `cert` and `key` are Interlock's own. `connect_seconds` is
    how long a connection may take before the host counts as away. It has no shell.
    """

    kind: Literal["tcp"]
    address: Address
    port: HostPort = _DOCKER
    ca: Path = _DOCKER_CERTIFICATES / "ca.pem"
    cert: Path = _DOCKER_CERTIFICATES / "cert.pem"
    key: Path = _DOCKER_CERTIFICATES / "key.pem"
    connect_seconds: float = Field(default=2.0, gt=0)

    @property
    def title(self) -> str:
        return self.address if self.port == _DOCKER else f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        return f"tcp://{_bracketed(self.address)}:{self.port}"


LOCAL = LocalHost()


def _from_short(value: Any) -> Any:
    """`local`, `ssh://ops@relica-1:22` and `tcp://relica-1:2376` as what they stand for."""
    if not isinstance(value, str):
        return value
    if value == "local":
        return {"kind": "local"}
    kind, found, place = value.partition("://")
    if not found or kind not in {"ssh", "tcp"}:
        raise ValueError(f"{value!r} is neither of `hosts` nor a short form: {_SHORT}")
    parts = urlsplit(f"//{place}")
    if parts.password is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"{kind}://… has more than a user, an address and a port: {_SHORT}")
    if kind == "ssh" and not parts.username:
        raise ValueError(f"{value!r} names no user: ssh://USER@{place}")
    told = {"kind": kind, "address": parts.hostname or "", "user": parts.username}
    if parts.port is not None:
        told["port"] = str(parts.port)
    return {name: each for name, each in told.items() if each is not None}


_Described = Annotated[LocalHost | SshHost | TlsHost, Field(discriminator="kind")]
Host = Annotated[_Described, BeforeValidator(_from_short)]


def with_hosts_named(data: Any) -> Any:
    """A stack file's data in which every `host` that is a name of `hosts` is what it stands for,
    and `compose.host` is the stack's own where it is left out. What fits nothing stays."""
    if not isinstance(data, Mapping):
        return data
    known = data.get("hosts")
    names = known if isinstance(known, Mapping) else {}
    told = dict(data)
    if "host" in told:
        told["host"] = _named(told["host"], names)
    if isinstance(services := told.get("services"), Mapping):
        told["services"] = {name: _with_host(each, names) for name, each in services.items()}
    if isinstance(compose := told.get("compose"), Mapping):
        told["compose"] = _with_host({"host": told.get("host", LOCAL), **compose}, names)
    if isinstance(maintenance := told.get("maintenance"), Mapping):
        told["maintenance"] = _with_host(maintenance, names)
    return told


def misplaced(host: LocalHost | SshHost | TlsHost, *, process: bool, unit: bool) -> str:
    """What forbids to run a process or a unit of systemd there; nothing when nothing does."""
    if process and unit:
        return "has both a `process` and a `systemd` unit; keep one"
    if process and not isinstance(host, LocalHost):
        return (
            f"has a `process`, and processes are only run on this host, not on {host.title}; "
            "describe it as a unit of systemd or a container"
        )
    if unit and isinstance(host, TlsHost):
        return (
            f"has a `systemd` unit, and {host.title} is a Docker Engine alone; "
            "name a host that is reached by ssh"
        )
    return ""


def _with_host(data: Any, names: Mapping[Any, Any]) -> Any:
    if not isinstance(data, Mapping) or "host" not in data:
        return data
    return {**data, "host": _named(data["host"], names)}


def _named(word: Any, names: Mapping[Any, Any]) -> Any:
    return names[word] if isinstance(word, str) and word in names else word


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
