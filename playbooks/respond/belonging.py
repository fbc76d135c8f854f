"""Which incidents something that happened belongs to."""

from collections.abc import Sequence

from playbooks.respond.incident import Incident, IncidentState

_LIVE = frozenset({IncidentState.OPEN, IncidentState.MITIGATED})


def belongs_to(
    known: Sequence[Incident], stack: str, *, group: str = "", incident: str = ""
) -> Sequence[str]:
    """Ids of the incidents.

    Named by `incident`, it is that one's alone. What a `group` of alerts does belongs to the live
    incidents that have this group. All else belongs to every live incident of its stack; what is
    about no stack belongs to none by itself.
    """
    if incident:
        return [each.id for each in known if each.id == incident]
    live = [each for each in known if each.state in _LIVE]
    tied = [each.id for each in live if group and group in each.alerts]
    return tied or [each.id for each in live if stack and each.stack == stack]
