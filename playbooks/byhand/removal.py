"""Killing and removing by hand."""

from playbooks.byhand import compose as composed
from playbooks.byhand import service
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import command
from playbooks.hosts.compose import base_argv, stop_argv
from playbooks.model.base import JsonObject

_NO_PROJECT = ("# It is no compose project.",)


def kill(known: Known, args: JsonObject) -> Lines:
    if found := composed.composed(known, args):
        return (command(*stop_argv(*found, 0)),)
    return service.stop(known, {**args, "seconds": 0.1})


def down(known: Known, _args: JsonObject) -> Lines:
    compose = known.stack.compose
    return (command(*base_argv(compose), "down", "--remove-orphans"),) if compose else _NO_PROJECT


def clean(known: Known, args: JsonObject) -> Lines:
    compose = known.stack.compose
    if compose is None:
        return _NO_PROJECT
    names = ", ".join(str(each["name"]) for each in args.get("volumes", ()))
    return (
        f"# These volumes go with all that is in them: {names or 'none'}",
        command(*base_argv(compose), "down", "--remove-orphans", "--volumes"),
    )


def look(known: Known, _args: JsonObject) -> Lines:
    compose = known.stack.compose
    return (command(*base_argv(compose), "ps", "--all"),) if compose else _NO_PROJECT


def prune(_known: Known, args: JsonObject) -> Lines:
    names = [str(each["name"]) for each in args.get("volumes", ())]
    return (
        *_removed("container", args.get("containers", ())),
        *_removed("image", args.get("images", ())),
        *_removed("volume", names),
    )


def _removed(kind: str, names: Lines) -> Lines:
    return (command("docker", kind, "rm", *names),) if names else ()
