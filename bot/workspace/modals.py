"""Open modals and what the pages hear of them."""

from dataclasses import dataclass

from bot.workspace.acts.answers import Answers
from bot.workspace.blocks.views import STACK_MOST, changed_view, new_view
from bot.workspace.errors import SlackError
from bot.workspace.feed import Feed
from bot.workspace.store.database import Database
from bot.workspace.store.directory import Directory
from bot.workspace.store.views import ViewStore
from bot.workspace.types import Json


@dataclass(slots=True)
class Modals:
    """A stack of at most three views a person."""

    database: Database
    directory: Directory
    views: ViewStore
    feed: Feed
    answers: Answers

    def open(self, user: str, given: Json) -> Json:
        """Opens a modal in front of the user; one that was open goes away."""
        with self.database.transaction():
            self._external_free(given, None)
            self.clear(user)
            view = new_view(given, self.directory, None)
            self.views.add(user, view)
        self._announce("view_opened", user, view)
        return view

    def push(self, user: str, given: Json) -> Json:
        """Puts a modal on the one that is open; raises SlackError `push_limit_reached`."""
        stack = self.views.stack(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK_MOST:
            raise SlackError("push_limit_reached")
        self._external_free(given, None)
        view = new_view(given, self.directory, stack[-1])
        self.views.add(user, view)
        self._announce("view_opened", user, view)
        return view

    def update(self, user: str, old: Json, given: Json) -> Json:
        """Replaces the content of an open modal."""
        self._external_free(given, old["id"])
        view = changed_view(old, given, self.directory)
        self.views.replace(view)
        self._announce("view_updated", user, view)
        return view

    def _external_free(self, given: Json, own: str | None) -> None:
        external = given.get("external_id")
        taken = self.views.by_external(external) if external else None
        if taken is not None and taken[1]["id"] != own:
            raise SlackError("duplicate_external_id")

    def keep_state(self, user: str, view: Json, values: Json) -> Json:
        """Notes what was typed so far."""
        typed = {**view, "state": {"values": values}}
        self.views.keep(user, typed)
        return typed

    def close(self, user: str, view: Json) -> None:
        """Closes one view and what lies above it."""
        for each in reversed(self.views.stack(user)):
            self._remove(user, each)
            if each["id"] == view["id"]:
                return

    def clear(self, user: str) -> None:
        """Closes the whole stack."""
        for each in reversed(self.views.stack(user)):
            self._remove(user, each)

    def _remove(self, user: str, view: Json) -> None:
        self.views.remove(view["id"])
        self.feed.tell([user], {"type": "view_closed", "view": {**view, "stack_depth": 0}})

    def stack(self, user: str) -> list[Json]:
        """The user's open views, the root first, each with its `stack_depth` from 1."""
        views = self.views.stack(user)
        return [{**view, "stack_depth": depth} for depth, view in enumerate(views, 1)]

    def _announce(self, event: str, user: str, view: Json) -> None:
        depths = {each["id"]: each["stack_depth"] for each in self.stack(user)}
        seen = {**view, "stack_depth": depths.get(view["id"], 1)}
        self.feed.tell([user], {"type": event, "view": seen})
        self.answers.opened(user, seen)
