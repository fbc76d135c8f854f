"""`updates STACK`: images behind their tags, and packages of the host that wait."""

from collections.abc import Sequence
from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import duration, escape, plural
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.model.updates import ImageUpdate, Packages

# Without a cache of its own apt reads all its lists anew, which takes a while.
_SECONDS = 30.0
_PACKAGES = FactQuery(fact="updates.packages")
_COLUMNS = ("Service", "Image", "Runs", "Registry has", "State")
_STALE_SECONDS = 2 * 24 * 3600.0
_DIGEST = 19
_SHOWN = 60


class UpdatesParams(Paged):
    """Of which stack."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _handle(context: Context, call: Call, params: UpdatesParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    contained = [name for name in stack.services if stack.container_of(name)]
    facts = context.facts.read(stack, [_PACKAGES, *map(_query, contained)], within=_SECONDS)
    images = [_image(facts, name) for name in contained]
    known = facts.get(_PACKAGES)
    packages = Packages.model_validate(known) if known is not None else None
    title = f"{stack.environment}/{stack.name}: {_headline(images, packages)}"
    content = blocks.sections(f"*{escape(title)}*")
    if images:
        content += blocks.table(_COLUMNS, list(map(_row, images)))
    content += _waiting(packages, facts)
    content += blocks.context(_next(stack, images))
    return Reply(body=page(title, content, params.page, f"updates {stack.name}"))


def _query(service: str) -> FactQuery:
    return FactQuery(fact="updates.image", args={"service": service})


def _image(facts: Facts, service: str) -> ImageUpdate:
    fact = facts.get(_query(service))
    if fact is not None:
        return ImageUpdate.model_validate(fact)
    why = facts.missing.get(_query(service).key, "not read")
    return ImageUpdate(service=service, image="", why=why)


def _headline(images: Sequence[ImageUpdate], packages: Packages | None) -> str:
    behind = [each.service for each in images if each.waiting]
    unknown = sum(each.waiting is None for each in images)
    parts = [f"newer images wait for {', '.join(behind)}" if behind else "no newer image is known"]
    parts += [f"{unknown} unknown"] if unknown else []
    if packages is None:
        parts.append("packages of the host unknown")
    else:
        safe = sum(each.security for each in packages.packages)
        waiting = plural(len(packages.packages), "package")
        parts.append(f"{waiting} of the host wait, {safe} for security")
    return ", ".join(parts)


def _row(image: ImageUpdate) -> tuple[str, ...]:
    running = ", ".join(each[:_DIGEST] for each in image.running)
    return (image.service, image.image, running, image.newest[:_DIGEST], _state(image))


def _state(image: ImageUpdate) -> str:
    if image.waiting is None:
        return f"unknown: {image.why}"
    return "newer one waits" if image.waiting else "up to date"


def _waiting(packages: Packages | None, facts: Facts) -> list[JsonObject]:
    if packages is None:
        why = facts.missing.get(_PACKAGES.key, "not read")
        return blocks.context(escape(f"Packages of the host are unknown: {why}"))
    lines = [
        f"• {each.name} {each.installed} → {each.candidate}"
        + (", security" if each.security else "")
        for each in packages.packages[:_SHOWN]
    ]
    content = blocks.sections(escape("\n".join(["Packages of the host:", *lines]))) if lines else []
    content += blocks.rest(len(packages.packages) - _SHOWN, "see `apt list --upgradable` there")
    age = packages.lists_age_seconds
    if age is None:
        content += blocks.context("The host has no package lists yet: `apt-get update` there")
    elif age > _STALE_SECONDS:
        told = f"The host's package lists are {duration(age)} old: `apt-get update` there"
        content += blocks.context(told)
    return content


def _next(stack: Stack, images: Sequence[ImageUpdate]) -> str:
    if any(each.waiting for each in images):
        return (
            f"Bring them with `/ops deploy {stack.name}`; pulling alone changes nothing that runs"
        )
    return "Digests are compared: the same tag may have another image by now"


UPDATES = Subcommand(
    name="updates",
    room=Room.SEE,
    summary="images that are behind their tags, and packages of the host that wait",
    examples=("updates harbor",),
    permission="read",
    params=UpdatesParams,
    handle=_handle,
)
