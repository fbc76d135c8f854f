"""Messages and ephemerals as rows; the body is the message object that Slack would send."""

import json
from dataclasses import dataclass
from typing import Any

from bot.workspace.store.database import Database
from bot.workspace.types import Json

COLUMNS = "channel, ts, thread_ts, visible_to, author, body"


@dataclass(frozen=True, slots=True)
class Stored:
    """A message: `thread_ts` only on replies, `visible_to` only on ephemerals."""

    channel: str
    ts: str
    thread_ts: str | None
    visible_to: str | None
    author: str
    body: Json


class MessageStore:
    """Rows by (channel, ts); every read is along an index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_ts(self) -> str | None:
        """The newest timestamp of all channels."""
        row = self._database.one("SELECT max(ts) FROM messages")
        return row[0] if row else None

    def add(self, message: Stored) -> None:
        """Stores a new message."""
        self._database.run(
            f"INSERT INTO messages({COLUMNS}) VALUES (?,?,?,?,?,?)",
            (
                message.channel,
                message.ts,
                message.thread_ts,
                message.visible_to,
                message.author,
                _dump(message.body),
            ),
        )

    def replace(self, channel: str, ts: str, body: Json) -> None:
        """Writes a new body."""
        self._database.run(
            "UPDATE messages SET body=? WHERE channel=? AND ts=?", (_dump(body), channel, ts)
        )

    def remove(self, channel: str, ts: str) -> None:
        """Forgets a message."""
        self._database.run("DELETE FROM messages WHERE channel=? AND ts=?", (channel, ts))

    def get(self, channel: str, ts: str) -> Stored | None:
        """The message or ephemeral, or None."""
        row = self._database.one(
            f"SELECT {COLUMNS} FROM messages WHERE channel=? AND ts=?", (channel, ts)
        )
        return _stored(row) if row else None

    def reply_summary(self, channel: str, thread_ts: str) -> tuple[int, list[str], str | None]:
        """How many replies, by whom (in order), and the newest one's timestamp."""
        rows = self._database.all(
            "SELECT author, ts FROM messages"
            " WHERE channel=? AND thread_ts=? AND visible_to IS NULL ORDER BY ts",
            (channel, thread_ts),
        )
        return len(rows), list(dict.fromkeys(row[0] for row in rows)), rows[-1][1] if rows else None

    def history(self, channel: str, oldest: str, latest: str, limit: int) -> list[Stored]:
        """Roots and broadcast replies with oldest < ts < latest, newest first."""
        rows = self._database.all(
            f"SELECT {COLUMNS} FROM messages WHERE channel=? AND ts>? AND ts<?"
            " AND visible_to IS NULL"
            " AND (thread_ts IS NULL OR json_extract(body,'$.subtype')='thread_broadcast')"
            " ORDER BY ts DESC LIMIT ?",
            (channel, oldest, latest, limit),
        )
        return [_stored(row) for row in rows]

    def replies(self, channel: str, thread_ts: str, after: str, limit: int) -> list[Stored]:
        """Replies of a thread with ts > after, oldest first."""
        rows = self._database.all(
            f"SELECT {COLUMNS} FROM messages WHERE channel=? AND thread_ts=? AND ts>?"
            " AND visible_to IS NULL ORDER BY ts LIMIT ?",
            (channel, thread_ts, after, limit),
        )
        return [_stored(row) for row in rows]

    def seen_by(self, channel: str, user: str, before: str, limit: int) -> list[Stored]:
        """All that a user sees of a channel, replies and own ephemerals too, newest first."""
        return self._seen("", (channel, before, user, limit))

    def roots_seen_by(self, channel: str, user: str, before: str, limit: int) -> list[Stored]:
        """The same without the replies in threads."""
        return self._seen(" AND thread_ts IS NULL", (channel, before, user, limit))

    def _seen(self, condition: str, values: tuple[object, ...]) -> list[Stored]:
        rows = self._database.all(
            f"SELECT {COLUMNS} FROM messages WHERE channel=?1 AND ts<?2"
            f" AND (visible_to IS NULL OR visible_to=?3){condition} ORDER BY ts DESC LIMIT ?4",
            values,
        )
        return [_stored(row) for row in rows]

    def thread_seen_by(
        self, channel: str, user: str, thread_ts: str, before: str, limit: int
    ) -> list[Stored]:
        """Replies of a thread as a user sees them, newest first, without the root."""
        return self._seen(" AND thread_ts=?5", (channel, before, user, limit, thread_ts))

    def unread(self, channel: str, user: str, after: str) -> tuple[int, int]:
        """Unread roots and unread mentions of a user, counted among the newest 200."""
        row = self._database.one(
            "SELECT coalesce(sum(thread_ts IS NULL),0), coalesce(sum(mention),0) FROM ("
            " SELECT thread_ts, body LIKE ? AS mention FROM messages"
            " WHERE channel=? AND ts>? AND visible_to IS NULL AND author<>?"
            " ORDER BY ts DESC LIMIT 200)",
            (f"%<@{user}%", channel, after, user),
        )
        return (int(row[0]), int(row[1])) if row else (0, 0)


def _dump(body: Json) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _stored(row: tuple[Any, ...]) -> Stored:
    return Stored(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]))
