"""The steps of backing up and restoring what is mounted into a container. Pure."""

from playbooks.datastores.protocol import Stages
from playbooks.datastores.trees import Tree, compare_step, extract_step
from playbooks.model.plan import ActionCall, Step
from playbooks.model.stack import Stack
from playbooks.repository.manifest import StoreEntry


def dump_step(stack: Stack, name: str) -> Step:
    return Step(
        key=f"dump.{name}",
        name=f"Copy what is mounted as {stack.name}/{name}",
        action="volume.dump",
        args={"datastore": name, "backup": "{started}-{run}"},
        undo=ActionCall(action="helper.clear"),
        idempotent=True,
    )


def prepare_stages(tree: Tree, entry: StoreEntry, *, there: bool) -> Stages:
    """Where the service has no container it is made first, and with it its volumes."""
    provide = Step(
        key="provide",
        name=f"Make the container and the volumes of {tree.title}",
        action="volume.provide",
        args={"datastore": tree.name},
        idempotent=True,
    )
    helped = ActionCall(action="helper.clear")
    compare = compare_step(tree, entry).model_copy(update={"undo": helped})
    return (*(() if there else ((provide,),)), (extract_step(tree),), (compare,))
