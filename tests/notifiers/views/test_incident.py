"""What is said of incidents fits into Slack's limits, and nothing in it becomes markup."""

from datetime import UTC, datetime, timedelta

from notifiers.views import blocks, limits
from notifiers.views.incident import Shown, entry_line, incident_card, timeline_part
from playbooks.respond.incident import Incident, Priority, Role
from playbooks.respond.timeline import Entry, Lane

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINK = "https://harbor.slack.com/archives/C0OPSHARBOR/p1700000000000100?thread_ts=1700000000.0001"


def entry(**changes: object) -> Entry:
    given = {
        "incident": "inc-7",
        "key": "k",
        "at": NOW,
        "noted_at": NOW,
        "lane": Lane.PEOPLE,
        "kind": "note",
        "text": "The cache was cleared",
    }
    return Entry.model_validate({**given, **changes})


def test_a_page_fits_however_long_its_entries_are() -> None:
    """Twenty-five entries as long as they can be, struck, edited and with links."""
    long = entry(text="<!channel> & " * 240, link=LINK, by="ana", edited_at=NOW, deleted_at=NOW)
    content = timeline_part([long] * 25)
    assert blocks.length(content) <= limits.PAGE_CHARACTERS
    assert "<!channel>" not in str(content)


def test_the_card_fits_and_mentions_nobody_by_accident() -> None:
    """The longest title and update; what people wrote is text."""
    incident = Incident(
        id="inc-7",
        title="<!here> & " * 15,
        priority=Priority.P1,
        stack="harbor",
        opened_by="ana",
        opened_at=NOW,
        detected_at=NOW - timedelta(minutes=5),
        roles={role: "U0ANA" for role in Role},
    )
    body = incident_card(Shown(incident, update="<!channel> " * 300, next_update=NOW))
    assert len(body.blocks) <= limits.PAGE_BLOCKS
    assert blocks.length(body.blocks) <= limits.PAGE_CHARACTERS
    sections = [each for each in body.blocks if each["type"] != "header"]
    assert "<!channel>" not in str(sections) and "<!here>" not in str(sections)


def test_lines_say_what_became_of_an_entry() -> None:
    """Late, edited, deleted, unmarked and shared ones are told apart."""
    assert "noted" not in entry_line(entry())
    assert "noted" in entry_line(entry(at=NOW - timedelta(hours=1)))
    assert "edited" in entry_line(entry(edited_at=NOW))
    gone = entry(deleted_at=NOW)
    assert "~The cache was cleared~ (deleted" in entry_line(gone)
    unmarked = gone.model_copy(update={"detail": {"unmarked": True}})
    assert "mark taken back" in entry_line(unmarked)
    assert "also in inc-8" in entry_line(entry(detail={"also": ["inc-8"]}))
