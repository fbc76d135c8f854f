"""The card of a request, in every state."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.workspace.blocks.blocks import check_message_blocks
from notifiers.views import blocks, limits
from notifiers.views.buttons import pressed
from notifiers.views.card import card
from notifiers.views.details import plan_blocks
from playbooks.errors import BadArgument
from playbooks.model.plan import Plan, Risk
from playbooks.model.request import RequestState, RunState, TakenBack
from tests.support.cards import (
    ANA,
    NOW,
    card_state,
    long_plan,
    records,
    request,
    restore_plan,
    run,
    samples,
    vote,
)

BUTTONS = {
    "pending": ["approve", "deny", "details", "cancel"],
    "one_of_two": ["approve", "deny", "details", "cancel"],
    "queued": ["cancel", "details"],
    "running": ["cancel", "details"],
    "cancelling": ["cancel", "details"],
    "uncertain": ["retry", "accept", "abort", "details"],
    "succeeded": ["undo"],
}


def elements(state: Any) -> dict[str, Any]:
    """The card's buttons by action id."""
    rows = [block for block in card(state).blocks if block["type"] == "actions"]
    return {each["action_id"]: each for row in rows for each in row["elements"]}


def words(state: Any) -> str:
    """Everything that the card says."""
    return json.dumps(card(state).blocks, ensure_ascii=False)


@pytest.mark.parametrize("name", samples())
def test_every_state_is_valid_and_has_its_buttons(name: str) -> None:
    """Slack takes the card of every state; what can be done is what its buttons offer."""
    state = samples()[name]
    assert check_message_blocks(list(card(state).blocks))
    assert list(elements(state)) == BUTTONS.get(name, [])


def test_the_first_line_is_fit_for_a_lock_screen() -> None:
    """The text by itself names operation, target, loss and how many approved."""
    said = card(samples()["one_of_two"])
    line = "RESTORE prod/harbor postgres to 02:00 today, loses 3 h 12 min, 1 of 2"
    assert said.text == line
    assert said.blocks[0]["text"]["text"] == line


def test_a_vote_for_another_digest_or_by_the_same_person_counts_once() -> None:
    """The count on the card is of distinct people who approved this very plan."""
    other = vote("cleo", plan=restore_plan(binding={"backup": "another"}))
    state = card_state(request(), (vote("ben"), vote("ben"), other))
    assert card(state).text.endswith(", 1 of 2")


def test_metadata_is_exactly_what_programs_are_promised() -> None:
    """No nulls, the run once there is one, and what it supersedes."""
    pending = card(samples()["pending"]).metadata
    assert pending == {
        "event_type": "interlock.run",
        "event_payload": {
            "key": "request:k3f9q2",
            "request": "k3f9q2",
            "operation": "restore",
            "stack": "harbor",
            "state": "pending",
        },
    }
    anew = card(card_state(request(supersedes="a2b3c4"))).metadata
    assert anew is not None
    assert anew["event_payload"]["supersedes"] == "a2b3c4"
    running = card(samples()["running"]).metadata
    assert running is not None
    assert running["event_payload"]["run"] == "k3f9q2"


@pytest.mark.parametrize("state", list(RunState))
def test_the_state_is_the_runs_once_there_is_one(state: RunState) -> None:
    """Programs read the run's state, whatever it is."""
    said = card_state(request(state=RequestState.APPROVED), (), run(state))
    assert said.state == state.value


def test_a_request_closed_before_its_queued_run_began_is_closed() -> None:
    """An approval that expired in the queue reads expired, not queued."""
    queued = run(RunState.QUEUED, started_at=None)
    assert card_state(request(state=RequestState.EXPIRED), (), queued).state == "expired"


def test_approve_is_dangerous_only_where_something_can_be_lost() -> None:
    """DESTROY asks for confirmation in danger style; anything less has the primary button."""
    destroy = elements(card_state(request()))["approve"]
    assert destroy["style"] == "danger"
    assert ". Loses: " in destroy["confirm"]["text"]["text"]
    assert "bookings" in destroy["confirm"]["text"]["text"]
    change = elements(card_state(request(restore_plan(risk=Risk.CHANGE))))["approve"]
    assert change["style"] == "primary"
    assert "confirm" not in change


def test_a_press_carries_request_and_digest() -> None:
    """The value of every button is read back as what it was made from."""
    asked = request()
    for element in elements(card_state(asked)).values():
        assert pressed(element["value"]).request == asked.id
        assert pressed(element["value"]).digest == asked.digest
    with pytest.raises(BadArgument, match="no request and digest"):
        pressed("k3f9q2")


def test_it_says_what_is_lost_kept_and_how_long_it_takes() -> None:
    """An approver reads risk, loss, effect, estimate, what is kept and the way back."""
    said = words(samples()["pending"])
    for part in (
        "DESTROY, can lose data or a service",
        "50,000 rows in the backup, 50,318 now",
        "api is stopped for about 4 s",
        "about 38 s, from earlier runs",
        "harbor_old_k3f9q2",
        "/ops restore harbor postgres --undo",
        "Point of no return",
    ):
        assert part in said


def test_progress_shows_bar_bytes_rate_and_time_left() -> None:
    """A running step has a bar in characters, figures, rate and what is left."""
    said = words(samples()["running"])
    assert "██████░░░░░░ 52 % · 10.6 MB of 20.3 MB · 3.5 MB/s · 3 s left" in said
    assert "1b. Back up the live database first · done in 2 s" in said
    assert "7. Start api and wait until it is healthy · waiting" in said


def test_a_failed_step_shows_its_error_and_nobody_is_mentioned_by_it() -> None:
    """The error is quoted; a mention inside it stays text."""
    said = words(samples()["failed"])
    assert "disk full" in said
    assert "<!channel>" not in said
    assert "5 steps not begun" in said


def test_an_ending_says_outcome_who_and_how_long() -> None:
    """Where buttons were, one line says how it ended."""
    assert "*Succeeded* in 41 s" in words(samples()["succeeded"])
    assert "*Denied* · by <@U0BEN>" in words(samples()["denied"])
    assert "replaced by `p8w2rt`" in words(samples()["void"])
    assert "*Cancelled* · by <@U0ANA>" in words(samples()["cancelled"])


def test_the_objective_is_a_clock_while_it_runs_and_a_verdict_in_the_end() -> None:
    """It counts from when it was asked for; without an objective nothing is said of it."""
    plan = restore_plan(within_seconds=1800.0)
    asked = request(plan, state=RequestState.APPROVED)
    running = words(card_state(asked, (), run(RunState.RUNNING, records(3))))
    assert "2 min of 30 min since it was asked for" in running
    late = request(restore_plan(within_seconds=60.0), state=RequestState.APPROVED)
    assert "over the objective" in words(card_state(late, (), run(RunState.RUNNING, records(3))))
    ended = words(card_state(asked, (), run(RunState.SUCCEEDED, records(9))))
    assert "All was well 2 min after it was asked for; the objective is 30 min: kept." in ended
    missed = words(card_state(late, (), run(RunState.SUCCEEDED, records(9))))
    assert "the objective is 1 min: missed." in missed
    assert "objective" not in words(card_state(asked, (), run(RunState.FAILED, records(3))))
    assert "clock" not in words(samples()["running"])


def test_what_was_undone_says_by_which_run_and_offers_no_undo() -> None:
    """The card of a restore that another run took back names it, and has no button."""
    done = samples()["succeeded"]
    state = replace(done, taken_back=TakenBack(run="p8w2rt", person="ana", slack=ANA, at=NOW))
    assert "*Undone* by `p8w2rt` · by <@U0ANA>" in words(state)
    assert card(state).text.endswith(", undone since")
    assert elements(state) == {}
    assert "--undo" not in words(state)


def test_a_way_back_alone_is_nothing_that_is_kept() -> None:
    """A finished operation that keeps nothing says how to undo it, not that it keeps something."""
    plan = restore_plan(keeps=())
    done = card_state(request(plan, state=RequestState.APPROVED), (), run(RunState.SUCCEEDED))
    for said in (words(done), json.dumps(plan_blocks(plan), ensure_ascii=False)):
        assert "*Good to know*" in said and "--undo" in said
        assert "*Keeps*" not in said


@pytest.mark.parametrize("name", ["pending", "one_of_two", "running", "uncertain"])
def test_the_buttons_come_before_the_steps(name: str) -> None:
    """What is lost, affected and kept, then the buttons, then facts and steps: all in sight."""
    shown = [json.dumps(block, ensure_ascii=False) for block in card(samples()[name]).blocks]
    buttons = next(n for n, block in enumerate(shown) if '"type": "actions"' in block)
    assert any("*Steps*" in block for block in shown[buttons:])
    assert any("*Affects*" in block for block in shown[:buttons])
    assert not any("*Steps*" in block or "*From*" in block for block in shown[:buttons])


def test_a_running_card_says_near_the_top_what_goes_on() -> None:
    """The busy step and its bar stand above the buttons, and are not said twice."""
    shown = [json.dumps(block, ensure_ascii=False) for block in card(samples()["running"]).blocks]
    buttons = next(n for n, block in enumerate(shown) if '"type": "actions"' in block)
    assert "*Now* · " in "".join(shown[:buttons])
    assert "52 %" in "".join(shown[:buttons])
    assert "52 %" not in "".join(shown[buttons:])


def test_no_state_carries_emoji_or_colour_alone() -> None:
    """Every state is said in words; plain text does not turn into emoji."""
    for state in samples().values():
        said = words(state)
        assert "color" not in said
        assert '"emoji": true' not in said
        assert all(ord(character) < 0x1F000 for character in said)


def test_a_long_plan_is_shortened_and_says_so() -> None:
    """A plan with far too much of everything still fits, and counts what it does not show."""
    body = card(card_state(request(long_plan())))
    said = json.dumps(body.blocks, ensure_ascii=False)
    assert check_message_blocks(list(body.blocks))
    assert blocks.length(body.blocks) <= limits.PAGE_CHARACTERS
    assert "more, `/ops run k3f9q2`" in said
    assert "more, *Details*" in said
    assert "more facts in *Details*" in said


def test_a_long_run_shows_the_step_under_way() -> None:
    """The window of shown steps holds the one that runs."""
    plan = long_plan()
    state = card_state(request(plan), (), run(RunState.RUNNING, ()))
    done = tuple(
        record.model_copy(update={"key": f"s{n}", "stage": n})
        for n, record in enumerate(records(1) * 60)
    )
    busy = done[-1].model_copy(update={"state": "running"})
    moving = card_state(request(plan), (), run(RunState.RUNNING, (*done[:-1], busy)))
    assert "before, `/ops run k3f9q2`" in words(moving)
    assert "*120. " not in words(state)
    assert f"*{len(done)}. Do part {len(done) - 1}" in words(moving)


WORDS = st.text(max_size=400)
LISTS = st.lists(WORDS, max_size=12).map(tuple)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans whose every text is anything at all."""
    base = long_plan(draw(st.integers(min_value=1, max_value=60)))
    names = draw(st.lists(WORDS, min_size=1, max_size=5))
    stages = tuple(
        tuple(step.model_copy(update={"name": names[at % len(names)]}) for step in stage)
        for at, stage in enumerate(base.stages)
    )
    return base.model_copy(
        update={
            "summary": draw(st.text(max_size=2000)),
            "stages": stages,
            "loses": draw(LISTS),
            "affects": draw(LISTS),
            "keeps": draw(LISTS),
            "notes": draw(LISTS),
            "undo_hint": draw(WORDS),
            "risk": draw(st.sampled_from(list(Risk))),
        }
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans(), st.sampled_from([None, *RunState]), st.text(max_size=3000))
def test_any_plan_and_run_gives_a_card_slack_takes(
    plan: Plan, state: RunState | None, told: str
) -> None:
    """Whatever a plan says and however its run stands, the card is within all limits."""
    asked = request(plan, state=RequestState.APPROVED, reason=told, typed=told)
    ran = run(state, records(4, "failed", told), outcome=told) if state else None
    body = card(card_state(asked if ran else request(plan, typed=told), (vote("ben"),), ran))
    assert check_message_blocks(list(body.blocks))
    assert 0 < len(body.text) <= limits.TEXT
    assert "<!channel>" not in json.dumps(body.blocks)
