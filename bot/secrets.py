"""Secret references turned into values at the last moment."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from playbooks.dotenv import value_in
from playbooks.errors import SecretUnavailable
from playbooks.model.secret import Secret

DOCKER_SECRETS = Path("/run/secrets")


class References:
    """Resolves `env:`, `file:`, `env-file:` and `docker-secret:` references.

    `tell` hears every value that was resolved, so that it can be kept out of what is said and
    logged. A secret in a file ends before its last line break.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        environment: Mapping[str, str] = os.environ,
        docker_secrets: Path = DOCKER_SECRETS,
    ) -> None:
        self._tell = tell
        self._environment = environment
        self._docker_secrets = docker_secrets

    def resolve(self, reference: str) -> Secret:
        """Raises SecretUnavailable, naming the reference."""
        kind, _, rest = reference.partition(":")
        match kind:
            case "env":
                value = self._from_environment(reference, rest)
            case "file":
                value = _from_file(reference, Path(rest).expanduser())
            case "env-file":
                value = _from_env_file(reference, rest)
            case "docker-secret":
                value = self._from_docker(reference, rest)
            case _:
                raise SecretUnavailable(
                    f"A secret reference opens with {kind[:4]}…, which nothing resolves.",
                    "Use env:NAME, file:PATH, env-file:PATH#NAME or docker-secret:NAME.",
                )
        if not value:
            raise SecretUnavailable(f"The secret {reference} is empty.", "Give it a value.")
        self._tell(value)
        return Secret(value)

    def _from_environment(self, reference: str, name: str) -> str:
        if name not in self._environment:
            raise SecretUnavailable(
                f"The secret {reference} is not set.",
                f"Set the variable {name} where Interlock runs.",
            )
        return self._environment[name]

    def _from_docker(self, reference: str, name: str) -> str:
        if not name or "/" in name or name in {".", ".."}:
            raise SecretUnavailable(
                f"The secret {reference} is no name of a docker secret.",
                "Write docker-secret:NAME without slashes.",
            )
        return _from_file(reference, self._docker_secrets / name)


def _from_env_file(reference: str, rest: str) -> str:
    """One variable of an env file; the file may change while the bot runs."""
    path, _, name = rest.rpartition("#")
    content = _from_file(reference, Path(path).expanduser())
    try:
        value = value_in(content, name)
    except ValueError as error:
        raise SecretUnavailable(f"The secret {reference} is not understood: {error}.") from error
    if value is None:
        raise SecretUnavailable(
            f"The secret {reference} is not there: no {name} in {path}.", "Put it into the file."
        )
    return value


def _from_file(reference: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretUnavailable(
            f"The secret {reference} cannot be read: {error.strerror}.",
            f"Put it into {path}, readable by the user Interlock runs as.",
        ) from error
    except UnicodeDecodeError as error:
        raise SecretUnavailable(f"The secret {reference} is not UTF-8.", "Save it anew.") from error
    return text.removesuffix("\n").removesuffix("\r")
