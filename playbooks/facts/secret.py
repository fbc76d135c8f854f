"""Whether a secret can be rotated. No value is ever part of an answer."""

from typing import Any

from playbooks.errors import ActionFailed, FactUnavailable, SecretUnavailable
from playbooks.hosts import secret_places
from playbooks.hosts.rotating import followed, lock_of
from playbooks.model.base import JsonObject, Model
from playbooks.model.secret import Secret
from playbooks.ports import Reading
from playbooks.registry import Reader

SHORTEST = 12


class SecretArgs(Model):
    """A secret of the stack, and a reference to the value that it is to have."""

    secret: str
    to: str


def standing(reading: Reading, args: SecretArgs) -> JsonObject:
    """{same: whether it has that value already, why: what is in the way, or ""}. Raises
    FactUnavailable, UnknownName."""
    secret = reading.stack.secret(args.secret)
    try:
        new, old = _resolved(reading, args.to), _resolved(reading, secret.places[0].reference)
    except SecretUnavailable as error:
        return {"same": False, "why": str(error)}
    if new == old:
        return {"same": True, "why": ""}
    try:
        return {"same": False, "why": _in_the_way(reading, args, old, new)}
    except ActionFailed as error:
        raise FactUnavailable(error.message, error.hint) from error


def _in_the_way(reading: Reading, args: SecretArgs, old: Secret, new: Secret) -> str:
    stack, secret = reading.stack, reading.stack.secret(args.secret)
    if len(new.reveal()) < SHORTEST:
        return f"The new value is shorter than {SHORTEST} characters; choose a longer one."
    if not followed(stack, secret):
        first = secret.places[0].reference
        return (
            f"Interlock itself reads this password elsewhere, and would be locked out: write "
            f"`password: {first}` at its datastore in the stack file."
        )
    wrong = [why for place in secret.places if (why := secret_places.takes(place, new.reveal()))]
    if wrong:
        return f"{wrong[0]}."
    lock = lock_of(stack, args.secret, reading.secrets)
    if lock is not None and not lock.opens(old):
        return f"The present value of {secret.places[0].reference} is not let in; mend that first."
    return ""


def _resolved(reading: Reading, reference: str) -> Secret:
    return reading.secrets.resolve(reference)


READERS: tuple[Reader[Any], ...] = (Reader("secret.standing", SecretArgs, standing),)
