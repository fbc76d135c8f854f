"""Channels and contacts of the shipped stacks, from their alert to whoever is to be told."""

from datetime import timedelta
from pathlib import Path

import pytest

from playbooks.model.stack_file import load_stack
from tests.support.oncall_house import BEGIN, Moved, OncallHouse
from tests.support.outside import PAGERDUTY, TEAMS, TWILIO, Mail, Outside

pytestmark = pytest.mark.usefixtures("world")

STACKS = Path(__file__).parents[3] / "playbooks" / "stacks"
ENVIRONMENT = {
    "PAGER": "pagerduty://a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6@u+abcdefghijklmnopqr",
    "TEAMS": f"workflows://{TEAMS}:443/0123456789abcdef/signature-of-the-workflow",
    "SMS": f"twilio://AC{'0' * 32}:{'f' * 32}@+15005550006",
}
PEOPLE = {
    "ana": {"slack": "U0ANA", "phone": "+4915112345678", "email": "ana@example.com"},
    "ben": {"slack": "U0BEN"},
}
ROTA = {"starts": "2026-11-23", "primary": ["ana"], "secondary": ["ben"]}


def office(name: str, folder: Path, mail: Mail, policies: list[dict[str, object]]) -> OncallHouse:
    """The shipped stack, with all channels that there are."""
    described = {
        "people": PEOPLE,
        "roles": {},
        "oncall": {"all": ROTA},
        "paging": {
            "email": "env:MAIL",
            "sms": "env:SMS",
            "targets": {
                "duty": {"kind": "pagerduty", "url": "env:PAGER", "severities": ["critical"]},
                "teams": {"kind": "teams", "url": "env:TEAMS"},
            },
            "policies": policies,
        },
    }
    environment = ENVIRONMENT | {"MAIL": mail.url}
    stack = load_stack(STACKS / f"{name}.yaml")
    return OncallHouse(f"sqlite:///{folder / f'{name}.db'}", described, environment, Moved(), stack)


@pytest.mark.covers("R3", "NSA", by_contract=True)
@pytest.mark.parametrize("name", ["neurocore", "spice-harvester", "analytics-engine"])
def test_channels_go_by_severity(name: str, tmp_path: Path, mail: Mail, world: Outside) -> None:
    """What is critical goes to Slack, email, SMS, Teams and the pager; a warning to Slack, email
    and Teams; each result is said below the alert's card."""
    to, by = ["primary", "teams", "duty"], ["slack", "email", "sms"]
    step = {"after": "0", "to": to, "by": by}
    policy = {"name": "all", "severities": ["critical", "warning"], "steps": [step]}
    home = office(name, tmp_path, mail, [policy])
    home.alert("SlowAnswers", severity="warning")
    home.look()
    assert home.pages() == {"ana by email": "delivered", "teams": "delivered"}
    assert "ana is not told by sms: that is for what is critical" in home.said()[0]
    assert (len(world.at(TWILIO)), len(world.at(PAGERDUTY))) == (0, 0)
    home.alert("AllDown")
    home.look(seconds=1)
    assert set(home.pages()) == {"ana by email", "ana by sms", "teams", "duty"}
    assert set(home.pages().values()) == {"delivered"}
    (text,) = world.at(TWILIO)
    assert text.body["To"] == "+4915112345678"
    assert f"CRITICAL {name}: AllDown" in text.body["Body"]
    assert len(world.at(PAGERDUTY)) == 1
    assert len(world.at(TEAMS)) == 2
    assert [message["To"] for message in mail.messages] == ["ana@example.com"] * 2
    said = "\n".join(home.said())
    assert "<@U0ANA>" in said
    for line in ("ana by email: delivered", "ana by sms: delivered", "duty: delivered"):
        assert line in said


@pytest.mark.covers("R8", "NS")
@pytest.mark.parametrize(
    ("name", "by_day", "by_night"),
    [
        ("neurocore", {"security", "management"}, {"security", "management"}),
        (
            "spice-harvester",
            {"system-administrator", "database-administrator", "security", "development-lead"},
            {"system-administrator", "security"},
        ),
    ],
)
def test_contacts_are_told_at_their_hours(
    name: str, by_day: set[str], by_night: set[str], tmp_path: Path, mail: Mail
) -> None:
    """Nobody acknowledges: who is on call, the second, then the contacts of the stack file that
    answer at that hour; in Slack and by real email, until somebody does."""
    steps = [
        {"after": "5m", "to": ["primary"]},
        {"after": "10m", "to": ["secondary"]},
        {"after": "15m", "to": ["contacts"], "by": ["email"]},
    ]
    home = office(name, tmp_path, mail, [{"name": "urgent", "steps": steps}])
    for hours, expected in ((0, by_day), (12, by_night)):
        home.clock.at = BEGIN + timedelta(hours=hours)
        home.alert(f"Down{hours}")
        mail.messages.clear()
        for minutes in (5, 5, 5):
            home.look(minutes=minutes)
        contacts = home.stack.contacts
        told = {message["To"] for message in mail.messages}
        assert told == {contacts[each].email for each in expected}
        key = home.key(f"Down{hours}")
        keys = [each for each in home.told(f"page:alert:{key}") if each.count(":") == 5]
        assert [each.rpartition(":")[2] for each in keys] == ["1", "2", "3"]
        assert {e.rpartition(":")[2] for e in home.told(f"page:alert:{key}")} >= {"U0ANA", "U0BEN"}
