"""Rotating a secret: where it stands, where it lets in, and who reads it."""

import secrets as random
from typing import Any
from urllib.parse import quote

from playbooks.actions.service import AwaitArgs, bring_up
from playbooks.byhand import rotate as by_hand
from playbooks.errors import ActionFailed
from playbooks.facts.secret import SecretArgs
from playbooks.hosts import secret_places
from playbooks.hosts.colours.following import follow_traffic
from playbooks.hosts.renewing import environment_of, made_since, renew
from playbooks.hosts.rotating import Lock, lock_of
from playbooks.model.base import JsonObject, Model
from playbooks.model.secret import Secret
from playbooks.ports import Work
from playbooks.registry import Action, Probe


class OneSecret(Model):
    """A secret of the stack."""

    secret: str


class RenewArgs(Model):
    """A service that reads the secret."""

    service: str


class RenewAllArgs(Model):
    """Services in the order of their needs; `renewed` are the outputs of the steps that made them
    anew, nothing where that was not finished."""

    services: tuple[str, ...]
    renewed: dict[str, JsonObject | None] = {}


class ProveArgs(SecretArgs):
    """Also who reads it."""

    services: tuple[str, ...]


def check(work: Work, args: SecretArgs) -> JsonObject:
    """Output {}. Raises ActionFailed unless the present value is let in."""
    lock = _lock(work, args.secret)
    if lock is not None and not lock.opens(_old(work, args.secret)):
        raise ActionFailed(f"The present value of {args.secret} is not let in.", "Mend that first.")
    return {}


def renew_back(work: Work, args: RenewAllArgs) -> JsonObject:
    """Undo of everything, at the end of it: who was made anew in this run, be it only half, reads
    the secret again. Output {}."""
    for service in args.services:
        if args.renewed.get(service) or made_since(work.stack, service, work.started):
            renew(work.stack, service, work.secrets)
            follow_traffic(work, service)
            _well(work, service)
    return {}


def write(work: Work, args: SecretArgs) -> JsonObject:
    """Output {}. All files get the new value; as they were they are kept beside."""
    new = work.secrets.resolve(args.to)
    for place in work.stack.secret(args.secret).places:
        secret_places.write(place, work.run, new.reveal())
    return {}


def unwrite(work: Work, args: OneSecret) -> JsonObject:
    """Undo: the files as they were. Output {}."""
    for place in work.stack.secret(args.secret).places:
        secret_places.put_back(place, work.run)
    return {}


def alter(work: Work, args: SecretArgs) -> JsonObject:
    """Output {}. From now on the new value is let in, and the old one is not."""
    lock, new = _lock(work, args.secret), work.secrets.resolve(args.to)
    if lock is not None and not lock.opens(new):
        lock.change(_old(work, args.secret), new)
    return {}


def alter_back(work: Work, args: SecretArgs) -> JsonObject:
    """Undo: the old value is let in again. Output {}."""
    lock, old = _lock(work, args.secret), _old(work, args.secret)
    if lock is not None and not lock.opens(old):
        lock.change(work.secrets.resolve(args.to), old)
    return {}


def renew_one(work: Work, args: RenewArgs) -> JsonObject:
    """Output {containers: [id]} or {pid}. The service is made anew, and reads the new value."""
    made = renew(work.stack, args.service, work.secrets)
    follow_traffic(work, args.service)
    return {**made, "service": args.service}


def prove(work: Work, args: ProveArgs) -> JsonObject:
    """Output {warnings}: variables of containers that still have the old value, which another
    secret may have, too. Raises ActionFailed unless the new value is let in and the old one is
    refused; of a secret that only its services know, unless one of them has the new one."""
    old, new = _old(work, args.secret), work.secrets.resolve(args.to)
    lock = _lock(work, args.secret)
    known = {name: environment_of(work.stack, name) for name in args.services}
    if lock is not None:
        _tried(args.secret, lock, old, new)
    elif not any(_is_in(new, value) for found in known.values() for _, value in found):
        raise ActionFailed(
            f"No container has the new value of {args.secret} in its environment.",
            "Look whether the compose file hands the variable on, and to which `services`.",
        )
    stale = [
        f"{service} has the old value of {args.secret} in {variable}: another secret, or a place "
        "that the stack file does not name?"
        for service, found in known.items()
        for variable, value in found
        if _is_in(old, value)
    ]
    return {"warnings": stale}


def forget(work: Work, args: OneSecret) -> JsonObject:
    """Output {}. What was kept of the old value is gone."""
    for place in work.stack.secret(args.secret).places:
        secret_places.forget(place, work.run)
    return {}


def is_settled(work: Work, args: OneSecret) -> JsonObject:
    """Probe: done when the value that stands in the files is let in, so that the kept one is not
    needed any more."""
    lock = _lock(work, args.secret)
    place = work.stack.secret(args.secret).places[0]
    if lock is None or lock.opens(work.secrets.resolve(place.reference)):
        return Probe(state="done").model_dump()
    why = f"{place.file} holds a value that is not let in; the one of before is kept beside it."
    return Probe(state="unclear", why=why).model_dump()


def _tried(name: str, lock: Lock, old: Secret, new: Secret) -> None:
    if not lock.opens(new):
        raise ActionFailed(f"The new value of {name} is not let in.")
    if lock.opens(old):
        anybody = lock.opens(Secret(random.token_hex(16)))
        why = "it lets in with any value" if anybody else "both are let in"
        raise ActionFailed(f"The old value of {name} is not refused: {why}.", "Look at its server.")
    if not lock.opens(new):
        raise ActionFailed(f"The new value of {name} is not let in any more.", "Is it full?")


def _is_in(old: Secret, value: str) -> bool:
    """As the value itself, or as the password of a URL."""
    plain = old.reveal()
    return value == plain or any(
        f":{form}@" in value for form in (plain, quote(plain, safe=""), quote(plain))
    )


def _old(work: Work, name: str) -> Secret:
    place = work.stack.secret(name).places[0]
    return work.secrets.resolve(secret_places.present(place, work.run))


def _lock(work: Work, name: str) -> Lock | None:
    return lock_of(work.stack, name, work.secrets)


def _well(work: Work, service: str) -> None:
    if work.stack.service(service).health is not None:
        bring_up(work, AwaitArgs(service=service))


ACTIONS: tuple[Action[Any], ...] = (
    Action("secret.check", SecretArgs, check, by_hand.check),
    Action("secret.renew_back", RenewAllArgs, renew_back, by_hand.renew_back),
    Action("secret.write", SecretArgs, write, by_hand.write),
    Action("secret.unwrite", OneSecret, unwrite, by_hand.unwrite),
    Action("secret.alter", SecretArgs, alter, by_hand.alter),
    Action("secret.alter_back", SecretArgs, alter_back, by_hand.alter),
    Action("secret.renew", RenewArgs, renew_one, by_hand.renew),
    Action("secret.prove", ProveArgs, prove, by_hand.prove),
    Action("secret.forget", OneSecret, forget, by_hand.forget),
    Action("secret.is_settled", OneSecret, is_settled, by_hand.check),
)
