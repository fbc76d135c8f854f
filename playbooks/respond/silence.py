"""Something that nobody is told of for a time."""

from datetime import datetime

from playbooks.model.base import Model


class Silence(Model):
    """One silence. `what` says of which alerts, for people. `handle` is how it is named to end it:
    `group:KEY` for one that was made here, `SOURCE:ID` for one that only Alertmanager has."""

    handle: str
    stack: str
    what: str
    until: datetime
    by: str = ""
    comment: str = ""
