"""Whether a service is up, told from many answers without believing every single one. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Standing:
    """`up` is None until enough is known, and holds since `since`. `against` is how many answers in
    a row spoke against it, the first of them at `doubted_at`; `detail` is the newest answer."""

    up: bool | None = None
    since: datetime | None = None
    against: int = 0
    doubted_at: datetime | None = None
    detail: str = ""


def heard(standing: Standing, *, up: bool, detail: str, at: datetime, needed: int) -> Standing:
    """How it stands after one more answer: it turns over after `needed` in a row that say so, as of
    the first of these. A first answer that all is well is believed at once."""
    if standing.up is up:
        return replace(standing, against=0, doubted_at=None, detail=detail)
    doubted = standing.doubted_at or at
    against = standing.against + 1
    if against >= needed or (standing.up is None and up):
        return Standing(up=up, since=doubted, detail=detail)
    return replace(standing, against=against, doubted_at=doubted, detail=detail)
