"""A Neo4j server by hand: through helpers that have its mounts and its image, as Interlock does it,
so that either can go on for the other."""

from playbooks.byhand import artifacts, places
from playbooks.byhand.known import ONLY_IF_EXCHANGED, Known, Lines
from playbooks.byhand.shell import RUN, Part, Shell, command, filled, script, secret, word
from playbooks.datastores.neo4j_model import dump_name, neo4j_store
from playbooks.errors import BadArgument
from playbooks.folders.places import OWN_PREFIX
from playbooks.hosts.compose import base_argv, create_argv
from playbooks.hosts.neo4j import scripts
from playbooks.hosts.neo4j.tools import (
    INCOMING,
    check_argv,
    data_setting,
    dump_argv,
    info_argv,
    load_argv,
)
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose
from playbooks.model.neo4j import Neo4jStore

_HELPER = (
    "docker run --rm --interactive --network none --log-driver none "
    '--volumes-from "$LIKE" --env NEO4J_PLUGINS= --entrypoint sh'
)
# Descriptor 3 is the helper's stdout; what the image's entrypoint says goes to stderr.
_APART = Shell('"$IMAGE" -c \'exec 3>&1 1>&2; exec "$@"\' sh $ENTRY')


def note(known: Known, args: JsonObject) -> Lines:
    return (
        "# Nothing to do: Interlock counts what is in the databases, to compare it afterwards.",
        *_like(known, args),
    )


def dump(known: Known, args: JsonObject) -> Lines:
    name, version = str(args["datastore"]), str(args["version"])
    lines = [*_like(known, args)]
    for database in _store(known, args).databases:
        dumping = _tool((), *dump_argv(version, database))
        lines.append(artifacts.kept(known.stack, dumping, dump_name(name, database)))
    return lines


def provide(known: Known, args: JsonObject) -> Lines:
    compose, service = _composed(known, _store(known, args))
    return (command(*create_argv(compose, service)),)


def load(known: Known, args: JsonObject) -> Lines:
    name, version, store = str(args["datastore"]), str(args["version"]), _store(known, args)
    lines = [*_like(known, args), *_as_root(scripts.MAKE_SIDE, store.folder, RUN)]
    for database in store.databases:
        given = f'mkdir {INCOMING} && cat > {INCOMING}/{database}.dump && exec "$@"'
        loading = _tool(
            _beside(store, version), "sh", "-c", given, "sh", *load_argv(version, database)
        )
        file = places.fetched(known.stack, name, "/", dump_name(name, database))
        lines.append(f"{loading} < {file}")
    return lines


def remove_side(known: Known, args: JsonObject) -> Lines:
    folder = _store(known, args).folder
    return (*_like(known, args), *_as_root(scripts.REMOVE_SIDE, folder, RUN))


def check(known: Known, args: JsonObject) -> Lines:
    version, store = str(args["version"]), _store(known, args)
    beside = _beside(store, version)
    checks = [_tool(beside, *check_argv(version, each)) for each in store.databases]
    side = word(f"{store.folder}/{OWN_PREFIX}", RUN, f"/{scripts.RESTORED}")
    asking = _tool(beside, *info_argv(version, store.database, side))
    last = args["transaction"]
    wanted = f"  # the last committed transaction must be {last}" if last is not None else ""
    return (*_like(known, args), *checks, f"{asking}{wanted}")


def exchange(known: Known, args: JsonObject) -> Lines:
    return (*_like(known, args), *_exchanged(known, args, args["incoming"], args["outgoing"]))


def exchange_back(known: Known, args: JsonObject) -> Lines:
    return (
        ONLY_IF_EXCHANGED,
        *_like(known, args),
        *_exchanged(known, args, args["outgoing"], args["incoming"]),
    )


def is_exchanged(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    words = (store.folder, *_run_of(args), *_folders(store))
    return (*_like(known, args), *_as_root(scripts.HELD, *words))


def compare(known: Known, args: JsonObject) -> Lines:
    store, contents = _store(known, args), args["contents"]
    compose, service = _composed(known, store)
    counting = "MATCH (n) RETURN count(n)"
    shell = ("cypher-shell", "--username", store.user, "--database", store.database, counting)
    wanted = f"{contents['nodes']} in the backup" if contents else "not counted in the backup"
    entering = (*base_argv(compose), "exec", "--no-TTY", "--env", "NEO4J_PASSWORD", service)
    known_to_it = (f"export NEO4J_PASSWORD={secret(store.password)}",) if store.password else ()
    return (*known_to_it, f"{command(*entering, *shell)}  # {wanted}")


def _exchanged(known: Known, args: JsonObject, incoming: str, outgoing: str) -> Lines:
    store = _store(known, args)
    words = (store.folder, *_run_of(args), incoming, outgoing, *_folders(store))
    return _as_root(scripts.EXCHANGE, *words)


def _folders(store: Neo4jStore) -> tuple[str, ...]:
    return tuple(
        f"{kind}/{each}" for each in store.databases for kind in ("databases", "transactions")
    )


def _tool(settings: tuple[Part, ...], *words: Part) -> Shell:
    """One of the image's tools as the server's own user; it is given what comes on stdin."""
    return command(Shell(_HELPER), *settings, _APART, *words)


def _as_root(text: str, *words: Part) -> Lines:
    reader = command(Shell(_HELPER), "--user", "0:0", Shell('"$IMAGE"'), "-s", "--", *words)
    return script(reader, text.strip().splitlines())


def _beside(store: Neo4jStore, version: str) -> tuple[Part, ...]:
    """The settings that make the tools work on the folder beside the live one."""
    [(name, value)] = data_setting(version, f"{store.folder}/{OWN_PREFIX}").items()
    return ("--env", word(f"{name}={value}", RUN, f"/{scripts.RESTORED}"))


def _run_of(args: JsonObject) -> tuple[Shell, ...]:
    return (word(*filled(str(args["run"]))),)


def _like(known: Known, args: JsonObject) -> Lines:
    """`LIKE` is the server's container, `IMAGE` and `ENTRY` its image and that one's entrypoint."""
    compose, service = _composed(known, _store(known, args))
    asking = command(*base_argv(compose), "ps", "--all", "--quiet", service)
    return (
        f'LIKE="$({asking} | head -n 1)"',
        'IMAGE="$(docker inspect --format \'{{.Image}}\' "$LIKE")"',
        'ENTRY="$(docker image inspect --format \'{{join .Config.Entrypoint " "}}\' "$IMAGE")"',
    )


def _composed(known: Known, store: Neo4jStore) -> tuple[Compose, str]:
    compose, service = known.stack.compose, known.stack.container_of(store.service)
    if compose is None or service is None:
        raise BadArgument(f"{known.stack.name}/{store.service} runs in no container.")
    return compose, service


def _store(known: Known, args: JsonObject) -> Neo4jStore:
    return neo4j_store(known.stack, str(args["datastore"]))
