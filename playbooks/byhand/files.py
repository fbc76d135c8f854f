"""A folder by hand, beside itself as Interlock does it, so that either can go on for the other."""

from playbooks.byhand import artifacts, places
from playbooks.byhand.known import ONLY_IF_EXCHANGED, Known, Lines
from playbooks.byhand.shell import RUN, Part, Shell, command, filled, pipe, word
from playbooks.folders.places import OWN_PREFIX
from playbooks.folders.store import files_store, tar_name
from playbooks.model.base import JsonObject
from playbooks.model.datastores import FilesStore

_LOOK = 'stat --format=\'%d:%i %n\' -- "$LIVE" "$SIDE"'
_MOUNTED = 'if mountpoint --quiet "$LIVE"; then'


def dump(known: Known, args: JsonObject) -> Lines:
    name = str(args["datastore"])
    store = files_store(known.stack, name)
    if store.include:
        return _dump_chosen(known, store, name)
    tar = command(
        "tar",
        "--create",
        "--format=pax",
        "--xattrs",
        "--numeric-owner",
        f"--exclude=./{OWN_PREFIX}*",
        f"--directory={store.path}",
        ".",
    )
    return (artifacts.kept(known.stack, tar, tar_name(name)),)


def _dump_chosen(known: Known, store: FilesStore, name: str) -> Lines:
    """Only what `include` names."""
    listing = Shell(f"find . -mindepth 1 -maxdepth 1 {_is_content(store)} -printf '%P\\0'")
    packing = command(
        "tar",
        "--create",
        "--format=pax",
        "--xattrs",
        "--numeric-owner",
        "--null",
        "--verbatim-files-from",
        "--files-from=-",
    )
    inside = Shell(f"( {command('cd', '--', store.path)} && {pipe(listing, packing)} )")
    return (artifacts.kept(known.stack, inside, tar_name(name)),)


def extract(known: Known, args: JsonObject) -> Lines:
    """The file beside says that what was filled was never live."""
    return (
        *_places(known, args),
        'mkdir --parents -- "$SIDE"',
        f"tar --extract --xattrs --xattrs-include='*' --numeric-owner --same-owner "
        f'--same-permissions --directory="$SIDE" --file={_tar(known, args)}',
        'printf %s "$(stat --format=%d:%i -- "$SIDE")" > "$SIDE".new',
    )


def remove_side(known: Known, args: JsonObject) -> Lines:
    return (
        *_places(known, args),
        "# Only what was filled and never live.",
        'test "$(cat -- "$SIDE".new)" = "$(stat --format=%d:%i -- "$SIDE")" '
        '&& rm --recursive -- "$SIDE" "$SIDE".new',
    )


def compare(known: Known, args: JsonObject) -> Lines:
    return (
        *_places(known, args),
        f'tar --compare --numeric-owner --directory="$SIDE" --file={_tar(known, args)}',
    )


def identify(known: Known, args: JsonObject) -> Lines:
    return (*_places(known, args), _LOOK)


def exchange(known: Known, args: JsonObject) -> Lines:
    """Names change hands; of a mount point, and of a folder that is ours in part, only the content
    can."""
    store = files_store(known.stack, str(args["datastore"]))
    return (
        *_places(known, args),
        _content_moves(store),
        '  HOLDER="$(dirname -- "$SIDE")"',
        '  OTHER=original; test -d "$HOLDER"/original && OTHER=restored',
        '  mkdir -- "$HOLDER"/"$OTHER"',
        f'  find "$LIVE" -mindepth 1 -maxdepth 1 {_is_content(store)} '
        '-exec mv --target-directory="$HOLDER"/"$OTHER" -- {} +',
        '  find "$SIDE" -mindepth 1 -maxdepth 1 -exec mv --target-directory="$LIVE" -- {} +',
        '  rmdir -- "$SIDE"',
        "else",
        '  mv --no-target-directory -- "$LIVE" "$SIDE".aside',
        '  mv --no-target-directory -- "$SIDE" "$LIVE"',
        '  mv --no-target-directory -- "$SIDE".aside "$SIDE"',
        "fi",
        "sync",
    )


def exchange_back(known: Known, args: JsonObject) -> Lines:
    return (ONLY_IF_EXCHANGED, *exchange(known, args))


def is_exchanged(known: Known, args: JsonObject) -> Lines:
    return identify(known, args)


def settle(known: Known, args: JsonObject) -> Lines:
    return (*_places(known, args), 'rm --force -- "$SIDE".new')


def _places(known: Known, args: JsonObject) -> tuple[str, ...]:
    """`LIVE` and what is beside it: of this run, or to undo, of an earlier one."""
    store = files_store(known.stack, str(args["datastore"]))
    run: tuple[Part, ...] = filled(str(args["run"])) if "run" in args else (RUN,)
    resolved = command("realpath", "--canonicalize-missing", "--", store.path)
    inside, beside = word(f"/{OWN_PREFIX}", *run), word(OWN_PREFIX, *run)
    return (
        f'LIVE="$({resolved})"',
        _content_moves(store),
        f'  SIDE="$LIVE"{inside}/restored; test -d "$SIDE" || ! test -d "$LIVE"{inside}/original '
        f'|| SIDE="$LIVE"{inside}/original',
        "else",
        f'  SIDE="$(dirname -- "$LIVE")"/."$(basename -- "$LIVE")"{beside}',
        "fi",
    )


def _content_moves(store: FilesStore) -> str:
    return "if true; then" if store.include else _MOUNTED


def _is_content(store: FilesStore) -> str:
    """What `find` is to take of the folder's own level."""
    ours = f"! -name '{OWN_PREFIX}*'"
    if not store.include:
        return ours
    names = " -o ".join(f"-name {word(pattern.rstrip('/'))}" for pattern in store.include)
    return f"{ours} \\( {names} \\)"


def _tar(known: Known, args: JsonObject) -> Shell:
    name = str(args["datastore"])
    return places.fetched(known.stack, name, "/", tar_name(name))
