"""What policy says: people, roles, how many approvals what needs, and when nothing may run."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from playbooks.gate.duration import Duration, write_duration
from playbooks.model.base import Model, digest_of
from playbooks.model.people import Permission, Person
from playbooks.model.plan import Plan, Risk
from playbooks.model.schedule import Zone
from playbooks.model.stack import Environment


class PersonEntry(Model):
    """One person of `people`. `slack` is the user id (U…), `roles` are names of `roles`. `email`
    and `phone` are for pages; times that the person types are on the clocks of `zone`."""

    slack: str = Field(min_length=2)
    roles: frozenset[str] = frozenset()
    email: str = ""
    phone: str = ""
    zone: Zone | None = None


class Role(Model):
    """One role of `roles`: on which stacks and environments it may do what.

    `stacks` and `environments` are names or patterns with `*`. `may` lists what it allows: `read`
    (status, logs, plans), `ask` (request operations), `approve`, `break_glass`, `audit`,
    `download` (get the files of backups, and so all that is in them).
    """

    stacks: tuple[str, ...] = ("*",)
    environments: tuple[str, ...] = ("*",)
    may: frozenset[Permission]

    def covers(self, stack: str, environment: str) -> bool:
        return _fits(stack, self.stacks) and _fits(environment, self.environments)


class Rule(Model):
    """One line of `policy`; the first that fits decides.

    It fits by `environment`, `stack`, `operation` (names or patterns with `*`) and `risk`.
    `approvals` is how many distinct people must approve; the requester never counts. `from` are
    the roles whose approval counts. `people`, when given, pins who may approve by name.
    `expires`: how long a request gathers votes. `run_within`: how long an approval may wait for
    its run to begin; after that it is void.

    With `drilled_within` a restore needs that restores of its very backup were rehearsed
    (`/ops drill`) no longer ago; without such a drill it takes `undrilled_approvals`, and where
    that is not given it is refused.
    """

    model_config = ConfigDict(populate_by_name=True)

    environment: Environment | Literal["*"] = "*"
    stack: str = "*"
    operation: str = "*"
    risk: Risk
    approvals: int = Field(ge=0, le=10)
    roles: frozenset[str] = Field(default=frozenset(), alias="from")
    people: frozenset[str] = frozenset()
    expires: Duration = timedelta(hours=2)
    run_within: Duration = timedelta(minutes=30)
    drilled_within: Duration | None = None
    undrilled_approvals: int | None = Field(default=None, ge=0, le=10)

    @model_validator(mode="after")
    def _drills_belong_together(self) -> Self:
        if self.undrilled_approvals is not None and self.drilled_within is None:
            raise ValueError("undrilled_approvals goes with drilled_within; give both or none")
        return self

    def approvals_for(self, plan: Plan, now: datetime) -> int:
        """How many must approve this very plan."""
        if self.undrilled_approvals is None or not self.undrilled(plan, now):
            return self.approvals
        return max(self.approvals, self.undrilled_approvals)

    def undrilled(self, plan: Plan, now: datetime) -> str:
        """What the plan restores without a drill that is young enough, in a sentence; empty when
        there is nothing of the kind, or no drill is asked for."""
        if self.drilled_within is None:
            return ""
        missing = [
            f"{source.backup} of {source.datastore} "
            + ("was never drilled" if source.drilled_at is None else "was drilled too long ago")
            for source in plan.sources
            if source.drilled_at is None or now - source.drilled_at > self.drilled_within
        ]
        asked = f"a drill within {write_duration(self.drilled_within)}"
        return f"Policy asks for {asked}: {'; '.join(missing)}." if missing else ""

    def fits(self, plan: Plan) -> bool:
        return (
            self.risk == plan.risk
            and self.environment in {"*", plan.environment}
            and fnmatchcase(plan.stack, self.stack)
            and fnmatchcase(plan.operation, self.operation)
        )


class Across(Model):
    """One entry of `across`: backups of one stack may be taken into another.

    `from` and `into` are `ENVIRONMENT/STACK`, or patterns with `*`.
    """

    model_config = ConfigDict(populate_by_name=True)

    source: str = Field(min_length=3, alias="from")
    into: str = Field(min_length=3)

    def allows(self, source: str, into: str) -> bool:
        return fnmatchcase(source, self.source) and fnmatchcase(into, self.into)


class Freeze(Model):
    """One entry of `freezes`: from `starts` until `ends`, plans of these risks do not run.

    `stacks` and `environments` are names or patterns. Times carry their zone.
    """

    reason: str = Field(min_length=1)
    starts: AwareDatetime
    ends: AwareDatetime
    stacks: tuple[str, ...] = ("*",)
    environments: tuple[str, ...] = ("*",)
    risks: frozenset[Risk] = frozenset({Risk.CHANGE, Risk.DESTROY})

    def holds(self, plan: Plan, now: datetime) -> bool:
        return (
            self.starts <= now < self.ends
            and plan.risk in self.risks
            and _fits(plan.stack, self.stacks)
            and _fits(plan.environment, self.environments)
        )


class Policy(Model):
    """The whole policy of a workspace."""

    people: Mapping[str, PersonEntry] = {}
    roles: Mapping[str, Role] = {}
    rules: tuple[Rule, ...] = Field(default=(), alias="policy")
    freezes: tuple[Freeze, ...] = ()
    across: tuple[Across, ...] = ()

    model_config = ConfigDict(populate_by_name=True)

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        for name, entry in self.people.items():
            _known(f"people.{name}.roles", entry.roles, self.roles)
        for position, rule in enumerate(self.rules):
            _known(f"policy[{position}].from", rule.roles, self.roles)
            _known(f"policy[{position}].people", rule.people, self.people)
            most = max(rule.approvals, rule.undrilled_approvals or 0)
            if most and not rule.roles and not rule.people:
                raise ValueError(
                    f"policy[{position}] asks for {most} approvals but names nobody "
                    "who may give them; add `from: [approver]` or `people: [...]`"
                )
        self._ids_are_distinct()
        return self

    def _ids_are_distinct(self) -> None:
        owners: dict[str, str] = {}
        for name, entry in self.people.items():
            other = owners.setdefault(entry.slack, name)
            if other != name:
                raise ValueError(
                    f"people.{name}.slack is {entry.slack}, which is also {other}'s; "
                    "one Slack user is one person"
                )

    @property
    def version(self) -> str:
        """Digest of the rules: another version voids what was approved under this one."""
        rules = [rule.model_dump(mode="json", by_alias=True) for rule in self.rules]
        across = [each.model_dump(mode="json", by_alias=True) for each in self.across]
        more = {"across": across} if across else {}
        return digest_of({"rules": [_sorted_lists(rule) for rule in rules], **more})

    def rule_for(self, plan: Plan) -> Rule | None:
        """The first rule that fits. None: nothing allows it, so it is refused."""
        return next((rule for rule in self.rules if rule.fits(plan)), None)

    def keeps_apart(self, plan: Plan) -> str:
        """The stack whose data would come into the plan's own, though nothing allows it; else
        empty. A plan names it as the binding fact `source`."""
        source, into = str(plan.binding.get("source", "")), f"{plan.environment}/{plan.stack}"
        allowed = not source or any(each.allows(source, into) for each in self.across)
        return "" if allowed else source

    def freeze_on(self, plan: Plan, now: datetime) -> Freeze | None:
        return next((freeze for freeze in self.freezes if freeze.holds(plan, now)), None)

    def person(self, name: str) -> Person | None:
        entry = self.people.get(name)
        return Person(name=name, slack=entry.slack, roles=entry.roles) if entry else None

    def person_with(self, slack: str) -> Person | None:
        """Whose Slack user id this is."""
        return next((self.person(n) for n, e in self.people.items() if e.slack == slack), None)


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _known(where: str, names: frozenset[str], known: Mapping[str, object]) -> None:
    unknown = sorted(names - set(known))
    if unknown:
        raise ValueError(
            f"{where} names {', '.join(map(repr, unknown))}, which is not there; "
            f"there is: {', '.join(known) or 'nothing'}"
        )


def _sorted_lists(rule: dict[str, object]) -> dict[str, object]:
    return {k: sorted(v) if isinstance(v, list) else v for k, v in rule.items()}
