"""A folder by hand."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from playbooks.byhand.repository import OPENED
from playbooks.model.base import JsonObject
from playbooks.model.stack import FilesStore, Stack

RUN = "byhand"


def dump(stack: Stack, args: JsonObject) -> Sequence[str]:
    folder, name = _folder(stack, args), str(args["datastore"])
    tar = shlex.join(("tar", "--create", "--numeric-owner", f"--directory={folder}", "."))
    return (f"{tar} | zstd -o {OPENED}/{name}.tar.zst",)


def extract(stack: Stack, args: JsonObject) -> Sequence[str]:
    side, name = _side(stack, args), str(args["datastore"])
    tar = shlex.join(("tar", "--extract", "--same-owner", "--preserve-permissions"))
    return (
        shlex.join(("mkdir", str(side))),
        f'{tar} --file="$WORK"/{shlex.quote(name)}.tar --directory={shlex.quote(str(side))}',
    )


def compare(stack: Stack, args: JsonObject) -> Sequence[str]:
    name = shlex.quote(str(args["datastore"]))
    side = shlex.quote(str(_side(stack, args)))
    return (f'tar --compare --file="$WORK"/{name}.tar --directory={side}',)


def exchange(stack: Stack, args: JsonObject) -> Sequence[str]:
    folder, kept, side = _folder(stack, args), _kept(stack, args), _side(stack, args)
    return (
        shlex.join(("mv", "--no-target-directory", str(folder), str(kept))),
        shlex.join(("mv", "--no-target-directory", str(side), str(folder))),
    )


def exchange_back(stack: Stack, args: JsonObject) -> Sequence[str]:
    folder, kept, side = _folder(stack, args), _kept(stack, args), _side(stack, args)
    return (
        shlex.join(("mv", "--no-target-directory", str(folder), str(side))),
        shlex.join(("mv", "--no-target-directory", str(kept), str(folder))),
    )


def remove_side(stack: Stack, args: JsonObject) -> Sequence[str]:
    return (shlex.join(("rm", "-r", str(_side(stack, args)))),)


def _folder(stack: Stack, args: JsonObject) -> Path:
    store = stack.datastore(str(args["datastore"]))
    assert isinstance(store, FilesStore)
    return store.path


def _side(stack: Stack, args: JsonObject) -> Path:
    folder = _folder(stack, args)
    return folder.with_name(f"{folder.name}.restored-{RUN}")


def _kept(stack: Stack, args: JsonObject) -> Path:
    folder = _folder(stack, args)
    return folder.with_name(f"{folder.name}.before-{RUN}")
