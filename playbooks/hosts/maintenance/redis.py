"""A key in Redis that applications read."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from playbooks.hosts.maintenance.files import FLAG
from playbooks.hosts.maintenance.switch import Notice
from playbooks.hosts.redis.cli import Cli
from playbooks.model.maintenance import RedisKey, filled


@dataclass(frozen=True)
class RedisSwitch:
    """The key ends by itself after its backstop, so that nothing is shut for ever."""

    key: RedisKey
    cli: Cli

    def on(self, notice: Notice) -> None:
        value = json.dumps(filled(FLAG, notice.message, notice.end))
        left = notice.until + self.key.backstop - datetime.now(UTC)
        seconds = max(60, round(left.total_seconds()))
        self.cli.ask("SET", self.key.key, value, "EX", str(seconds))

    def off(self) -> None:
        self.cli.ask("DEL", self.key.key)

    def is_on(self) -> bool:
        return self.cli.ask("EXISTS", self.key.key).strip() == "1"
