"""What messages showed before their last changes, for presses from pages that lag behind."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from bot.workspace.store.messages import Stored
from bot.workspace.types import Json

_MESSAGES = 500
_VERSIONS = 5


@dataclass(slots=True)
class Earlier:
    """The blocks of the last few versions of the messages changed last. Not kept on disk."""

    _blocks: OrderedDict[tuple[str, str], deque[list[Json]]] = field(default_factory=OrderedDict)

    def remember(self, message: Stored) -> None:
        """Call it before the message is changed."""
        blocks = message.body.get("blocks")
        if not blocks:
            return
        versions = self._blocks.setdefault(_key(message), deque(maxlen=_VERSIONS))
        versions.appendleft(blocks)
        self._blocks.move_to_end(_key(message))
        while len(self._blocks) > _MESSAGES:
            self._blocks.popitem(last=False)

    def blocks_of(self, message: Stored) -> tuple[list[Json], ...]:
        """What the message showed before, newest first."""
        return tuple(self._blocks.get(_key(message), ()))

    def forget(self) -> None:
        """Nothing was ever changed."""
        self._blocks.clear()


def _key(message: Stored) -> tuple[str, str]:
    return message.channel, message.ts
