"""What differs between a database now and the one that would take its place, as sentences. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from playbooks.datastores.postgres_model import Activity, Counted, Written

_MOST_LINES = 20


@dataclass(frozen=True)
class Change:
    """What is live now, what would come instead (called `there`: "in the backup"), and what was
    written meanwhile where the server still knows."""

    live: Counted
    other: Counted
    there: str
    since: dict[str, Activity] | None

    def lines(self) -> tuple[str, ...]:
        """One sentence a table that differs; a long list ends with how many more there are."""
        said = [*self._tables()]
        if len(said) > _MOST_LINES:
            more = len(said) - _MOST_LINES
            said = [*said[:_MOST_LINES], f"{more:,} more tables differ"]
        return (*said, *self._unknown(), *self._limits(bool(said)))

    def _tables(self) -> Iterator[str]:
        now, then = self.live.rows, self.other.rows
        uncounted = {*self.live.not_counted, *self.other.not_counted}
        for table in sorted({*now, *then} - uncounted):
            name = short(table)
            if table not in then:
                yield f"{name}: {_rows(now[table])} now, no such table {self.there}: it goes"
            elif table not in now:
                yield f"{name}: not there now, {_rows(then[table])} {self.there} come back"
            elif now[table] != then[table] or self._written(table):
                yield (
                    f"{name}: {_rows(now[table])} now, {then[table]:,} {self.there}"
                    f"{self._written(table)}"
                )

    def _unknown(self) -> Iterator[str]:
        uncounted = sorted({*self.live.not_counted, *self.other.not_counted})
        if uncounted:
            names = ", ".join(short(table) for table in uncounted[:_MOST_LINES])
            more = len(uncounted) - _MOST_LINES
            yield f"not counted: {names}" + (f" and {more:,} more" if more > 0 else "")

    def _limits(self, differs: bool) -> Iterator[str]:
        if self.since is None:
            yield (
                "which rows were changed in place since then is not known"
                if differs
                else "no table has another number of rows; which rows were changed in place since "
                "then is not known"
            )
        elif not differs:
            yield "nothing that the server knows of: no table was written since then"

    def _written(self, table: str) -> str:
        done = (self.since or {}).get(table)
        if done is None or not done.total:
            return ""
        parts = [
            f"{count:,} {what}"
            for count, what in (
                (done.inserted, "inserted"),
                (done.updated, "changed"),
                (done.deleted, "deleted"),
            )
            if count
        ]
        return f" (since then about {', '.join(parts)})"


def written_since(now: Written, then: Written) -> dict[str, Activity] | None:
    """What was written between two readings of one database's counters.

    None when the counters began anew in between, as after a crash of the server.
    """
    if now.reset_at != then.reset_at:
        return None
    since: dict[str, Activity] = {}
    for table, activity in now.tables.items():
        before = then.tables.get(table, Activity(inserted=0, updated=0, deleted=0))
        since[table] = Activity(
            inserted=activity.inserted - before.inserted,
            updated=activity.updated - before.updated,
            deleted=activity.deleted - before.deleted,
        )
    if any(min(a.inserted, a.updated, a.deleted) < 0 for a in since.values()):
        return None
    return since


def short(table: str) -> str:
    """A qualified name without the schema that goes without saying."""
    return table.removeprefix("public.")


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
