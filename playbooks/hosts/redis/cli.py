"""Asking a Redis server, by the redis-cli in its own container."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playbooks.datastores.redis_model import Keys, Keyspace, Layout, Module
from playbooks.errors import DatastoreError
from playbooks.hosts.container_tool import output_in
from playbooks.model.secret import Secret

_REFUSAL = re.compile(r"^(?:\(error\) )?([A-Z][A-Z0-9]+) \S")
_DATABASE = re.compile(r"^db(\d+):keys=(\d+),expires=(\d+)", re.M)
_SETTINGS = ("dir", "dbfilename", "appendonly", "appenddirname", "appendfilename", "databases")


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
        opening = ("--user", self.user) if self.user else ()
        argv = ("redis-cli", "-p", str(self.port), *opening, "--raw", *words)
        answer = output_in(self.container, argv, self._environment()).decode(errors="replace")
        if _REFUSAL.match(answer):
            raise DatastoreError(
                f"Redis refused {words[0]}: {answer.strip().rstrip('.')}.",
                "Look at `user` and `password` of the datastore in the stack file.",
            )
        return answer

    def info(self, section: str) -> Mapping[str, str]:
        """One section of INFO, text by field."""
        lines = (line.strip() for line in self.ask("INFO", section).splitlines())
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def keyspace(self) -> Keyspace:
        found = _DATABASE.findall(self.ask("INFO", "keyspace"))
        return {db: Keys(keys=int(keys), expires=int(ends)) for db, keys, ends in found}

    def layout(self, folder: str) -> Layout:
        """What the server says of its data; `folder` counts where it may not be asked."""
        version = self.info("server").get("redis_version", "")
        enabled = self.info("persistence").get("aof_enabled") == "1"
        said = self._settings()
        return Layout(
            version=version,
            folder=said.get("dir", folder),
            dump=said.get("dbfilename") or "dump.rdb",
            aof=enabled,
            append_folder=said.get("appenddirname", ""),
            append_file=said.get("appendfilename") or "appendonly.aof",
            databases=int(said.get("databases", "16")),
            modules=self._modules(),
        )

    def _settings(self) -> Mapping[str, str]:
        said: dict[str, str] = {}
        for name in _SETTINGS:
            try:
                lines = self.ask("CONFIG", "GET", name).splitlines()
            except DatastoreError:
                return {}
            if len(lines) > 1:
                said[lines[0]] = lines[1]
        return said

    def _modules(self) -> tuple[Module, ...]:
        """Those that were loaded from a file; what is built in has no path."""
        try:
            return tuple(_modules(self.ask("MODULE", "LIST").splitlines()))
        except DatastoreError:
            return ()

    def _environment(self) -> Mapping[str, str]:
        return {"REDISCLI_AUTH": self.password.reveal()} if self.password else {}


def _modules(lines: Sequence[str]) -> Sequence[Module]:
    """From `name N ver N path N args …` of each module, one a line."""
    found = []
    for place, line in enumerate(lines):
        if line == "path" and lines[place + 1 : place + 2] not in ([], [""]):
            args = lines[place + 3] if lines[place + 2 : place + 3] == ["args"] else ""
            found.append(Module(path=lines[place + 1], args=tuple(shlex.split(args))))
    return found
