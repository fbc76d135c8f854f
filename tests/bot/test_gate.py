"""The gate: the story of votes, refusals in private and audited, one claim whatever happens."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from bot import audit
from bot.requesting import expire_overdue
from bot.store.tables import claims, outbox
from commands.ports import Dossier
from playbooks.errors import Refused, UnknownName
from playbooks.model.request import RequestState
from tests.support import yard
from tests.support.house import House
from tests.support.postgres import Server
from tests.support.story import PEOPLE, ask, opened, state_of, vote


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on either database, its engine not started."""
    url = None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("database"))
    with opened(yard.new_yard(tmp_path), url) as opened_house:
        yield opened_house


@pytest.fixture
def small(tmp_path: Path) -> Iterator[House]:
    with opened(yard.new_yard(tmp_path)) as opened_house:
        yield opened_house


def kinds(house: House) -> list[str]:
    return [entry.kind for entry in reversed(house.history.audit(limit=100))]


def count(house: House, table: sa.Table) -> int:
    with house.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def card(house: House, dossier: Dossier) -> str:
    key = f"request:{dossier.request.id}"
    with house.database.read() as connection:
        row = connection.execute(sa.select(outbox).where(outbox.c.key == key)).one()
    return str(row.body["metadata"]["event_payload"]["state"])


def test_the_story_of_two_votes(house: House) -> None:
    """Ana asks, cannot approve; Ben approves once, not twice; Cleo's vote claims the run."""
    asked = ask(house)
    assert asked.request.state is RequestState.PENDING and card(house, asked) == "pending"
    with pytest.raises(Refused, match="own request"):
        vote(house, asked, "ana")
    assert len(vote(house, asked, "ben").votes) == 1
    with pytest.raises(Refused, match="already"):
        vote(house, asked, "ben")
    done = vote(house, asked, "cleo")
    assert done.request.state is RequestState.APPROVED and state_of(done) == "queued"
    assert card(house, done) == "queued" and count(house, claims) == 1
    with pytest.raises(Refused, match="decided"):
        vote(house, asked, "dora")
    assert kinds(house) == [
        "request.asked",
        "vote.refused",
        "vote.approve",
        "vote.refused",
        "vote.approve",
        "run.claimed",
        "vote.refused",
    ]
    assert not audit.verify(house.database, None)


@pytest.mark.covers("G2", "RSA", only="people by their Slack ids, no user groups")
def test_a_viewer_may_neither_ask_nor_vote(small: House) -> None:
    """The role is checked on the server, every time, and the refusal names what it takes."""
    with pytest.raises(Refused, match="operator"):
        ask(small, "eve")
    asked = ask(small)
    with pytest.raises(Refused, match="approver or lead"):
        vote(small, asked, "eve")
    stranger = small.access.actor("U0NOBODY")
    with pytest.raises(Refused):
        small.gate.vote(asked.request.id, asked.request.digest, stranger, "approve")
    assert kinds(small) == ["access.refused", "request.asked", "vote.refused", "vote.refused"]


def test_another_digest_is_refused(small: House) -> None:
    """A button of another plan does not vote for this one."""
    asked = ask(small)
    with pytest.raises(Refused, match="another plan"):
        small.gate.vote(asked.request.id, "0" * 64, small.access.actor(PEOPLE["ben"]), "approve")


def test_a_denial_ends_it(house: House) -> None:
    """One eligible no is enough, whoever said yes."""
    asked = ask(house)
    vote(house, asked, "ben")
    denied = vote(house, asked, "cleo", "deny")
    assert denied.request.state is RequestState.DENIED and denied.request.closed_by == "cleo"
    assert card(house, denied) == "denied" and count(house, claims) == 0


def test_a_vote_after_expiry_is_refused_and_closes_the_card(tmp_path: Path) -> None:
    """Touching an expired request ends it; so does the sweep."""
    late = [timedelta()]
    with opened(yard.new_yard(tmp_path), now=lambda: yard.now() + late[0]) as house:
        asked, other = ask(house), ask(house)
        late[0] = timedelta(hours=2, seconds=1)
        with pytest.raises(Refused, match="expired"):
            vote(house, asked, "ben")
        assert card(house, asked) == "expired"
        assert expire_overdue(house.ledger) == 1
        assert card(house, other) == "expired"
        assert house.history.dossier(other.request.id).request.state is RequestState.EXPIRED
        assert expire_overdue(house.ledger) == 0


@pytest.mark.covers("G3", "SNAC", only="freezes")
def test_a_freeze_refuses(tmp_path: Path) -> None:
    """While it holds, nothing dangerous is asked for."""
    freeze = {
        "reason": "the sale",
        "starts": (yard.now() - timedelta(hours=1)).isoformat(),
        "ends": (yard.now() + timedelta(hours=1)).isoformat(),
    }
    with opened(yard.new_yard(tmp_path), policy=yard.policy(freezes=[freeze])) as house:
        with pytest.raises(Refused, match="the sale"):
            ask(house)
        assert kinds(house) == ["request.refused"]
        assert ask(house, risk="READ").run is not None


def test_what_no_rule_allows_is_refused(tmp_path: Path) -> None:
    """The policy fails closed."""
    closed = yard.policy(policy=[])
    with (
        opened(yard.new_yard(tmp_path), policy=closed) as house,
        pytest.raises(Refused, match="No policy rule"),
    ):
        ask(house)


def test_the_same_delivery_makes_one_request(house: House) -> None:
    """Asking again with the same delivery gives the first request back."""
    first = ask(house, once="T1")
    assert ask(house, once="T1").request.id == first.request.id
    assert ask(house, once="T2").request.id != first.request.id


def test_votes_at_the_same_moment_make_one_claim(house: House) -> None:
    """Two approvers press together, each twice: two votes, one claim, the rest refused."""
    asked = ask(house)
    together = Barrier(4)

    def press(who: str) -> str:
        together.wait()
        try:
            vote(house, asked, who)
        except Refused as refused:
            return refused.message
        return "counted"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, ["ben", "cleo", "ben", "cleo"]))
    assert answers.count("counted") == 2
    assert count(house, claims) == 1
    assert len(house.history.dossier(asked.request.id).votes) == 2
    assert not audit.verify(house.database, None)


def test_cancelling_a_pending_request(small: House) -> None:
    """Who asked may withdraw it; somebody without a say may not."""
    asked = ask(small)
    with pytest.raises(Refused, match="Only ana"):
        small.gate.cancel(asked.request.id, small.access.actor(PEOPLE["eve"]))
    gone = small.gate.cancel(asked.request.id, small.access.actor(PEOPLE["ana"]))
    assert gone.request.state is RequestState.CANCELLED
    with pytest.raises(Refused, match="over"):
        small.gate.cancel(asked.request.id, small.access.actor(PEOPLE["ana"]))


def test_settling_what_is_not_uncertain(small: House) -> None:
    """There is nothing to answer."""
    asked = ask(small)
    with pytest.raises(Refused, match="Nothing is uncertain"):
        small.gate.settle(asked.request.id, small.access.actor(PEOPLE["ben"]), "retry")


def test_a_request_that_is_not_there(small: House) -> None:
    """The nearest one is offered."""
    asked = ask(small)
    near = f"{asked.request.id[:-1]}0"
    with pytest.raises(UnknownName, match=asked.request.id):
        small.history.dossier(near)


def test_history_pages_newest_first(house: House) -> None:
    """Each page goes on where the last one ended."""
    made = [ask(house).request.id for _ in range(5)]
    first = house.history.dossiers(stack="yard", limit=2)
    second = house.history.dossiers(stack="yard", limit=9, before=first[-1].request.id)
    seen = [d.request.id for d in (*first, *second)]
    assert seen == list(reversed(made))
    assert house.history.dossiers(stack="elsewhere") == []
    assert house.history.dossiers(states=[RequestState.DENIED]) == []
    newest = house.history.audit(limit=2)
    assert [e.number for e in house.history.audit(limit=2, before=newest[-1].number)] == [3, 2]


def test_how_many_approvals_a_plan_needs(small: House) -> None:
    """As policy says now."""
    plan = small.gate.plan("shift", yard.stack(), yard.Shift())
    assert small.history.approvals_needed(plan) == 2
