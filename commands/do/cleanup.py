"""`prune-docker` and `prune-logs`: what a stack does not need any more, shown before it goes."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.do.removal import WholeStack
from commands.grammar import Word
from commands.lookup import stack_for
from commands.ports import Call, Context
from commands.subcommand import Room, Subcommand
from playbooks.model.people import Permission
from playbooks.model.stack import Stack
from playbooks.operations.prune_docker import PruneDockerParams
from playbooks.operations.prune_logs import PruneLogsParams


class PruneDockerWords(WholeStack):
    """A stack, and volumes that go, too."""

    volumes: Annotated[
        tuple[str, ...], Word("VOLUME", "unused volumes of the stack that go, too", rest=True)
    ] = ()


def _locate(context: Context, call: Call, params: WholeStack, permission: Permission) -> Stack:
    return stack_for(context, call, params.stack, permission)


def _docker(_context: Context, stack: Stack, params: PruneDockerWords) -> Intent:
    return Intent("prune-docker", stack, PruneDockerParams(volumes=params.volumes))


def _logs(_context: Context, stack: Stack, _params: WholeStack) -> Intent:
    return Intent("prune-logs", stack, PruneLogsParams())


_OF_DOCKER = Operation(locate=_locate, intend=_docker)
_OF_LOGS = Operation(locate=_locate, intend=_logs)

PRUNE_DOCKER = Subcommand(
    name="prune-docker",
    room=Room.DO,
    summary="remove ended one-off containers and nameless images of a stack, and nothing else",
    examples=("prune-docker arc", "prune-docker arc arc_old_data"),
    permission="ask",
    params=PruneDockerWords,
    handle=_OF_DOCKER.ask,
    operation=_OF_DOCKER,
    notes=(
        "Only what bears the labels of the stack's own compose project is looked at; the card "
        "names each of it. Unused volumes go only when they are named.",
    ),
)
PRUNE_LOGS = Subcommand(
    name="prune-logs",
    room=Room.DO,
    summary="remove log files that are older than the stack file keeps them",
    examples=("prune-logs spice-harvester",),
    permission="ask",
    params=WholeStack,
    handle=_OF_LOGS.ask,
    operation=_OF_LOGS,
    notes=(
        "`keep` of `logs` in the stack file says how long. The file that is being written stays; "
        "of a folder every file in it counts.",
    ),
)
