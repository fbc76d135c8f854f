"""Statements about whole databases: run by us, or printed for people to run. Nothing here runs.

A database's name comes as SQL, because on paper it is a variable of psql.
"""

from dataclasses import dataclass, field

from psycopg import sql
from psycopg.sql import Composable, Composed

from playbooks.datastores.postgres_model import (
    Description,
    Extension,
    Grant,
    Locale,
    Server,
    Setting,
)

# Settings whose value is a list of names: each name is given by itself, as pg_dump does.
LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    }
)
_PRIVILEGES = {"CREATE": "CREATE", "CONNECT": "CONNECT", "TEMPORARY": "TEMPORARY"}
_PROVIDERS_SINCE = 150000


@dataclass(frozen=True)
class Role:
    """What comes back of a role; `password` is a hash. `member_of` are names of others."""

    name: str
    login: bool = False
    inherit: bool = True
    create_database: bool = False
    connection_limit: int = -1
    password: str | None = field(default=None, repr=False)
    valid_until: str | None = None
    member_of: tuple[str, ...] = ()


def create_role(role: Role) -> Composed:
    """A role without any right over the server but that of making databases."""
    parts = [
        sql.SQL("CREATE ROLE {}").format(sql.Identifier(role.name)),
        sql.SQL("LOGIN" if role.login else "NOLOGIN"),
    ]
    if not role.inherit:
        parts.append(sql.SQL("NOINHERIT"))
    if role.create_database:
        parts.append(sql.SQL("CREATEDB"))
    if role.connection_limit >= 0:
        parts.append(sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(role.connection_limit)))
    if role.password is not None:
        parts.append(sql.SQL("PASSWORD {}").format(sql.Literal(role.password)))
    if role.valid_until is not None:
        parts.append(sql.SQL("VALID UNTIL {}").format(sql.Literal(role.valid_until)))
    return sql.SQL(" ").join(parts)


def grant_role(role: str, member: str) -> Composed:
    return sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member))


def create_database(name: Composable, owner: str, locale: Locale, server: Server) -> Composed:
    """An empty database from template0, which nobody can be connected to."""
    return sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {} {}").format(
        name, sql.Identifier(owner), _locale_clause(locale, server)
    )


def drop_database(name: Composable) -> Composed:
    """With whoever is in it; one that is not there is fine."""
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)


def rename(old: Composable, new: Composable) -> Composed:
    return sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, new)


def allow_connections(name: Composable, *, allowed: bool) -> Composed:
    return sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
        name, sql.SQL("true" if allowed else "false")
    )


def set_comment(name: Composable, text: str | None) -> Composed:
    """Sets or, with None, removes the comment."""
    return sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(text))


def dressing(name: Composable, wanted: Description) -> list[Composed]:
    """What a dump leaves out: settings, privileges, limit and comment."""
    statements = [_setting(name, setting) for setting in wanted.settings]
    if wanted.privileges is not None:
        statements += _privileges(name, wanted.owner, wanted.privileges)
    limit = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(
        name, sql.Literal(wanted.connection_limit)
    )
    return [*statements, limit, set_comment(name, wanted.comment)]


def create_extension(name: str, extension: Extension) -> Composed:
    """At the very version; its schema has to be there."""
    return sql.SQL("CREATE EXTENSION {} SCHEMA {} VERSION {}").format(
        sql.Identifier(name),
        sql.Identifier(extension.schema_name),
        sql.Literal(extension.version),
    )


def timescale_before(schema: str) -> Composed:
    """Puts the database into TimescaleDB's restoring mode."""
    return sql.SQL("SELECT {}.timescaledb_pre_restore()").format(sql.Identifier(schema))


def timescale_after(schema: str) -> Composed:
    """Ends TimescaleDB's restoring mode, and completes its catalogue."""
    return sql.SQL("SELECT {}.timescaledb_post_restore()").format(sql.Identifier(schema))


def timescale_asleep(name: Composable, *, asleep: bool) -> Composed:
    """TimescaleDB's restoring mode of a database, from outside."""
    change = "SET timescaledb.restoring = 'on'" if asleep else "RESET timescaledb.restoring"
    return sql.SQL("ALTER DATABASE {} {}").format(name, sql.SQL(change))


def names_in_list(value: str) -> list[str]:
    """The names in a list as the catalogue writes it: `"$user", public` → `$user`, `public`."""
    names, rest = [], value.strip()
    while rest:
        if rest.startswith('"'):
            end = _closing_quote(rest)
            names.append(rest[1:end].replace('""', '"'))
            rest = rest[end + 1 :].lstrip().removeprefix(",").lstrip()
        else:
            name, _, rest = rest.partition(",")
            names.append(name.strip())
            rest = rest.lstrip()
    return names


def _closing_quote(text: str) -> int:
    end = 1
    while end < len(text):
        if text[end] == '"':
            if text[end + 1 : end + 2] != '"':
                return end
            end += 1
        end += 1
    return len(text)


def _setting(database: Composable, setting: Setting) -> Composed:
    who = sql.SQL("DATABASE {}").format(database)
    if setting.role is not None:
        who = sql.SQL("ROLE {} IN DATABASE {}").format(sql.Identifier(setting.role), database)
    values = names_in_list(setting.value) if setting.name in LISTS else [setting.value]
    return sql.SQL("ALTER {} SET {} TO {}").format(
        who,
        sql.Identifier(*setting.name.split(".")),
        sql.SQL(", ").join(sql.Literal(value) for value in values or [""]),
    )


def _privileges(name: Composable, owner: str, grants: tuple[Grant, ...]) -> list[Composed]:
    """First nothing for anybody, then exactly what was recorded."""
    holders = dict.fromkeys([None, owner, *(grant.grantee for grant in grants)])
    statements = [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(name, _holder(role)) for role in holders
    ]
    for grant in grants:
        option = sql.SQL(" WITH GRANT OPTION" if grant.grantable else "")
        statements.append(
            sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(
                sql.SQL(_PRIVILEGES[grant.privilege]), name, _holder(grant.grantee), option
            )
        )
    return statements


def _holder(role: str | None) -> Composable:
    return sql.SQL("PUBLIC") if role is None else sql.Identifier(role)


def _locale_clause(locale: Locale, server: Server) -> Composed:
    parts = [
        sql.SQL("ENCODING {}").format(sql.Literal(locale.encoding)),
        sql.SQL("LC_COLLATE {}").format(sql.Literal(locale.collate)),
        sql.SQL("LC_CTYPE {}").format(sql.Literal(locale.ctype)),
    ]
    if server.version_num >= _PROVIDERS_SINCE:
        parts.append(sql.SQL("LOCALE_PROVIDER {}").format(sql.SQL(locale.provider)))
        if locale.provider == "icu":
            parts.append(sql.SQL("ICU_LOCALE {}").format(sql.Literal(locale.locale)))
        if locale.provider == "builtin":
            parts.append(sql.SQL("BUILTIN_LOCALE {}").format(sql.Literal(locale.locale)))
        if locale.icu_rules:
            parts.append(sql.SQL("ICU_RULES {}").format(sql.Literal(locale.icu_rules)))
    return sql.SQL(" ").join(parts)
