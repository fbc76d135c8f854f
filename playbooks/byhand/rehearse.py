"""Rehearsals by hand: a restore into something that is thrown away afterwards."""

from playbooks.byhand import places
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import command, word
from playbooks.byhand.tools import tool
from playbooks.datastores.postgres_stores import described_store
from playbooks.folders.store import tar_name
from playbooks.model.base import JsonObject

_ADMIN = "interlock_drill"


def files(known: Known, args: JsonObject) -> Lines:
    name = str(args["datastore"])
    tar = places.fetched(known.stack, name, "/", tar_name(name))
    return (
        "TRIAL=$(mktemp --directory)",
        f"tar --extract --xattrs --xattrs-include='*' --numeric-owner --same-owner "
        f'--same-permissions --directory="$TRIAL" --file={tar}',
        f'tar --compare --numeric-owner --directory="$TRIAL" --file={tar}',
        'rm --recursive -- "$TRIAL"',
    )


def postgres(known: Known, args: JsonObject) -> Lines:
    """With the tools of the datastore, or those of its image, on a server that nobody reaches."""
    name = str(args["datastore"])
    dump, roles = (
        places.fetched(known.stack, name, "/", f"{name}{ending}")
        for ending in (".dump", ".globals.sql")
    )
    database = described_store(known.stack, name).database
    if args.get("image"):
        enter = 'docker exec --user postgres "$TRIAL"'
        return (
            f"TRIAL=$(docker run --detach --network none --entrypoint sleep {args['image']} 86400)",
            f'docker cp --quiet {dump} "$TRIAL":/dump && docker cp --quiet {roles} "$TRIAL":/roles',
            'docker exec "$TRIAL" chmod 644 /dump /roles',
            f"{enter} initdb --pgdata=/tmp/trial --username={_ADMIN} --auth=trust",
            f"{enter} pg_ctl --pgdata=/tmp/trial --wait --log=/tmp/log "
            "--options='-c unix_socket_directories=/tmp' start",
            *_loading(
                f"{enter} psql",
                f"{enter} pg_restore",
                "/tmp",
                dump="/dump",
                roles="/roles",
                database=database,
            ),
            'docker rm --force --volumes "$TRIAL"',
        )
    store = described_store(known.stack, name)
    programs = {
        each: command(tool(store, each)) for each in ("initdb", "pg_ctl", "psql", "pg_restore")
    }
    return (
        "# As a user who is not root.",
        "TRIAL=$(mktemp --directory)",
        f'{programs["initdb"]} --pgdata="$TRIAL"/data --username={_ADMIN} --auth=trust',
        f'{programs["pg_ctl"]} --pgdata="$TRIAL"/data --wait --log="$TRIAL"/log '
        '--options="-c listen_addresses= -c unix_socket_directories=$TRIAL" start',
        *_loading(
            programs["psql"],
            programs["pg_restore"],
            '"$TRIAL"',
            dump=str(dump),
            roles=str(roles),
            database=database,
        ),
        f'{programs["pg_ctl"]} --pgdata="$TRIAL"/data --mode=immediate stop',
        'rm --recursive -- "$TRIAL"',
    )


def _loading(
    psql: str, restore: str, socket: str, *, dump: str, roles: str, database: str
) -> tuple[str, ...]:
    at = f"--host={socket} --username={_ADMIN}"
    drop = f"{psql} {at} --dbname=template1 --command='DROP DATABASE postgres'"
    creating = word(f'CREATE DATABASE "{database}" TEMPLATE template0')
    return (
        f"{psql} {at} --dbname=template1 --quiet --file={roles}",
        *((drop,) if database == "postgres" else ()),
        f"{psql} {at} --dbname=template1 --command={creating}",
        f"{restore} {at} --exit-on-error --dbname={word(database)} {dump}",
        f"{psql} {at} --dbname={word(database)} --command='ANALYZE' "
        "--command='SELECT relname, reltuples FROM pg_class WHERE relkind = $$r$$ "
        "AND relnamespace::regnamespace::text !~ $$^pg_|information_schema$$'",
    )
