"""What can be done about certificates: wait until a renewed one is served."""

import time
from datetime import UTC, datetime
from typing import Any

from playbooks.byhand import certs as by_hand
from playbooks.errors import ActionFailed
from playbooks.hosts.certificates import served
from playbooks.model.base import JsonObject, Model
from playbooks.model.tls import TlsEndpoint
from playbooks.ports import Work
from playbooks.registry import Action

_SECONDS = 30.0
_POLL_SECONDS = 0.5


class RenewedArgs(Model):
    """Where to look, and the SHA-256 of the certificate that was served before."""

    endpoint: TlsEndpoint
    former: str = ""


def renewed(work: Work, args: RenewedArgs) -> JsonObject:
    """Output {sha256, ends, changed}. A certificate that was not due may stay as it was. Fails when
    for half a minute nothing is served, or only what is not trusted or ends within the most urgent
    of `warn_days`."""
    deadline = time.monotonic() + _SECONDS
    while True:
        wrong, output = _look(work, args)
        if not wrong:
            return output
        if time.monotonic() > deadline:
            raise ActionFailed(wrong, f"`/ops certs {work.stack.name}` shows what is served.")
        work.check_stop()
        time.sleep(_POLL_SECONDS)


def _look(work: Work, args: RenewedArgs) -> tuple[str, JsonObject]:
    endpoint = args.endpoint
    seen = served(endpoint.place, endpoint.host, endpoint.authority)
    known = seen.certificate
    if known is None:
        return f"{endpoint.url} serves nothing: {seen.why}.", {}
    if wrong := seen.name or seen.chain:
        return f"{endpoint.url}: {wrong}.", {}
    days = known.days_left(datetime.now(UTC))
    changed = known.sha256 != args.former
    if days <= min(work.stack.tls.warn_days):
        still = "still " if not changed else ""
        return f"{endpoint.url} {still}serves a certificate that ends {known.ends:%Y-%m-%d}.", {}
    said = "a new certificate" if changed else "the same certificate, which was not due"
    return "", {
        "sha256": known.sha256,
        "ends": known.ends.isoformat(),
        "changed": changed,
        "told": [f"{endpoint.host} serves {said}, good until {known.ends:%Y-%m-%d}."],
    }


ACTIONS: tuple[Action[Any], ...] = (Action("certs.renewed", RenewedArgs, renewed, by_hand.renewed),)
