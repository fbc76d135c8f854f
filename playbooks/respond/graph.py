"""What is drawn of an alert: the query that its rule asks, and the limit in it. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIMIT = re.compile(rf"(?P<left>.+?)\s*(?:>=|<=|>|<)\s*(?:bool\s+)?(?P<limit>{_NUMBER})\s*", re.S)
_JOINED = re.compile(r"\b(?:and|or|unless)\b")
_LONGEST = 4_000
_OPENS, _CLOSES = "([{", ")]}"


@dataclass(frozen=True)
class Asked:
    """PromQL whose values are drawn, and the limit that they are compared to, if there is one."""

    query: str
    limit: float | None = None


def asked_by(source_url: str) -> Asked | None:
    """The rule's query, as Prometheus writes it into an alert's link (`…/graph?g0.expr=…`); None
    where it says none. A comparison at its end is taken off: otherwise only what is over the limit
    would be drawn."""
    try:
        fields = parse_qs(urlsplit(source_url).query)
    except ValueError:
        return None
    query = next(iter(fields.get("g0.expr", ())), "").strip()
    return split(query) if query and len(query) <= _LONGEST else None


def split(query: str) -> Asked:
    """The two sides of a comparison with a number at the end of the query, where there is one."""
    found = _LIMIT.fullmatch(query)
    if found is None or _JOINED.search(_outermost(query)) or not _is_whole(found["left"]):
        return Asked(query)
    return Asked(found["left"].strip(), float(found["limit"]))


def _is_whole(query: str) -> bool:
    """Whether all that is opened in it is closed."""
    depth = 0
    for sign in _without_texts(query):
        depth += (sign in _OPENS) - (sign in _CLOSES)
        if depth < 0:
            return False
    return depth == 0


def _outermost(query: str) -> str:
    """What stands in no brackets."""
    depth, kept = 0, []
    for sign in _without_texts(query):
        depth -= sign in _CLOSES
        if depth == 0:
            kept.append(sign)
        depth += sign in _OPENS
    return "".join(kept)


def _without_texts(query: str) -> str:
    return re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`', "", query)
