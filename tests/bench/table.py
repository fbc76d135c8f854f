"""Figures as a Markdown table, on the screen and in docs/benchmarks.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_OPENING = (
    "# Benchmarks\n\n"
    "Made by `make bench`. Every ratio compares two things measured in one run on one machine. "
    "Absolute figures belong to that machine alone.\n"
)
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Table:
    """One subject's figures. `holds` says for each promise whether it was kept in this run."""

    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    holds: Sequence[tuple[str, bool]] = ()

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", self.about, ""]
        lines.append("| " + " | ".join(self.header) + " |")
        lines.append("|" + "---|" * len(self.header))
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        if self.holds:
            lines.append("")
            lines += [f"- {'kept' if kept else 'NOT KEPT'}: {what}" for what, kept in self.holds]
        return "\n".join(lines) + "\n"


def put_on_page(table: Table, machine: str, on: date) -> None:
    """Replaces the table's part of docs/benchmarks.md, or adds it at the end."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    parts = {part.partition("\n")[0]: part for part in before.split("\n## ")[1:]}
    measured = f"Measured on {on:%d %B %Y}: {machine}."
    parts[table.title] = f"{table.markdown().removeprefix('## ')}\n{measured}\n"
    text = "\n## ".join([_OPENING, *(part.rstrip("\n") + "\n" for part in parts.values())])
    PAGE.write_text(text, encoding="utf-8")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
