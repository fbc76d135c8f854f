"""Where backups rest, when they are made, and for how long they are kept."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from playbooks.model.base import Model, Name
from playbooks.model.repository import Place
from playbooks.model.schedule import Schedule, Timed
from playbooks.model.secret import SecretRef


class Retention(Model):
    """How many to keep of each class, and for how many `days` all of them.

    The last good backup and the last one that was drilled stay whatever these say.
    """

    last: int = Field(default=3, ge=1)
    days: int = Field(default=0, ge=0)
    daily: int = Field(default=7, ge=0)
    weekly: int = Field(default=4, ge=0)
    monthly: int = Field(default=12, ge=0)


class BackupRules(Place):
    """Where backups rest. `recipients` are age public keys; `identity` opens what they sealed.

    `copies` are further repositories that get every backup, sealed as it is; a restore uses one
    where `repository` has lost the backup. `schedules` are backups made by themselves; `proof` is
    when every day one message says whether the last ones are there and whole. `incoming` is a
    folder of the bot's host below which files lie that people bring to be restored; what they
    upload in Slack is put there too. Without it none are taken.

    `sets` are datastores that are backed up together; `quiesce` names, by set, the services that
    write to them and are down while they are copied, so that the copies fit each other.
    """

    copies: tuple[Place, ...] = ()
    recipients: tuple[str, ...] = ()
    identity: SecretRef | None = None
    incoming: Path | None = None
    sets: dict[Name, tuple[Name, ...]] = {}
    quiesce: dict[Name, tuple[Name, ...]] = {}
    schedules: dict[Name, Schedule] = {}
    proof: Timed | None = None
    retention: Retention = Retention()
    row_count_seconds: float = 20.0

    @model_validator(mode="after")
    def _places_differ(self) -> Self:
        seen = {self.repository.rstrip("/")}
        for position, place in enumerate(self.copies):
            url = place.repository.rstrip("/")
            if url in seen:
                raise ValueError(f"copies[{position}] is {url!r} again; name another place")
            seen.add(url)
        return self

    @model_validator(mode="after")
    def _quiesce_names_sets(self) -> Self:
        for name in self.quiesce:
            if name not in self.sets:
                raise ValueError(
                    f"quiesce names the unknown set {name!r}; "
                    f"there is: {', '.join(self.sets) or 'none'}"
                )
        return self

    @model_validator(mode="after")
    def _schedules_name_sets(self) -> Self:
        for name, schedule in self.schedules.items():
            if schedule.set is not None and schedule.set not in self.sets:
                raise ValueError(
                    f"schedules.{name}.set names the unknown set {schedule.set!r}; "
                    f"there is: {', '.join(self.sets) or 'none'}"
                )
        return self
