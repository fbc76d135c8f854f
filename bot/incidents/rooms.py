"""Where incidents live in Slack: their channels are made, named, filled, and replaced when lost."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.bell import Bell
from bot.incidents.messages import Messages
from bot.incidents.ports import Calls
from bot.incidents.record import Happened, record
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.slack.calls import SlackAway, SlackSaysNo
from bot.store import alerts, outbox
from bot.store import incidents as rows
from bot.store.incidents import Kept
from notifiers.views.incident import incident_key, title
from playbooks.respond import course
from playbooks.respond.course import channel_name, is_live
from playbooks.respond.timeline import Lane

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 10.0
_AGAIN_SECONDS = 15.0
_REFUSED_SECONDS = 60.0
_LONGEST_TOPIC = 250
_OTHER_NAMES = 3
_GONE = ("channel_not_found", "is_archived")
_THERE_ALREADY = frozenset({"already_in_channel", "cant_invite_self"})
_Turn = Callable[[Kept], Kept]


@dataclass(frozen=True)
class Rooms:
    """Looks again and again, so that a kill between Slack's answer and our note costs nothing: what
    Slack has done already it says so, and that counts as done."""

    ledger: Ledger
    messages: Messages
    calls: Calls
    bell: Bell
    bot_user: Callable[[], str]
    _not_before: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        await rounds("incidents.rooms", _LOOK_SECONDS, self.look, self.bell.heard_here())

    def look(self) -> float | None:
        """One round; when Slack is away, the seconds until the next one."""
        with self.ledger.database.read() as connection:
            found = rows.unsettled(connection)
        waits = {id_ for id_, at in self._not_before.items() if at > time.monotonic()}
        for kept in (each for each in found if each.incident.id not in waits):
            try:
                self._settle(kept)
            except SlackAway as error:
                _log.warning("incidents.slack_away", why=str(error))
                return _AGAIN_SECONDS
            except SlackSaysNo as error:
                _log.warning("incidents.refused", incident=kept.incident.id, why=str(error))
                self._not_before[kept.incident.id] = time.monotonic() + _REFUSED_SECONDS
        return None

    def lost(self, channel: str, why: str) -> None:
        """The channel is gone: its incidents live elsewhere from now on, and say so."""
        with self.ledger.database.read() as connection:
            found = rows.unsettled(connection)
        for kept in (each for each in found if each.incident.channel == channel):
            self._change(kept.incident.id, lambda held: self._elsewhere(held, channel, why))

    def _settle(self, kept: Kept) -> None:
        incident = kept.incident
        self._take_on(kept)
        if not incident.channel:
            self._make(kept)
            return
        with self.ledger.database.read() as connection:
            card = outbox.copy_of(connection, incident_key(incident.id, kept.place.moved))
        if card is not None and card.problem.startswith(_GONE):
            self.lost(incident.channel, "is gone")
            return
        if kept.place.own:
            self._name_topic(kept)
            self._ask_in(kept)
        if card is not None and card.ts:
            self._pin(kept, card.ts)

    def _take_on(self, kept: Kept) -> None:
        """Whoever acknowledged one of its alerts has taken it on."""
        if kept.incident.acknowledged_at is not None or not kept.incident.alerts:
            return
        with self.ledger.database.read() as connection:
            groups = [alerts.peek(connection, key) for key in kept.incident.alerts]
        known = [each.group.acknowledged_at for each in groups if each is not None]
        moments = [at for at in known if at is not None]
        if moments:
            self._change(
                kept.incident.id,
                lambda held: held.model_copy(
                    update={"incident": course.taken_on(held.incident, min(moments))}
                ),
            )

    def _make(self, kept: Kept) -> None:
        """A channel of its own; where Slack does not let us, a thread."""
        incident = kept.incident
        name = channel_name(incident) + (f"-{kept.place.moved + 1}" if kept.place.moved else "")
        try:
            channel, name = self._created(name, private=incident.private)
        except SlackSaysNo as error:
            if incident.private:
                self._tell_opener(kept, error.code)
                raise
            why = f"Slack did not make a channel for it ({error.code}), so it is a thread here."
            self._change(incident.id, lambda held: self._in_thread(held, why))
            return
        self._change(incident.id, lambda held: _in_own(held, channel, name))

    def _tell_opener(self, kept: Kept, code: str) -> None:
        """A private incident is shown nowhere else: whoever opened it learns why it has no room."""
        text = (
            f"Slack does not make the private channel of {kept.incident.id} ({code}); it is tried "
            "again every minute. The app needs the scope `groups:write`."
        )
        with self.ledger.database.write() as connection:
            self.messages.tell(connection, kept, kept.place.asked[0], "no-channel", text)
        self.bell.ring()

    def _created(self, name: str, *, private: bool) -> tuple[str, str]:
        """Its id and name. One that an earlier life made, and could not note, is ours."""
        tried = [name, *(f"{name}-{number}" for number in range(2, 2 + _OTHER_NAMES))]
        for each in tried:
            try:
                made = self.calls.call("conversations.create", name=each, is_private=private)
                return str(made["channel"]["id"]), each
            except SlackSaysNo as error:
                if error.code != "name_taken":
                    raise
            found = self._ours(each, private=private)
            if found:
                return found, each
        raise SlackSaysNo("conversations.create", "name_taken")

    def _ours(self, name: str, *, private: bool) -> str:
        kind, cursor = "private_channel" if private else "public_channel", ""
        while True:
            said = self.calls.call(
                "conversations.list", types=kind, exclude_archived=True, limit=200, cursor=cursor
            )
            for each in said["channels"]:
                if each["name"] == name and each.get("creator") == self.bot_user():
                    return str(each["id"])
            cursor = str((said.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return ""

    def _name_topic(self, kept: Kept) -> None:
        incident = kept.incident
        topic = f"{title(incident)} · {incident.state.value}"[:_LONGEST_TOPIC]
        if kept.place.topic == topic:
            return
        self._tolerant("conversations.setTopic", channel=incident.channel, topic=topic)
        self._note(incident.id, topic=topic)

    def _ask_in(self, kept: Kept) -> None:
        asked = [each for each in kept.place.asked if each not in kept.place.invited]
        for user in asked:
            self._tolerant("conversations.invite", channel=kept.incident.channel, users=user)
        if asked:
            self._note(kept.incident.id, invited=(*kept.place.invited, *asked))

    def _pin(self, kept: Kept, ts: str) -> None:
        """The card is pinned while the incident goes on; in a thread its replies hang on it."""
        incident, place = kept.incident, kept.place
        wanted = ts if place.own or is_live(incident) else ""
        if place.pinned != wanted:
            method = "pins.add" if wanted else "pins.remove"
            self._tolerant(method, channel=incident.channel, timestamp=ts)
            self._note(incident.id, pinned=wanted)
        if not place.own and incident.thread != ts:
            self._change(
                incident.id,
                lambda held: held.model_copy(
                    update={"incident": held.incident.model_copy(update={"thread": ts})}
                ),
            )

    def _tolerant(self, method: str, **args: object) -> None:
        """What Slack refuses for good is said in the log, and not tried for ever."""
        try:
            self.calls.call(method, **args)
        except SlackSaysNo as error:
            if error.code in _GONE:
                self.lost(str(args["channel"]), "is gone")
            elif error.code not in _THERE_ALREADY:
                _log.info("incidents.slack_refused", method=method, why=error.code)

    def _in_thread(self, kept: Kept, why: str) -> Kept:
        home = self.messages.home_channel(kept.incident)
        place = kept.place.model_copy(update={"own": False, "problem": why})
        return Kept(
            incident=course.placed(kept.incident, home, ""), place=place, remind_at=kept.remind_at
        )

    def _elsewhere(self, kept: Kept, channel: str, why: str) -> Kept:
        """What is private gets another channel of its own; the rest goes where all incidents are
        shown. Asked a second time it stays where it is."""
        if kept.incident.channel != channel:
            return kept
        said = f"Its channel {f'#{kept.place.name} ' if kept.place.name else ''}{why}."
        changes: dict[str, object] = {
            "moved": kept.place.moved + 1,
            "problem": said,
            "topic": "",
            "invited": (),
            "pinned": "",
        }
        home = self.messages.channel(self.messages.rules.channel)
        if kept.incident.private:
            incident = course.placed(kept.incident, "", "")
        elif channel == home:
            return kept
        else:
            incident = course.placed(kept.incident, home, "")
            changes["own"] = False
        return kept.model_copy(
            update={"incident": incident, "place": kept.place.model_copy(update=changes)}
        )

    def _note(self, id_: str, **known: object) -> None:
        self._change(
            id_,
            lambda held: held.model_copy(update={"place": held.place.model_copy(update=known)}),
        )

    def _change(self, id_: str, turn: _Turn) -> None:
        """In one transaction; the card follows where the incident itself has changed."""
        with self.ledger.database.write() as connection:
            held = rows.hold(connection, id_)
            if held is None:
                return
            after = turn(held)
            if after == held:
                return
            rows.put(connection, after)
            if after.incident.version == held.incident.version:
                return
            self.messages.want_card(connection, after)
            self.messages.announce(connection, after)
            if after.place.moved != held.place.moved:
                record(connection, self._moved(after))
        self.bell.ring()

    def _moved(self, kept: Kept) -> Happened:
        incident = kept.incident
        return Happened(
            stack=incident.stack,
            key=f"incident:{incident.id}:{incident.version}",
            at=self.ledger.now(),
            lane=Lane.PEOPLE,
            kind="moved",
            text=kept.place.problem,
            detail={"incident": incident.id},
        )


def _in_own(kept: Kept, channel: str, name: str) -> Kept:
    place = kept.place.model_copy(update={"name": name})
    incident = course.placed(kept.incident, channel, "")
    return Kept(incident=incident, place=place, remind_at=kept.remind_at)
