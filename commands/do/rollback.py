"""`rollback STACK [RELEASE]` and `releases STACK`: the versions there were, and the way back."""

from collections.abc import Sequence
from typing import Annotated

from commands.asking import Intent, Operation
from commands.do.release_history import (
    OPERATIONS,
    Release,
    data_backup,
    named,
    previous,
    releases_of,
)
from commands.grammar import Option, Word
from commands.lookup import stack_for, stack_named
from commands.ports import Call, Context, Reply
from commands.protect.known import listing
from commands.subcommand import Room, Subcommand, doing
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import ago, code, joined, plural
from playbooks.errors import BadArgument, InputError
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.rollback import RollbackParams

_LOOK_BACK = 100
_PAGE = 20
_SHORT = 12


class RollbackWords(Model):
    """Where to go back to."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    release: Annotated[
        str | None, Word("RELEASE", "the id or the version of a release; none: the one before")
    ] = None
    with_database: Annotated[bool, Option("its data too, from the backup of then")] = False


class ReleasesWords(Model):
    """Whose releases, and from where on."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    before: Annotated[
        str | None, Option("only what is older than this one", "the id of a run", "ID")
    ] = None


def rollback_params(context: Context, stack: Stack, release: str | None) -> RollbackParams:
    """Where a rollback leads, without data. The stack's own way is taken where releases know no
    images to go back to. Raises BadArgument, UnknownName."""
    known = _known(context, stack)
    if release is not None:
        return named(known, stack.name, release)
    own = bool(stack.deploy and stack.deploy.rollback)
    try:
        back = previous(known, stack.name)
    except BadArgument:
        if not own:
            raise
        return RollbackParams(title="the version before, by its own way", own=True)
    if not own or back.images:
        return back
    return back.model_copy(update={"own": True, "code": {}})


def _intend(context: Context, stack: Stack, params: RollbackWords) -> Intent:
    back = rollback_params(context, stack, params.release)
    if params.with_database:
        back = back.model_copy(update={"backups": _backups(context, stack, back)})
    return Intent("rollback", stack, back)


def _backups(context: Context, stack: Stack, back: RollbackParams) -> dict[str, str]:
    """The data as the first release after it found them. Raises InputError."""
    made = data_backup(_known(context, stack), back)
    if made is None:
        raise InputError(
            f"No release after {back.title} has made a backup.",
            f"`/ops recover {stack.name}` brings data from any backup there is.",
        )
    held = next((each for each in listing(context, stack).backups if each.id == made), None)
    if held is None:
        raise InputError(
            f"The backup {made} of {back.title} is gone.",
            f"`/ops backups {stack.name}` lists what there is.",
        )
    return {name: made for name in stack.datastores if name in held.stores}


def _known(context: Context, stack: Stack) -> tuple[Release, ...]:
    found = context.history.dossiers(stack=stack.name, limit=_LOOK_BACK, operations=OPERATIONS)
    return releases_of(found)


def _handle_releases(context: Context, call: Call, params: ReleasesWords) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    found = context.history.dossiers(
        stack=stack.name, limit=_PAGE + 1, before=params.before, operations=OPERATIONS
    )
    seen = releases_of(found[:_PAGE])
    lock = context.deploy_locks.of(stack)
    locked = f"Locked by {lock.person}: {lock.reason}" if lock else ""
    if not seen:
        text = f"There is no release of {stack.name} yet."
        lines = "\n".join(filter(None, (text, locked)))
        return Reply(body=Body(text=text, blocks=tuple(blocks.sections(lines))))
    more = found[_PAGE - 1].request.id if len(found) > _PAGE else None
    return Reply(body=_shown(context, stack, seen, locked, more))


def _shown(
    context: Context, stack: Stack, seen: Sequence[Release], locked: str, more: str | None
) -> Body:
    rows = [_row(context, each) for each in seen]
    columns = ("ID", "What", "State", "Who", "When", "What changed")
    content = [*(blocks.sections(locked) if locked else []), *blocks.table(columns, rows)]
    content += blocks.context(
        joined(
            [
                f"{code('/ops run ID')} shows one in full",
                f"{code(f'/ops rollback {stack.name} ID')} goes back to one",
            ]
        )
    )
    if more is not None:
        content += blocks.context(f"More: {code(f'/ops releases {stack.name} --before {more}')}")
    text = f"{plural(len(rows), 'release')} of {stack.name}; the newest: {seen[0].summary}"
    return Body(text=text, blocks=tuple(content))


def _row(context: Context, release: Release) -> tuple[str, ...]:
    by = f", approved by {', '.join(release.approvers)}" if release.approvers else ""
    return (
        release.id,
        release.summary,
        release.state,
        f"{release.who}{by}",
        ago(release.asked_at, context.now()),
        _changes(release),
    )


def _changes(release: Release) -> str:
    """Images by digest, commits, migrations."""
    parts = []
    if release.after is not None:
        parts = [
            f"{name} {_digest(release.before.images.get(name))} → {_digest(image)}"
            for name, image in release.after.images.items()
            if release.before.images.get(name) != image
        ]
    if release.commits:
        parts.append(f"{plural(len(release.commits), 'commit')}: {release.commits[0]} …")
    if release.migrated:
        parts.append(f"{plural(len(release.migrated), 'migration')}")
    if release.unlisted:
        parts.append("migrations that nothing lists")
    return "; ".join(parts) or ("nothing" if release.succeeded else release.outcome[:200])


def _digest(image: str | None) -> str:
    return image.removeprefix("sha256:")[:_SHORT] if image else "nothing"


OPERATION = Operation(locate=stack_named, intend=_intend)

ROLLBACK = doing(
    "rollback",
    "go back to an earlier release, with or without its data",
    RollbackWords,
    OPERATION,
    ("rollback harbor", "rollback harbor k3f9q2", "rollback harbor --with-database"),
    "Its plan says which migrations it goes back across.",
)
RELEASES = Subcommand(
    name="releases",
    room=Room.DO,
    summary="the releases of a stack: who brought what, how it ended, what changed",
    examples=("releases harbor",),
    permission="read",
    params=ReleasesWords,
    handle=_handle_releases,
)
