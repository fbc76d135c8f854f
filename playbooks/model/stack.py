"""A stack, as its YAML file describes it."""

from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import model_validator

from playbooks.errors import UnknownName
from playbooks.model.alert_help import AlertHelp, check_help
from playbooks.model.backup_rules import BackupRules
from playbooks.model.base import Model, Name
from playbooks.model.bluegreen import misfit
from playbooks.model.breach import Breach
from playbooks.model.checks import AnyItem, PatternsCheck, unknown_names
from playbooks.model.compose import Compose, ContainerHealth
from playbooks.model.contacts import Contact, OfficeHours
from playbooks.model.datastores import Datastore, PostgresAccess
from playbooks.model.deploy import Deploy
from playbooks.model.drill import DrillRules
from playbooks.model.health import (
    CommandHealth,
    DatabaseHealth,
)
from playbooks.model.hosts import LOCAL, Host, misplaced, with_hosts_named
from playbooks.model.maintenance import Maintenance
from playbooks.model.neo4j import Neo4jStore
from playbooks.model.objectives import Objectives
from playbooks.model.queries import NamedQuery
from playbooks.model.rotation import RotatedSecret, check_secrets
from playbooks.model.routine_report import RoutineReport
from playbooks.model.routines import Phase, Routine
from playbooks.model.schedule import Schedule
from playbooks.model.scripts import Script
from playbooks.model.security import FAILED_LOGIN, Security
from playbooks.model.service import Service
from playbooks.model.stakeholders import Stakeholders
from playbooks.model.telemetry import External, LogFile, Telemetry
from playbooks.model.thresholds import Threshold
from playbooks.model.tls import Tls
from playbooks.model.volumes import MountedStore
from playbooks.model.watching import Watching

Environment = Literal["dev", "staging", "prod"]

_ASKED_KINDS = ("postgres", "postgres-server", "redis", "neo4j")
DRILL = "drill"
"""What the schedule of a stack's drills is called."""


class Stack(Model):
    """One deployed set of services.

    `host` is where it runs: `local`, `ssh://USER@ADDRESS:PORT`, `tcp://ADDRESS:PORT` for a Docker
    Engine over TLS, or a name of `hosts`, which has such an address or more of it.
    `environment_name` is what its people call the environment, where that is another word.
    `logs` are files of no one service; `incidents` are the phases of the work on an incident, by
    the kind of incident; `externals` is what it depends on outside. `alerts` is what helps when a
    rule fires, by the rule's name.
    """

    name: Name
    environment: Environment
    host: Host = LOCAL
    hosts: dict[Name, Host] = {}
    environment_name: str = ""
    channel: str
    description: str = ""
    compose: Compose | None = None
    objectives: Objectives = Objectives()
    services: dict[Name, Service] = {}
    datastores: dict[Name, Datastore] = {}
    backup: BackupRules | None = None
    drill: DrillRules | None = None
    contacts: dict[Name, Contact] = {}
    office_hours: OfficeHours = OfficeHours()
    thresholds: dict[Name, Threshold] = {}
    alerts: dict[str, AlertHelp] = {}
    logs: tuple[LogFile, ...] = ()
    telemetry: Telemetry = Telemetry()
    tls: Tls = Tls()
    security: Security = Security()
    externals: dict[str, External] = {}
    scripts: dict[Name, Script] = {}
    deploy: Deploy | None = None
    maintenance: Maintenance | None = None
    routines: dict[Name, Routine] = {}
    routine_report: RoutineReport = RoutineReport()
    incidents: dict[Name, tuple[Phase, ...]] = {}
    breach: Breach = Breach()
    stakeholders: Stakeholders = Stakeholders()
    queries: dict[Name, NamedQuery] = {}
    watch: Watching = Watching()
    secrets: dict[Name, RotatedSecret] = {}

    @model_validator(mode="before")
    @classmethod
    def _hosts_named(cls, data: Any) -> Any:
        return with_hosts_named(data)

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        for name, service in self.services.items():
            for need in service.needs:
                if need not in self.services:
                    raise ValueError(f"services.{name}.needs names the unknown service {need!r}")
        self._stores_fit()
        self._queries_fit()
        check_help(self.alerts, self.services, self.scripts)
        check_secrets(self.secrets, self.datastores, self.services)
        for name, members in (self.backup.sets if self.backup else {}).items():
            for member in members:
                if member not in self.datastores:
                    raise ValueError(f"backup.sets.{name} names the unknown datastore {member!r}")
        for name, schedule in (self.backup.schedules if self.backup else {}).items():
            for member in schedule.datastores:
                if member not in self.datastores:
                    raise ValueError(
                        f"backup.schedules.{name} names the unknown datastore {member!r}"
                    )
        self._scenarios_fit()
        self._changes_can_be_seen()
        self._writers_are_known()
        self._drills_fit()
        self._checklists_fit()
        self._hosts_fit()
        self._containers_fit()
        stored_in = {name: store.service for name, store in self.datastores.items()}
        if wrong := misfit(self.deploy.bluegreen if self.deploy else None, stored_in):
            raise ValueError(wrong)
        self.layers()
        return self

    def _stores_fit(self) -> None:
        for name, store in self.datastores.items():
            if store.service is not None and store.service not in self.services:
                raise ValueError(
                    f"datastores.{name}.service names the unknown service {store.service!r}"
                )
            for stopped in store.stops if isinstance(store, MountedStore) else ():
                if stopped not in self.services:
                    raise ValueError(f"datastores.{name}.stops names the unknown {stopped!r}")

    def _queries_fit(self) -> None:
        for name, query in self.queries.items():
            store = self.datastores.get(query.datastore or "")
            if query.datastore and not isinstance(store, PostgresAccess):
                raise ValueError(f"queries.{name}.datastore: {query.datastore!r} is no PostgreSQL")

    def _scenarios_fit(self) -> None:
        for name, scenario in self.objectives.scenarios.items():
            for member in scenario.datastores:
                if member not in self.datastores:
                    raise ValueError(
                        f"objectives.scenarios.{name} names the unknown datastore {member!r}"
                    )

    def _writers_are_known(self) -> None:
        for name, writers in (self.backup.quiesce if self.backup else {}).items():
            for writer in writers:
                if writer not in self.services:
                    raise ValueError(f"backup.quiesce.{name} names the unknown service {writer!r}")

    def _changes_can_be_seen(self) -> None:
        for name, schedule in (self.backup.schedules if self.backup else {}).items():
            for member in self.scheduled(schedule) if schedule.on_change else ():
                kind = self.datastores[member].kind
                if kind != "files":
                    raise ValueError(
                        f"backup.schedules.{name}.on is change, and {member} is {kind}; only "
                        "files are looked at for changes"
                    )

    def _drills_fit(self) -> None:
        if self.drill is None:
            return
        if self.backup is None:
            raise ValueError("drill needs `backup` in the stack file: it restores backups")
        for name in self.drill.queries:
            if name not in self.datastores:
                raise ValueError(f"drill.queries names the unknown datastore {name!r}")
            self.drill.require_askable(name, self.datastores[name])
        schedule = self.drill.schedule
        if schedule is None:
            return
        if schedule.on_change:
            raise ValueError("drill.schedule.on is change; a drill needs a time")
        if DRILL in self.backup.schedules:
            raise ValueError(
                f"backup.schedules.{DRILL} has the name of the drill's own schedule; rename it"
            )
        if schedule.set is not None and schedule.set not in self.backup.sets:
            raise ValueError(f"drill.schedule.set names the unknown set {schedule.set!r}")
        for name in schedule.datastores:
            if name not in self.datastores:
                raise ValueError(f"drill.schedule names the unknown datastore {name!r}")

    def _checklists_fit(self) -> None:
        known = {
            "services": frozenset(self.services),
            "datastores": frozenset(self.datastores),
        }
        lists: list[tuple[str, Iterable[AnyItem]]] = [
            (f"routines.{name}", each.items) for name, each in self.routines.items()
        ]
        for kind, phases in self.incidents.items():
            lists += [(f"incidents.{kind}", phase.items) for phase in phases]
        for where, items in lists:
            for item in items:
                used = item.use if isinstance(item, PatternsCheck) else ()
                patterns = frozenset({*self.security.sought(use=used), FAILED_LOGIN})
                if wrong := unknown_names(item, {**known, "patterns": patterns}):
                    raise ValueError(f"{where}: {wrong}")

    def _hosts_fit(self) -> None:
        for name, service in self.services.items():
            process, unit = service.process is not None, service.systemd is not None
            if wrong := misplaced(self.host_of(name), process=process, unit=unit):
                raise ValueError(f"services.{name} {wrong}")

    def _containers_fit(self) -> None:
        for name, service in self.services.items():
            contained = self.compose is not None and not service.managed
            if service.container is not None and not contained:
                why = "is run otherwise" if self.compose else "needs `compose` in the stack file"
                raise ValueError(f"services.{name}.container: {name} {why}")
            if isinstance(service.health, ContainerHealth) and not contained:
                raise ValueError(f"services.{name}.health: {name} runs in no container")
            self._check_fits(name, service, contained=contained)
        for name, store in self.datastores.items():
            if isinstance(store, MountedStore) and self.container_of(store.service) is None:
                raise ValueError(
                    f"datastores.{name}: {store.service} runs in no container that has mounts"
                )

    def _check_fits(self, name: str, service: Service, *, contained: bool) -> None:
        health = service.health
        if isinstance(health, CommandHealth) and not health.on_host and not contained:
            raise ValueError(
                f"services.{name}.health: {name} runs in no container; write `on_host: true`"
            )
        if isinstance(health, DatabaseHealth):
            store = self.datastores.get(health.datastore)
            if store is None or store.kind not in _ASKED_KINDS:
                raise ValueError(
                    f"services.{name}.health.datastore: {health.datastore!r} is no datastore of "
                    f"the kinds {', '.join(_ASKED_KINDS)}"
                )

    def layers(self) -> tuple[tuple[str, ...], ...]:
        """Service names in start-up order; those of a layer need only earlier layers."""
        placed: dict[str, int] = {}
        while len(placed) < len(self.services):
            ready = {
                name: max((placed[n] + 1 for n in service.needs), default=0)
                for name, service in self.services.items()
                if name not in placed and all(n in placed for n in service.needs)
            }
            if not ready:
                stuck = sorted(set(self.services) - set(placed))
                raise ValueError(f"services need each other in a circle: {', '.join(stuck)}")
            placed |= ready
        count = max(placed.values(), default=-1) + 1
        return tuple(
            tuple(n for n in self.services if placed[n] == layer) for layer in range(count)
        )

    def quiesced_for(self, datastores: Iterable[str]) -> tuple[str, ...]:
        """The services that are down while exactly these datastores are backed up together."""
        if self.backup is None:
            return ()
        wanted, rules = frozenset(datastores), self.backup
        writers = {
            writer
            for name, members in rules.sets.items()
            if frozenset(members) == wanted
            for writer in rules.quiesce.get(name, ())
        }
        return tuple(name for name in self.services if name in writers)

    def datastore(self, name: str) -> Datastore:
        """Raises UnknownName with the names there are."""
        if name not in self.datastores:
            raise UnknownName(
                f"{self.name} has no datastore {name!r}.",
                f"It has: {', '.join(self.datastores) or 'none'}.",
            )
        return self.datastores[name]

    def service(self, name: str) -> Service:
        """Raises UnknownName with the names there are."""
        if name not in self.services:
            raise UnknownName(
                f"{self.name} has no service {name!r}.",
                f"It has: {', '.join(self.services) or 'none'}.",
            )
        return self.services[name]

    def script(self, name: str) -> Script:
        """Raises UnknownName with the names there are."""
        if name not in self.scripts:
            raise UnknownName(
                f"{self.name} has no script {name!r}.",
                f"It has: {', '.join(self.scripts) or 'none'}.",
            )
        return self.scripts[name]

    def query(self, name: str) -> NamedQuery:
        """Raises UnknownName with the names there are."""
        if name not in self.queries:
            raise UnknownName(
                f"{self.name} has no query {name!r}.",
                f"It has: {', '.join(self.queries) or 'none'}. Put it into `queries`.",
            )
        return self.queries[name]

    def routine(self, name: str) -> Routine:
        """Raises UnknownName with the names there are."""
        if name not in self.routines:
            raise UnknownName(
                f"{self.name} has no routine {name!r}.",
                f"It has: {', '.join(self.routines) or 'none'}.",
            )
        return self.routines[name]

    def secret(self, name: str) -> RotatedSecret:
        """Raises UnknownName with the names there are."""
        if name not in self.secrets:
            raise UnknownName(
                f"{self.name} has no secret {name!r} to rotate.",
                f"It has: {', '.join(self.secrets) or 'none'}. Put it into `secrets`.",
            )
        return self.secrets[name]

    def schedule(self, name: str) -> Schedule:
        """Raises UnknownName with the names there are."""
        schedules = self.schedules
        if name not in schedules:
            raise UnknownName(
                f"{self.name} has no schedule {name!r}.",
                f"It has: {', '.join(schedules) or 'none'}.",
            )
        return schedules[name]

    @property
    def schedules(self) -> dict[str, Schedule]:
        """Everything that is asked for by itself, by name: backups, and the drill."""
        backups = self.backup.schedules if self.backup else {}
        drill = self.drill.schedule if self.drill else None
        return {**backups, **({DRILL: drill} if drill else {})}

    def scheduled(self, schedule: Schedule) -> tuple[str, ...]:
        """The datastores that a schedule backs up or drills."""
        if schedule.set is not None and self.backup is not None:
            return self.backup.sets[schedule.set]
        return schedule.datastores or tuple(self.datastores)

    def container_of(self, service: str) -> str | None:
        """The compose service that runs it, None when no container does. Raises UnknownName."""
        found = self.service(service)
        if self.compose is None or found.managed:
            return None
        return found.container or service

    def host_of(self, service: str) -> Host:
        """Where the service runs. Raises UnknownName."""
        return self.service(service).host or self.host

    def compose_of(self, service: str) -> Compose | None:
        """The compose project as the service's own host has it, None when no container runs it.
        Raises UnknownName."""
        if self.compose is None or self.container_of(service) is None:
            return None
        host = self.service(service).host
        return self.compose if host is None else self.compose.model_copy(update={"host": host})

    def managed(self, service: str) -> bool:
        """Whether it is ours to start and stop. Raises UnknownName."""
        return self.service(service).managed or self.container_of(service) is not None

    def stop_seconds(self, service: str) -> float | None:
        """How long the service has to end by itself at least, for the sake of what it stores. None
        where what is usual for it will do. Raises UnknownName."""
        self.service(service)
        stores = (store for store in self.datastores.values() if store.service == service)
        needed = (store.stop_seconds for store in stores if isinstance(store, Neo4jStore))
        return max(needed, default=None)

    def users_of(self, datastore: str) -> tuple[str, ...]:
        """Services that hold connections to the datastore: those that need its service."""
        service = self.datastore(datastore).service
        return tuple(n for n, s in self.services.items() if service and service in s.needs)
