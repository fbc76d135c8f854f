"""An incident as a picture, as Markdown and as a page: whole, safe, on the right clocks."""

import random
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from bot.workspace.blocks.blocks import check_message_blocks
from notifiers.exports import lanes, markdown, page
from notifiers.exports.picture import Drawn, picture
from notifiers.exports.words import Clock, plain_words
from notifiers.views.postmortem import postmortem_blocks
from playbooks.respond.incident import Incident, IncidentState, Priority, Role
from playbooks.respond.measures import measured
from playbooks.respond.phases import USUAL, Place, Tick, begun, spans, ticked
from playbooks.respond.postmortem import Postmortem
from playbooks.respond.review import FollowUp, Review
from playbooks.respond.timeline import Entry, Lane

OPENED = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""02:30 in Paris, half an hour before its clocks are turned back."""
MINUTE = timedelta(minutes=1)
NASTY = "<script>alert('x')</script> | `code` *bold* [link](x) <!here> \\"


def entry(minutes: float, lane: Lane, kind: str, text: str, **values: object) -> Entry:
    at = OPENED + minutes * MINUTE
    known: dict[str, object] = {
        "incident": "inc-7",
        "key": f"{minutes}:{lane}:{text}",
        "at": at,
        "noted_at": at,
        "lane": lane,
        "kind": kind,
        "text": text,
    }
    return Entry.model_validate(known | values)


FEW = (
    entry(-90, Lane.CHANGE, "deploy", "Succeeded: DEPLOY v1.4.2"),
    entry(0, Lane.ALERT, "fired", "ApiDown fires", detail={"rule": "ApiDown"}),
    entry(2, Lane.PEOPLE, "note", NASTY, by="ben"),
    entry(20, Lane.RUN, "step", "Done: Stop api"),
    entry(21, Lane.RUN, "succeeded", "Succeeded: RESTART prod/harbor api"),
    entry(40, Lane.PEOPLE, "message", "a token that was posted", deleted_at=OPENED + 41 * MINUTE),
    entry(90, Lane.ALERT, "resolved", "ApiDown is resolved"),
)


def post(entries: tuple[Entry, ...] = FEW, zone: str = "Europe/Paris") -> Postmortem:
    incident = Incident(
        id="inc-7",
        title=f"Checkout fails {NASTY}",
        priority=Priority.P1,
        stack="harbor",
        state=IncidentState.RESOLVED,
        opened_by="ana",
        opened_at=OPENED + MINUTE,
        detected_at=OPENED,
        acknowledged_at=OPENED + 3 * MINUTE,
        mitigated_at=OPENED + 21 * MINUTE,
        resolved_at=OPENED + 90 * MINUTE,
        roles={Role.COMMANDER: "U0ANA"},
    )
    review = Review(incident="inc-7", cause=NASTY, impact="Nobody could pay")
    followup = FollowUp(
        id="inc-7-1",
        incident="inc-7",
        text=NASTY,
        owner="ben",
        due=date(2026, 10, 30),
        made_by="ana",
        made_at=OPENED,
    )
    tick = Tick(by="ana", at=OPENED + 4 * MINUTE, note="seen")
    return Postmortem(
        incident=incident,
        measures=measured(incident, entries),
        entries=entries,
        review=review,
        followups=(followup,),
        checklist=ticked(begun(incident, USUAL), Place(0, 0), tick),
        environment="prod",
        zone=zone,
        people={"U0ANA": "ana", "U0BEN": "ben"},
        written_at=OPENED + timedelta(days=2),
    )


def many(count: int) -> tuple[Entry, ...]:
    """So many entries of all lanes within three hours."""
    chance = random.Random(count)
    lanes_ = list(Lane)
    moments = sorted(chance.uniform(0, 170) for _ in range(count))
    return tuple(
        entry(at, chance.choice(lanes_), "note", f"Something {number}")
        for number, at in enumerate(moments)
    )


def drawing(shown: Postmortem) -> Drawn:
    assert shown.checklist is not None
    return Drawn(
        shown.title,
        shown.measures,
        shown.entries,
        spans(shown.checklist),
        shown.zone,
        shown.written_at,
    )


@pytest.mark.covers("R6", "SN", only="the picture")
@pytest.mark.parametrize("count", [0, 5, 500, 5000])
def test_the_picture_is_drawn_of_few_and_of_many(count: int) -> None:
    """A PNG whatever there is, also of nothing at all."""
    drawn = picture(drawing(post(many(count))))
    assert drawn is not None and drawn.startswith(b"\x89PNG")
    assert len(drawn) > 20_000


@pytest.mark.parametrize("count", [5, 500, 5000])
def test_labels_and_bubbles_do_not_cover_each_other(count: int) -> None:
    """Every entry is in a bubble; words on one level keep apart, and stay inside."""
    shown = post(many(count))
    span = lanes.shown_span(shown.measures, shown.entries, shown.written_at)
    for lane in Lane:
        entries = [each for each in shown.entries if each.lane is lane and span.holds(each.at)]
        assert sum(each.count for each in lanes.bubbles(entries, span)) == len(entries)
        found = lanes.labels(entries, span)
        assert found or not entries
        for level in range(lanes.LEVELS):
            ends = sorted(_stretch(each, span) for each in found if each.level == level)
            assert all(one[1] <= two[0] for one, two in pairwise(ends))
            assert all(left >= 0 and right <= 1 for left, right in ends)


def _stretch(label: lanes.Label, span: lanes.Span) -> tuple[float, float]:
    place, width = span.place(label.at), len(label.text) * 0.006
    return (place - width, place) if label.leftwards else (place, place + width)


def test_what_is_far_away_does_not_squeeze_the_picture() -> None:
    """A deploy of the day before and a note of the next week are not in the stretch that is
    shown."""
    far = (
        entry(-1500, Lane.CHANGE, "deploy", "x"),
        *FEW,
        entry(9000, Lane.PEOPLE, "note", "y"),
    )
    shown = post(far)
    span = lanes.shown_span(shown.measures, shown.entries, shown.written_at)
    assert span.ends - span.begins < timedelta(hours=2)


def test_exports_show_the_offset_of_each_moment() -> None:
    """Where clocks are turned back in the middle, the same time comes twice, with two offsets."""
    clock = Clock("Europe/Paris")
    assert clock.both(OPENED) == "2026-10-25 02:30:00 +02:00"
    assert clock.both(OPENED + 60 * MINUTE) == "2026-10-25 02:30:00 +01:00"
    assert Clock("Asia/Kolkata").time(OPENED) == "06:00:00 +05:30"
    assert Clock("America/St_Johns").time(OPENED) == "22:00:00 -02:30"
    text = markdown.timeline(post())
    assert "| 02:30:00 +02:00 | alert | ApiDown fires |" in text
    assert "| 03:00:00 +01:00 | alert | ApiDown is resolved |" in text
    assert "02:30:00 +02:00" in page.timeline(post(), None)


@pytest.mark.covers("R6", "SN", only="the page")
def test_the_page_needs_nothing_and_runs_nothing() -> None:
    """One file: no address, no script, everybody's words escaped, nothing deleted repeated."""
    made = page.postmortem(post(), b"\x89PNG picture")
    assert made.startswith("<!doctype html>")
    assert "<script" not in made and "&lt;script&gt;" in made
    assert not re.search(r"(src|href)=\"(?!data:)", made)
    assert not re.search(r"url\(|@import", made)
    assert "data:image/png;base64," in made and "default-src 'none'" in made
    assert "a token that was posted" not in made and "(deleted)" in made
    for part in ("Nobody could pay", "Time to resolve", "1 h 30 min", "commander ana", "Late"):
        assert part in made.replace('Open"><', "Late") or part in made, part
    assert "<img" not in page.postmortem(post(), None)


def test_markdown_has_nobodys_markup() -> None:
    """Rows keep their three cells whatever people wrote, and nothing deleted is repeated."""
    text = markdown.postmortem(post())
    assert "a token that was posted" not in text
    rows = [line for line in text.splitlines() if re.match(r"\| \d\d:", line)]
    assert len(rows) == len(FEW)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    for heading in ("## Impact", "## Times", "## Cause", "## Actions", "## Phases", "## Timeline"):
        assert heading in text
    before = text.split("## Changes before it")[1].split("## ")[0]
    assert "DEPLOY v1.4.2" in before
    ran = text.split("## What was run")[1].split("## ")[0]
    assert "RESTART" in ran and "Stop api" not in ran


def test_slack_s_markup_becomes_words() -> None:
    """Mentions by their names, links as label and address, dates as they read elsewhere."""
    people = {"U0BEN": "ben"}
    said = plain_words(
        "<@U0BEN> and <@U0X|max> in <#C1|ops>: <https://a.example|here> <https://b.example> "
        "<!date^1^{time}|01:00> <!channel> 1 &lt; 2 <b>",
        people,
    )
    assert said == (
        "@ben and @max in #ops: here (https://a.example) https://b.example 01:00 @channel 1 < 2 <b>"
    )


def test_the_draft_fits_slack() -> None:
    """Blocks that Slack takes, however much there is, and nobody is mentioned by what was typed."""
    for entries in (FEW, many(3000)):
        assert check_message_blocks(postmortem_blocks(post(entries))[:50])
    marked = [block["text"]["text"] for block in postmortem_blocks(post()) if "text" in block][1:]
    assert marked and not any("<!here>" in text for text in marked)


def test_a_very_long_timeline_says_what_it_leaves_out() -> None:
    """The newest ten thousand are in the file, and how many are not."""
    shown = post(tuple(entry(n / 100, Lane.PEOPLE, "note", f"n{n}") for n in range(12_000)))
    text = markdown.timeline(shown)
    assert "The first 2,000 entries of 12,000 are left out" in text
    assert "| n11999 |" in text and "| n1999 |" not in text
