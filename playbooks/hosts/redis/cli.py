"""Asking a Redis server, by the redis-cli in its own container."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playbooks.datastores.redis_model import Keys, Keyspace, Layout, Module
from playbooks.errors import DatastoreError
from playbooks.hosts.containers.tool import output_in
from playbooks.model.secret import Secret

_REFUSAL = re.compile(r"^(?:\(error\) )?([A-Z][A-Z0-9]+) \S")
_DATABASE = re.compile(r"^db(\d+):keys=(\d+),expires=(\d+)", re.M)
_SETTINGS = ("dir", "dbfilename", "appendonly", "appenddirname", "appendfilename", "databases")
_MODULES = ("MODULE", "LIST")
# Several commands in one call, for a call takes longer than what it asks.
_TYPED = 'printf "%s\\n" "$0" | exec redis-cli "$@"'
_BETWEEN = "--interlock--"


@dataclass(frozen=True)
class Described:
    """A running server. `used_bytes` is the memory that its data take."""

    layout: Layout
    keys: Keyspace
    used_bytes: int


@dataclass(frozen=True)
class Cli:
    """How redis-cli reaches the server in a container. The password goes by its environment."""

    container: str
    port: int = 6379
    user: str = ""
    password: Secret | None = None

    def ask(self, *words: str) -> str:
        """The server's answer as text. Raises HostError when there is none, DatastoreError when
        the server refuses."""
        argv = ("redis-cli", *self._options, *words)
        answer = output_in(self.container, argv, self._environment).decode(errors="replace")
        return _granted(words[0], answer)

    def answers(self, *commands: str) -> tuple[str, ...]:
        """One answer to each command, refusals too. The words are our own, without quotes.

        Raises HostError, and DatastoreError when the server lets nobody in.
        """
        lines = f"\nECHO {_BETWEEN}\n".join(commands)
        argv = ("sh", "-c", _TYPED, lines, *self._options)
        said = output_in(self.container, argv, self._environment).decode(errors="replace")
        found = tuple(answer.strip() for answer in said.split(f"{_BETWEEN}\n"))
        if len(found) != len(commands):
            _granted(commands[0].split()[0], said.strip())
            raise DatastoreError(f"Redis answered {len(found)} of {len(commands)} questions.")
        return found

    def info(self, section: str) -> Mapping[str, str]:
        """One section of INFO, text by field."""
        return fields_of(self.ask("INFO", section))

    def keyspace(self) -> Keyspace:
        return keyspace_of(self.ask("INFO", "keyspace"))

    def described(self, folder: str) -> Described:
        """What the server says of its data; `folder` counts where it may not be asked."""
        settings = [f"CONFIG GET {name}" for name in _SETTINGS]
        info, modules, *said = self.answers("INFO", " ".join(_MODULES), *settings)
        seen = fields_of(_granted("INFO", info))
        found = dict(filter(None, map(_setting, said)))
        layout = Layout(
            version=seen.get("redis_version", ""),
            folder=found.get("dir", folder),
            dump=found.get("dbfilename") or "dump.rdb",
            aof=seen.get("aof_enabled") == "1",
            append_folder=found.get("appenddirname", ""),
            append_file=found.get("appendfilename") or "appendonly.aof",
            databases=int(found.get("databases", "16")),
            modules=tuple(_modules(modules.splitlines())),
        )
        used = seen.get("used_memory_dataset", seen.get("used_memory", "0"))
        return Described(layout, keyspace_of(info), int(used))

    @property
    def _options(self) -> tuple[str, ...]:
        who = ("--user", self.user) if self.user else ()
        return ("-p", str(self.port), *who, "--raw")

    @property
    def _environment(self) -> Mapping[str, str]:
        return {"REDISCLI_AUTH": self.password.reveal()} if self.password else {}


def fields_of(info: str) -> Mapping[str, str]:
    """INFO, text by field."""
    lines = (line.strip() for line in info.splitlines())
    return dict(line.split(":", 1) for line in lines if ":" in line)


def keyspace_of(info: str) -> Keyspace:
    """The databases that have keys, from INFO."""
    found = _DATABASE.findall(info)
    return {db: Keys(keys=int(keys), expires=int(ends)) for db, keys, ends in found}


def _granted(word: str, answer: str) -> str:
    """Raises DatastoreError when the answer is a refusal."""
    if _REFUSAL.match(answer):
        raise DatastoreError(
            f"Redis refused {word}: {answer.strip().rstrip('.')}.",
            "Look at `user` and `password` of the datastore in the stack file.",
        )
    return answer


def _setting(answer: str) -> tuple[str, str] | None:
    """Name and value; None for what the server does not know or does not tell."""
    lines = answer.splitlines()
    if not lines or lines[0] not in _SETTINGS:
        return None
    return lines[0], lines[1] if len(lines) > 1 else ""


def _modules(lines: Sequence[str]) -> Sequence[Module]:
    """Those that were loaded from a file, from `name N ver N path N args …`, one a line; what is
    built in has no path."""
    found = []
    for place, line in enumerate(lines):
        if line == "path" and lines[place + 1 : place + 2] not in ([], [""]):
            args = lines[place + 3] if lines[place + 2 : place + 3] == ["args"] else ""
            found.append(Module(path=lines[place + 1], args=tuple(shlex.split(args))))
    return found
