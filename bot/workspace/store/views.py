"""Open modals: a stack a person, the newest on top; bodies as Slack sends them."""

import json

from bot.workspace.store.database import Database
from bot.workspace.types import Json


class ViewStore:
    """Rows by view id, ordered by opening."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: str, view: Json) -> None:
        """Puts a view on top of the user's stack."""
        self._database.run(
            "INSERT INTO views(id, user, external_id, body) VALUES (?,?,?,?)",
            (view["id"], user, view["external_id"] or None, json.dumps(view)),
        )

    def replace(self, view: Json) -> None:
        """Writes a new body for the view of that id."""
        self._database.run(
            "UPDATE views SET external_id=?, body=? WHERE id=?",
            (view["external_id"] or None, json.dumps(view), view["id"]),
        )

    def keep(self, user: str, typed: Json) -> None:
        """Writes what was typed into the user's view, a modal or the Home tab."""
        if typed["type"] == "home":
            self.publish(user, typed)
        else:
            self.replace(typed)

    def get(self, view_id: str) -> tuple[str, Json] | None:
        """`(user, view)`, or None."""
        return self._owned("id", view_id)

    def by_external(self, external_id: str) -> tuple[str, Json] | None:
        """`(user, view)` by the app's own id, or None."""
        return self._owned("external_id", external_id)

    def _owned(self, column: str, value: str) -> tuple[str, Json] | None:
        row = self._database.one(f"SELECT user, body FROM views WHERE {column}=?", (value,))
        return (row[0], json.loads(row[1])) if row else None

    def publish(self, user: str, view: Json) -> None:
        """What the user's Home tab of the app shows from now on."""
        self._database.run("INSERT OR REPLACE INTO homes VALUES (?,?)", (user, json.dumps(view)))

    def home(self, user: str) -> Json | None:
        """The user's Home tab, once the app has published one."""
        row = self._database.one("SELECT body FROM homes WHERE user=?", (user,))
        return json.loads(row[0]) if row else None

    def stack(self, user: str) -> list[Json]:
        """The user's open views, the root first."""
        rows = self._database.all("SELECT body FROM views WHERE user=? ORDER BY seq", (user,))
        return [json.loads(row[0]) for row in rows]

    def remove(self, view_id: str) -> None:
        """Forgets one view."""
        self._database.run("DELETE FROM views WHERE id=?", (view_id,))
