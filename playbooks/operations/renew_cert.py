"""Renew the certificates of a stack in its own way, and see what is served afterwards."""

from collections.abc import Sequence
from datetime import datetime

from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.certificates import Certificate, Served
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Step
from playbooks.model.stack import Stack
from playbooks.model.tls import TlsEndpoint
from playbooks.operations.deploy import as_plan
from playbooks.operations.procedure import Procedure, Setting, procedure, procedure_needs
from playbooks.playbook import Playbook

_CLOCK = FactQuery(fact="clock.now")


class RenewParams(Model):
    """Nothing to choose: all certificates that the stack renews together."""


def needs(stack: Stack, _params: RenewParams) -> Sequence[FactQuery]:
    return (
        _CLOCK,
        *(_query(each) for each in stack.tls.endpoints.values()),
        *procedure_needs(_setting(stack), stack.tls.renew),
    )


def plan(stack: Stack, params: RenewParams, facts: Facts) -> Plan:
    """Raises BadArgument where the stack names no way or no address, FactUnavailable."""
    _require_way(stack)
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    seen = {
        name: Served.model_validate(facts.of(_query(endpoint))).certificate
        for name, endpoint in stack.tls.endpoints.items()
    }
    proving = tuple(
        _proof(name, endpoint, seen[name]) for name, endpoint in stack.tls.endpoints.items()
    )
    whole = procedure(_setting(stack), stack.tls.renew, facts).then(Procedure(stages=(proving,)))
    made = as_plan("renew-cert", stack, whole)
    lines = tuple(Line(label=name, value=_told(known, now)) for name, known in seen.items())
    return made.model_copy(
        update={
            "summary": f"RENEW CERTIFICATES of {stack.environment}/{stack.name}",
            "params": params.model_dump(mode="json"),
            "shown": (*lines, *made.shown),
            "binding": {
                **made.binding,
                "certificates": {n: known and known.sha256 for n, known in seen.items()},
            },
        }
    )


def _require_way(stack: Stack) -> None:
    if not stack.tls.renew:
        raise BadArgument(
            f"{stack.name} does not say how its certificates are renewed.",
            "Name the steps as `tls.renew` in the stack file.",
        )
    if not stack.tls.endpoints:
        raise BadArgument(
            f"{stack.name} has no https address at which a new certificate could be seen.",
            "Name one as `tls.endpoints` in the stack file.",
        )


def _proof(name: str, endpoint: TlsEndpoint, former: Certificate | None) -> Step:
    return Step(
        key=f"served.{name}",
        name=f"See what {name} serves",
        action="certs.renewed",
        args={
            "endpoint": endpoint.model_dump(mode="json"),
            "former": former.sha256 if former else "",
        },
        idempotent=True,
    )


def _told(known: Certificate | None, now: datetime) -> str:
    if known is None:
        return "nothing is served"
    days = known.days_left(now)
    when = f"{known.ends:%Y-%m-%d}"
    return f"expired on {when}" if days <= 0 else f"{days:.0f} days left, until {when}"


def _query(endpoint: TlsEndpoint) -> FactQuery:
    return FactQuery(fact="certs.served", args={"endpoint": endpoint.model_dump(mode="json")})


def _setting(stack: Stack) -> Setting:
    return Setting(stack, None, f"The certificates of {stack.name} are being renewed.")


RENEW_CERT = Playbook(operation="renew-cert", params=RenewParams, needs=needs, plan=plan)
"""The playbook `renew-cert`."""
