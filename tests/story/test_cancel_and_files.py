"""Requests that are withdrawn, runs that are stopped on the way, and a folder that is restored."""

import shutil

import pytest

from tests.support import fingerprint
from tests.support.demo import until
from tests.support.people import Harbor
from tests.support.talk import Json, payload, text_of

pytestmark = pytest.mark.slow


def test_cancelled_before_it_runs(harbor: Harbor) -> None:
    """Withdrawn by who asked: the card says so, its buttons are refused from then on."""
    card = harbor.asks("ana", "restart harbor api")
    harbor.presses("ana", card, "cancel")
    ended = harbor.in_state(card, "cancelled")
    assert "*Cancelled*" in text_of(ended) and "<@U0ANA>" in text_of(ended)
    late = harbor.presses("ben", ended, "approve")
    assert late["ephemeral"] and "cancelled" in late["text"]
    assert "It is over" in harbor.types("ana", f"cancel {payload(card)['request']}")


def test_cancelled_while_it_runs(harbor: Harbor) -> None:
    """Stopped within a long step: what was done is undone, the database is the old one, the
    services are up, and the next restore works."""
    uri = harbor.demo.description["postgres_uri"]
    harbor.run("backup harbor postgres")
    before = fingerprint.database(uri), fingerprint.oid(uri, "harbor")
    card = harbor.asks("ana", "restore harbor postgres")
    for voter in ("ben", "cleo"):
        harbor.presses(voter, card, "approve")
    harbor.in_state(card, "running")
    harbor.types("ana", f"cancel {payload(card)['request']}")
    ended = harbor.ended(card)
    assert payload(ended)["state"] in ("cancelled", "undone"), text_of(ended)
    assert (fingerprint.database(uri), fingerprint.oid(uri, "harbor")) == before
    databases = harbor.rows("SELECT datname FROM pg_database WHERE datname LIKE 'harbor%'")
    assert databases == [("harbor",)], "nothing is left beside"
    assert "3 of 3 services up" in harbor.types("eve", "status harbor")
    assert payload(harbor.run("restore harbor postgres", "ben", "cleo"))["state"] == "succeeded"


def says_undone(harbor: Harbor, card: Json) -> None:
    """Waits until the card of a restore says that it was undone."""
    request = payload(card)["request"]
    until("the card says so", lambda: harbor.card(request)["text"].endswith(", undone since"))


def test_a_folder_comes_back_and_goes_again(harbor: Harbor) -> None:
    """Files deleted, changed and added: the restore brings all of it back, names and times
    included; the undo brings the damage back."""
    harbor.run("backup harbor all")
    whole = fingerprint.folder(harbor.files)
    shutil.rmtree(harbor.files / "photos")
    (harbor.files / "manifests" / "Ladeliste Müller 7.txt").write_text("nothing")
    (harbor.files / "new.txt").write_text("new")
    damaged = fingerprint.folder(harbor.files)
    card = harbor.asks("ana", "restore harbor uploads")
    said = text_of(card)
    assert "200 files" in said and "new.txt" in said and "Ladeliste Müller 7.txt" in said
    done = harbor.approved(card, "ben", "dora")
    assert payload(done)["state"] == "succeeded"
    assert fingerprint.folder(harbor.files) == whole
    undo = harbor.new_card_after(lambda: harbor.presses("ana", done, "undo"))
    assert payload(harbor.approved(undo, "ben", "dora"))["state"] == "succeeded"
    assert fingerprint.folder(harbor.files) == damaged
    says_undone(harbor, done)
    undone = harbor.card(payload(undo)["request"])
    again = harbor.new_card_after(lambda: harbor.presses("ana", undone, "undo"))
    assert payload(harbor.approved(again, "ben", "dora"))["state"] == "succeeded"
    assert fingerprint.folder(harbor.files) == whole
    says_undone(harbor, undo)
    assert "undone since" not in harbor.card(payload(again)["request"])["text"]


def test_phones_threads_and_typos(harbor: Harbor) -> None:
    """Dashes and quotes of phones count as plain ones; a mention is answered in its thread."""
    assert "2 lines" in harbor.types("ana", "logs harbor api —lines 2")
    assert "Did you mean `harbor`" in harbor.types("ana", "restore harber postgres")
    assert "should be a whole number" in harbor.types("ana", "logs harbor api --lines many")
    asked = harbor.says("ana", "<@U0INTERLK> runs harbor")
    answer = harbor.reply_to(asked)
    assert not answer["ephemeral"] and "runs" in answer["text"]


def test_a_plan_on_paper(harbor: Harbor) -> None:
    """`plan` asks for nothing; `--paper` is a file with a line that says what it is."""
    known = len(harbor.cards())
    assert "PLAN ONLY" in harbor.types("ana", "plan stop harbor api")
    harbor.types("ana", "plan stop harbor api --paper")
    assert not [each for each in harbor.messages() if each["files"]]
    shared = [each for each in harbor.messages(channel="@ana") if each["files"]][-1]
    assert "STOP prod/harbor api" in shared["text"]
    content = harbor.http.get(f"/sim/files/{shared['files'][0]['id']}").text
    assert "STOP prod/harbor api" in content
    assert len(harbor.cards()) == known
