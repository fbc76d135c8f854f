"""Which lines of a log somebody wants."""

from dataclasses import dataclass, field

from playbooks.lines.level import Level, level_of
from playbooks.lines.pattern import LinePattern


@dataclass
class Choice:
    """Takes the lines of one log in their order and says of each whether it is wanted.

    With `at_least`, a line without a level of its own goes with the line before it: so the trace
    of an error stays with the error.
    """

    pattern: LinePattern | None = None
    at_least: Level | None = None
    _above: dict[str, bool] = field(default_factory=dict, init=False)

    def wants(self, line: str, part: str = "", known: Level | None = None) -> bool:
        """`part` tells the logs of several containers apart; `known` is the level of a line that
        does not say it itself. Raises BadArgument as the pattern does."""
        serious = self.at_least is None or self._serious(line, part, known, self.at_least)
        return serious and (self.pattern is None or self.pattern.found(line))

    def _serious(self, line: str, part: str, known: Level | None, least: Level) -> bool:
        level = level_of(line) or known
        if level is not None:
            self._above[part] = level >= least
        return self._above.get(part, False)


def choice(grep: str, level: str) -> Choice:
    """From what was typed, checked before; empty texts choose everything."""
    return Choice(LinePattern(grep) if grep else None, Level[level.upper()] if level else None)
