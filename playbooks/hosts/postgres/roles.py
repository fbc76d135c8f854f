"""Roles that a database needs and its server no longer has, made anew from the backup's globals.

Nothing of the script is run: what it says of a role is read, and only what an application needs is
given. Rights over the whole server (superuser, replication, creating roles, passing row security,
memberships that carry them) never come back by themselves: somebody may have taken them for a
reason.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from playbooks.hosts.postgres import statements
from playbooks.hosts.postgres.connection import Connection
from playbooks.hosts.postgres.statements import Role

_NAME = r'((?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+"))'
_ATTRIBUTES = re.compile(
    rf"ALTER ROLE {_NAME} WITH ((?:[A-Z]+ )*[A-Z]+)(?: CONNECTION LIMIT (-?\d+))?"
    r"(?: PASSWORD '([^']*)')?(?: VALID UNTIL '([^']*)')?;"
)
_MEMBER = re.compile(rf"GRANT {_NAME} TO {_NAME}\b.*;")


def read_globals(script: str) -> dict[str, Role]:
    """The roles that a script of `pg_dumpall --globals-only` makes, by name."""
    found: dict[str, Role] = {}
    parents: dict[str, list[str]] = {}
    for line in script.splitlines():
        if match := _ATTRIBUTES.fullmatch(line):
            role = _role(match)
            found[role.name] = role
        elif match := _MEMBER.fullmatch(line):
            parents.setdefault(_plain(match[2]), []).append(_plain(match[1]))
    return {
        name: replace(role, member_of=tuple(parents.get(name, ()))) for name, role in found.items()
    }


def create_missing(
    admin: Connection, wanted: Iterable[str], known: Mapping[str, Role]
) -> tuple[str, ...]:
    """Creates the roles of `wanted` that are not there, and those they are members of; one of
    which nothing is known cannot log in. Returns the names of what was created."""
    there = {str(n): bool(s) for n, s in admin.execute("SELECT rolname, rolsuper FROM pg_roles")}
    missing: dict[str, Role] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop(0)
        if name not in there and name not in missing:
            missing[name] = known.get(name, Role(name))
            waiting += [parent for parent in missing[name].member_of if parent in known]
    with admin.transaction():
        for role in missing.values():
            admin.execute(statements.create_role(role))
        for role in missing.values():
            for parent in role.member_of:
                if parent in missing or (not there.get(parent, True) and not _built_in(parent)):
                    admin.execute(statements.grant_role(parent, role.name))
    return tuple(missing)


def _built_in(name: str) -> bool:
    """Those of the server itself carry rights over all of it."""
    return name.startswith("pg_")


def _role(match: re.Match[str]) -> Role:
    words = match[2].split()
    return Role(
        name=_plain(match[1]),
        login="LOGIN" in words,
        inherit="NOINHERIT" not in words,
        create_database="CREATEDB" in words,
        connection_limit=int(match[3] or -1),
        password=match[4],
        valid_until=match[5],
    )


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
