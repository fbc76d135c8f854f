"""Renew a certificate of a stack in its own way, and see what is served afterwards."""

from collections.abc import Sequence
from datetime import datetime

from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.certificates import Certificate, Served
from playbooks.model.deploy import ProcedureStep
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Step
from playbooks.model.stack import Stack
from playbooks.model.tls import TlsEndpoint
from playbooks.operations.deploy import as_plan
from playbooks.operations.procedure import procedure, procedure_needs
from playbooks.operations.procedure_basis import (
    Procedure,
    Setting,
)
from playbooks.playbook import Playbook

_CLOCK = FactQuery(fact="clock.now")


class RenewParams(Model):
    """Which of the stack's https addresses."""

    endpoint: str


def needs(stack: Stack, params: RenewParams) -> Sequence[FactQuery]:
    steps = _way(stack, params)
    endpoint = stack.tls.endpoints[params.endpoint]
    return (_CLOCK, _query(endpoint), *procedure_needs(_setting(stack), steps))


def plan(stack: Stack, params: RenewParams, facts: Facts) -> Plan:
    """Raises BadArgument where the stack names no way, FactUnavailable."""
    steps, endpoint = _way(stack, params), stack.tls.endpoints[params.endpoint]
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    known = Served.model_validate(facts.of(_query(endpoint))).certificate
    proof = _proof(params.endpoint, endpoint, known)
    whole = procedure(_setting(stack), steps, facts).then(Procedure(stages=((proof,),)))
    made = as_plan("renew-cert", stack, whole)
    return made.model_copy(
        update={
            "summary": f"RENEW CERTIFICATE {stack.environment}/{stack.name} {params.endpoint}",
            "params": params.model_dump(mode="json"),
            "shown": (Line(label="Served now", value=_told(known, now)), *made.shown),
            "binding": {**made.binding, "certificate": known and known.sha256},
        }
    )


def _way(stack: Stack, params: RenewParams) -> tuple[ProcedureStep, ...]:
    if params.endpoint not in stack.tls.renew:
        raise BadArgument(
            f"{stack.name} does not say how the certificate of {params.endpoint} is renewed.",
            "Name the steps as `tls.renew` in the stack file.",
        )
    return stack.tls.renew[params.endpoint]


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
    return Setting(stack, None, f"The certificate of {stack.name} is being renewed.")


RENEW_CERT = Playbook(operation="renew-cert", params=RenewParams, needs=needs, plan=plan)
"""The playbook `renew-cert`."""
