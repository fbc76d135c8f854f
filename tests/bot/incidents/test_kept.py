"""Incidents over SQLite and PostgreSQL: clocks, repetitions, kills, and very many entries."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.bell import Bell
from bot.incidents.catching_up import CatchingUp
from bot.incidents.heard import Heard, Hint
from bot.incidents.record import Happened, record, record_all
from bot.incidents.rooms import Rooms
from bot.slack.calls import SlackCalls, SlackSaysNo
from bot.store import incidents as rows
from bot.store import requests, runs
from bot.store.alerts import Shown, put
from commands.ports import Opening
from playbooks.errors import Refused
from playbooks.model.base import JsonObject
from playbooks.model.request import RunState
from playbooks.respond.alert import Alert
from playbooks.respond.grouping import new_group
from playbooks.respond.incident import Incident, IncidentState, Priority, Role
from playbooks.respond.timeline import Lane
from tests.support.cards import request as a_request
from tests.support.cards import restore_plan
from tests.support.kept_incidents import ANA, BEN, Kept, kept_incidents, sqlite_url
from tests.support.postgres import Server
from tests.support.workspace import Sim


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Over each of the two databases."""
    url = sqlite_url(tmp_path)
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("database"))
    made = kept_incidents(url)
    yield made
    made.ledger.database.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Kept]:
    """Over SQLite."""
    made = kept_incidents(sqlite_url(tmp_path))
    yield made
    made.ledger.database.close()


def _in_a_room(kept: Kept, incident: Incident) -> None:
    """As if its channel had been made."""
    with kept.ledger.database.write() as connection:
        held = rows.hold(connection, incident.id)
        assert held is not None
        placed = held.incident.model_copy(update={"channel": "C0ROOM"})
        rows.put(connection, held.model_copy(update={"incident": placed}))


@pytest.mark.covers("R4", "S", only="stakeholder updates on the clock of the severity")
def test_reminders_go_by_the_severity_and_end(kept: Kept) -> None:
    """Half an hour after a P1 was opened, over a change of clocks, whoever tells others is asked,
    and again until told; what is over asks nobody."""
    incident = kept.open()
    _in_a_room(kept, incident)
    kept.incidents.set_role(incident.id, ANA, Role.COMMUNICATIONS, BEN.slack)
    for minutes, reminders in ((29, 0), (1.1, 1), (5, 1), (10, 2)):
        kept.clock.move(minutes=minutes)
        kept.reminders.look()
        kept.reminders.look()
        assert len(kept.said(":remind:")) == reminders
    assert "<@U0BEN>" in str(kept.said(":remind:")[0].body)
    kept.incidents.tell(incident.id, BEN, "We are on it")
    kept.clock.move(minutes=29)
    kept.reminders.look()
    assert len(kept.said(":remind:")) == 2
    kept.incidents.set_priority(incident.id, ANA, Priority.P2)
    kept.clock.move(minutes=10)
    kept.reminders.look()
    assert len(kept.said(":remind:")) == 2
    kept.clock.move(minutes=25)
    kept.reminders.look()
    assert len(kept.said(":remind:")) == 3
    kept.incidents.turn(incident.id, ANA, "resolve")
    kept.clock.move(hours=9)
    kept.reminders.look()
    assert len(kept.said(":remind:")) == 3
    told = kept.said(":stakeholders")
    assert [message.channel for message in told] == ["incidents"]


def test_whoever_hears_of_one_finds_it(kept: Kept) -> None:
    """The bell is rung when an opened incident can be read, so that its channel is made at once."""
    found: list[set[str]] = []

    def look() -> None:
        with kept.ledger.database.read() as connection:
            found.append({each.incident.id for each in rows.unsettled(connection)})

    kept.incidents.bell.listen(look)
    incident = kept.open()
    assert found == [{incident.id}]


@pytest.mark.covers("R4", "S", only="each thing once")
def test_the_same_again_is_the_same(kept: Kept) -> None:
    """Delivered twice, recorded twice or from two threads: one incident, one note, one entry."""
    once = Opening(title="Twice", priority=Priority.P3, stack="harbor", once="command:1")
    with ThreadPoolExecutor(4) as pool:
        ids = {each.id for each in pool.map(lambda _: kept.incidents.open(once, ANA), range(8))}
    assert len(ids) == 1
    incident = ids.pop()
    for _ in range(2):
        kept.incidents.note(incident, ANA, "once", once="command:2")
        kept.incidents.tell(incident, ANA, "told once", once="command:3")
        kept.incidents.turn(incident, ANA, "mitigate")
    now = kept.clock()
    happened = Happened("harbor", "page:1", now, Lane.PEOPLE, "paged", "ben was paged")
    for _ in range(2):
        with kept.ledger.database.write() as connection:
            record(connection, happened)
    texts = [each.text for each in kept.incidents.entries(incident)]
    assert texts == ["Opened as P3: Twice", "once", "told once", "Mitigated", "ben was paged"]


@pytest.mark.covers("R4", "S", only="5,000 timeline entries")
def test_five_thousand_entries_are_paged(kept: Kept) -> None:
    """Pages are found fast wherever they are, and together are all of it in its order."""
    incident = kept.open()
    start = kept.clock()
    happened = [
        Happened("harbor", f"k:{n}", start + timedelta(seconds=n), Lane.RUN, "step", f"step {n}")
        for n in range(5_000)
    ]
    with kept.ledger.database.write() as connection:
        record_all(connection, happened)
    began, texts = time.monotonic(), []
    for offset in range(0, 5_001, 500):
        texts += [e.text for e in kept.incidents.entries(incident.id, offset=offset, limit=500)]
    assert time.monotonic() - began < 5
    assert texts[0].startswith("Opened") and texts[1:] == [f"step {n}" for n in range(5_000)]
    assert kept.incidents.count(incident.id) == 5_001


@pytest.mark.covers("R4", "S", only="deploys of the last hours before the opening")
def test_changes_before_the_opening_are_found(kept: Kept) -> None:
    """A deploy of the last hours is in the timeline at its own times, an older one is not; alerts
    that belong to it are there from their beginning on."""
    for id_, hours in (("dnew22", 2), ("dold22", 30)):
        _ran(kept, id_, "deploy", hours)
    _ran(kept, "backp2", "backup", 1)
    incident = kept.open()
    found = {(e.key, e.kind, e.lane) for e in kept.incidents.entries(incident.id)}
    assert ("run:dnew22:started", "started", Lane.CHANGE) in found
    assert ("run:dnew22:succeeded", "deploy", Lane.CHANGE) in found
    assert not [key for key, _, _ in found if "dold22" in key or "backp2" in key]
    first = kept.incidents.entries(incident.id)[0]
    assert first.late and first.at == kept.clock() - timedelta(hours=2)


def _ran(kept: Kept, id_: str, operation: str, hours_ago: float) -> None:
    at = kept.clock() - timedelta(hours=hours_ago)
    plan = restore_plan(operation=operation, stack="harbor", summary=f"{operation} of harbor")
    asked = a_request(plan, id=id_, asked_at=at, expires_at=at + timedelta(hours=1))
    with kept.ledger.database.write() as connection:
        requests.insert(connection, asked, None)
        runs.claim(connection, id_, at)
        ended = at + timedelta(minutes=5)
        runs.change(connection, id_, state=RunState.SUCCEEDED.value, started_at=at, ended_at=ended)


@pytest.mark.covers("R4", "S", only="two incidents at once on one stack")
def test_a_tied_alert_is_written_to_its_own(small: Kept) -> None:
    """What a group of alerts does goes to the incident that has it; other things to both."""
    one, other = small.open("One"), small.open("Other")
    _group(small, "g1")
    small.incidents.tie(one.id, ANA, "g1")
    now = small.clock()
    with small.ledger.database.write() as connection:
        for key, detail in (("tied", {"group": "g1"}), ("both", {})):
            record(
                connection, Happened("harbor", key, now, Lane.ALERT, "fired", key, "", "", detail)
            )
    assert {"tied", "both"} <= {each.text for each in small.incidents.entries(one.id)}
    others = {each.text: each for each in small.incidents.entries(other.id)}
    assert "tied" not in others
    assert others["both"].detail["also"] == [one.id]


def _group(kept: Kept, key: str) -> None:
    alert = Alert(
        fingerprint="f",
        rule="ApiDown",
        stack="harbor",
        severity="critical",
        firing=True,
        since=kept.clock(),
    )
    group = new_group("alertmanager", alert, "ops-harbor", kept.clock())
    with kept.ledger.database.write() as connection:
        put(connection, [Shown(group.model_copy(update={"key": key}))])


def test_states_follow_each_other(small: Kept) -> None:
    """Only what is resolved is closed; what is over can be opened again, with its clocks."""
    incident = small.open()
    with pytest.raises(Refused):
        small.incidents.turn(incident.id, ANA, "close")
    small.clock.move(minutes=3)
    resolved = small.incidents.turn(incident.id, ANA, "resolve")
    assert resolved.mitigated_at == resolved.resolved_at == small.clock()
    with pytest.raises(Refused):
        small.incidents.turn(incident.id, ANA, "mitigate")
    closed = small.incidents.turn(incident.id, ANA, "close")
    assert closed.state is IncidentState.CLOSED
    again = small.incidents.turn(incident.id, ANA, "reopen")
    assert again.resolved_at is None and again.mitigated_at is None


def _catching_up(small: Kept, workspace: Sim) -> tuple[CatchingUp, Incident]:
    """A look at Slack from time to time, and an incident with a channel of its own."""
    secrets = workspace.workspace.secrets
    calls = SlackCalls(secrets.bot_token, workspace.workspace.api_url)
    user = workspace.api("auth.test")["user_id"]
    rooms = Rooms(small.ledger, small.messages, calls, Bell(), lambda: user)
    heard = Heard(small.ledger, small.messages.rules, calls, rooms)
    incident = small.open("Nobody heard it")
    rooms.look()
    return CatchingUp(small.ledger, calls, heard), small.incidents.get(incident.id)


@pytest.mark.covers("R4", "S", only="marks that were set while nobody heard them")
def test_what_was_missed_is_caught_up_with(small: Kept, workspace: Sim) -> None:
    """Stars and files from while the bot was away are found, each once; our own card is not one."""
    catching_up, incident = _catching_up(small, workspace)
    channel = incident.channel
    card = workspace.post("the card", channel=channel)
    workspace.api("pins.add", channel=channel, timestamp=card)
    starred = workspace.act("message", user="ben", channel=channel, text="Seen by ben")["ts"]
    workspace.act("message", user="ben", channel=channel, text="chatting")
    workspace.act("message", user="ana", channel=channel, files={"trace.txt": "x"})
    workspace.act("react", user="ana", channel=channel, ts=starred, name="star")
    for _ in range(2):
        catching_up.look()
    texts = [each.text for each in small.incidents.entries(incident.id)]
    assert sorted(texts) == ["Opened as P1: Nobody heard it", "Seen by ben", "[trace.txt]"]


@pytest.mark.covers("R4", "S", only="edits and deletions while nobody heard them")
def test_missed_edits_and_deletions_are_caught_up_with(small: Kept, workspace: Sim) -> None:
    """What was edited, deleted or lost its mark while the bot was away says so after its next
    look, in the channel and in a thread of it; what is settled is not asked for again."""
    catching_up, incident = _catching_up(small, workspace)
    channel = incident.channel
    said = {
        text: workspace.act("message", user="ben", channel=channel, text=text)["ts"]
        for text in ("edited", "deleted", "unmarked", "left alone")
    }
    body = {"user": "ben", "channel": channel, "thread_ts": said["left alone"]}
    said["reply"] = workspace.act("message", text="reply", **body)["ts"]
    for ts in said.values():
        workspace.act("react", user="ana", channel=channel, ts=ts, name="star")
        catching_up.heard.follow(Hint(channel, ts, small.ledger.now()))
    workspace.act("edit", user="ben", channel=channel, ts=said["edited"], text="edited since")
    workspace.act("delete", user="ben", channel=channel, ts=said["deleted"])
    workspace.act("edit", user="ben", channel=channel, ts=said["reply"], text="reply since")
    star = {"user": "ana", "channel": channel, "name": "star", "remove": True}
    workspace.act("react", ts=said["unmarked"], **star)
    catching_up.look()
    entries = {each.key.split(":")[-1]: each for each in small.incidents.entries(incident.id)}
    found = {name: entries[ts] for name, ts in said.items()}
    assert (found["edited"].text, found["reply"].text) == ("edited since", "reply since")
    assert found["edited"].edited_at is not None
    struck = {name for name, each in found.items() if each.deleted_at is not None}
    assert struck == {"deleted", "unmarked"}
    asked = len(workspace.http.get("/sim/calls", params={"method": "reactions.get"}).json())
    catching_up.look()
    again = len(workspace.http.get("/sim/calls", params={"method": "reactions.get"}).json())
    # Only answers in threads, which no list has, are asked for each time.
    assert again - asked == 1


class _RefusingCalls:
    """Slack's Web API of an app that may not make private channels."""

    def __init__(self) -> None:
        self.made = 0

    def call(self, method: str, **_args: Any) -> JsonObject:
        self.made += 1
        raise SlackSaysNo(method, "missing_scope")


def test_a_refused_room_is_said_and_not_asked_for_all_the_time(small: Kept) -> None:
    """A public incident becomes a thread that says why; the opener of a private one is told."""
    calls = _RefusingCalls()
    rooms = Rooms(small.ledger, small.messages, calls, Bell(), lambda: "U0INTERLK")
    public = small.open("No channel for it")
    private = small.open("Nor for this one", private=True)
    for _ in range(5):
        rooms.look()
    assert small.incidents.get(public.id).channel == "ops-harbor"
    assert "missing_scope" in str(small.said(f"incident:{public.id}")[0].body)
    assert small.incidents.get(private.id).channel == ""
    told = small.said("no-channel")
    assert [(each.channel, "groups:write" in str(each.body)) for each in told] == [("U0ANA", True)]
    assert private.title not in str(small.said(f"incident:{public.id}")[0].body)
    assert calls.made == 2


class _Killed(Exception):
    """The process is gone."""


class _DyingCalls:
    """Slack's Web API of a real workspace; the process dies right after one of its answers."""

    def __init__(self, calls: SlackCalls, dies_after: str) -> None:
        self.calls, self.dies_after, self.made = calls, dies_after, [""]

    def call(self, method: str, **args: Any) -> JsonObject:
        answer = self.calls.call(method, **args)
        self.made.append(method)
        if method == self.dies_after:
            self.dies_after = ""
            raise _Killed
        return answer


@pytest.mark.covers("R4", "S", only="kills between Slack's answer and our note")
@pytest.mark.parametrize("method", ["conversations.create", "conversations.invite"])
def test_a_kill_makes_no_second_channel(small: Kept, workspace: Sim, method: str) -> None:
    """The next life finds the channel that the last one made, and goes on there."""
    secrets = workspace.workspace.secrets
    calls = _DyingCalls(SlackCalls(secrets.bot_token, workspace.workspace.api_url), method)
    user = workspace.api("auth.test")["user_id"]
    rooms = Rooms(small.ledger, small.messages, calls, Bell(), lambda: user)
    incident = small.open("Killed in between", private=True)
    for _ in range(2):
        try:
            rooms.look()
        except _Killed:
            continue
    rooms.look()
    made = workspace.api("conversations.list", types="private_channel")["channels"]
    assert [each["name"] for each in made] == [f"{incident.id}-killed-in-between"]
    assert small.incidents.get(incident.id).channel == made[0]["id"]
    assert "U0ANA" in workspace.api("conversations.members", channel=made[0]["id"])["members"]
    assert calls.made.count("conversations.create") == 1
