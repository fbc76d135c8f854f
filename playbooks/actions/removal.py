"""Removing what the engine has of a project."""

from typing import Any

from playbooks.byhand import removal as by_hand
from playbooks.errors import ActionFailed, HostError
from playbooks.hosts import project
from playbooks.model.base import JsonObject, Model
from playbooks.model.compose import Compose
from playbooks.model.project import Held
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs, Probe


class VolumesArgs(Model):
    """Exactly these volumes, as they were when the plan was made."""

    volumes: tuple[Held, ...] = ()


class LeftoversArgs(Model):
    """Ids of containers and images, and volumes as they were when the plan was made."""

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    volumes: tuple[Held, ...] = ()


def down(work: Work, _: NoArgs) -> JsonObject:
    """No output. Containers and networks are gone, volumes stay."""
    project.down(_compose(work), volumes=False)
    return {}


def clean(work: Work, args: VolumesArgs) -> JsonObject:
    """No output. Containers, networks and these volumes are gone; raises ActionFailed with what is
    not."""
    compose = _compose(work)
    project.down(compose, volumes=True)
    left = project.remove(compose, volumes=args.volumes)
    if left:
        raise ActionFailed(f"Not everything is gone: {'; '.join(left)}.")
    return {}


def is_gone(work: Work, args: VolumesArgs) -> JsonObject:
    """Probe: done when there is no container of the project any more and none of these volumes."""
    there = project.objects_of(_compose(work))
    named = {each.id for each in args.volumes}
    left = [*there.containers, *(each for each in there.volumes if each.id in named)]
    return Probe(state="not_done" if left else "done").model_dump()


def prune(work: Work, args: LeftoversArgs) -> JsonObject:
    """Output {warnings}: what is in use again and was left, in sentences."""
    left = project.remove(
        _compose(work), containers=args.containers, images=args.images, volumes=args.volumes
    )
    return {"warnings": [f"The {each}." for each in left]}


def _compose(work: Work) -> Compose:
    if work.stack.compose is None:
        raise HostError(f"{work.stack.name} is no compose project.")
    return work.stack.compose


ACTIONS: tuple[Action[Any], ...] = (
    Action("project.down", NoArgs, down, by_hand.down),
    Action("project.clean", VolumesArgs, clean, by_hand.clean),
    Action("project.is_gone", VolumesArgs, is_gone, by_hand.look),
    Action("project.prune", LeftoversArgs, prune, by_hand.prune),
)
