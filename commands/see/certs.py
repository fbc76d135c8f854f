"""`certs [STACK]`: certificates and how long they last, and how https addresses answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import escape, plural
from playbooks.configuration.model import ContainedProject
from playbooks.model.certificates import Answered, Certificate, Served
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.model.tls import TlsEndpoint

_SECONDS = 15.0
_LOOK_SECONDS = 5.0
_CONTAINERS = FactQuery(fact="config.containers")
_USUAL_PORTS = frozenset({443, 8443, 9443})
_COLUMNS = ("Certificate", "Days left", "Ends", "Issued by", "State")
_GUARDS: Mapping[str, str] = {
    "strict-transport-security": "HSTS",
    "content-security-policy": "CSP",
    "x-content-type-options": "X-Content-Type-Options",
    "x-frame-options": "X-Frame-Options",
}


class CertsParams(Paged):
    """Of which stack."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None


@dataclass(frozen=True)
class Line:
    """One certificate: where it was found, what it says, what is wrong and of no further note."""

    where: str
    certificate: Certificate | None
    troubles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def row(self, now: datetime) -> tuple[str, ...]:
        state = "; ".join(self.troubles) or "well"
        if self.certificate is None:
            return (self.where, "", "", "", state)
        found = self.certificate
        issuer = "itself" if found.self_signed else found.issuer
        days = str(floor(found.days_left(now)))
        return (self.where, days, f"{found.ends:%Y-%m-%d %H:%M} UTC", issuer, state)


def _handle(context: Context, call: Call, params: CertsParams) -> Reply:
    if params.stack is not None:
        stacks: Sequence[Stack] = (stack_for(context, call, params.stack, "read"),)
    else:
        stacks = list(stacks_open_to(context, call, "read").values())
    now = context.now()
    lines = [line for stack in stacks for line in _looked_at(context, stack, now)]
    lines.sort(key=lambda line: line.certificate.days_left(now) if line.certificate else 0.0)
    title = f"{_whose(stacks)}: {_headline(lines, now)}"
    content = blocks.sections(f"*{escape(title)}*")
    if lines:
        content += blocks.table(_COLUMNS, [line.row(now) for line in lines], right=(1,))
    notes = [f"• {escape(line.where)}: {escape(n)}" for line in lines for n in line.notes]
    content += blocks.sections("\n".join(notes)) if notes else []
    if not lines:
        content += blocks.context("Name its addresses and files as `tls` in the stack file")
    again = f"certs {params.stack}" if params.stack else "certs"
    return Reply(body=page(title, content, params.page, again))


def _whose(stacks: Sequence[Stack]) -> str:
    if len(stacks) == 1:
        return f"{stacks[0].environment}/{stacks[0].name}"
    return plural(len(stacks), "stack")


def _headline(lines: Sequence[Line], now: datetime) -> str:
    if not lines:
        return "no certificates are known"
    ill = [line for line in lines if line.troubles]
    ends = [line for line in lines if line.certificate]
    first = (
        f"the first {_ending_in(ends[0].certificate.days_left(now))}"
        if ends and ends[0].certificate
        else "none could be read"
    )
    point = f"{len(ill)} of {plural(len(lines), 'certificate')} with trouble" if ill else "all well"
    return f"{point}, {first}"


def _ending_in(days: float) -> str:
    return f"ends in {plural(floor(days), 'day')}" if days >= 0 else "has expired"


def _looked_at(context: Context, stack: Stack, now: datetime) -> Iterator[Line]:
    endpoints = _endpoints(context, stack)
    queries = [_query(kind, each) for each in endpoints.values() for kind in ("served", "answered")]
    files = {
        name: FactQuery(fact="certs.file", args={"path": str(path)})
        for name, path in stack.tls.files.items()
    }
    facts = context.facts.read(stack, [*queries, *files.values()], within=_SECONDS)
    for endpoint in endpoints.values():
        yield _of_endpoint(stack, endpoint, facts, now)
    for name, query in files.items():
        path = stack.tls.files[name]
        fact = facts.get(query)
        if fact is None:
            yield Line(str(path), None, (f"unknown: {facts.missing.get(query.key, 'not read')}",))
            continue
        certificate = Certificate.model_validate(fact)
        yield Line(str(path), certificate, tuple(_ending(stack, certificate, now)))


def _endpoints(context: Context, stack: Stack) -> dict[str, TlsEndpoint]:
    """Those of the file, and the ports that containers publish for https."""
    named = dict(stack.tls.endpoints)
    asked = {endpoint.place[1] for endpoint in named.values()}
    if stack.compose is None:
        return named
    fact = context.facts.read(stack, [_CONTAINERS], within=_LOOK_SECONDS).get(_CONTAINERS)
    containers = ContainedProject.model_validate(fact).containers if fact is not None else ()
    for container in containers:
        for port in container.ports:
            if port.target in _USUAL_PORTS and int(port.published) not in asked:
                asked.add(int(port.published))
                where = "127.0.0.1" if port.to_the_world else port.address
                url = f"https://localhost:{port.published}"
                place = f"{where}:{port.published}"
                named[f"{container.service}:{port.target}"] = TlsEndpoint(url=url, connect=place)
    return named


def _query(kind: str, endpoint: TlsEndpoint) -> FactQuery:
    return FactQuery(fact=f"certs.{kind}", args={"endpoint": endpoint.model_dump(mode="json")})


def _of_endpoint(stack: Stack, endpoint: TlsEndpoint, facts: Facts, now: datetime) -> Line:
    query = _query("served", endpoint)
    fact = facts.get(query)
    if fact is None:
        why = facts.missing.get(query.key, "not read")
        return Line(endpoint.url, None, (f"unknown: {why}",))
    seen = Served.model_validate(fact)
    if seen.certificate is None:
        return Line(endpoint.url, None, (f"cannot be reached: {seen.why}",))
    troubles = [*_ending(stack, seen.certificate, now), *_trust(seen, endpoint)]
    answer = facts.get(_query("answered", endpoint))
    answered = Answered.model_validate(answer) if answer is not None else None
    notes = [f"{seen.protocol}, {seen.cipher}, for {', '.join(seen.certificate.names) or 'none'}"]
    if answered is not None:
        troubles += _plain(endpoint, answered)
        notes += _guards(answered)
    return Line(endpoint.url, seen.certificate, tuple(troubles), tuple(notes))


def _ending(stack: Stack, certificate: Certificate, now: datetime) -> Iterator[str]:
    if certificate.begins > now:
        yield f"not valid before {certificate.begins:%Y-%m-%d %H:%M} UTC"
    urgency = stack.tls.urgency(certificate.days_left(now))
    if urgency == "expired":
        yield "expired: renew it now"
    elif urgency:
        yield f"renew it {urgency}"


def _trust(seen: Served, endpoint: TlsEndpoint) -> Iterator[str]:
    if seen.certificate and seen.certificate.self_signed and seen.chain:
        yield "self-signed, so nobody vouches for it"
    elif seen.chain:
        yield f"not trusted: {seen.chain}"
    if seen.name:
        yield f"not for {endpoint.host}"


def _plain(endpoint: TlsEndpoint, answered: Answered) -> Iterator[str]:
    if endpoint.plain and answered.plain:
        yield f"{endpoint.plain} does not lead to https: {answered.plain}"


def _guards(answered: Answered) -> Iterator[str]:
    if answered.why:
        yield f"no http answer: {answered.why}"
        return
    missing = [shown for name, shown in _GUARDS.items() if name not in answered.headers]
    yield f"without the headers {', '.join(missing)}" if missing else "with all guarding headers"
    if answered.redirect:
        yield f"plain http leads to {answered.redirect}"


CERTS = Subcommand(
    name="certs",
    room=Room.SEE,
    summary="certificates and how long they last, redirects to https and guarding headers",
    examples=("certs", "certs harbor"),
    permission="read",
    params=CertsParams,
    handle=_handle,
)
