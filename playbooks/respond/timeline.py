"""What happened in an incident, entry by entry."""

from datetime import datetime
from enum import StrEnum

from playbooks.model.base import JsonObject, Model


class Lane(StrEnum):
    """What an entry is about; pictures draw one lane for each."""

    ALERT = "alert"
    PEOPLE = "people"
    COMMAND = "command"
    RUN = "run"
    CHANGE = "change"
    PHASE = "phase"


class Entry(Model):
    """One thing that happened, `at` its own time; `noted_at` is when it was written down.

    `key` tells it from all others of the incident and is where it comes from: `request:K3F9Q2`,
    `run:K3F9Q2:step:load`, `alert:KEY:2:fired`, `message:C1:1700000000.000100`, `note:…`. The same
    key again is the same entry, changed. `kind` says what happened in a word, like `fired`,
    `approved`, `role`, `note`, `deploy`. `by` is a person's name or empty. `edited_at` and
    `deleted_at` follow what became of its message. `detail` is for programs.
    """

    incident: str
    key: str
    at: datetime
    noted_at: datetime
    lane: Lane
    kind: str
    text: str
    by: str = ""
    link: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    detail: JsonObject = {}

    @property
    def late(self) -> bool:
        """Whether it was written down long after it happened."""
        return (self.noted_at - self.at).total_seconds() > LATE_SECONDS


LATE_SECONDS = 120.0
