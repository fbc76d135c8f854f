"""The harbor's `web`: a page made of what `api` says.

`python -m bot.demo.web PORT API_URL NOTICE`; NOTICE is a file that is there under maintenance.
"""

import html
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bot.demo.http import Answer, as_json, serve

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Harbor</title>
<meta name="viewport" content="width=device-width">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 46rem; margin: 3rem auto; padding: 0 1rem }}
.count {{ font-size: 3rem; font-weight: 650; font-variant-numeric: tabular-nums }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .3rem .5rem; border-bottom: 1px solid #8884 }}
.down {{ color: #c0392b }}
.notice {{ padding: .6rem 1rem; border-left: 4px solid #b7791f; background: #b7791f22 }}
</style></head><body>
<h1>Harbor</h1>{body}</body></html>"""


def asked(api: str, path: str) -> dict[str, Any] | None:
    """What api answers, None when it does not."""
    try:
        answer = httpx.get(f"{api}{path}", timeout=3, trust_env=False)
    except httpx.HTTPError:
        return None
    return dict(answer.json()) if answer.is_success else None


def page(api: str, notice: Path) -> Answer:
    """The harbor at a glance, also when api or a table is gone; maintenance comes first."""
    count = asked(api, "/bookings/count")
    berths = asked(api, "/berths")
    ships = asked(api, "/ships")
    body = _notice(notice) + _count(count) + _quays(berths) + _ships(ships)
    return Answer(200, "text/html", _PAGE.format(body=body))


def health(api: str) -> Answer:
    """The page itself is well even while api is down; who looks is told about both."""
    state = "up" if asked(api, "/health") else "down"
    return as_json(200, {"status": "healthy", "api": state})


def _notice(file: Path) -> str:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    until = datetime.fromisoformat(said["until"]).astimezone(UTC)
    return f'<p class="notice">{html.escape(said["message"])}, until {until:%H:%M} UTC</p>'


def _count(count: dict[str, Any] | None) -> str:
    if count is None:
        return '<p class="down">The bookings cannot be read right now.</p>'
    return f'<p><span class="count">{count["count"]:,}</span> bookings</p>'


def _quays(berths: dict[str, Any] | None) -> str:
    rows = [(row["quay"], f"{row['bookings']:,}") for row in (berths or {}).get("berths", [])]
    return _table(("Quay", "Bookings"), rows)


def _ships(ships: dict[str, Any] | None) -> str:
    known = (ships or {}).get("ships", [])[:12]
    rows = [(row["name"], row["flag"], f"{row['length_m']} m") for row in known]
    return _table(("Ship", "Flag", "Length"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{head}</th>" for head in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


if __name__ == "__main__":
    _, port, api_url, file = sys.argv
    serve(
        "web",
        int(port),
        {"/": lambda: page(api_url, Path(file)), "/health": lambda: health(api_url)},
    )
