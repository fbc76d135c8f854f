"""`python -m bot.workspace`: the local workspace as a process of its own."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.workspace.errors import SetupError
from bot.workspace.server import serve
from bot.workspace.settings import (
    SHIPPED_MANIFEST,
    SHIPPED_SEED,
    WorkspaceSettings,
    secrets_from,
)


def parser() -> argparse.ArgumentParser:
    """The options of the process."""
    options = argparse.ArgumentParser(prog="python -m bot.workspace", description=__doc__)
    options.add_argument("--state", type=Path, required=True, help="folder for everything kept")
    options.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options.add_argument("--port", type=int, default=8700, help="port; 0 takes a free one")
    options.add_argument("--seed", type=Path, default=SHIPPED_SEED, help="people and channels")
    options.add_argument("--manifest", type=Path, default=SHIPPED_MANIFEST, help="app manifest")
    options.add_argument("--rates", choices=("on", "off"), default="on", help="Slack's limits")
    options.add_argument("--deliver-to", metavar="URL", help="deliver by signed HTTP to URL")
    options.add_argument(
        "--wait-for-stack", action="store_true", help="ready only after POST /sim/health"
    )
    return options


def main(argv: Sequence[str]) -> int:
    """Serves; 2 for settings that cannot be used."""
    given = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = WorkspaceSettings(
        state=given.state,
        host=given.host,
        port=given.port,
        seed=given.seed,
        manifest=given.manifest,
        rates=given.rates == "on",
        deliver_to=given.deliver_to,
        wait_for_stack=given.wait_for_stack,
        secrets=secrets_from(os.environ),
    )
    try:
        serve(settings)
    except SetupError as error:
        logging.getLogger(__name__).error("%s", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
