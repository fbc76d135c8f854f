"""Asking a service how it is, by hand: one command that succeeds when it is well."""

from playbooks.byhand import compose
from playbooks.byhand.known import Known
from playbooks.byhand.shell import Shell, command, pipe, secret, word
from playbooks.hosts.compose import base_argv
from playbooks.model.base import JsonObject
from playbooks.model.health import (
    CommandHealth,
    DatabaseHealth,
    HttpHealth,
    TcpHealth,
    WebSocketHealth,
)

_PINGS = {
    "postgres": ("pg_isready",),
    "postgres-server": ("pg_isready",),
    "redis": ("redis-cli", "ping"),
    "neo4j": ("cypher-shell", "RETURN 1"),
}
_UPGRADE = (
    *("--header", "Connection: Upgrade", "--header", "Upgrade: websocket"),
    *("--header", "Sec-WebSocket-Version: 13", "--header", "Sec-WebSocket-Key: aW50ZXJsb2NrIQ=="),
)


def asking(known: Known, args: JsonObject) -> Shell | None:
    """None where it is asked by its container, or not at all."""
    name = str(args["service"])
    match known.stack.service(name).health:
        case HttpHealth() as http:
            return _curl(http)
        case TcpHealth() as tcp:
            connect = 'exec 3<>"/dev/tcp/$0/$1"'
            return command(
                "timeout", f"{tcp.seconds:g}", "bash", "-c", connect, tcp.host, str(tcp.port)
            )
        case WebSocketHealth() as socket:
            address = socket.url.replace("ws", "http", 1)
            limit = ("--max-time", f"{socket.seconds:g}")
            asked = command(
                "curl", "--http1.1", "--silent", "--include", *limit, *_UPGRADE, address
            )
            return pipe(asked, command("grep", "--quiet", " 101 "))
        case DatabaseHealth() as database:
            store = known.stack.datastore(database.datastore)
            inside = {"service": store.service or name}
            return _within(known, inside, _PINGS[store.kind])
        case CommandHealth() as check:
            return command(*check.argv) if check.on_host else _within(known, args, check.argv)
        case _:
            return None


def _curl(http: HttpHealth) -> Shell:
    login = http.login
    words = ("curl", "--fail", "--silent", "--show-error", "--max-time", f"{http.seconds:g}")
    if login is None:
        return command(*words, http.url)
    known = f"<(printf 'user = \"%s:%s\"\\n' {word(login.user)} {secret(login.password)})"
    return command(*words, "--config", Shell(known), http.url)


def _within(known: Known, args: JsonObject, argv: tuple[str, ...]) -> Shell:
    found = compose.composed(known, args)
    if found is None:
        return command(*argv)
    project, service = found
    return command(*base_argv(project), "exec", "--no-TTY", service, *argv)
