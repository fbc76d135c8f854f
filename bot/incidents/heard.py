"""What Slack tells of messages where incidents live: marks, files, edits, deletions."""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.incidents.ports import Calls
from bot.incidents.record import also
from bot.incidents.rooms import Rooms
from bot.ledger import Ledger
from bot.slack.calls import SlackSaysNo
from bot.store import incidents as rows
from playbooks.model.base import JsonObject
from playbooks.respond.incident import Incident, IncidentState
from playbooks.respond.incident_rules import IncidentRules
from playbooks.respond.timeline import Entry, Lane

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<(?:https?|mailto):[^>|]+\|([^>]+)>|<((?:https?|mailto):[^>|]+)>")
_THREAD = re.compile(r"[?&]thread_ts=([0-9.]+)")
_CHANNEL_GONE = {
    "channel_archive": "was archived",
    "group_archive": "was archived",
    "channel_deleted": "was deleted",
    "group_deleted": "was deleted",
}
_MOST_TEXT = 3_000


@dataclass(frozen=True)
class Hint:
    """Which message something happened to, when, and what the event itself says of pins."""

    channel: str
    ts: str
    at: datetime
    pinned: bool | None = None


@dataclass(frozen=True)
class Heard:
    """An event only says where to look: what the message is like now is asked of Slack, so that
    events may come twice, late and in any order."""

    ledger: Ledger
    rules: IncidentRules
    calls: Calls
    rooms: Rooms
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Whether this is worth keeping. Asks nobody."""
        match event.get("type"):
            case "reaction_added" | "reaction_removed":
                return (
                    event.get("reaction") in self.rules.marks
                    and (event.get("item") or {}).get("type") == "message"
                )
            case "pin_added" | "pin_removed":
                return event.get("user") != self.rooms.bot_user()
            case "message":
                return _is_of_people(event)
            case kind:
                return kind in _CHANNEL_GONE

    def handle(self, event: JsonObject) -> None:
        """Raises SlackAway when Slack cannot be asked."""
        gone = _CHANNEL_GONE.get(str(event.get("type")))
        if gone is not None:
            self.rooms.lost(str(event["channel"]), gone)
            return
        hint = _hint(event)
        if hint is not None:
            self.follow(hint, only_known=_is_change(event))

    def is_marked(self, message: JsonObject) -> bool:
        """Whether it belongs into a timeline by what it is now; our own pinned cards do not."""
        marks = {each["name"] for each in message.get("reactions") or ()}
        if marks & set(self.rules.marks):
            return True
        of_people = not message.get("bot_id")
        return of_people and bool(message.get("pinned_to") or message.get("files"))

    def differs(self, entry: Entry, message: JsonObject) -> bool:
        """Whether it was edited, deleted, marked or unmarked since it was written down."""
        if message.get("subtype") == "tombstone":
            return entry.deleted_at is None
        edited = (message.get("edited") or {}).get("ts")
        newer = edited is not None and _moment(str(edited)) != entry.edited_at
        pinned = bool(message.get("pinned_to"))
        marked = (self._marks(message), pinned)
        return newer or marked != (entry.detail.get("marks"), entry.detail.get("pinned"))

    def follow(self, hint: Hint, *, only_known: bool = False) -> None:
        """Brings the timelines up to date with the message. Raises SlackAway."""
        with self._one_at_a_time:
            self._follow(hint, only_known=only_known)

    def _follow(self, hint: Hint, *, only_known: bool) -> None:
        key = f"message:{hint.channel}:{hint.ts}"
        with self.ledger.database.read() as connection:
            known = {each.incident: each for each in rows.with_key(connection, key)}
            near = [] if only_known else list(self._near(connection, hint.channel))
        if not known and not near:
            return
        try:
            message = self._message(hint)
        except SlackSaysNo as error:
            if error.code != "channel_not_found":
                raise
            # What was said in a channel that is gone was not taken back.
            return
        if message is None:
            self._all_changed(known.values(), deleted_at=hint.at)
            return
        fresh = self._entry(hint, key, message, next(iter(known.values()), None))
        wanted = _belongs(near, hint.channel, message)
        with self.ledger.database.write() as connection:
            for each in known.values():
                rows.change(connection, _changed(each, fresh, hint.at))
            if fresh.deleted_at is None:
                missing = sorted(wanted - set(known))
                rows.add(connection, [_of(fresh, id_, near, sorted(wanted)) for id_ in missing])

    def _near(self, connection: Any, channel: str) -> Sequence[Incident]:
        """Incidents that live in the channel, and those that go on where it is their stack's."""
        here = [
            each
            for each in rows.at_place(connection, channel)
            if each.state is not IncidentState.CLOSED
        ]
        of_stack = [
            each
            for each in rows.live(connection)
            if not each.private
            and each.stack in self.ledger.stacks
            and self.ledger.channel_of(self.ledger.stacks[each.stack]) == channel
        ]
        return list({each.id: each for each in [*here, *of_stack]}.values())

    def _message(self, hint: Hint) -> JsonObject | None:
        try:
            said = self.calls.call(
                "reactions.get", channel=hint.channel, timestamp=hint.ts, full=True
            )
        except SlackSaysNo as error:
            if error.code in {"message_not_found", "no_item_specified"}:
                return None
            raise
        message: JsonObject = said["message"]
        return None if message.get("subtype") == "tombstone" else message

    def _entry(self, hint: Hint, key: str, message: JsonObject, before: Entry | None) -> Entry:
        """What the timeline should have of the message; struck where nothing marks it any more."""
        pinned = hint.pinned
        if pinned is None:
            pinned = bool(message.get("pinned_to")) or bool(before and before.detail.get("pinned"))
        marks = self._marks(message)
        files = [str(each.get("name") or each.get("title")) for each in message.get("files") or ()]
        marked = bool(marks or pinned or files)
        edited = message.get("edited") or {}
        return Entry(
            incident="",
            key=key,
            at=_moment(hint.ts),
            noted_at=max(self.ledger.now(), _moment(hint.ts)),
            lane=Lane.PEOPLE,
            kind="file" if files else "message",
            text=self._text(message, files),
            by=self._author(message),
            link=str(message.get("permalink") or ""),
            edited_at=_moment(str(edited["ts"])) if edited.get("ts") else None,
            deleted_at=None if marked else hint.at,
            detail={
                "marks": marks,
                "pinned": pinned,
                **({} if marked else {"unmarked": True}),
                **({"files": files} if files else {}),
            },
        )

    def _marks(self, message: JsonObject) -> list[str]:
        return sorted(
            f"{each['name']}:{user}"
            for each in message.get("reactions") or ()
            if each["name"] in self.rules.marks
            for user in each["users"]
        )

    def _text(self, message: JsonObject, files: Sequence[str]) -> str:
        said = _MENTION.sub(lambda found: f"@{self._name(found[1])}", str(message.get("text", "")))
        said = _LINK.sub(lambda found: found[1] or found[2], said)
        said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        shared = f"[{', '.join(files)}]" if files else ""
        both = " ".join(part for part in (said, shared) if part)
        return self.ledger.redactor.redact(both)[:_MOST_TEXT]

    def _author(self, message: JsonObject) -> str:
        if message.get("bot_id"):
            return str((message.get("bot_profile") or {}).get("name") or "an app")
        return self._name(str(message.get("user", "")))

    def _name(self, slack: str) -> str:
        known = self.ledger.policy.person_with(slack)
        return known.name if known else slack

    def _all_changed(self, known: Any, **changes: object) -> None:
        with self.ledger.database.write() as connection:
            for each in known:
                if each.deleted_at is None or each.detail.get("unmarked"):
                    detail = {k: v for k, v in each.detail.items() if k != "unmarked"}
                    rows.change(connection, each.model_copy(update={**changes, "detail": detail}))


def _of(fresh: Entry, incident: str, near: Sequence[Incident], ids: Sequence[str]) -> Entry:
    """The entry of one incident; it says which other ones have it."""
    detail = {**fresh.detail, **also(near, ids, incident)}
    return fresh.model_copy(update={"incident": incident, "detail": detail})


def _changed(before: Entry, fresh: Entry, at: datetime) -> Entry:
    """The entry as it is now; the moment it was struck stays the first one."""
    struck = None if fresh.deleted_at is None else before.deleted_at or at
    others = before.detail.get("also")
    detail = {**fresh.detail, **({"also": others} if others else {})}
    return fresh.model_copy(
        update={
            "incident": before.incident,
            "noted_at": before.noted_at,
            "deleted_at": struck,
            "edited_at": fresh.edited_at or before.edited_at,
            "detail": detail,
        }
    )


def _belongs(near: Sequence[Incident], channel: str, message: JsonObject) -> set[str]:
    """Whose the message is: theirs whose thread or channel it stands in; else, but for files, of
    all that go on where their stack's channel is."""
    thread = str(message.get("thread_ts") or "")
    if not thread:
        found = _THREAD.search(str(message.get("permalink") or ""))
        thread = found[1] if found else str(message.get("ts") or "")
    own = {each.id for each in near if each.channel == channel and each.thread in {"", thread}}
    return own or (set() if message.get("files") else {each.id for each in near})


def _is_of_people(event: Mapping[str, Any]) -> bool:
    """Files they share, what they edit and what they delete."""
    said = event.get("message") or event.get("previous_message") or event
    if said.get("bot_id"):
        return False
    return event.get("subtype") in {"file_share", "message_changed", "message_deleted"}


def _is_change(event: JsonObject) -> bool:
    return event.get("subtype") in {"message_changed", "message_deleted"}


def _hint(event: JsonObject) -> Hint | None:
    at = _moment(str(event.get("event_ts") or event.get("ts") or "0"))
    match event["type"]:
        case "reaction_added" | "reaction_removed":
            return Hint(event["item"]["channel"], event["item"]["ts"], at)
        case "pin_added" | "pin_removed":
            message = event["item"].get("message") or {}
            channel = str(event.get("channel_id") or event["item"].get("channel"))
            pinned = event["type"] == "pin_added"
            return Hint(channel, str(message["ts"]), at, pinned) if message else None
    match event.get("subtype"):
        case "message_changed":
            return Hint(event["channel"], event["message"]["ts"], at)
        case "message_deleted":
            return Hint(event["channel"], event["deleted_ts"], at)
        case "file_share":
            return Hint(event["channel"], event["ts"], at)
    return None


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
