"""The whole plan: as a modal, as messages, on paper."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.workspace.blocks.blocks import check_message_blocks
from bot.workspace.blocks.views import check_view
from notifiers.views.card import card
from notifiers.views.details import details, details_pages, plan_pages
from notifiers.views.paper import paper
from notifiers.views.values import shown_value
from playbooks.model.plan import ActionCall
from tests.support.cards import NOW, card_state, long_plan, request, restore_plan, samples


def words(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("name", samples())
def test_every_state_opens_as_a_valid_modal(name: str) -> None:
    """Details can be opened from any card, with a title that fits."""
    view = details(samples()[name])
    assert check_view(view)
    assert view["title"]["text"] == "Request k3f9q2"


def test_the_modal_names_every_part_of_the_plan() -> None:
    """Steps with arguments, undo and probe, guards, owed, resources, binding facts, digest."""
    said = words(details(samples()["running"]))
    for part in (
        "postgres.create database=harbor_new_‹run›",
        "dump=‹path of fetch›",
        "undo `postgres.drop`",
        "asks what happened with `postgres.is_swapped`",
        "may be repeated after a crash",
        "Start api again, from stage 5 on",
        "Free space on the database's disk (disk.free free_bytes, at least 61.0 MB)",
        "stack harbor, alone",
        "manifest: 9f2c41aa",
        request().digest,
    ):
        assert part in said


def test_a_plan_too_long_for_a_modal_says_where_the_rest_is() -> None:
    """A modal takes 100 blocks; what is left out is counted, and the run's pages have it."""
    state = card_state(request(long_plan(300)))
    view = details(state)
    assert check_view(view)
    assert "in full: `/ops run k3f9q2`" in words(view)
    pages = details_pages(state)
    said = "".join(words(page.blocks) for page in pages)
    assert all(check_message_blocks(list(page.blocks)) for page in pages)
    assert all(f"Do part {n} of 300" in said for n in range(300))


def test_a_plan_alone_says_that_nothing_was_asked() -> None:
    """`plan` shows the plan, the approvals it would need and that nothing happened."""
    (page,) = plan_pages(restore_plan(), 2, 38.0)
    said = words(page.blocks)
    assert page.text.startswith("PLAN ONLY: RESTORE prod/harbor")
    for part in ("2 needed", "about 38 s", "Nothing was asked for and nothing was changed."):
        assert part in said


def test_paper_has_every_act_in_order_and_what_to_put_back() -> None:
    """The runbook can be followed without bot and Slack: steps, probes, undo, owed, commands."""

    def describe(call: ActionCall) -> tuple[str, ...]:
        return ("kill -TERM 42",) if call.action == "service.stop" else ()

    said = paper(restore_plan(), NOW, describe)
    order = [
        "## Loses",
        "## Check first",
        "### Stage 1 of 8",
        "Swap the two databases",
        "**Point of no return.**",
        "### Stage 7 of 8",
        "## Put back, however it ends",
    ]
    positions = [said.index(part) for part in order]
    assert positions == sorted(positions)
    assert "\n```sh\nkill -TERM 42\n```\n" in said
    assert "Undo, only to take it back: `postgres.drop`" in said
    assert "`service.start` service=api" in said


def test_values_that_come_later_are_said_in_words() -> None:
    """Placeholders and outputs of other steps read as what they will be."""
    assert shown_value("old_{run}_{started}") == "old_‹run›_‹start time›"
    assert shown_value({"db": {"$from": "dump.postgres"}}) == "{db: ‹postgres of dump›}"
    assert shown_value({"$from": "dump"}) == "‹output of dump›"
    assert shown_value([1, True, None]) == "[1, true, null]"


def test_sentences_name_the_run_once_there_is_a_request() -> None:
    """`{run}` in a sentence is the request's id on its card, and a placeholder before."""
    plan = restore_plan(keeps=("the live database as old_{run}",))
    asked = card_state(request(plan))
    assert "old_k3f9q2" in words(card(asked).blocks)
    assert "old_k3f9q2" in words(details(asked))
    assert "old_‹run›" in words(plan_pages(plan, 2, None)[0].blocks)
    assert "old_‹run›" in paper(plan, NOW)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=4000), st.lists(st.text(max_size=500), max_size=40))
def test_any_plan_fits_modal_pages_and_paper(told: str, sentences: list[str]) -> None:
    """Whatever a plan says, each of its forms is within Slack's limits."""
    plan = restore_plan(
        summary=told, loses=tuple(sentences), notes=tuple(sentences), binding={"fact": told}
    )
    assert check_view(details(card_state(request(plan))))
    for page in plan_pages(plan, None, None):
        assert check_message_blocks(list(page.blocks))
    assert plan.stack in paper(plan, NOW)
