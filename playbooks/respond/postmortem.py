"""The draft of a post-mortem: everything that is known of an incident, put in order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from playbooks.model.base import Model
from playbooks.respond.incident import Incident
from playbooks.respond.measures import Measures
from playbooks.respond.phases import Checklist
from playbooks.respond.review import FollowUp, Review
from playbooks.respond.timeline import Entry, Lane

_ENDINGS = frozenset({"succeeded", "failed", "undone", "cancelled", "uncertain", "void", "deploy"})
_BEGINNINGS = frozenset({"started", "asked"})


class Postmortem(Model):
    """`entries` are in the order in which things happened. `zone` is whose clocks it is written by,
    `people` are names of Slack's user ids. `environment` is empty without a stack."""

    incident: Incident
    measures: Measures
    entries: tuple[Entry, ...]
    review: Review
    followups: tuple[FollowUp, ...] = ()
    checklist: Checklist | None = None
    environment: str = ""
    zone: str = "UTC"
    people: Mapping[str, str] = {}
    written_at: datetime

    @property
    def title(self) -> str:
        """`inc-7 P1 prod/harbor: Checkout answers with errors`."""
        each = self.incident
        where = f" {self.environment}/{each.stack}" if each.stack else ""
        return f"{each.id} {each.priority}{where}: {each.title}"

    @property
    def alerts(self) -> Sequence[Entry]:
        return [each for each in self.entries if each.lane is Lane.ALERT]

    @property
    def rules(self) -> Sequence[tuple[str, int]]:
        """The rules that fired, and how often; those that fired most first."""
        fired = (each for each in self.alerts if each.kind == "fired")
        names = (str(each.detail.get("rule") or each.text) for each in fired)
        return Counter(names).most_common()

    @property
    def services(self) -> Sequence[str]:
        """Those that alerts name."""
        named = {str(each.detail.get("service") or "") for each in self.alerts}
        return sorted(named - {""})

    @property
    def changes(self) -> Sequence[Entry]:
        """What was changed before it was detected, and so may have brought it about."""
        detected = self.measures.detected
        return [
            each
            for each in self.entries
            if each.lane is Lane.CHANGE and each.kind not in _BEGINNINGS and each.at <= detected
        ]

    @property
    def ran(self) -> Sequence[Entry]:
        """What was run since then and how it ended, without its steps."""
        detected = self.measures.detected
        return [
            each
            for each in self.entries
            if each.lane in {Lane.RUN, Lane.CHANGE} and each.kind in _ENDINGS and each.at > detected
        ]

    @property
    def left(self) -> Sequence[FollowUp]:
        return [each for each in self.followups if each.done_at is None]
