"""What stands in the way of a restore, said before anybody is asked. Pure."""

from collections.abc import Iterator

from playbooks.datastores.postgres_model import DatabaseFact, DumpFacts
from playbooks.errors import InputError
from playbooks.model.stack import Stack


def require_loadable(stack: Stack, name: str, fact: DatabaseFact, dump: DumpFacts) -> None:
    """Raises InputError when the backup cannot be loaded beside the live database."""
    _refuse(stack, name, _not_loadable(fact, dump))


def require_swappable(stack: Stack, name: str, fact: DatabaseFact) -> None:
    """Raises InputError when the live database cannot be exchanged."""
    _refuse(stack, name, _not_swappable(fact))


def _refuse(stack: Stack, name: str, reasons: Iterator[tuple[str, str]]) -> None:
    for reason, act in reasons:
        raise InputError(f"{stack.name}/{name} cannot be restored: {reason}.", act)


def _not_loadable(fact: DatabaseFact, dump: DumpFacts) -> Iterator[tuple[str, str]]:
    user = fact.user
    if fact.in_recovery:
        yield "the server is a standby", "Name the primary in the stack file."
    if dump.server.major > fact.server.major:
        yield (
            f"the backup is of PostgreSQL {dump.server.version} and the server is only "
            f"{fact.server.version}",
            "Restore into a server that is at least as new.",
        )
    if not user.create_database:
        yield f"{user.name} may not create databases", f"ALTER ROLE {user.name} CREATEDB"
    yield from _not_creatable(fact, dump)
    missing = [role for role in dump.description.roles if role not in fact.roles]
    if missing and not user.create_role:
        yield (
            f"the roles {', '.join(missing)} are missing and {user.name} may not create roles",
            f"Create them, or ALTER ROLE {user.name} CREATEROLE.",
        )


def _not_creatable(fact: DatabaseFact, dump: DumpFacts) -> Iterator[tuple[str, str]]:
    """Extensions of the backup that this server cannot create in the very same version."""
    for name, extension in dump.description.extensions.items():
        offered = fact.offers.get(name, ())
        if not offered:
            yield (
                f"the backup needs the extension {name} {extension.version}, which is not "
                "installed on the server",
                "Install it, or run the image that the backup was made with.",
            )
        elif extension.version not in offered:
            yield (
                f"the backup needs the extension {name} at exactly {extension.version}; the "
                f"server offers {', '.join(offered)}",
                "Run the image that the backup was made with, restore, and update it then.",
            )
    if "timescaledb" in dump.description.extensions:
        if fact.preloaded is not None and "timescaledb" not in fact.preloaded:
            yield (
                "the backup needs timescaledb, which the server does not load at its start",
                "Add it to shared_preload_libraries and restart the server.",
            )
        if not fact.user.superuser:
            yield (
                f"only a superuser can load TimescaleDB, and {fact.user.name} is none",
                "Name a superuser as `user` of the datastore.",
            )


def _not_swappable(fact: DatabaseFact) -> Iterator[tuple[str, str]]:
    user, there = fact.user, fact.obstacles
    if fact.in_recovery:
        yield "the server is a standby", "Name the primary in the stack file."
    if fact.description is None:
        return
    if fact.description.template:
        yield "its database is a template", "ALTER DATABASE … IS_TEMPLATE false"
    if not user.acts_as_owner:
        owner = fact.description.owner
        yield f"{user.name} does not own its database", f"GRANT {owner} TO {user.name}"
    if not user.create_database:
        yield f"{user.name} may not rename databases", f"ALTER ROLE {user.name} CREATEDB"
    if not user.signal_backends:
        yield (
            f"{user.name} may not end other sessions",
            f"GRANT pg_signal_backend TO {user.name}",
        )
    yield from _left_behind(there.logical_slots, there.subscriptions, there.scheduled_jobs)
    if there.prepared_transactions:
        yield (
            f"prepared transactions hold it: {', '.join(there.prepared_transactions)}",
            "COMMIT PREPARED or ROLLBACK PREPARED them.",
        )


def _left_behind(
    slots: tuple[str, ...], subscriptions: tuple[str, ...], jobs: bool
) -> Iterator[tuple[str, str]]:
    """What belongs to the live database itself and would stay with the kept copy."""
    if slots:
        yield (
            f"logical replication slots would stay with the old copy: {', '.join(slots)}",
            "Drop them, restore, and let the subscribers begin anew.",
        )
    if subscriptions:
        yield (
            f"subscriptions would stay with the old copy: {', '.join(subscriptions)}",
            "Disable and drop them, and create them again after the restore.",
        )
    if jobs:
        yield (
            "pg_cron is set up in it and would go on in the old copy",
            "Unschedule its jobs and drop the extension, restore, and set it up again.",
        )
