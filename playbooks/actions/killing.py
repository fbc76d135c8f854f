"""Ending a service at once."""

from typing import Any

from playbooks.actions.service import managed
from playbooks.byhand.removal import kill as by_hand
from playbooks.facts.service import OneService
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action


def kill(work: Work, args: OneService) -> JsonObject:
    """No output. It has no time to end by itself."""
    managed(work, args.service).stop(0)
    return {}


ACTIONS: tuple[Action[Any], ...] = (Action("service.kill", OneService, kill, by_hand),)
