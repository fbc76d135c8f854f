"""Compose projects through the `docker compose` plugin, which alone reads compose files."""

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from playbooks.errors import HostError
from playbooks.hosts.reach import reached, tunnel_to
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose
from playbooks.model.hosts import LOCAL, Host, LocalHost, SshHost, TlsHost

_INHERITED = (
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
)
_READ_SECONDS = 20.0
_ACT_SECONDS = 300.0
_SAID = 600


def base_argv(compose: Compose) -> tuple[str, ...]:
    """What every call of the plugin begins with."""
    return _argv(compose, files_of(compose))


def files_of(compose: Compose) -> tuple[Path, ...]:
    """The compose files in their order, with what Interlock changed for good where that is."""
    changed = compose.adjustments
    return (*compose.files, *((changed,) if changed.exists() else ()))


def docker_argv(on: Host) -> tuple[str, ...]:
    """What every call of docker's command line begins with: it names the engine for this one call,
    so that no context and no variable of the caller's decides where it goes."""
    match on:
        case SshHost():
            return ("docker", "--host", on.url)
        case TlsHost():
            keys = ("--tlscacert", str(on.ca), "--tlscert", str(on.cert), "--tlskey", str(on.key))
            return ("docker", "--host", on.url, "--tlsverify", *keys)
        case LocalHost():
            return ("docker",)


def _argv(compose: Compose, files: Iterable[Path]) -> tuple[str, ...]:
    return (
        *docker_argv(compose.host),
        *("compose", "--project-name", compose.project),
        *(word for file in files for word in ("--file", str(file))),
        *(word for file in compose.env_files for word in ("--env-file", str(file))),
        *(word for profile in compose.profiles for word in ("--profile", profile)),
    )


def start_argv(compose: Compose, service: str) -> tuple[str, ...]:
    """Starts the service's containers as they are, and makes those that are not there.

    Nothing is pulled, built or made anew by it: that is what deploying is for.
    """
    return (
        *base_argv(compose),
        *("up", "--detach", "--no-deps", "--no-recreate", "--no-build", "--pull", "never"),
        service,
    )


def create_argv(compose: Compose, service: str) -> tuple[str, ...]:
    """Makes the service's containers with their volumes and networks, and starts nothing."""
    return (
        *base_argv(compose),
        *("up", "--no-start", "--no-deps", "--no-recreate", "--no-build", "--pull", "never"),
        service,
    )


def stop_argv(compose: Compose, service: str, seconds: float | None = None) -> tuple[str, ...]:
    """Stops the service's containers; without `seconds` they get the time their file grants, with
    none at all they are killed."""
    if seconds == 0:
        return (*base_argv(compose), "kill", service)
    limit = () if seconds is None else ("--timeout", str(max(1, round(seconds))))
    return (*base_argv(compose), "stop", *limit, service)


def check(compose: Compose, more: Path) -> None:
    """Whether the compose files make sense with `more` as the last. Raises HostError, in compose's
    own words."""
    run((*_argv(compose, (*compose.files, more)), "config", "--quiet"), _READ_SECONDS)


def run(argv: Sequence[str], seconds: float = _ACT_SECONDS, on: Host = LOCAL) -> str:
    """What the plugin writes to stdout, whose engine is that of the host `on`, as `argv` says.

    Raises HostError with the plugin's own words, and OutcomeUnknown when the host went away
    meanwhile.
    """
    with reached(on):
        return _output(_through(argv, on), seconds)


def _through(argv: Sequence[str], on: Host) -> list[str]:
    """Docker's own way through ssh is left: Interlock's connection is there already, and has
    checked the key of the host."""
    if not isinstance(on, SshHost):
        return list(argv)
    tunnel = f"unix://{tunnel_to(on)}"
    return [tunnel if word == on.url else word for word in argv]


def _output(argv: Sequence[str], seconds: float) -> str:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    try:
        done = subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except FileNotFoundError as error:
        raise HostError("docker is not on PATH.", "Install Docker's command line.") from error
    except subprocess.TimeoutExpired as error:
        raise HostError(f"docker compose was not done after {seconds:g} s.") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-_SAID:] or "It gave no reason."
        raise HostError(f"docker compose ended with {done.returncode}: {said}")
    return done.stdout


@contextmanager
def alone(compose: Compose) -> Iterator[None]:
    """Nobody else on this host makes anything of the project meanwhile.

    Two plugins that both find a network missing make two of one name, and then neither can be
    used. The lock is on the compose file, which all of them have.
    """
    try:
        file = compose.files[0].open("rb")
    except OSError as error:
        raise _unreadable(error) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def images_of(compose: Compose) -> Mapping[str, str]:
    """The services that the files describe, with their images. Raises HostError.

    Files that have not changed are read once.
    """
    services = _described(base_argv(compose), _content(compose, files_of(compose)))
    return MappingProxyType({name: str(each.get("image", "")) for name, each in services.items()})


def services_of(compose: Compose) -> Mapping[str, JsonObject]:
    """What the files say of each service, as `docker compose config` tells it, without what
    Interlock changed for good. Raises HostError."""
    return _described(_argv(compose, compose.files), _content(compose, compose.files))


def _content(compose: Compose, files: Iterable[Path]) -> tuple[str, ...]:
    try:
        return tuple(
            hashlib.sha256(file.read_bytes()).hexdigest() for file in (*files, *compose.env_files)
        )
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> HostError:
    return HostError(
        f"{error.filename} cannot be read: {error.strerror}.", "Mend `compose` in the stack file."
    )


@lru_cache(maxsize=64)
def _described(argv: tuple[str, ...], _content: tuple[str, ...]) -> Mapping[str, JsonObject]:
    """`_content` is only the key: other content is another answer."""
    described = json.loads(run((*argv, "config", "--format", "json"), _READ_SECONDS))
    return MappingProxyType(described.get("services") or {})
