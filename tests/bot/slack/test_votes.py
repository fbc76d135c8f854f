"""Who may decide, and what a press does, through a real workspace."""

from collections.abc import Iterator

import pytest

from tests.support.bot import Bot, wait_until
from tests.support.talk import ask, card_in, ephemeral_to, payload, press, run_to_the_end, text_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def up(shared: Bot) -> None:
    """The stack is up."""
    run_to_the_end(shared, "start harbor")


@pytest.fixture
def request_id(shared: Bot, up: None) -> Iterator[str]:
    """Ana asks for a restart of api, which needs two approvals; withdrawn if it still waits."""
    ask(shared.sim, "restart harbor api")
    request = payload(card_in(shared.sim, "pending"))["request"]
    yield request
    ask(shared.sim, f"cancel {request}")


def said_to(bot: Bot, user: str, text: str) -> None:
    """Waits for a private message with that text."""
    wait_until(
        lambda: any(text in said for said in ephemeral_to(bot.sim, user)),
        f"{text!r} said to {user}; there is {ephemeral_to(bot.sim, user)}",
    )


def test_two_others_approve(shared: Bot, request_id: str) -> None:
    """One vote of two is counted on the card; the second one lets it run."""
    press(shared.sim, card_in(shared.sim, "pending", request_id), "approve", "ben")
    wait_until(lambda: "1 of 2" in text_of(card_in(shared.sim, "pending", request_id)), "1 of 2")
    press(shared.sim, card_in(shared.sim, "pending", request_id), "approve", "cleo")
    card = card_in(shared.sim, "succeeded", request_id)
    assert "Succeeded" in text_of(card)


def test_nobody_approves_their_own(shared: Bot, request_id: str) -> None:
    """The requester's press is refused in private."""
    press(shared.sim, card_in(shared.sim, "pending", request_id), "approve", "ana")
    wait_until(lambda: ephemeral_to(shared.sim, "ana"), "a private refusal")
    assert "0 of 2" in text_of(card_in(shared.sim, "pending", request_id))
    assert "own" in ephemeral_to(shared.sim, "ana")[-1].lower()


def test_nobody_votes_twice(shared: Bot, request_id: str) -> None:
    """The second press of one person is refused in private and not counted."""
    press(shared.sim, card_in(shared.sim, "pending", request_id), "approve", "ben")
    before = len(ephemeral_to(shared.sim, "ben"))
    press(shared.sim, card_in(shared.sim, "pending", request_id), "approve", "ben")
    wait_until(lambda: len(ephemeral_to(shared.sim, "ben")) > before, "a private refusal")
    assert "already" in ephemeral_to(shared.sim, "ben")[-1].lower()
    assert "1 of 2" in text_of(card_in(shared.sim, "pending", request_id))


def test_the_wrong_role_is_refused(shared: Bot, request_id: str) -> None:
    """A viewer's press is refused in private, and audited."""
    press(shared.sim, card_in(shared.sim, "pending", request_id), "approve", "eve")
    wait_until(lambda: ephemeral_to(shared.sim, "eve"), "a private refusal")
    assert "0 of 2" in text_of(card_in(shared.sim, "pending", request_id))
    assert "refused" in ask(shared.sim, "audit harbor", user="dora")


def test_a_denial_decides(shared: Bot, request_id: str) -> None:
    """One approver's Deny ends the request."""
    press(shared.sim, card_in(shared.sim, "pending", request_id), "deny", "ben")
    card = card_in(shared.sim, "denied", request_id)
    assert "Denied" in text_of(card)


def test_approving_from_the_list_is_the_card(shared: Bot, request_id: str) -> None:
    """Where it was asked from another channel, the answer says where the card is."""
    assert "card in <#C0OPSHARBOR>" in ask(shared.sim, "approvals", user="ben", channel="incidents")
