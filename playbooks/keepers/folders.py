"""Folders kept beside folders."""

from collections.abc import Mapping

from playbooks.folders.kept import copies
from playbooks.folders.store import files_store
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def kept(
    stack: Stack,
    name: str,
    secrets: Secrets,  # noqa: ARG001
    safety: Mapping[str, str],  # noqa: ARG001
) -> dict[str, str]:
    store = files_store(stack, name)
    found = copies(store.path, store.include)
    return {copy.run: f"the kept copy of {name}, {copy.path}" for copy in found}
