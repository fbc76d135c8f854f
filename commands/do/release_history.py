"""The releases of a stack, read from the requests there were. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from commands.ports import Dossier
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.plan import Step
from playbooks.model.request import RunState
from playbooks.operations.deploy import NOTE, RELEASED
from playbooks.operations.rollback import RollbackParams

OPERATIONS = ("deploy", "update", "rollback", "migrate")
_MIGRATING = frozenset({"deploy.one_off", "deploy.migrate_script"})


@dataclass(frozen=True)
class State:
    """What a stack runs: images by service, what the version variable holds, commits by folder."""

    images: Mapping[str, str]
    version: str | None
    code: Mapping[str, str]


@dataclass(frozen=True)
class Release:
    """One run that brought a version, or was to. `migrated` are the lines of its migrations; where
    nothing lists them it is `unlisted`. `backup` was made in it, before anything was changed."""

    id: str
    operation: str
    version: str | None
    state: str
    who: str
    approvers: tuple[str, ...]
    asked_at: datetime
    summary: str
    outcome: str
    before: State
    after: State | None
    migrated: tuple[str, ...]
    unlisted: bool
    backup: str | None
    commits: tuple[str, ...]
    to: str
    to_before: str

    @property
    def succeeded(self) -> bool:
        return self.state == RunState.SUCCEEDED.value and self.after is not None


def releases_of(dossiers: Sequence[Dossier]) -> tuple[Release, ...]:
    """Those that began, newest first, as the dossiers are."""
    return tuple(
        _release(each)
        for each in dossiers
        if each.request.plan.operation in OPERATIONS and each.run is not None
    )


def previous(releases: Sequence[Release], stack: str) -> RollbackParams:
    """Where a rollback without a name leads: to what ran before what runs now. Raises
    BadArgument."""
    done = _of_versions(releases)
    newest = done[0] if done else None
    while newest is not None and newest.operation == "rollback":
        newest = _reached_by(newest, done)
    if newest is None:
        raise BadArgument(
            f"There is no earlier release of {stack} to go back to.",
            f"`/ops releases {stack}` lists what there is.",
        )
    older = [each for each in done if each.asked_at < newest.asked_at]
    same = next((each for each in older if each.after == newest.before), None)
    label = _named(newest.before, f"before {newest.id}")
    return _params(
        label,
        newest.before,
        done,
        since=newest,
        before=newest.id if not same else "",
        to=same.id if same else "",
    )


def named(releases: Sequence[Release], stack: str, wanted: str) -> RollbackParams:
    """Back to the release of this id, or to the newest one of this version. Raises UnknownName."""
    done = _of_versions(releases)
    found = next(
        (each for each in done if wanted in {each.id, each.version, _version(each.after)}), None
    )
    if found is None or found.after is None:
        raise UnknownName(
            f"{stack} has no release {wanted!r} that succeeded.",
            f"`/ops releases {stack}` lists them.",
        )
    newer = [each for each in done if each.asked_at > found.asked_at]
    since = newer[-1] if newer else None
    label = f"{found.version} ({found.id})" if found.version else _named(found.after, found.id)
    return _params(label, found.after, done, since=since, to=found.id)


def data_backup(releases: Sequence[Release], params: RollbackParams) -> str | None:
    """The backup that the first release after the one that `params` lead to has made."""
    done = _of_versions(releases)
    if params.before:
        return next((each.backup for each in done if each.id == params.before), None)
    newer = [each for each in done if not _is_or_before(each, params.to, done)]
    return next((each.backup for each in reversed(newer) if each.backup), None)


def _params(
    title: str,
    state: State,
    done: Sequence[Release],
    *,
    since: Release | None,
    to: str = "",
    before: str = "",
) -> RollbackParams:
    later = [each for each in done if since is not None and each.asked_at >= since.asked_at]
    across = (line for each in reversed(later) for line in each.migrated)
    return RollbackParams(
        title=title,
        to=to,
        before=before,
        images=dict(state.images),
        versioned=state.version is not None,
        version=state.version,
        code=dict(state.code),
        across=tuple(dict.fromkeys(across)),
        unlisted=tuple(each.id for each in later if each.unlisted),
    )


def _of_versions(releases: Sequence[Release]) -> list[Release]:
    return [each for each in releases if each.succeeded]


def _reached_by(rollback: Release, done: Sequence[Release]) -> Release | None:
    """The release that a rollback came to; for the state before one, the one older than that."""
    if rollback.to:
        return next((each for each in done if each.id == rollback.to), None)
    gone = next((each for each in done if each.id == rollback.to_before), None)
    return next((e for e in done if gone is not None and e.asked_at < gone.asked_at), None)


def _is_or_before(each: Release, to: str, done: Sequence[Release]) -> bool:
    target = next((release for release in done if release.id == to), None)
    return target is None or each.asked_at <= target.asked_at


def _named(state: State, otherwise: str) -> str:
    return f"{state.version} ({otherwise})" if state.version else otherwise


def _version(state: State | None) -> str | None:
    return state.version if state else None


def _release(dossier: Dossier) -> Release:
    request, run = dossier.request, dossier.run
    outputs = {step.key: step.output for step in (run.steps if run else ()) if step.phase == "do"}
    steps = {step.key: step for step in request.plan.steps}
    ended = {step.key for step in (run.steps if run else ()) if step.state == "done"}
    return Release(
        id=request.id,
        operation=request.plan.operation,
        version=request.plan.params.get("version"),
        state=run.state.value if run else request.state.value,
        who=request.requester,
        approvers=tuple(v.person for v in dossier.votes if v.decision == "approve"),
        asked_at=request.asked_at,
        summary=request.plan.summary,
        outcome=run.outcome if run else "",
        before=_before(outputs, steps),
        after=_after(outputs),
        migrated=tuple(line for out in outputs.values() for line in out.get("applied", ())),
        unlisted=any(
            key in ended and "applied" not in outputs[key] and _migrates(step)
            for key, step in steps.items()
        ),
        backup=outputs.get("publish", {}).get("id"),
        commits=tuple(_commits(outputs)),
        to=str(request.plan.params.get("to") or ""),
        to_before=str(request.plan.params.get("before") or ""),
    )


def _migrates(step: Step) -> bool:
    return step.action in _MIGRATING and (
        step.probe is not None or step.action == "deploy.migrate_script"
    )


def _before(outputs: Mapping[str, JsonObject], steps: Mapping[str, Step]) -> State:
    noted = outputs.get(NOTE, {})
    code = {
        str(step.args["directory"]): str(outputs[key]["from"])
        for key, step in steps.items()
        if step.action == "deploy.checkout" and "from" in outputs.get(key, {})
    }
    return State(noted.get("images", {}), noted.get("version") or _former(steps), code)


def _former(steps: Mapping[str, Step]) -> str | None:
    """What the version variable held, where a way that rolls no service has noted nothing."""
    undo = steps["version"].undo if "version" in steps else None
    value: str | None = undo.args["value"] if undo else None
    return value


def _after(outputs: Mapping[str, JsonObject]) -> State | None:
    made = outputs.get(RELEASED)
    if made is None:
        return None
    return State(made.get("images", {}), made.get("version"), made.get("code", {}))


def _commits(outputs: Mapping[str, JsonObject]) -> Iterator[str]:
    for output in outputs.values():
        yield from output.get("commits", ())
