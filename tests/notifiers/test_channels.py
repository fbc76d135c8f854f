"""Channels by Apprise: a real mail server, and the documented interfaces of pagers and Teams."""

import pytest

from notifiers.channels import Place, Said, deliver
from tests.support.outside import PAGERDUTY, TEAMS, Mail, Outside
from tests.support.ports import free_port

KEY, API = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6", "u+abcdefghijklmnopqr"
PAGER = f"pagerduty://{KEY}@{API}"
TEAMS_URL = f"workflows://{TEAMS}:443/0123456789abcdef/signature-of-the-workflow"
SAID = Said("CRITICAL harbor: ApiDown", "Nobody has taken care of it.\nLook.", "critical", "m-1")


@pytest.mark.covers("R3", "NSA", only="email, by a real mail server")
def test_email_reaches_its_recipient(mail: Mail) -> None:
    """Subject, text and both addresses arrive as they were said."""
    outcome = deliver(Place("email", mail.url, "ben@harbor.example"), SAID, 10, lambda _: None)
    assert outcome.delivered, outcome
    (message,) = mail.messages
    assert message["To"] == "ben@harbor.example"
    assert "interlock@harbor.example" in message["From"]
    assert message["Subject"] == "CRITICAL harbor: ApiDown"
    assert "Nobody has taken care of it.\nLook." in message.get_content().replace("\r\n", "\n")


def test_a_mail_server_that_refuses_or_is_away_is_said(mail: Mail) -> None:
    """Neither is delivered, neither is final, and both say what Apprise says."""
    mail.refuses = "451 later"
    place = Place("email", mail.url, "ben@harbor.example")
    assert not deliver(place, SAID, 10, lambda _: None).delivered
    away = Place("email", f"mailto://127.0.0.1:{free_port()}/?from=a@b.example", "ben@x.example")
    outcome = deliver(away, SAID, 4, lambda _: None)
    assert not outcome.delivered
    assert not outcome.final
    assert "127.0.0.1" in outcome.why


@pytest.mark.covers("R3", "NSA", only="PagerDuty", by_contract=True)
def test_a_pager_by_contract_opens_and_closes_one_incident(world: Outside) -> None:
    """The same matter has one key, with which it is closed; its severity is said."""
    learned: list[str] = []
    assert deliver(Place("pagerduty", PAGER), SAID, 10, learned.append).delivered
    over = Said("CRITICAL harbor: ApiDown", "Somebody does.", "critical", "m-1", over=True)
    assert deliver(Place("pagerduty", PAGER), over, 10, learned.append).delivered
    opened, closed = world.at(PAGERDUTY)
    assert opened.body["routing_key"] == KEY
    assert opened.body["event_action"] == "trigger"
    assert opened.body["payload"]["severity"] == "critical"
    assert "ApiDown" in opened.body["payload"]["summary"]
    assert closed.body["event_action"] == "resolve"
    assert closed.body["dedup_key"] == opened.body["dedup_key"]
    assert set(learned) == {KEY, API}


@pytest.mark.covers("R3", "NSA", only="Teams", by_contract=True)
def test_teams_by_contract_gets_a_card(world: Outside) -> None:
    """Its words are in the adaptive card."""
    outcome = deliver(Place("teams", TEAMS_URL), SAID, 10, lambda _: None)
    assert outcome.delivered, outcome
    (heard,) = world.at(TEAMS)
    assert "ApiDown" in str(heard.body["attachments"])


@pytest.mark.parametrize(("status", "final"), [(403, True), (429, False), (503, False)])
def test_what_a_pager_answers_is_said(world: Outside, status: int, final: bool) -> None:
    """A refusal is final, what may pass is not."""
    world.status[PAGERDUTY] = status
    outcome = deliver(Place("pagerduty", PAGER), SAID, 10, lambda _: None)
    assert (outcome.delivered, outcome.why, outcome.final) == (False, str(status), final)


def test_an_address_that_nobody_understands_is_final() -> None:
    """It is said without being shown."""
    outcome = deliver(Place("other", "nothing://at-all"), SAID, 4, lambda _: None)
    assert (outcome.delivered, outcome.final) == (False, True)
    assert "at-all" not in outcome.why
