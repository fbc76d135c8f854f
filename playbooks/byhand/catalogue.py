"""How each action is done by hand: the shell commands and SQL for a runbook on paper.

Plain tools only (pg_dump, psql, tar, zstd, age, curl), for a day without bot and Slack. Shell
variables stand for what is only known then; the first lines of a runbook set them.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from playbooks.byhand import files, postgres, repository, service
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall
from playbooks.model.stack import Stack

ByHand = Callable[[Stack, JsonObject], Sequence[str]]

_ACTIONS: Mapping[str, ByHand] = MappingProxyType(
    {
        "files.dump": files.dump,
        "files.extract": files.extract,
        "files.compare": files.compare,
        "files.exchange": files.exchange,
        "files.exchange_back": files.exchange_back,
        "files.remove_side": files.remove_side,
        "postgres.dump": postgres.dump,
        "postgres.load_side": postgres.load_side,
        "postgres.drop_side": postgres.drop_side,
        "postgres.settle_side": postgres.settle_side,
        "postgres.verify_side": postgres.verify_side,
        "postgres.identify": postgres.identify,
        "postgres.is_swapped": postgres.identify,
        "postgres.swap": postgres.swap,
        "postgres.swap_back": postgres.swap_back,
        "postgres.reopen": postgres.reopen,
        "repository.begin": repository.begin,
        "repository.discard": repository.discard,
        "repository.publish": repository.publish,
        "repository.fetch": repository.fetch,
        "repository.release": repository.release,
        "repository.verify": repository.verify,
        "service.start": service.start,
        "service.stop": service.stop,
        "service.await_health": service.health,
        "service.is_up": service.health,
        "service.is_down": service.health,
    }
)


def by_hand(stack: Stack) -> Callable[[ActionCall], Sequence[str]]:
    """Gives the lines for one call of a plan for this stack; none where a person must look."""

    def lines(call: ActionCall) -> Sequence[str]:
        describe = _ACTIONS.get(call.action)
        return describe(stack, call.args) if describe else ()

    return lines
