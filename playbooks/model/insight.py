"""What was seen inside a datastore, as people read it."""

from playbooks.model.base import Model
from playbooks.model.plan import Line


class Table(Model):
    """Rows of text below the names of their columns. `right` are the indices of columns aligned
    right; `none` is what is said where there are no rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    right: tuple[int, ...] = ()
    none: str = ""


class Insight(Model):
    """One look into a datastore. `headline` says the point; `worries` come first because somebody
    should act on them; the first table matters most; `text` is raw text in fixed width, `notes` is
    small print. In all sentences `STACK STORE` stands for where it was looked."""

    headline: str
    worries: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    text: str = ""
    notes: tuple[str, ...] = ()
