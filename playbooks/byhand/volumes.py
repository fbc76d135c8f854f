"""What is mounted into a container, by hand: through helpers that have the same mounts, as
Interlock does it, so that either can go on for the other."""

from playbooks.byhand import artifacts, places
from playbooks.byhand.known import ONLY_IF_EXCHANGED, Known, Lines
from playbooks.byhand.shell import RUN, Part, Shell, command, filled, pipe, script, word
from playbooks.errors import BadArgument
from playbooks.folders.places import OWN_PREFIX
from playbooks.folders.store import index_name, tar_name
from playbooks.hosts.compose import base_argv, create_argv
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose
from playbooks.model.volumes import MountedStore
from playbooks.volumes import scripts
from playbooks.volumes.store import mounted_store

_HELPER = (
    "docker run --rm --interactive --network none --log-driver none --user 0:0 "
    '--volumes-from "$LIKE" --entrypoint sh "$IMAGE"'
)


def dump(known: Known, args: JsonObject) -> Lines:
    """The engine writes the tar itself; what restores kept in the mount is left out."""
    store, name = _store(known, args), str(args["datastore"])
    reading = pipe(
        Shell(f'docker cp "$LIKE":{word(store.path)}/. -'),
        command("tar", "--delete", "--wildcards", f"./{OWN_PREFIX}*"),
    )
    plain = Shell(f'docker cp "$LIKE":{word(store.path)}/. -')
    return (
        *_like(known, store),
        f"# If {store.path} holds {OWN_PREFIX}* of earlier restores, write instead: {reading}",
        artifacts.kept(known.stack, plain, tar_name(name)),
    )


def provide(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    compose, service = _composed(known, store)
    return (command(*create_argv(compose, service)),)


def extract(known: Known, args: JsonObject) -> Lines:
    store, name = _store(known, args), str(args["datastore"])
    inside = word(store.path, f"/{OWN_PREFIX}", RUN, f"/{scripts.RESTORED}")
    index = places.fetched(known.stack, name, "/", index_name(name))
    return (
        *_like(known, store),
        *_run(scripts.MAKE_SIDE, store.path, RUN),
        *_run(f'mkdir -- "$1/{OWN_PREFIX}$2/{scripts.RESTORED}"', store.path, RUN),
        f'docker cp - "$LIKE":{inside} < {places.fetched(known.stack, name, "/", tar_name(name))}',
        "# The engine takes set-user-id from files with several links: give it back with chmod.",
        "# The folder itself gets its owner and mode from the first line of the index.",
        f"read -r OWNER MODE < <(head -n 1 {index} | {_ROOT})",
        *_run(_DRESS, inside, Shell('"$OWNER"'), Shell('"$(printf 000%o "$MODE")"')),
    )


def remove_side(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    return (*_like(known, store), *_run(scripts.REMOVE_SIDE, store.path, RUN))


def compare(known: Known, args: JsonObject) -> Lines:
    """Every file's checksum, beside those of the tar."""
    store, name = _store(known, args), str(args["datastore"])
    inside = word(store.path, f"/{OWN_PREFIX}", RUN, f"/{scripts.RESTORED}/.")
    tar = places.fetched(known.stack, name, "/", tar_name(name))
    return (
        *_like(known, store),
        _SUMS,
        f'diff <(docker cp "$LIKE":{inside} - | sums) <(sums < {tar})',
    )


_ROOT = (
    r"""sed -E 's/^\{"gid":([0-9]+),"kind":"folder","mode":([0-9]+),.*"uid":([0-9]+),"""
    r""".*/\3:\1 \2/'"""
)
_DRESS = 'chown -- "$2" "$1" && chmod -- "$3" "$1"'
_SUMS = (
    """sums() { tar --extract --to-command='printf "%s %s" "$(sha256sum)" "$TAR_FILENAME"; """
    """printf "\\0"' | tr '\\n\\0' '\\0\\n' | sed 's: \\./: :' | sort; }"""
)


def identify(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    return (*_like(known, store), *_run(scripts.HELD, store.path, *_run_of(args)))


def exchange(known: Known, args: JsonObject) -> Lines:
    """Whichever content is beside becomes live."""
    store = _store(known, args)
    return (
        *_like(known, store),
        "# Nothing that runs may have it mounted: this shows what has.",
        'docker ps --format "{{.Names}} {{.Mounts}}" --no-trunc',
        *_run(_EITHER_WAY, store.path, *_run_of(args)),
    )


def exchange_back(known: Known, args: JsonObject) -> Lines:
    return (ONLY_IF_EXCHANGED, *exchange(known, args))


def is_exchanged(known: Known, args: JsonObject) -> Lines:
    return identify(known, args)


def settle(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    return (*_like(known, store), *_run(scripts.SETTLE, store.path, *_run_of(args)))


_EITHER_WAY = f"""
if [ -d "$1/{OWN_PREFIX}$2/{scripts.ORIGINAL}" ]; then
  set -- "$1" "$2" {scripts.ORIGINAL} {scripts.RESTORED}
else
  set -- "$1" "$2" {scripts.RESTORED} {scripts.ORIGINAL}
fi
{scripts.EXCHANGE}"""


def _run(text: str, *words: Part) -> Lines:
    reader = command(Shell(_HELPER), "-s", "--", *words)
    return script(reader, text.strip().splitlines())


def _run_of(args: JsonObject) -> tuple[Shell, ...]:
    return (word(*filled(str(args["run"]))),)


def _like(known: Known, store: MountedStore) -> Lines:
    """`LIKE` is the container whose mounts are used, `IMAGE` what helpers are made from."""
    compose, service = _composed(known, store)
    asking = command(*base_argv(compose), "ps", "--all", "--quiet", service)
    image = command("echo", store.tools) if store.tools else Shell(_IMAGE)
    return (f'LIKE="$({asking} | head -n 1)"', f'IMAGE="$({image})"')


_IMAGE = "docker inspect --format '{{.Image}}' \"$LIKE\""


def _composed(known: Known, store: MountedStore) -> tuple[Compose, str]:
    compose, service = known.stack.compose, known.stack.container_of(store.service)
    if compose is None or service is None:
        raise BadArgument(f"{known.stack.name}/{store.service} runs in no container.")
    return compose, service


def _store(known: Known, args: JsonObject) -> MountedStore:
    return mounted_store(known.stack, str(args["datastore"]))
