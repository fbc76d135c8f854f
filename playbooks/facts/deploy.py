"""What can be known of the versions of a stack: what runs, what its files say, what is pending."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.hosts.colours.live import switched_to
from playbooks.hosts.compose import files_of
from playbooks.hosts.git import Repository
from playbooks.hosts.scripts.local import Listener, Watch, judge
from playbooks.hosts.scripts.running import run_in_container, run_in_folder
from playbooks.hosts.shell import shell_of
from playbooks.hosts.versions import composed, image_id, version_now
from playbooks.model.base import JsonObject, Model
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import Reader

T = TypeVar("T")

_PENDING_SECONDS = 20.0
_MOST_PENDING = 200


class StateArgs(Model):
    """Services that containers run."""

    services: tuple[str, ...]


class CodeArgs(Model):
    """A git repository, and a branch or tag of its remote; without `ref` only where it stands."""

    directory: Path
    remote: str = "origin"
    ref: str = ""


class PendingArgs(Model):
    """What lists migrations: `argv` in the container of `service`, or a script."""

    service: str = ""
    argv: tuple[str, ...] = ()
    script: str = ""


class ImagesArgs(Model):
    """Images by service, as their ids."""

    images: dict[str, str]


def state(reading: Reading, args: StateArgs) -> JsonObject:
    """{files: {name: sha256}, version: text|null, services: {name: {image: id|null, reference,
    up}}, switched: {name: project}}, where `files` are the compose and env files, and `switched`
    the services that have their traffic in one of two projects."""
    stack = reading.stack

    def read() -> JsonObject:
        return {
            "files": _checksums(stack),
            "version": version_now(stack),
            "services": {name: _service(stack, name) for name in args.services},
            "switched": {
                name: project for name in args.services if (project := switched_to(stack, name))
            },
        }

    return _told(read)


def code(reading: Reading, args: CodeArgs) -> JsonObject:
    """{commit, branch, changed: [file], target: commit|null}, where `target` is what the remote has
    for `ref`."""

    def read() -> JsonObject:
        repository = Repository(shell_of(reading.stack.host), args.directory)
        now = repository.standing()
        target = repository.found(args.remote, args.ref) if args.ref else None
        return {
            "commit": now.commit,
            "branch": now.branch,
            "changed": list(now.changed),
            "target": target,
        }

    return _told(read)


def pending(reading: Reading, args: PendingArgs) -> JsonObject:
    """{pending: [line]}: what the version that runs would migrate."""
    return {"pending": _told(lambda: pending_now(reading.stack, args))}


def images(reading: Reading, args: ImagesArgs) -> JsonObject:
    """{there: [service], gone: [service]}: whose images are still on the host."""

    def read() -> JsonObject:
        found = {
            name: image_id(composed(reading.stack, name).compose, image) is not None
            for name, image in args.images.items()
        }
        return {
            "there": [name for name, there in found.items() if there],
            "gone": [name for name, there in found.items() if not there],
        }

    return _told(read)


def pending_now(stack: Stack, args: PendingArgs) -> list[str]:
    """The lines that say what would be migrated. Raises ActionFailed and its kin."""
    heard: list[str] = []
    watch = Watch("the list of migrations", Listener(heard.append), _nothing, _PENDING_SECONDS)
    if args.script:
        script = stack.script(args.script)
        words = script.words({})
        if script.service is None:
            ran = run_in_folder(stack, words, script.directory, watch)
        else:
            ran = run_in_container(stack, script.service, words, watch)
    else:
        ran = run_in_container(stack, args.service, args.argv, watch)
    judge(watch.name, ran.code, watch.listener)
    return lines_of("".join(heard))


def lines_of(said: str) -> list[str]:
    """The lines that say something; of very many the first."""
    return [line.strip() for line in said.splitlines() if line.strip()][:_MOST_PENDING]


def _nothing() -> None:
    return None


def _service(stack: Stack, name: str) -> JsonObject:
    known = composed(stack, name)
    containers = known.containers()
    images = sorted({each.image for each in containers})
    return {
        "image": images[0] if images else None,
        "reference": known.reference,
        "up": bool(containers) and all(each.up for each in containers),
    }


def _checksums(stack: Stack) -> dict[str, str]:
    compose = stack.compose
    if compose is None:
        return {}
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (*files_of(compose), *compose.env_files)
    }


def _told(read: Callable[[], T]) -> T:
    try:
        return read()
    except ActionFailed as error:
        raise FactUnavailable(error.message, error.hint) from error
    except OSError as error:
        raise FactUnavailable(f"{error.filename} cannot be read: {error.strerror}.") from error


READERS: tuple[Reader[Any], ...] = (
    Reader("deploy.state", StateArgs, state),
    Reader("deploy.code", CodeArgs, code),
    Reader("deploy.pending", PendingArgs, pending),
    Reader("deploy.images", ImagesArgs, images),
)
