"""Cards of routines keep Slack's limits, however long a list and its values are."""

from datetime import UTC, datetime

import pytest

from notifiers.views import blocks, limits
from notifiers.views.routine import routine_card, week_report
from playbooks.model.checks import HealthCheck, Ticked
from playbooks.respond.checks import Finding, Verdict
from playbooks.respond.routine import Line, Round, RoundState, week

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def a_round(count: int, said: str) -> Round:
    found = Finding(verdict=Verdict.RED, said=said)
    looked = Line(item=HealthCheck(text="Look <at> it", check="health"), finding=found)
    done = Line(item=Ticked(text="Done"), ticked_at=NOW, ticked_by="ana", ticked_slack="U0ANA")
    lines = (*[done] * (count // 2), *[looked] * (count - count // 2))
    return Round(
        stack="harbor",
        routine="morning",
        key="2026-11-23",
        due=NOW,
        begun_at=NOW,
        lines=lines,
        state=RoundState.OPEN,
    )


@pytest.mark.parametrize(("count", "said"), [(1, "x"), (12, "<&>" * 900), (150, "word " * 200)])
def test_a_card_fits_into_a_message(count: int, said: str) -> None:
    """Blocks and characters stay below what Slack takes; what has no room is counted, and is what
    is done already."""
    body = routine_card(a_round(count, said), "prod/harbor")
    assert len(body.blocks) <= limits.PAGE_BLOCKS
    assert blocks.length(body.blocks) <= limits.PAGE_CHARACTERS
    said_all = str(body.blocks)
    if count > 40:
        assert "more, which have no room here" in said_all
        assert said_all.index("*RED*") < said_all.find("*DONE*") % len(said_all)
    else:
        assert "no room" not in said_all
    assert "Look <at> it" not in said_all


def test_a_week_without_rounds_says_so() -> None:
    """No share of nothing."""
    body = week_report(week("harbor", [], NOW.date()), "prod/harbor")
    assert body.text == "prod/harbor: routines of the week, nothing was due, 0 missed"
