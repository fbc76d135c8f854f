"""`interlock run`."""

import asyncio
import os
import sys
from pathlib import Path

from pydantic import ValidationError

from bot.app import run
from bot.environment import BotSettings
from bot.memory import give_back_what_is_freed
from playbooks.errors import InputError


def run_bot(config: Path) -> int:
    """Runs the bot until it is told to end; always 0.

    Raises InputError, in one line, when a variable of the environment is missing or wrong.
    """
    give_back_what_is_freed(os.environ)
    asyncio.run(run(_settings(config), _ready))
    return 0


def _settings(config: Path) -> BotSettings:
    try:
        return BotSettings(config=config)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        names = [str(part) for part in first["loc"]]
        what = f"{names[0]}: {first['msg']}" if names else first["msg"]
        raise InputError(
            f"The environment is not what the bot needs: {what.removeprefix('Value error, ')}.",
            "Set it as docs/slack.md says.",
        ) from error


def _ready(address: str) -> None:
    sys.stdout.write(f"ready: {address}\n")
    sys.stdout.flush()
