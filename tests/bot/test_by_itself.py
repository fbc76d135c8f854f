"""What a round does for each stack: an error ends only its own part."""

import pytest
from structlog.testing import capture_logs

from bot.rounds import by_itself
from playbooks.errors import Refused


@pytest.mark.parametrize(
    ("error", "event"),
    [(Refused("harbor is closed."), "tide.waits"), (ZeroDivisionError(), "tide.broke")],
)
def test_an_error_ends_only_its_own(error: Exception, event: str) -> None:
    """What says what is to be done is a warning, all else an error with its trace; whoever comes
    next has its turn."""
    seen = []
    with capture_logs() as logged:
        for stack in ("harbor", "quay"):
            with by_itself("tide", stack):
                if stack == "harbor":
                    raise error
                seen.append(stack)
    assert seen == ["quay"]
    assert [(each["event"], each["stack"]) for each in logged] == [(event, "harbor")]
