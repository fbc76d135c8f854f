"""The data of the harbor: a database and a folder, the same on every machine."""

import random
import shutil
from pathlib import Path

from psycopg import Connection, sql

from bot.demo.credentials import kept_password
from bot.demo.places import Places, write_whole
from bot.demo.postgres import Postgres

DATABASE = "harbor"
OWNER = "harbor"
CUSTOMS = "customs"
_BESIDE = "harbor_new"
_FILES = 200
_LARGE = 20 * 1024 * 1024
_FOLDERS = ("manifests", "photos", "charts/north", "charts/south")


def seed(places: Places, postgres: Postgres) -> None:
    """Fills database and folder, once per folder; a kill in between starts the seeding over."""
    if places.seeded.exists():
        return
    _seed_files(places.uploads)
    with postgres.connect() as connection:
        _seed_roles(connection, kept_password(places.secrets / "harbor-password"))
        made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not made.fetchone():
            _seed_database(connection, postgres)
    write_whole(places.seeded, "The harbor has its data. Remove the whole folder to start over.\n")


def _seed_roles(connection: Connection[tuple[object, ...]], password: str) -> None:
    for role, login in ((OWNER, True), (CUSTOMS, False)):
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        if login:
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(password)
                )
            )


def _seed_database(connection: Connection[tuple[object, ...]], postgres: Postgres) -> None:
    """Under another name first: a database called harbor is always a whole one."""
    connection.execute(f"DROP DATABASE IF EXISTS {_BESIDE}")
    connection.execute(f"CREATE DATABASE {_BESIDE} TEMPLATE template0 OWNER {OWNER}")
    with postgres.connect(_BESIDE) as filling:
        filling.execute((Path(__file__).parent / "harbor.sql").read_text(encoding="utf-8"))
    connection.execute(f"ALTER DATABASE {_BESIDE} SET timezone TO 'Europe/Lisbon'")
    connection.execute(f"ALTER DATABASE {_BESIDE} SET work_mem TO '12MB'")
    connection.execute(f"REVOKE CONNECT ON DATABASE {_BESIDE} FROM PUBLIC")
    connection.execute(f"GRANT CONNECT ON DATABASE {_BESIDE} TO {CUSTOMS}")
    connection.execute(f"ALTER DATABASE {_BESIDE} RENAME TO {DATABASE}")


def _seed_files(folder: Path) -> None:
    """200 files: one of 20 MB, one with a space and an umlaut in its name."""
    if folder.exists():
        return
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name in _FOLDERS:
        (fresh / name).mkdir(parents=True)
    chance = random.Random("harbor")
    (fresh / "photos/panorama.bin").write_bytes(chance.randbytes(_LARGE))
    (fresh / "manifests/Ladeliste Müller 7.txt").write_text("grain; 1200 t\n", encoding="utf-8")
    for number in range(_FILES - 2):
        name = f"{_FOLDERS[number % len(_FOLDERS)]}/{number:03}.txt"
        line = f"file {number}: {chance.randbytes(24).hex()}\n"
        (fresh / name).write_text(line * (1 + number % 40), encoding="utf-8")
    (fresh / "manifests").chmod(0o750)
    fresh.rename(folder)
