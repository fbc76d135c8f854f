"""`updates STACK`: images behind their tags, and packages of the host that wait."""

from collections.abc import Sequence
from typing import Annotated, Literal

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
_SECONDS = 55.0
_PACKAGES = FactQuery(fact="updates.packages")
_COLUMNS = ("Service", "Image", "Runs", "Registry has", "State")
_STALE_SECONDS = 2 * 24 * 3600.0
_DIGEST = 19
_SHOWN = 60


class UpdatesParams(Paged):
    """Of which stack, and of what."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[
        Literal["images", "packages"] | None, Word("WHAT", "`images` or `packages`; none: both")
    ] = None


def _handle(context: Context, call: Call, params: UpdatesParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    contained = [name for name in stack.services if stack.container_of(name)]
    asked = [] if params.what == "packages" else list(map(_query, contained))
    queries = asked if params.what == "images" else [*asked, _PACKAGES]
    facts = context.facts.read(stack, queries, within=_SECONDS)
    images, points, content = [_image(facts, query) for query in asked], [], []
    if params.what != "packages":
        points.append(_images_point(images))
        content += blocks.table(_COLUMNS, list(map(_row, images))) if images else []
    if params.what != "images":
        known = facts.get(_PACKAGES)
        packages = Packages.model_validate(known) if known is not None else None
        points.append(_packages_point(packages))
        content += _waiting(packages, facts)
    title = f"{stack.environment}/{stack.name}: {', '.join(points)}"
    head = blocks.sections(f"*{escape(title)}*")
    small = blocks.context(_next(stack, images)) if params.what != "packages" else []
    again = f"updates {stack.name}{f' {params.what}' if params.what else ''}"
    return Reply(body=page(title, [*head, *content, *small], params.page, again))


def _query(service: str) -> FactQuery:
    return FactQuery(fact="updates.image", args={"service": service})


def _image(facts: Facts, query: FactQuery) -> ImageUpdate:
    fact = facts.get(query)
    if fact is not None:
        return ImageUpdate.model_validate(fact)
    why = facts.missing.get(query.key, "not read")
    return ImageUpdate(service=str(query.args["service"]), image="", why=why)


def _images_point(images: Sequence[ImageUpdate]) -> str:
    behind = [each.service for each in images if each.waiting]
    unknown = sum(each.waiting is None for each in images)
    point = f"newer images wait for {', '.join(behind)}" if behind else "no newer image is known"
    return f"{point}, {unknown} unknown" if unknown else point


def _packages_point(packages: Packages | None) -> str:
    if packages is None:
        return "packages of the host unknown"
    safe = sum(each.security for each in packages.packages)
    return f"{plural(len(packages.packages), 'package')} of the host wait, {safe} for security"


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
    examples=("updates harbor", "updates harbor images"),
    permission="read",
    params=UpdatesParams,
    handle=_handle,
)
