"""`prune-docker` and `prune-logs`: what a stack does not need any more, shown before it goes."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.do.removal import WholeStack
from commands.grammar import Word
from commands.lookup import stack_named
from commands.ports import Context
from commands.subcommand import doing
from playbooks.model.stack import Stack
from playbooks.operations.prune_docker import PruneDockerParams
from playbooks.operations.prune_logs import PruneLogsParams


class PruneDockerWords(WholeStack):
    """A stack, and volumes that go, too."""

    volumes: Annotated[
        tuple[str, ...], Word("VOLUME", "unused volumes of the stack that go, too", rest=True)
    ] = ()


def _docker(_context: Context, stack: Stack, params: PruneDockerWords) -> Intent:
    return Intent("prune-docker", stack, PruneDockerParams(volumes=params.volumes))


def _logs(_context: Context, stack: Stack, _params: WholeStack) -> Intent:
    return Intent("prune-logs", stack, PruneLogsParams())


_OF_DOCKER = Operation(locate=stack_named, intend=_docker)
_OF_LOGS = Operation(locate=stack_named, intend=_logs)

PRUNE_DOCKER = doing(
    "prune-docker",
    "remove ended one-off containers and nameless images of a stack, and nothing else",
    PruneDockerWords,
    _OF_DOCKER,
    ("prune-docker arc", "prune-docker arc arc_old_data"),
    "Only what bears the labels of the stack's own compose project is looked at; the card "
    "names each of it. Unused volumes go only when they are named.",
)
PRUNE_LOGS = doing(
    "prune-logs",
    "remove log files that are older than the stack file keeps them",
    WholeStack,
    _OF_LOGS,
    ("prune-logs spice-harvester",),
    "`keep` of `logs` in the stack file says how long. The file that is being written stays; "
    "of a folder every file in it counts.",
)
