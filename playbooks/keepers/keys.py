"""Data kept beside those of Redis servers."""

from collections.abc import Mapping

from playbooks.hosts.redis.kept import kept_by
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def kept(stack: Stack, name: str, secrets: Secrets, safety: Mapping[str, str]) -> dict[str, str]:
    return {run: f"the kept data of {name}" for run in kept_by(stack, name, secrets, safety)}
