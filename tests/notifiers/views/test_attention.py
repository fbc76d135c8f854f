"""New messages for those who must act or who asked."""

import json

from bot.workspace.blocks.blocks import check_message_blocks
from notifiers.ports import Body
from notifiers.views.attention import asked_anew, finished, uncertain
from playbooks.model.request import RequestState, RunState
from tests.support.cards import card_state, request, restore_plan, run, samples


def words(body: Body) -> str:
    """Everything the message says, checked as Slack would."""
    assert check_message_blocks(list(body.blocks))
    assert body.metadata is None
    assert not [block for block in body.blocks if block["type"] == "actions"]
    return body.text + json.dumps(body.blocks, ensure_ascii=False)


def test_asked_anew_mentions_who_may_vote_and_says_what_changed() -> None:
    """The approvers hear that votes are asked again, and why."""
    said = words(asked_anew(samples()["pending"], "a2b3c4", ["api was <!here> stopped."]))
    for part in ("Asked anew, needs 2 approvals", "`a2b3c4` is void", "<@U0BEN>, <@U0CLEO>"):
        assert part in said
    assert "api was &lt;!here&gt; stopped." in said


def test_uncertain_mentions_who_may_answer_and_explains_the_answers() -> None:
    """Those who may act read which step it is, what was seen and what each button does."""
    said = words(uncertain(samples()["uncertain"], "Swap the databases", "The server was gone."))
    for part in (
        "Needs an answer",
        "*Swap the databases*",
        "The server was gone.",
        "*Retry*",
        "*Accept*",
        "*Abort*",
        "<@U0BEN>, <@U0CLEO>",
    ):
        assert part in said


def test_finished_tells_the_requester_the_outcome_first() -> None:
    """The outcome opens the message, the requester is mentioned, the undo is named."""
    body = finished(samples()["succeeded"])
    assert body.text.startswith("Succeeded in 41 s: RESTORE prod/harbor postgres")
    said = words(body)
    assert "<@U0ANA>" in said
    assert "<@U0BEN>" not in said
    assert "/ops restore harbor postgres --undo" in said
    assert finished(samples()["denied"]).text.startswith("Denied: RESTORE")


def test_finished_measures_against_the_objective() -> None:
    """Who asked for a recovery reads how long the stack was away."""
    asked = request(restore_plan(within_seconds=90.0), state=RequestState.APPROVED)
    said = words(finished(card_state(asked, (), run(RunState.SUCCEEDED))))
    assert "All was well 2 min after it was asked for; the objective is 1 min 30 s: missed." in said


def test_a_failed_schedule_is_for_the_approvers() -> None:
    """Where no person asked, those who can act hear of a failure, and of nothing else."""
    nightly = request(requester="nightly", requester_slack="", state=RequestState.APPROVED)
    failed = card_state(nightly, (), run(RunState.FAILED))
    done = card_state(nightly, (), run(RunState.SUCCEEDED))
    assert "<@U0BEN>" in words(finished(failed))
    assert "<@" not in words(finished(done))
