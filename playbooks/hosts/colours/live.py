"""Which of two projects a doubled service runs in, as it was last switched: kept in a file beside
the compose files, so that whoever looks at a service looks where its users are."""

from pathlib import Path

from playbooks.errors import HostError
from playbooks.model.bluegreen import BlueGreen
from playbooks.model.compose import Compose
from playbooks.model.stack import Stack

_NAME = "docker-compose.interlock.live"


def version_file(rules: BlueGreen, project: str) -> Path:
    """Where it is kept which version the project has: an env file of Interlock's own."""
    return rules.files[0].parent / f"docker-compose.interlock.{project}.env"


def compose_in(own: Compose, rules: BlueGreen, project: str) -> Compose:
    """One of the two projects, with the version that it has."""
    version = version_file(rules, project)
    env_files = (*own.env_files, *((version,) if version.exists() else ()))
    changes = {"project": project, "files": rules.files, "env_files": env_files}
    return own.model_copy(update=changes)


def compose_now(stack: Stack, service: str) -> Compose | None:
    """The project that runs the service now, None when no container does. Raises UnknownName."""
    own = stack.compose_of(service)
    rules = stack.deploy.bluegreen if stack.deploy else None
    if own is None or rules is None or service not in rules.services:
        return own
    live = _read(rules)
    return _project(own, rules, live) if live else own


def composes_now(stack: Stack, service: str) -> tuple[Compose, ...]:
    """The same, and after it those that could have containers of the service, too: there may be a
    way back to them. Raises UnknownName."""
    own, now = stack.compose_of(service), compose_now(stack, service)
    rules = stack.deploy.bluegreen if stack.deploy else None
    if own is None or now is None or rules is None or service not in rules.services:
        return () if now is None else (now,)
    others = (name for name in (*rules.projects, own.project) if name != now.project)
    return (now, *(_project(own, rules, name) for name in dict.fromkeys(others)))


def _project(own: Compose, rules: BlueGreen, name: str) -> Compose:
    """Described by the files of both, unless another hand made the stack's own."""
    by_another_hand = name == own.project and not version_file(rules, name).exists()
    return own if by_another_hand else compose_in(own, rules, name)


def switched_to(stack: Stack, service: str) -> str:
    """The project that traffic of a doubled service was switched to, nothing for any other."""
    rules = stack.deploy.bluegreen if stack.deploy else None
    return _read(rules) if rules is not None and service in rules.services else ""


def note_live(rules: BlueGreen, project: str | None) -> None:
    """From now on it is this one; None: it is not known, and the stack's own is taken for it.
    Raises HostError."""
    file = rules.files[0].parent / _NAME
    try:
        if project is None:
            file.unlink(missing_ok=True)
            return
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{project}\n")
        fresh.replace(file)
    except OSError as error:
        raise HostError(
            f"{file} cannot be written: {error.strerror}.",
            "Interlock needs to write beside the compose files of the stack.",
        ) from error


def _read(rules: BlueGreen) -> str:
    """Only ever one of the two projects, or nothing."""
    try:
        noted = (rules.files[0].parent / _NAME).read_text().strip()
    except OSError:
        return ""
    return noted if noted in rules.projects else ""
