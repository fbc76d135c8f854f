"""The tools that we are measured against, from packages."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import Server

NEEDED = ("restic", "borgmatic", "borg")


def missing() -> tuple[str, ...]:
    """Those of the peers' programs that this machine does not have."""
    return tuple(name for name in NEEDED if shutil.which(name) is None)


@dataclass(frozen=True)
class Restic:
    """restic, which always encrypts."""

    folder: Path

    def prepare(self) -> None:
        """An empty repository, so that nothing is saved by what was there before."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._run("init")

    def backup(self, *sources: Path) -> None:
        self._run("backup", *map(str, sources))

    def restore(self, target: Path) -> None:
        self._run("restore", "latest", "--target", str(target))

    def stored(self) -> int:
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def _run(self, *words: str) -> None:
        argv = ["restic", "--quiet", "--no-cache", "--repo", str(self.folder), *words]
        _run(argv, RESTIC_PASSWORD="of a benchmark")


@dataclass(frozen=True)
class Borgmatic:
    """A database dumped into a fresh Borg repository that is not encrypted, as our backups here."""

    folder: Path
    server: Server
    database: str

    def prepare(self) -> None:
        """An empty repository, so that nothing is saved by what was there before."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._nothing.mkdir(parents=True)
        # JSON is YAML.
        self._config.write_text(json.dumps(self._settings()))
        self._run("rcreate", "--encryption", "none")

    def backup(self) -> None:
        self._run("create")

    def restore(self) -> None:
        """Over the live database, which is what borgmatic can do."""
        self._run("restore", "--archive", "latest")

    def stored(self) -> int:
        files = (self.folder / "repository").rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())

    @property
    def _nothing(self) -> Path:
        """Borg wants a folder too."""
        return self.folder / "nothing"

    @property
    def _config(self) -> Path:
        return self.folder / "borgmatic.yaml"

    def _settings(self) -> dict[str, object]:
        tools = self.server.tools
        return {
            "location": {
                "source_directories": [str(self._nothing)],
                "repositories": [str(self.folder / "repository")],
            },
            "storage": {"compression": "zstd,1"},
            "hooks": {
                "postgresql_databases": [
                    {
                        "name": self.database,
                        "username": "postgres",
                        "format": "custom",
                        "pg_dump_command": str(tools / "pg_dump"),
                        "pg_restore_command": str(tools / "pg_restore"),
                        "psql_command": str(tools / "psql"),
                    }
                ]
            },
        }

    def _run(self, *words: str) -> None:
        home = str(self.folder / "home")
        argv = [
            "borgmatic",
            "--config",
            str(self._config),
            "--log-file",
            str(self.folder / "log"),
            *words,
        ]
        # A socket's folder as "hostname" would become part of the path of borgmatic's pipe.
        server = {"PGHOST": self.server.host, "PGPORT": str(self.server.port)}
        trust = {"BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}
        _run(argv, HOME=home, BORG_BASE_DIR=home, **server, **trust)


def _run(argv: Sequence[str], **environment: str) -> None:
    subprocess.run(argv, check=True, env=os.environ | environment, stdout=subprocess.DEVNULL)
