"""People and channels: few, read on every call, therefore held in memory and written through."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.workspace.clock import new_id
from bot.workspace.errors import SlackError
from bot.workspace.seed import Seed, SeedBot
from bot.workspace.store.database import Database

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class User:
    """A person or the bot's user."""

    id: str
    name: str
    real_name: str
    title: str
    color: str
    is_bot: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """A public channel, a private one, or (`is_im`) the conversation of the bot with `im_user`."""

    id: str
    name: str
    topic: str
    is_im: bool
    im_user: str | None
    creator: str
    created: int
    is_private: bool = False
    is_archived: bool = False

    @property
    def kind(self) -> str:
        """What events of it are called: `channel`, `group` or `im`."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"


class Directory:
    """Finds people and channels by id or name, and knows who is a member where."""

    def __init__(self, database: Database, seed: Seed) -> None:
        self._database = database
        self.team = seed.team
        self.bot: SeedBot = seed.bot
        self._users: dict[str, User] = {}
        self._user_names: dict[str, str] = {}
        self._channels: dict[str, Channel] = {}
        self._channel_names: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        self._plant(seed)
        self._load()

    def _plant(self, seed: Seed) -> None:
        people = [User(u.id, u.name, u.real_name, u.title, u.color, False) for u in seed.users]
        bot = seed.bot
        robots = [
            User(bot.user_id, bot.name, bot.real_name, "App", bot.color, True),
            User(SLACKBOT, "slackbot", "Slackbot", "", "#64748b", True),
        ]
        with self._database.transaction():
            for user in people + robots:
                self._database.run(
                    "INSERT OR IGNORE INTO users VALUES (?,?,?,?,?,?)",
                    (user.id, user.name, user.real_name, user.title, user.color, user.is_bot),
                )
            for each in seed.channels:
                channel = Channel(
                    each.id, each.name, each.topic, False, None, bot.user_id, int(time.time())
                )
                self._insert(channel, [user.id for user in people] + [bot.user_id])

    def _insert(self, channel: Channel, members: Iterable[str]) -> None:
        added = self._database.run(
            "INSERT OR IGNORE INTO channels VALUES (?,?,?,?,?,?,?)",
            (
                channel.id,
                channel.name,
                channel.topic,
                channel.is_im,
                channel.im_user,
                channel.creator,
                channel.created,
            ),
        )
        for member in members if added else ():
            self._database.run(
                "INSERT INTO members(channel, user) VALUES (?,?)", (channel.id, member)
            )

    def _load(self) -> None:
        for row in self._database.all("SELECT * FROM users ORDER BY rowid"):
            self._users[row[0]] = User(row[0], row[1], row[2], row[3], row[4], bool(row[5]))
            self._user_names[row[1]] = row[0]
        states = {
            row[0]: (bool(row[1]), bool(row[2]))
            for row in self._database.all("SELECT * FROM channel_states")
        }
        for row in self._database.all("SELECT * FROM channels ORDER BY rowid"):
            private, archived = states.get(row[0], (False, False))
            known = Channel(row[0], row[1], row[2], bool(row[3]), row[4], row[5], row[6])
            self._remember(replace(known, is_private=private, is_archived=archived))
        for channel, user in self._database.all("SELECT channel, user FROM members"):
            self._members[channel].add(user)

    def _remember(self, channel: Channel) -> None:
        self._channels[channel.id] = channel
        self._channel_names[channel.name] = channel.id
        self._members.setdefault(channel.id, set())

    def user(self, key: str) -> User | None:
        """A user by id or by name, with or without `@`."""
        found = self._users.get(key)
        return found or self._users.get(self._user_names.get(key.removeprefix("@"), ""))

    def channel(self, key: str) -> Channel | None:
        """A channel by id or by name, with or without `#`."""
        found = self._channels.get(key)
        return found or self._channels.get(self._channel_names.get(key.removeprefix("#"), ""))

    def users(self) -> list[User]:
        """Everybody but Slackbot, in the order of the seed."""
        return [user for user in self._users.values() if user.id != SLACKBOT]

    def people(self) -> list[User]:
        """Everybody who is no bot."""
        return [user for user in self._users.values() if not user.is_bot]

    def channels(self) -> list[Channel]:
        """Every channel, direct conversations too, oldest first."""
        return list(self._channels.values())

    def channels_of(self, user: str) -> list[Channel]:
        """The channels a user is in."""
        return [each for each in self._channels.values() if user in self._members[each.id]]

    def members(self, channel: str) -> list[str]:
        """User ids of a channel, sorted."""
        return sorted(self._members[channel])

    def is_member(self, channel: str, user: str) -> bool:
        """Whether the user is in the channel."""
        return user in self._members[channel]

    def create(self, name: str, creator: str, *, private: bool = False) -> Channel:
        """A new channel. People of the workspace are all in a public one, as in the seed; in a
        private one only its creator is."""
        if name in self._channel_names:
            raise SlackError("name_taken")
        channel = Channel(
            new_id("C"), name, "", False, None, creator, int(time.time()), is_private=private
        )
        everybody = set() if private else {user.id for user in self.people()}
        return self._add(channel, everybody | {creator})

    def change(self, channel: Channel, *, topic: str, archived: bool) -> Channel:
        """Gives a channel another topic, or puts it away or back."""
        changed = replace(channel, topic=topic, is_archived=archived)
        with self._database.transaction():
            self._database.run("UPDATE channels SET topic=? WHERE id=?", (topic, channel.id))
            self._note_state(changed)
        self._remember(changed)
        return changed

    def remove(self, channel: Channel) -> None:
        """Deletes a channel with all that was said in it."""
        with self._database.transaction():
            for table in ("members", "messages", "pins", "channel_states"):
                self._database.run(f"DELETE FROM {table} WHERE channel=?", (channel.id,))
            self._database.run("DELETE FROM channels WHERE id=?", (channel.id,))
        del self._channels[channel.id], self._members[channel.id]
        del self._channel_names[channel.name]

    def _note_state(self, channel: Channel) -> None:
        self._database.run(
            "INSERT OR REPLACE INTO channel_states VALUES (?,?,?)",
            (channel.id, channel.is_private, channel.is_archived),
        )

    def open_im(self, person: User) -> Channel:
        """The direct conversation of the bot with a person, made when it is not there."""
        name = f"@{person.name}"
        if name in self._channel_names:
            return self._channels[self._channel_names[name]]
        channel = Channel(
            new_id("D"), name, "", True, person.id, self.bot.user_id, int(time.time())
        )
        return self._add(channel, {person.id, self.bot.user_id})

    def _add(self, channel: Channel, members: set[str]) -> Channel:
        with self._database.transaction():
            self._insert(channel, sorted(members))
            if channel.is_private:
                self._note_state(channel)
        self._remember(channel)
        self._members[channel.id] |= members
        return channel

    def join(self, channel: str, user: str) -> None:
        """Makes the user a member."""
        self._database.run(
            "INSERT OR IGNORE INTO members(channel, user) VALUES (?,?)", (channel, user)
        )
        self._members[channel].add(user)

    def last_read(self, channel: str, user: str) -> str:
        """The timestamp up to which the user has read."""
        row = self._database.one(
            "SELECT last_read FROM members WHERE channel=? AND user=?", (channel, user)
        )
        return str(row[0]) if row else "0"

    def mark_read(self, channel: str, user: str, ts: str) -> None:
        """Moves the user's read mark forward, never back."""
        self._database.run(
            "UPDATE members SET last_read=? WHERE channel=? AND user=? AND last_read<?",
            (ts, channel, user, ts),
        )
