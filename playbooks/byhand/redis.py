"""A Redis server by hand: the same folders, names and throwaway server that Interlock uses."""

from playbooks.byhand import artifacts, places
from playbooks.byhand.known import ONLY_IF_EXCHANGED, Known, Lines
from playbooks.byhand.shell import RUN, Part, Shell, command, filled, secret, word
from playbooks.datastores.redis_model import (
    NEVER_LIVE,
    OWN_PREFIX,
    RESTORED,
    DumpFacts,
    Layout,
    counts,
)
from playbooks.hosts.compose import base_argv
from playbooks.hosts.redis.beside import EXCHANGE, LOOK, REMOVE
from playbooks.hosts.redis.throwaway import server_argv
from playbooks.model.base import JsonObject
from playbooks.model.datastores import RedisStore

# `ask WORD…` asks the live server, `look SCRIPT WORD…` works on its folders, running or not.
_LOOK = (
    'beside() { docker run --rm --network none --volumes-from "$SERVER" --user 0 --entrypoint sh '
    '"$IMAGE" "$@"; }'
)
_QUIET = "rdb_bgsave_in_progress:1\\|aof_rewrite_in_progress:1"


def dump(known: Known, args: JsonObject) -> Lines:
    """The folder is asked of the server: a plan of a backup does not name it."""
    name = str(args["datastore"])
    pin = Shell(f'"$FOLDER"/{OWN_PREFIX}"${{RUN}}".rdb')
    return (
        *_reaching(known, name),
        "FOLDER=$(ask --raw CONFIG GET dir | tail -n 1)",
        "DUMP=$(ask --raw CONFIG GET dbfilename | tail -n 1)",
        _until_quiet(),
        "ask INFO keyspace",
        "ask BGSAVE",
        _until_quiet(),
        "ask INFO persistence | grep --quiet rdb_last_bgsave_status:ok",
        f'docker exec "$SERVER" ln -f -- "$FOLDER/$DUMP" {pin}',
        f'docker exec "$SERVER" redis-check-rdb {pin}',
        artifacts.kept(known.stack, Shell(f'docker exec "$SERVER" cat -- {pin}'), f"{name}.rdb"),
        f'docker exec "$SERVER" rm -- {pin}',
    )


def unpin(known: Known, args: JsonObject) -> Lines:
    return (
        *_reaching(known, str(args["datastore"])),
        "FOLDER=$(ask --raw CONFIG GET dir | tail -n 1)",
        f'docker exec "$SERVER" rm -f -- "$FOLDER"/{OWN_PREFIX}"${{RUN}}".rdb',
    )


def lay(known: Known, args: JsonObject) -> Lines:
    """Fills the folder beside, owned by whoever owns the live data."""
    layout, name = _layout(args), str(args["datastore"])
    holder = _holder(layout, (RUN,))
    file = places.fetched(known.stack, name, "/", f"{name}.rdb")
    target = word(f"{layout.folder}/{OWN_PREFIX}", RUN, f"/{RESTORED}/{layout.dump}")
    filling = 'mkdir -p "$1"/restored && touch "$1"/never-live'
    owning = 'chown -R "$(stat -c %u:%g "$2")" "$1"'
    return (
        *_reaching(known, name),
        _beside(filling, holder),
        f'docker cp --quiet {file} "$SERVER":{target}',
        _beside(owning, holder, layout.folder),
    )


def remove_side(known: Known, args: JsonObject) -> Lines:
    return (
        *_reaching(known, str(args["datastore"])),
        "# Only what was never live.",
        _beside(REMOVE, _holder(_layout(args), (RUN,))),
    )


def attempt(known: Known, args: JsonObject) -> Lines:
    """A server nobody uses loads it; what it counts is compared by eye and by grep."""
    layout, wanted = _layout(args), DumpFacts.model_validate(args["wanted"])
    side = word(f"{layout.folder}/{OWN_PREFIX}", RUN, f"/{RESTORED}")
    checking = f'redis-check-rdb "$1"/{word(layout.dump)} | grep "^.info. {wanted.keys_read} keys"'
    return (
        *_reaching(known, str(args["datastore"])),
        f"SIDE={side}",
        f"OWNER=$({_beside('stat -c %u:%g $1', layout.folder)})",
        _beside(checking, Shell('"$SIDE"')),
        *_tried(layout, aof=False),
        f'docker exec "$TRIAL" redis-cli INFO keyspace  # {counts(wanted.keys)}',
        *(_rewriting() if layout.aof else ()),
        *_ended(),
        *(_read_back(layout, wanted) if layout.aof else ()),
    )


def exchange(known: Known, args: JsonObject) -> Lines:
    layout = _layout(args)
    words: tuple[Part, ...] = (str(args["incoming"]), str(args["outgoing"]), *layout.names)
    return (
        *_reaching(known, str(args["datastore"])),
        'test "$(docker inspect --format={{.State.Running}} "$SERVER")" = false',
        _beside(EXCHANGE, _holder(layout, filled(str(args["run"]))), *words),
    )


def exchange_back(known: Known, args: JsonObject) -> Lines:
    back = {**args, "incoming": args["outgoing"], "outgoing": args["incoming"]}
    return (ONLY_IF_EXCHANGED, *exchange(known, back))


def is_exchanged(known: Known, args: JsonObject) -> Lines:
    holder = _holder(_layout(args), filled(str(args["run"])))
    return (
        *_reaching(known, str(args["datastore"])),
        f"{_beside(LOOK, holder)}  # {args['outgoing']}: exchanged",
    )


def settle(known: Known, args: JsonObject) -> Lines:
    holder = _holder(_layout(args), filled(str(args["run"])))
    return (
        *_reaching(known, str(args["datastore"])),
        _beside(f'rm -f -- "$1"/{NEVER_LIVE}', holder),
    )


def rehearse(known: Known, args: JsonObject) -> Lines:
    """In a container of its own, with nothing of the live one but its image."""
    layout, name = DumpFacts.model_validate(args["wanted"]).layout, str(args["datastore"])
    file = places.fetched(known.stack, name, "/", f"{name}.rdb")
    folder = f"/tmp/{layout.dump}"
    starting = command(
        *("docker", "run", "--detach", "--network", "none", "--entrypoint", "sleep"),
        *(str(args["image"]), "86400"),
    )
    serving = command("redis-server", *server_argv(layout, "/tmp", aof=False))
    return (
        f"TRIAL=$({starting})",
        f'docker cp --quiet {file} "$TRIAL":{word(folder)}',
        f'docker exec "$TRIAL" redis-check-rdb {word(folder)}',
        f'docker exec --detach "$TRIAL" {serving}',
        _until_loaded(),
        'docker exec "$TRIAL" redis-cli INFO keyspace',
        'docker rm --force --volumes "$TRIAL"',
    )


def _reaching(known: Known, name: str) -> tuple[str, ...]:
    """`SERVER` and `IMAGE`, and how they are used; the password goes by the environment."""
    store = known.stack.datastore(name)
    assert isinstance(store, RedisStore)
    assert known.stack.compose is not None
    service = known.stack.container_of(store.service) or store.service
    listing = command(*base_argv(known.stack.compose), "ps", "--all", "--quiet", service)
    who = f" {command('--user', store.user)}" if store.user else ""
    opened = (
        (f"export REDISCLI_AUTH={secret(store.password)}",) if store.password is not None else ()
    )
    entering = "--env REDISCLI_AUTH " if store.password is not None else ""
    return (
        f"SERVER=$({listing})",
        'IMAGE=$(docker inspect --format={{.Image}} "$SERVER")',
        *opened,
        f'ask() {{ docker exec {entering}"$SERVER" redis-cli -p {store.port}{who} "$@"; }}',
        _LOOK,
    )


def _tried(layout: Layout, *, aof: bool) -> tuple[str, ...]:
    argv = [Shell('"$SIDE"') if each == "SIDE" else word(each) for each in _argv(layout, aof)]
    starting = (
        'docker run --detach --network none --volumes-from "$SERVER" --user "$OWNER" '
        '--entrypoint redis-server "$IMAGE"'
    )
    return (
        f"TRIAL=$({starting} {' '.join(argv)})",
        _until_loaded(),
    )


def _until_loaded() -> str:
    asking = 'docker exec "$TRIAL" redis-cli INFO persistence'
    return f"until {asking} | grep --quiet ^loading:0; do sleep 1; done"


def _argv(layout: Layout, aof: bool) -> tuple[str, ...]:
    return tuple(server_argv(layout, "SIDE", aof=aof))


def _rewriting() -> tuple[str, ...]:
    busy = "aof_rewrite_in_progress:1\\|aof_rewrite_scheduled:1"
    return (
        'docker exec "$TRIAL" redis-cli CONFIG SET appendonly yes',
        f'while docker exec "$TRIAL" redis-cli INFO persistence | grep --quiet "{busy}"; '
        "do sleep 1; done",
        'docker exec "$TRIAL" redis-cli INFO persistence | grep aof_last_bgrewrite_status:ok',
    )


def _read_back(layout: Layout, wanted: DumpFacts) -> tuple[str, ...]:
    return (
        "# What was written has to be read back whole.",
        *_tried(layout, aof=True),
        f'docker exec "$TRIAL" redis-cli INFO keyspace  # {counts(wanted.keys)}',
        *_ended(),
    )


def _ended() -> tuple[str, ...]:
    return (
        'docker exec "$TRIAL" redis-cli SHUTDOWN NOSAVE || true  # the answer ends with it',
        'docker wait "$TRIAL"',
        'docker rm --volumes "$TRIAL"',
    )


def _until_quiet() -> str:
    return f'while ask INFO persistence | grep --quiet "{_QUIET}"; do sleep 1; done'


def _beside(script: str, *words: Part) -> Shell:
    return command(Shell("beside"), "-c", script, "sh", *words)


def _holder(layout: Layout, run: tuple[Part, ...]) -> Shell:
    return word(f"{layout.folder.rstrip('/')}/{OWN_PREFIX}", *run)


def _layout(args: JsonObject) -> Layout:
    return Layout.model_validate(args["layout"])
