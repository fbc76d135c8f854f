"""A database is damaged, restored by three people, and the restore is undone: told once, then
looked at from every side."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support import fingerprint
from tests.support.demo import until
from tests.support.people import Harbor, since
from tests.support.talk import Json, payload, text_of

pytestmark = pytest.mark.slow

DAMAGE = (
    "DELETE FROM bookings",
    "DROP TABLE inspections",
    "ALTER DATABASE harbor SET work_mem TO '3MB'",
    "REVOKE CONNECT ON DATABASE harbor FROM customs",
)


@dataclass(frozen=True)
class Told:
    """What was seen at each point of the story."""

    whole: dict[str, Any]
    damaged: dict[str, Any]
    restored: dict[str, Any]
    undone: dict[str, Any]
    oids: dict[str, int | None]
    asked: Json
    own: Json
    first: Json
    again: Json
    done: Json
    next_number: int
    undo_asked: Json
    undo_done: Json
    channel: list[Json]


@pytest.fixture(scope="module")
def told(harbor: Harbor) -> Told:
    """Backed up, damaged, asked by ana, approved by ben and cleo, restored, undone."""
    uri = harbor.demo.description["postgres_uri"]
    assert payload(harbor.run("backup harbor"))["state"] == "succeeded"
    whole = fingerprint.database(uri)
    before = fingerprint.oid(uri, "harbor")
    for statement in DAMAGE:
        harbor.rows(statement)
    damaged = fingerprint.database(uri)
    channel = harbor.messages("eve")
    asked = harbor.asks("ana", "restore harbor postgres latest")
    own = harbor.presses("ana", asked, "approve")
    harbor.presses("ben", asked, "approve")
    first = harbor.card(payload(asked)["request"])
    again = harbor.presses("ben", asked, "approve")
    done = harbor.approved(asked, "cleo")
    restored = fingerprint.database(uri)
    after = fingerprint.oid(uri, "harbor")
    kept = fingerprint.oid(uri, f"harbor_before_{payload(done)['request']}")
    [(next_number,)] = harbor.rows("SELECT nextval('booking_numbers')")
    undo_asked = harbor.new_card_after(lambda: harbor.presses("ana", done, "undo"))
    undo_done = harbor.approved(undo_asked, "ben", "dora")
    return Told(
        whole=whole,
        damaged=damaged,
        restored=restored,
        undone=fingerprint.database(uri),
        oids={
            "before": before,
            "after": after,
            "kept": kept,
            "undone": fingerprint.oid(uri, "harbor"),
        },
        asked=asked,
        own=own,
        first=first,
        again=again,
        done=done,
        next_number=int(next_number),
        undo_asked=undo_asked,
        undo_done=undo_done,
        channel=since(channel, harbor.messages("eve")),
    )


def test_the_card_says_what_is_at_stake(told: Told) -> None:
    """Before anybody votes: what is lost, how old the backup is, what is down, how to undo."""
    said = text_of(told.asked)
    assert told.asked["text"].startswith("RESTORE prod/harbor postgres to ")
    assert told.asked["text"].endswith(", 0 of 2")
    assert "loses" in told.asked["text"]
    assert "bookings: 0 rows now, 42,000 in the backup" in said
    assert "inspections: not there now, 2,000 rows in the backup come back" in said
    assert " old, asked, by ana" in said
    assert "api is down while the data are exchanged" in said
    assert "a safety backup made just before" in said
    assert f"--undo {payload(told.asked)['request']}" in said


@pytest.mark.covers("G1", "RNSAC", only="no approval of one's own request")
def test_ana_cannot_approve_her_own(told: Told) -> None:
    """The requester is refused in private, with the reason."""
    assert told.own["ephemeral"] and "their own request" in told.own["text"]


def test_one_vote_is_one_of_two(told: Told) -> None:
    """After ben the card says 1 of 2 and names him; his second press is refused in private."""
    assert told.first["text"].endswith(", 1 of 2")
    assert "Approved by <@U0BEN>" in text_of(told.first)
    assert payload(told.first)["state"] == "pending"
    assert told.again["ephemeral"] and "voted already" in told.again["text"]


def test_everything_is_back(told: Told) -> None:
    """Every row, the schema, owners, privileges, the setting: all as at the backup."""
    assert told.damaged != told.whole
    assert told.restored == told.whole
    assert told.restored["rows of bookings"][0] == 42_000
    assert told.next_number == 42_001, "the sequence continues"


def test_what_was_replaced_is_kept_whole(told: Told) -> None:
    """The damaged database is the kept copy, by its OID, and comes back with the undo."""
    assert told.oids["after"] != told.oids["before"]
    assert told.oids["kept"] == told.oids["before"] == told.oids["undone"]
    assert told.undone == told.damaged


def test_services_are_up_again(harbor: Harbor, told: Told) -> None:
    """api was stopped for the exchange only, and web sees it."""
    described = harbor.demo.description
    assert httpx.get(f"{described['api_url']}/health").json() == {"status": "healthy"}
    assert httpx.get(f"{described['web_url']}/health").json()["status"] == "healthy"
    assert "3 of 3 services up" in harbor.types("eve", "status harbor")


def test_the_card_tells_its_life(harbor: Harbor, told: Told) -> None:
    """pending, queued or at once running, succeeded; no state is shown twice."""
    for card in (told.done, told.undo_done):
        states = harbor.states(payload(card)["request"])
        assert states[0] == "pending" and states[-1] == "succeeded"
        assert "running" in states
        assert [state for state in states if state in ("approved", "queued")]
        assert len(states) == len(set(states)), states


def test_the_undo_is_a_request_of_its_own(told: Told) -> None:
    """It needs two votes, too, names what it takes back, and counts what goes."""
    assert payload(told.undo_asked)["request"] != payload(told.done)["request"]
    assert told.undo_asked["text"].startswith("UNDO RESTORE prod/harbor postgres")
    assert payload(told.done)["request"] in told.undo_asked["text"]
    said = text_of(told.undo_asked)
    assert "bookings: 42,000 rows now, 0 in the kept copy" in said
    assert "inspections: 2,000 rows now, no such table in the kept copy: it goes" in said


def test_the_channel_tells_it_once(told: Told) -> None:
    """For each request one card and one message for the requester, no more; all have a text."""
    requests = [payload(told.done)["request"], payload(told.undo_done)["request"]]
    about = [(each["metadata"] or {}).get("event_payload", {}) for each in told.channel]
    assert [each.get("request") for each in about if each] == requests
    told_to_ana = [each for each in told.channel if "<@U0ANA>" in each["text"]]
    assert [each["text"].split(" in ")[0] for each in told_to_ana] == ["Succeeded", "Succeeded"]
    assert len(told.channel) == 4, [each["text"] for each in told.channel]
    assert all(each["text"] for each in told.channel)
    assert not any(each["ephemeral"] for each in told.channel)


def test_finished_cards_end_with_the_outcome(told: Told) -> None:
    """The vote's buttons are gone; outcome, duration and who approved are there."""
    said = text_of(told.done)
    assert "*Succeeded* in " in said
    assert "Approved by <@U0BEN>" in said and "<@U0CLEO>" in said
    ids = {element["action_id"] for element in _elements(told.done)}
    assert not ids & {"approve", "deny", "cancel"}
    assert "undo" in ids


def test_runs_and_audit_have_it(harbor: Harbor, told: Told) -> None:
    """`runs` lists both with how they ended; the audit has every vote, also the refused ones."""
    restore, undo = (payload(card)["request"] for card in (told.done, told.undo_done))
    runs = harbor.types("eve", "runs harbor")
    assert restore in runs and undo in runs and "succeeded" in runs
    audit = harbor.types("ana", "audit harbor")
    for what in ("request.asked", "vote.approve", "vote.refused", "run.succeeded"):
        assert what in audit
    assert "Nobody approves their own request" in audit and "voted already" in audit
    assert "Dump the database" in harbor.types("eve", f"run {restore}")


def test_a_restore_that_was_undone_says_so_and_offers_no_undo(harbor: Harbor, told: Told) -> None:
    """Its card names the run that undid it, and who asked; the undo's own card offers one."""
    restore, undo = (payload(card)["request"] for card in (told.done, told.undo_done))
    card = until("it says so", lambda: _undone_since(harbor.card(restore)))
    assert f"*Undone* by `{undo}` · by <@U0ANA>" in text_of(card)
    assert payload(card)["state"] == "succeeded"
    assert _elements(card) == []
    assert [each["action_id"] for each in _elements(harbor.card(undo))] == ["undo"]


def test_a_copy_that_is_gone_is_not_undone_again(harbor: Harbor, told: Told) -> None:
    """An undo of the first restore, typed again, says that its copy is no longer there."""
    restore = payload(told.done)["request"]
    assert "kept no copy" in harbor.types("ana", f"restore harbor postgres --undo {restore}")


def _undone_since(card: Json) -> Json | None:
    return card if card["text"].endswith(", undone since") else None


def _elements(card: Json) -> list[Json]:
    return [
        element
        for block in card["blocks"]
        for element in block.get("elements", [])
        if "action_id" in element
    ]
