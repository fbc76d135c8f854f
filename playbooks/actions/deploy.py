"""What brings a version, and what brings the former one back."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playbooks.actions.migrating import MIGRATING
from playbooks.byhand import deploy as by_hand
from playbooks.errors import ActionFailed, HostError
from playbooks.facts.service import check_of
from playbooks.hosts.archive import archive_folder
from playbooks.hosts.git import Repository
from playbooks.hosts.scripts.local import judge
from playbooks.hosts.scripts.running import run_in_folder, watch_of
from playbooks.hosts.services import runner_of
from playbooks.hosts.shell import shell_of
from playbooks.hosts.versions import (
    Composed,
    build_argv,
    composed,
    image_id,
    keep,
    name_image,
    pull_argv,
    push_argv,
    registry_hint,
    set_version,
    up,
    version_now,
)
from playbooks.model.base import JsonObject, Model
from playbooks.model.hosts import LocalHost
from playbooks.ports import Work
from playbooks.registry import Action

_POLL_SECONDS = 0.25
_PULL_SECONDS = 3600.0
_ENDED_OFTEN = 3


class Former(Model):
    """A service as it was: `image` is None where it had no container."""

    image: str | None
    reference: str
    up: bool


class FormerArgs(Model):
    """Services as they were, in start-up order."""

    services: dict[str, Former]


class ServicesArgs(Model):
    """Services that containers run; none: all of the stack."""

    services: tuple[str, ...] = ()


class OneArgs(Model):
    """A service that containers run."""

    service: str


class VersionArgs(Model):
    """What the version variable holds; with None it is not there."""

    value: str | None


class CodeArgs(Model):
    """The commit to check out, as a branch or, without one, by itself."""

    directory: Path
    commit: str
    branch: str = ""
    remote: str = ""
    ref: str = ""


class ImagesArgs(Model):
    """Images by service, as their ids, that a rollback takes."""

    images: dict[str, str]


class ArchiveArgs(Model):
    """As the model's Archive."""

    path: Path
    without: tuple[str, ...] = ()
    into: Path | None = None


class ReleasedArgs(Model):
    """What the finished release is made of."""

    services: tuple[str, ...]
    directories: tuple[Path, ...] = ()


def note(work: Work, args: FormerArgs) -> JsonObject:
    """Output {images: {service: id}, version}: what ran before, kept from cleaning up."""
    images = {name: each.image for name, each in args.services.items() if each.image}
    keep(images, work.stack, f"{work.started:%Y%m%d-%H%M%S}-{work.run}")
    return {"images": images, "version": version_now(work.stack)}


def back(work: Work, args: FormerArgs) -> JsonObject:
    """Every service runs again from the image that it had, or stands still if it did; those that
    never changed are left alone. Output {services}."""
    known = {name: composed(work.stack, name) for name in args.services}
    for name, former in args.services.items():
        if former.image is not None:
            _named_again(known[name], former.image)
    work.say(f"Back to the former images: {', '.join(known) or 'none'}\n")
    returning = [known[name] for name, each in args.services.items() if each.image and each.up]
    up(returning)
    for name, former in args.services.items():
        if not former.up and (runner := runner_of(work.stack, name)) and runner.seen().up:
            runner.stop(work.stack.stop_seconds(name))
    problems = []
    for each in returning:
        try:
            _await(work, each.service, work.stack.service(each.service).start_seconds)
        except ActionFailed as error:
            problems.append(str(error))
    if problems:
        raise ActionFailed(" ".join(problems), "Look at these services on the host.")
    return {"services": [each.service for each in returning]}


def put_version(work: Work, args: VersionArgs) -> JsonObject:
    """Output {former}. Also takes it back."""
    former = version_now(work.stack)
    set_version(work.stack, args.value)
    return {"former": former}


def pull(work: Work, args: ServicesArgs) -> JsonObject:
    """Output {}. What the registry says goes into the thread."""
    _plugin(work, args, "pull", pull_argv)
    return {}


def build(work: Work, args: ServicesArgs) -> JsonObject:
    """Output {}. What the build says goes into the thread."""
    _plugin(work, args, "build", build_argv)
    return {}


def push(work: Work, args: ServicesArgs) -> JsonObject:
    """Output {}. What the registry says goes into the thread."""
    _plugin(work, args, "push", push_argv)
    return {}


def roll(work: Work, args: OneArgs) -> JsonObject:
    """Makes the service's containers anew where their image or settings differ, and starts them.
    Output {image: id}."""
    known = composed(work.stack, args.service)
    _require_image(known)
    up([known])
    images = sorted({each.image for each in known.containers()})
    return {"image": images[0] if images else None}


def gate(work: Work, args: OneArgs) -> JsonObject:
    """Output {ms}. Fails when the service is not healthy in its time, says that it is not, or ends
    again and again."""
    return {"ms": _await(work, args.service, work.stack.service(args.service).start_seconds)}


def take_images(work: Work, args: ImagesArgs) -> JsonObject:
    """The names that the compose files use lead to these images. Output {images}."""
    for name, image in args.images.items():
        _named_again(composed(work.stack, name), image)
    return {"images": args.images}


def checkout(work: Work, args: CodeArgs) -> JsonObject:
    """Output {from, to, count, commits: [line]}. Also takes it back. Fails when files differ from
    what is checked out."""
    repository = Repository(shell_of(work.stack.host), args.directory)
    now = repository.standing()
    if now.changed:
        raise ActionFailed(
            f"{args.directory} has changes of its own: {', '.join(now.changed[:5])}.",
            "Commit or undo them there, then ask again.",
        )
    if args.ref:
        repository.fetch(args.remote, args.ref)
    repository.check_out(args.commit, args.branch)
    commits = repository.between(now.commit, args.commit)
    work.say("".join(f"{line}\n" for line in commits))
    return {
        "from": now.commit,
        "to": args.commit,
        "count": repository.count(now.commit, args.commit),
        "commits": list(commits),
    }


def archive(work: Work, args: ArchiveArgs) -> JsonObject:
    """Output {file, bytes}."""
    if not isinstance(work.stack.host, LocalHost):
        raise HostError(f"{args.path} is on another host.", "Archive it with one of `scripts`.")
    into = args.into or args.path.parent
    file = into / f"{work.stack.name}-{work.started:%Y%m%d-%H%M%S}-{work.run}.tar.gz"
    return {"file": str(file), "bytes": archive_folder(args.path, args.without, file, work)}


def released(work: Work, args: ReleasedArgs) -> JsonObject:
    """Output {images: {service: id}, version, code: {folder: commit}}: what runs now."""
    images: dict[str, str] = {}
    for name in args.services:
        found = sorted({each.image for each in composed(work.stack, name).containers()})
        images |= {name: found[0]} if found else {}
    shell = shell_of(work.stack.host) if args.directories else None
    code = {
        str(folder): Repository(shell, folder).standing().commit
        for folder in args.directories
        if shell is not None
    }
    return {"images": images, "version": version_now(work.stack), "code": code}


def _plugin(
    work: Work,
    args: ServicesArgs,
    name: str,
    argv: Callable[[Any, Sequence[str]], tuple[str, ...]],
) -> None:
    compose = work.stack.compose
    if compose is None:
        raise HostError(f"{work.stack.name} has no `compose`, so there is nothing to {name}.")
    names = [composed(work.stack, service).name for service in args.services]
    watch = watch_of(work, name, _PULL_SECONDS)
    ran = run_in_folder(
        work.stack.model_copy(update={"host": LocalHost()}),
        argv(compose, names),
        compose.files[0].parent,
        watch,
    )
    try:
        judge(f"docker compose {name}", ran.code, watch.listener)
    except ActionFailed as error:
        raise ActionFailed(error.message, registry_hint(error.message) or error.hint) from error


def _require_image(known: Composed) -> None:
    if image_id(known.compose, known.reference) is None:
        raise HostError(
            f"The image {known.reference} of {known.service} is not on the host.",
            "Pull or build it, or deploy a version that is there.",
        )


def _named_again(known: Composed, image: str) -> None:
    if image_id(known.compose, known.reference) != image:
        name_image(known.compose, image, known.reference)


def _await(work: Work, service: str, seconds: float) -> int:
    """Milliseconds until it was well. An engine that is away for a moment is waited for like the
    service. Raises ActionFailed."""
    began = time.monotonic()
    while True:
        try:
            well, detail = _look(work, service)
        except HostError as error:
            well, detail = False, error.message.rstrip(".")
        waited = time.monotonic() - began
        if well:
            return round(waited * 1000)
        if waited > seconds:
            raise ActionFailed(
                f"{service} is not healthy after {seconds:g} s: {detail}.", _hint(work, service)
            )
        work.progress(round(waited), round(seconds), "seconds")
        work.check_stop()
        time.sleep(_POLL_SECONDS)


def _look(work: Work, service: str) -> tuple[bool, str]:
    """Whether it is well, and what is seen. Raises ActionFailed when waiting would not help,
    HostError when nothing can be seen."""
    runner = runner_of(work.stack, service)
    seen = runner.seen() if runner else None
    health = check_of(work.stack, service, work.secrets)
    for each in seen.containers if seen else ():
        if each.restarts >= _ENDED_OFTEN or each.status == "exited":
            what = f"{service} ends again and again: {health['detail']}."
            raise ActionFailed(what, _hint(work, service))
        if each.health == "unhealthy":
            raise ActionFailed(f"{service} says that it is unhealthy.", _hint(work, service))
    up = seen is None or seen.up
    return health["healthy"] is not False and up, health["detail"]


def _hint(work: Work, service: str) -> str:
    return f"See `/ops logs {work.stack.name} {service}`."


ACTIONS: tuple[Action[Any], ...] = (
    Action("deploy.note", FormerArgs, note, by_hand.note),
    Action("deploy.back", FormerArgs, back, by_hand.back),
    Action("deploy.set_version", VersionArgs, put_version, by_hand.set_version),
    Action("deploy.pull", ServicesArgs, pull, by_hand.pull),
    Action("deploy.build", ServicesArgs, build, by_hand.build),
    Action("deploy.push", ServicesArgs, push, by_hand.push),
    Action("deploy.roll", OneArgs, roll, by_hand.roll),
    Action("deploy.gate", OneArgs, gate, by_hand.gate),
    Action("deploy.take_images", ImagesArgs, take_images, by_hand.take_images),
    Action("deploy.checkout", CodeArgs, checkout, by_hand.checkout),
    Action("deploy.archive", ArchiveArgs, archive, by_hand.archive),
    Action("deploy.released", ReleasedArgs, released, by_hand.released),
    *MIGRATING,
)
