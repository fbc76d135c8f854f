"""Saying, changing and deleting: the row, the event for the bot and the news for the pages."""

from dataclasses import dataclass

from bot.workspace.acts.answers import Answers
from bot.workspace.clock import MessageClock
from bot.workspace.delivery.events import Events
from bot.workspace.earlier import Earlier
from bot.workspace.errors import SlackError
from bot.workspace.feed import Feed
from bot.workspace.shapes import author_fields, shown
from bot.workspace.store.database import Database
from bot.workspace.store.directory import SLACKBOT, Channel, Directory
from bot.workspace.store.messages import MessageStore, Stored
from bot.workspace.types import Json

TOMBSTONE = "This message was deleted."


@dataclass(slots=True)
class Conversation:
    """Everything that changes a channel goes through here."""

    database: Database
    directory: Directory
    messages: MessageStore
    clock: MessageClock
    feed: Feed
    answers: Answers
    events: Events
    earlier: Earlier

    def say(self, channel: Channel, author: str, content: Json, thread_ts: str | None) -> Stored:
        """A new message; `content` has text, blocks, metadata, files, ... as they are stored.

        Raises SlackError `thread_not_found` when there is no such message to reply to.
        """
        ts = self.clock.next()
        with self.database.transaction():
            root = self._root(channel.id, thread_ts) if thread_ts else None
            body = {"type": "message", **author_fields(author, self.directory), **content}
            body["ts"] = ts
            if root:
                body |= {"thread_ts": root.ts, "parent_user_id": root.author}
            message = Stored(channel.id, ts, root.ts if root else None, None, author, body)
            self.messages.add(message)
            if root:
                self._count_replies(root)
            self._publish(channel, body)
        self._announce(channel, message)
        return message

    def _root(self, channel: str, thread_ts: str) -> Stored:
        found = self.messages.get(channel, thread_ts)
        if found and found.thread_ts:
            found = self.messages.get(channel, found.thread_ts)
        if found is None or found.visible_to is not None:
            raise SlackError("thread_not_found")
        return found

    def _count_replies(self, root: Stored) -> None:
        count, users, latest = self.messages.reply_summary(root.channel, root.ts)
        body = {**root.body, "thread_ts": root.ts}
        body |= {
            "reply_count": count,
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": latest,
            "is_locked": False,
            "subscribed": False,
        }
        if not count:
            for name in ("thread_ts", "reply_count", "reply_users", "latest_reply"):
                body.pop(name)
        self.messages.replace(root.channel, root.ts, body)

    def _publish(self, channel: Channel, body: Json) -> None:
        event = {**body, "channel": channel.id, "event_ts": body["ts"]}
        event["channel_type"] = channel.kind
        self.events.publish(message_event(channel), event)
        mention = f"<@{self.directory.bot.user_id}"
        if mention in body.get("text", "") and "bot_id" not in body and not channel.is_im:
            mentioned = {**body, "type": "app_mention", "channel": channel.id}
            self.events.publish("app_mention", {**mentioned, "event_ts": body["ts"]})

    def _announce(self, channel: Channel, message: Stored) -> None:
        members = self.directory.members(channel.id)
        seen = shown(message, self.directory)
        self.feed.tell(members, {"type": "message", "channel": channel.id, "message": seen})
        if message.thread_ts:
            self._announce_change(channel.id, message.thread_ts)
        if message.author == self.directory.bot.user_id:
            self.answers.posted(channel.id, seen)
        self._announce_unread(channel.id, message.author)

    def _announce_change(self, channel: str, ts: str) -> None:
        message = self.messages.get(channel, ts)
        if message is not None:
            seen = shown(message, self.directory)
            event = {"type": "message_changed", "channel": channel, "message": seen}
            self.feed.tell(self._audience(message), event)

    def _audience(self, message: Stored) -> list[str]:
        if message.visible_to is not None:
            return [message.visible_to]
        return self.directory.members(message.channel)

    def _announce_unread(self, channel: str, author: str) -> None:
        for user in self.feed.watched():
            if user != author and self.directory.is_member(channel, user):
                self.tell_unread(channel, user)

    def tell_unread(self, channel: str, user: str) -> None:
        """Tells the user's pages how much is unread in a channel."""
        unread, mentions = self.unread(channel, user)
        event = {"type": "unread", "channel": channel, "unread": unread, "mentions": mentions}
        self.feed.tell([user], event)

    def unread(self, channel: str, user: str) -> tuple[int, int]:
        """Unread messages and mentions of a user in a channel."""
        after = self.directory.last_read(channel, user)
        return self.messages.unread(channel, user, after)

    def whisper(
        self, channel: Channel, author: str, user: str, content: Json, thread_ts: str | None
    ) -> Stored:
        """A message that only one person sees."""
        ts = self.clock.next()
        body = {"type": "message", **author_fields(author, self.directory), **content, "ts": ts}
        message = Stored(channel.id, ts, thread_ts, user, author, body)
        self.messages.add(message)
        seen = shown(message, self.directory)
        self.feed.tell([user], {"type": "ephemeral", "channel": channel.id, "message": seen})
        if author != SLACKBOT:
            self.answers.whispered(channel.id, user, seen)
        return message

    def change(self, message: Stored, content: Json, edited: bool) -> Stored:
        """Gives a message new content; `edited` marks it as edited for the reader."""
        self.earlier.remember(message)
        body = {**message.body, **content}
        if edited:
            body["edited"] = {"user": message.author, "ts": self.clock.next()}
        changed = Stored(
            message.channel,
            message.ts,
            message.thread_ts,
            message.visible_to,
            message.author,
            {name: value for name, value in body.items() if value is not None},
        )
        with self.database.transaction():
            self.messages.replace(message.channel, message.ts, changed.body)
            if message.visible_to is None:
                self._publish_change("message_changed", message, {"message": changed.body})
        self._announce_change(message.channel, message.ts)
        seen = shown(changed, self.directory)
        if message.visible_to is None:
            self.answers.changed(message.channel, seen)
        else:
            self.answers.whispered(message.channel, message.visible_to, seen)
        return changed

    def _publish_change(self, subtype: str, before: Stored, more: Json) -> None:
        channel = self.directory.channel(before.channel)
        if channel is None:
            return
        ts = self.clock.next()
        event = {
            "type": "message",
            "subtype": subtype,
            "hidden": True,
            "channel": before.channel,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel.kind,
            "previous_message": before.body,
            **more,
        }
        self.events.publish(message_event(channel), event)

    def delete(self, message: Stored) -> None:
        """Removes a message; a root with replies leaves a tombstone, as in Slack."""
        if message.visible_to is not None:
            self._delete_whisper(message)
            return
        with self.database.transaction():
            if message.body.get("reply_count"):
                self.messages.replace(message.channel, message.ts, _tombstone(message))
            else:
                self.messages.remove(message.channel, message.ts)
            if message.thread_ts:
                self._count_replies(self._root(message.channel, message.thread_ts))
            self._publish_change("message_deleted", message, {"deleted_ts": message.ts})
        members = self.directory.members(message.channel)
        event = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
        self.feed.tell(members, event)
        if message.body.get("reply_count"):
            self._announce_change(message.channel, message.ts)
        if message.thread_ts:
            self._announce_change(message.channel, message.thread_ts)

    def _delete_whisper(self, message: Stored) -> None:
        self.messages.remove(message.channel, message.ts)
        event = {"type": "ephemeral_deleted", "channel": message.channel, "ts": message.ts}
        self.feed.tell([message.visible_to or ""], event)

    def react(self, message: Stored, user: str, name: str) -> None:
        """Adds a reaction; raises SlackError `already_reacted`."""
        reactions = [dict(each) for each in message.body.get("reactions", [])]
        entry = next((each for each in reactions if each["name"] == name), None)
        if entry is None:
            entry = {"name": name, "users": [], "count": 0}
            reactions.append(entry)
        if user in entry["users"]:
            raise SlackError("already_reacted")
        entry["users"] = [*entry["users"], user]
        entry["count"] = len(entry["users"])
        self._store_reactions(message, user, name, reactions, "reaction_added")

    def unreact(self, message: Stored, user: str, name: str) -> None:
        """Takes a reaction back; raises SlackError `no_reaction`."""
        reactions = [dict(each) for each in message.body.get("reactions", [])]
        entry = next((each for each in reactions if each["name"] == name), None)
        if entry is None or user not in entry["users"]:
            raise SlackError("no_reaction")
        entry["users"] = [each for each in entry["users"] if each != user]
        entry["count"] = len(entry["users"])
        left = [each for each in reactions if each["users"]]
        self._store_reactions(message, user, name, left, "reaction_removed")

    def pin(self, message: Stored, user: str, *, pinned: bool) -> None:
        """Pins a message or takes the pin back; raises SlackError `already_pinned`, `no_pin`."""
        was = bool(message.body.get("pinned_to"))
        if was is pinned:
            raise SlackError("already_pinned" if pinned else "no_pin")
        body = {name: each for name, each in message.body.items() if name != "pinned_to"}
        if pinned:
            body["pinned_to"] = [message.channel]
        with self.database.transaction():
            self.messages.replace(message.channel, message.ts, body)
            kind = "pin_added" if pinned else "pin_removed"
            event = {
                "type": kind,
                "user": user,
                "channel_id": message.channel,
                "item": {"type": "message", "channel": message.channel, "message": body},
                "event_ts": self.clock.next(),
            }
            self.events.publish(kind, event)
        self._announce_change(message.channel, message.ts)

    def end(self, channel: Channel, user: str, *, delete: bool) -> None:
        """Archives or deletes a channel; the bot hears of it."""
        kind = f"{channel.kind}_{'deleted' if delete else 'archive'}"
        members = self.directory.members(channel.id)
        with self.database.transaction():
            if delete:
                self.directory.remove(channel)
            else:
                self.directory.change(channel, topic=channel.topic, archived=True)
            event = {"type": kind, "channel": channel.id, "user": user}
            self.events.publish(kind, {**event, "event_ts": self.clock.next()})
        self.feed.tell(members, {"type": "channel_gone", "channel": channel.id})

    def _store_reactions(
        self, message: Stored, user: str, name: str, reactions: list[Json], event: str
    ) -> None:
        body = {**message.body, "reactions": reactions}
        with self.database.transaction():
            self.messages.replace(message.channel, message.ts, body)
            item = {"type": "message", "channel": message.channel, "ts": message.ts}
            self.events.publish(
                event,
                {
                    "type": event,
                    "user": user,
                    "reaction": name,
                    "item": item,
                    "item_user": message.author,
                    "event_ts": self.clock.next(),
                },
            )
        news = {"type": "reaction", "channel": message.channel, "ts": message.ts}
        self.feed.tell(self._audience(message), {**news, "reactions": reactions})


def message_event(channel: Channel) -> str:
    """`message.channels`, `message.groups` or `message.im`."""
    return "message.im" if channel.is_im else f"message.{channel.kind}s"


def _tombstone(message: Stored) -> Json:
    kept = {
        name: value
        for name, value in message.body.items()
        if name.startswith("reply_") or name in ("type", "ts", "thread_ts", "latest_reply", "team")
    }
    return {
        **kept,
        "subtype": "tombstone",
        "user": SLACKBOT,
        "hidden": True,
        "text": TOMBSTONE,
    }
