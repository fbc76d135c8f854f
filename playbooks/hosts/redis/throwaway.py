"""A Redis server that nobody uses, over a snapshot: does it load, and is everything in it?"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from playbooks.datastores.redis_model import DumpFacts, Keys, Keyspace, Layout, in_order, total
from playbooks.errors import DatastoreError, HostError
from playbooks.hosts.redis.cli import Cli
from playbooks.hosts.tool import RunningTool

PORT = 6379
ENTRYPOINT = ("redis-server",)
_KEPT = 4000
_DIGEST = re.compile(r"^[0-9a-f]{40}$")
_DEBUG_IS_ASKED_FOR = 7

Each = Callable[[], None]


class InContainer:
    """A throwaway server, running as a tool in a container without a network."""

    def __init__(self, container: str, tool: RunningTool) -> None:
        self.cli = Cli(container, PORT)
        self._chunks = tool.chunks()
        self._tool = tool
        self._said = b""

    def wait_until(self, ready: Callable[[], bool], each: Each) -> None:
        for chunk in self._chunks:
            self._said = (self._said + chunk)[-_KEPT:]
            each()
            if ready():
                return
        raise DatastoreError(f"The throwaway server ended. {self._last_words()}")

    def end(self) -> None:
        """Shuts it down in good order. Raises DatastoreError unless it ended with 0."""
        with suppress(HostError):  # the answer ends with the server
            self.cli.ask("SHUTDOWN", "NOSAVE")
        for chunk in self._chunks:
            self._said = (self._said + chunk)[-_KEPT:]
        try:
            self._tool.finish()
        except HostError as error:
            raise DatastoreError(f"{error.message} {self._last_words()}") from error

    def _last_words(self) -> str:
        lines = [line.strip() for line in self._said.decode(errors="replace").splitlines()]
        said = " | ".join([line for line in lines if line][-3:])
        return f"It said: {said}" if said else "It said nothing."


def server_argv(layout: Layout, folder: str, *, aof: bool) -> Sequence[str]:
    """What redis-server is started with, over a folder that holds a snapshot: nothing is saved by
    itself, and nothing from outside is answered."""
    append = ("--appenddirname", layout.append_folder) if layout.append_folder else ()
    debug = ("--enable-debug-command", "local") if layout.major >= _DEBUG_IS_ASKED_FOR else ()
    modules = [
        word for module in layout.modules for word in ("--loadmodule", module.path, *module.args)
    ]
    return (
        *("--bind", "127.0.0.1", "--port", str(PORT), "--loglevel", "warning"),
        *("--dir", folder, "--dbfilename", layout.dump, "--save", ""),
        *("--databases", str(layout.databases), "--appendonly", "yes" if aof else "no"),
        *("--appendfilename", layout.append_file, *append, *debug, *modules),
    )


def loaded(server: InContainer, each: Each) -> Keyspace:
    """Waits until all is in memory; the keys that are there then."""
    server.wait_until(lambda: _is_loaded(server.cli), each)
    return server.cli.keyspace()


def rewrite(server: InContainer, each: Each) -> None:
    """Switches the append-only file on, and waits until its base holds everything."""
    server.cli.ask("CONFIG", "SET", "appendonly", "yes")
    server.wait_until(lambda: _is_rewritten(server.cli), each)


def digest(cli: Cli) -> str:
    """One hash over all keys and values, empty where the server may not say it."""
    try:
        said = cli.ask("DEBUG", "DIGEST").strip()
    except DatastoreError:
        return ""
    return said if _DIGEST.match(said) else ""


def require_equal(dump: DumpFacts, found: Keyspace) -> None:
    """Raises DatastoreError when what was loaded is not what was backed up.

    Keys whose time has passed are not loaded: so many may be missing as had an end.
    """
    wrong = differences(dump, found)
    if wrong:
        raise DatastoreError(
            f"The snapshot does not hold what was backed up: {'; '.join(wrong)}.",
            "The live data were not touched; restore from another backup.",
        )


def differences(dump: DumpFacts, found: Keyspace) -> tuple[str, ...]:
    """What does not fit, by database where the backup counted them to the key."""
    least, most = dump.keys_read - dump.expires_read, dump.keys_read
    wrong = [_said("all databases", total(found), least, most)]
    if dump.exact:
        nothing = Keys(keys=0)
        for db in in_order(dump.keys, found):
            then, now = dump.keys.get(db, nothing), found.get(db, nothing)
            wrong.append(_said(f"db{db}", now.keys, then.keys - then.expires, then.keys))
    return tuple(line for line in wrong if line)


def _said(where: str, found: int, least: int, most: int) -> str:
    if least <= found <= most:
        return ""
    wanted = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    return f"{found:,} keys in {where}, where {wanted} were backed up"


def _is_loaded(cli: Cli) -> bool:
    try:
        return cli.info("persistence").get("loading") == "0"
    except (HostError, DatastoreError):  # it does not answer yet
        return False


def _is_rewritten(cli: Cli) -> bool:
    seen: Mapping[str, str] = cli.info("persistence")
    under_way = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
    if seen.get("aof_enabled") != "1" or any(seen.get(each) != "0" for each in under_way):
        return False
    if seen.get("aof_last_bgrewrite_status") != "ok":
        raise DatastoreError("The throwaway server could not write its append-only file.")
    return True
