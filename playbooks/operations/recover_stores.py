"""The datastores of a recovery: what is there, what is not, and how each comes back. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from playbooks.datastores.catalogue import planner_of
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart, Stages
from playbooks.datastores.vacant import as_if_new
from playbooks.errors import FactUnavailable
from playbooks.model.base import JsonObject
from playbooks.model.datastores import FilesStore
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Owed
from playbooks.model.stack import Stack
from playbooks.model.volumes import MountedStore
from playbooks.operations.apart import apart
from playbooks.operations.backup import store_needs
from playbooks.operations.service_steps import states_of
from playbooks.repository.listing import Summary

FETCH = "fetch"


@dataclass(frozen=True)
class Coming:
    """One datastore that is restored. `missing` is why the live one could not be looked at, empty
    where it could; `unsaved` is why no safety backup of it can be made, where `safety` is None."""

    name: str
    summary: Summary
    part: RestorePart
    safety: BackupPart | None
    missing: str
    unsaved: str


def held_twice(stack: Stack, names: Iterable[str]) -> Mapping[str, str]:
    """Mounts of a service that has another datastore among them, which holds the same in a better
    way, or could not be restored while the mount is exchanged; by name, with that other one."""
    stores = {name: stack.datastore(name) for name in names}
    databases = {
        store.service: name
        for name, store in stores.items()
        if not isinstance(store, MountedStore | FilesStore)
    }
    return {
        name: databases[store.service]
        for name, store in stores.items()
        if isinstance(store, MountedStore) and store.service in databases
    }


def coming_needs(stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
    planner = planner_of(stack, params.datastore)
    return (
        backup_query(params.backup),
        *planner.restore_needs(stack, params),
        *store_needs(stack, params.datastore),
    )


def coming(stack: Stack, params: RestoreParams, facts: Facts) -> Coming:
    """Raises FactUnavailable when the backup cannot be read, or the datastore while its server
    runs; BadArgument when it can neither be looked at nor be made anew; and what the datastore's
    planner raises."""
    planner, name = planner_of(stack, params.datastore), params.datastore
    summary = Summary.model_validate(facts.of(backup_query(params.backup))["summary"])
    missing = ""
    try:
        part = planner.restore(stack, params, facts)
    except FactUnavailable as error:
        _require_down(stack, name, facts, error)
        missing = str(error)
        part = planner.restore(stack, params, as_if_new(stack, params, facts, missing))
    safety, unsaved = (None, missing) if missing else _safety(stack, name, facts, part)
    return Coming(
        name=name,
        summary=summary,
        part=apart(name, part, (FETCH,)),
        safety=safety,
        missing=missing,
        unsaved=unsaved,
    )


def backup_query(backup: str) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": backup})


def side_by_side(groups: Sequence[Stages]) -> Stages:
    """The first stages of all at the same time, then the second ones, and so on."""
    return tuple(
        tuple(step for stage in stages for step in stage)
        for stages in zip_longest(*groups, fillvalue=())
    )


def owed_from(stores: Sequence[Coming], exchange: int) -> tuple[Owed, ...]:
    """`exchange` is the stage where the exchanges begin."""
    return tuple(
        owed.model_copy(update={"since": owed.since + exchange})
        for each in stores
        for owed in each.part.owed
    )


def servers_needed(stack: Stack, stores: Sequence[Coming]) -> frozenset[str]:
    """The services that have to run to restore into them, and all that these need."""
    return _with_needs(
        stack,
        {
            own
            for each in stores
            if (own := stack.datastore(each.name).service) and own not in each.part.stops
        },
    )


def servers_copied(stack: Stack, stores: Sequence[Coming]) -> frozenset[str]:
    """The services that have to run while the safety backup is made, and all that these need."""
    return _with_needs(
        stack,
        {
            own
            for each in stores
            if each.safety is not None
            and (own := stack.datastore(each.name).service)
            and own not in each.safety.stops
        },
    )


def _with_needs(stack: Stack, wanted: set[str]) -> frozenset[str]:
    for layer in reversed(stack.layers()):
        for name in layer:
            if name in wanted:
                wanted |= set(stack.service(name).needs)
    return frozenset(name for name in wanted if stack.managed(name))


def bindings(stores: Sequence[Coming]) -> JsonObject:
    return {each.name: {**_source(each), **each.part.binding} for each in stores}


def safeties(stores: Sequence[Coming]) -> Mapping[str, BackupPart]:
    return {each.name: each.safety for each in stores if each.safety is not None}


def _require_down(stack: Stack, name: str, facts: Facts, error: FactUnavailable) -> None:
    """What runs and does not answer in time, or lets us not in, is not gone."""
    own = stack.datastore(name).service
    if own is not None and states_of(facts, (own,))[own] == "stopped":
        return
    raise FactUnavailable(
        f"{stack.name}/{name} cannot be looked at, and is not known to be gone: {error.message}",
        f"Ask again; or stop {own} (`/ops stop {stack.name} {own}`): what is stopped is restored "
        "as if it were new."
        if own
        else error.hint,
    ) from error


def _source(each: Coming) -> JsonObject:
    copy = {"repository": each.summary.repository} if each.summary.repository else {}
    return {"backup": each.summary.id, "there": not each.missing, **copy}


def _safety(
    stack: Stack, name: str, facts: Facts, part: RestorePart
) -> tuple[BackupPart | None, str]:
    """What is replaced and kept is backed up, too; what is not there cannot be."""
    try:
        return planner_of(stack, name).backup(stack, name, facts), ""
    except FactUnavailable as error:
        if part.keeps:
            raise
        return None, error.message
