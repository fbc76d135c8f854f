"""Contents of mounts kept inside them."""

from collections.abc import Mapping

from playbooks.model.stack import Stack
from playbooks.ports import Secrets
from playbooks.volumes.looking import look, order_for
from playbooks.volumes.store import mounted_store

_TAG = "interlock-retention"
_LOOK_SECONDS = 3.0


def kept(
    stack: Stack,
    name: str,
    secrets: Secrets,  # noqa: ARG001
    safety: Mapping[str, str],  # noqa: ARG001
) -> dict[str, str]:
    order = order_for(stack, name, run="retention", purpose=_TAG, read_only=True)
    found = look(order, mounted_store(stack, name).path, _LOOK_SECONDS).kept
    return {copy.run: f"the kept content of {name}" for copy in found}
