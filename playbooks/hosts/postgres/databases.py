"""Making, dressing and dropping databases. Every statement is run from another database."""

from psycopg import sql

from playbooks.datastores.postgres_model import Description, Grant, Locale, Server, Setting
from playbooks.hosts.postgres.connection import Connection
from playbooks.hosts.postgres.kept import set_comment

# Settings whose value is a list of names: each name is given by itself, as pg_dump does.
_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    }
)
_PROVIDERS_SINCE = 150000


def create_missing_roles(connection: Connection, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Creates roles that are not there, unable to log in and without any right. Returns them."""
    there = {str(name) for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    missing = tuple(role for role in roles if role not in there)
    for role in missing:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    return missing


def create_empty(
    connection: Connection, name: str, owner: str, locale: Locale, server: Server
) -> None:
    """Creates an empty database from template0, which nobody can be connected to."""
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {} {}").format(
            sql.Identifier(name), sql.Identifier(owner), _locale_clause(locale, server)
        )
    )


def drop(connection: Connection, name: str) -> None:
    """Drops a database with whoever is in it; one that is not there is fine."""
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def rename(connection: Connection, old: str, new: str) -> None:
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
    )


def allow_connections(connection: Connection, name: str, *, allowed: bool) -> None:
    connection.execute(
        sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
            sql.Identifier(name), sql.SQL("true" if allowed else "false")
        )
    )


def dress(connection: Connection, name: str, wanted: Description) -> None:
    """Gives the database what a dump leaves out: settings, privileges, limit and comment."""
    with connection.transaction():
        for setting in wanted.settings:
            connection.execute(_setting(name, setting))
        if wanted.privileges is not None:
            for statement in _privileges(name, wanted.owner, wanted.privileges):
                connection.execute(statement)
        connection.execute(
            sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(
                sql.Identifier(name), sql.Literal(wanted.connection_limit)
            )
        )
        set_comment(connection, name, wanted.comment)


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


def _setting(database: str, setting: Setting) -> sql.Composed:
    who = sql.SQL("DATABASE {}").format(sql.Identifier(database))
    if setting.role is not None:
        who = sql.SQL("ROLE {} IN DATABASE {}").format(
            sql.Identifier(setting.role), sql.Identifier(database)
        )
    values = names_in_list(setting.value) if setting.name in _LISTS else [setting.value]
    return sql.SQL("ALTER {} SET {} TO {}").format(
        who,
        sql.Identifier(*setting.name.split(".")),
        sql.SQL(", ").join(sql.Literal(value) for value in values or [""]),
    )


def _privileges(database: str, owner: str, grants: tuple[Grant, ...]) -> list[sql.Composed]:
    """First nothing for anybody, then exactly what was recorded."""
    name = sql.Identifier(database)
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


def _holder(role: str | None) -> sql.Composable:
    return sql.SQL("PUBLIC") if role is None else sql.Identifier(role)


_PRIVILEGES = {"CREATE": "CREATE", "CONNECT": "CONNECT", "TEMPORARY": "TEMPORARY"}


def _locale_clause(locale: Locale, server: Server) -> sql.Composed:
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
