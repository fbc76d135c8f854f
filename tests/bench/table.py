"""Figures as a Markdown table, on the screen and in docs/benchmarks.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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


def write_page(tables: Sequence[Table], machine: str) -> None:
    """Replaces docs/benchmarks.md by these tables."""
    opening = (
        "# Benchmarks\n\n"
        "Made by `make bench`. Every ratio compares two things measured in one run on one "
        f"machine: {machine}. Absolute figures belong to that machine alone.\n"
    )
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(opening + "\n" + "\n".join(table.markdown() for table in tables))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
