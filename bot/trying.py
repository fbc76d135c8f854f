"""`interlock page test`: sends one page, so that a target is known to work before it has to."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from bot.context import read_configuration
from bot.secrets import References
from commands.names import found
from notifiers.channels import Place, Said, deliver
from notifiers.redactor import Redactor
from playbooks.errors import InputError
from playbooks.respond.paging import Paging

_FAILED = 1


def try_page(target: str, to: str, config: Path) -> int:
    """0 when it was taken, else 1 with the reason. `target` is one of `paging.targets`, or `email`
    or `sms`, which take the address `to`. Nothing is noted, and no bot has to run.

    Raises UnknownName, InputError, SecretUnavailable.
    """
    configured = read_configuration(config)
    paging = configured.file.paging
    kind, reference = _place(paging, target, to)
    redactor = Redactor()
    secrets = References(redactor.learn, os.environ)
    url = secrets.resolve(reference).reveal().strip()
    said = Said(
        title="Interlock: a test page",
        text="Somebody tries whether pages get here. There is nothing to do.",
        severity="info",
        matter=f"test:{target}",
    )
    place, seconds = Place(kind, url, to), paging.timeout.total_seconds()
    outcome = deliver(place, said, seconds, redactor.learn)
    if outcome.delivered and kind == "pagerduty":
        # What it opened is closed again, so that nobody has to.
        outcome = deliver(place, replace(said, over=True), seconds, redactor.learn)
    if outcome.delivered:
        sys.stdout.write(f"{target} took it.\n")
        return 0
    final = "It would be the same next time" if outcome.final else "Another try may get through"
    sys.stdout.write(f"{target} did not take it: {redactor.redact(outcome.why)}. {final}.\n")
    return _FAILED


def _place(paging: Paging, target: str, to: str) -> tuple[str, str]:
    carriers = {"email": paging.email, "sms": paging.sms}
    reference = carriers.get(target)
    if target not in carriers or target in paging.targets:
        aimed = found(paging.targets, target, "target")
        return aimed.kind, aimed.url
    if reference is None:
        raise InputError(f"paging.{target} is not set.", "Set it in interlock.yaml.")
    if not to:
        raise InputError(f"{target} needs an address.", f"Add it: `interlock page test {target} …`")
    return target, reference
