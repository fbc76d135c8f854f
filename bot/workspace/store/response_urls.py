"""response_url: five uses in half an hour, counted in the database."""

import time
from dataclasses import dataclass

from bot.workspace.clock import new_secret
from bot.workspace.errors import SlackError
from bot.workspace.store.database import Database

USES = 5
KEPT_AFTER_EXPIRY = 3600.0


@dataclass(frozen=True, slots=True)
class ResponseUrl:
    """Where an answer goes: the channel, the person, and the message that was pressed."""

    id: str
    channel: str
    user: str
    message_ts: str | None


class ResponseUrls:
    """Issues and redeems response URLs; `lifetime` in seconds."""

    def __init__(self, database: Database, lifetime: float) -> None:
        self._database = database
        self._lifetime = lifetime

    def issue(self, channel: str, user: str, message_ts: str | None) -> ResponseUrl:
        """A new URL for one command or one press."""
        url = ResponseUrl(new_secret(), channel, user, message_ts)
        now = time.time()
        with self._database.transaction():
            self._database.run(
                "DELETE FROM response_urls WHERE expires<?", (now - KEPT_AFTER_EXPIRY,)
            )
            self._database.run(
                "INSERT INTO response_urls(id, channel, user, message_ts, expires)"
                " VALUES (?,?,?,?,?)",
                (url.id, channel, user, message_ts, now + self._lifetime),
            )
        return url

    def redeem(self, url_id: str) -> ResponseUrl:
        """Counts one use; raises SlackError `used_url`, `expired_url` or `invalid_url`."""
        row = self._database.one(
            "SELECT channel, user, message_ts, uses, expires FROM response_urls WHERE id=?",
            (url_id,),
        )
        if row is None:
            raise SlackError("invalid_url")
        channel, user, message_ts, uses, expires = row
        if time.time() >= expires:
            raise SlackError("expired_url")
        if uses >= USES:
            raise SlackError("used_url")
        self._database.run("UPDATE response_urls SET uses=uses+1 WHERE id=?", (url_id,))
        return ResponseUrl(url_id, channel, user, message_ts)
