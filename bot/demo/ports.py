"""Ports of the demo's stack: free ones, chosen once and kept."""

import json
import socket
from contextlib import ExitStack
from pathlib import Path

from bot.demo.places import read_json, write_whole

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port right now."""
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False


def kept_ports(path: Path, running: dict[str, bool]) -> dict[str, int]:
    """A port for each name of `running`, from `path` where they are kept.

    A new one is chosen where there is none yet, and where a stranger took the port of something
    that does not run.
    """
    kept = {name: port for name, port in read_json(path).items() if isinstance(port, int)}
    lost = [name for name, up in running.items() if not _usable(kept.get(name), up)]
    chosen = {name: kept[name] for name in running if name not in lost} | _free_ports(lost)
    if chosen != kept:
        write_whole(path, json.dumps(chosen))
    return chosen


def _usable(port: int | None, up: bool) -> bool:
    return port is not None and (up or is_free(port))


def _free_ports(names: list[str]) -> dict[str, int]:
    """Held open together, so that no two names get the same."""
    with ExitStack() as held:
        servers = {name: held.enter_context(socket.create_server((HOST, 0))) for name in names}
        return {name: int(server.getsockname()[1]) for name, server in servers.items()}
