"""What was measured over time."""

from playbooks.model.base import Model


class Series(Model):
    """Values of one thing over time: seconds since 1970 and the value, oldest first."""

    name: str = ""
    points: tuple[tuple[float, float], ...] = ()

    @property
    def now(self) -> float | None:
        return self.points[-1][1] if self.points else None

    @property
    def least(self) -> float | None:
        return min((value for _, value in self.points), default=None)

    @property
    def most(self) -> float | None:
        return max((value for _, value in self.points), default=None)

    @property
    def mean(self) -> float | None:
        count = len(self.points)
        return sum(value for _, value in self.points) / count if count else None


class Measured(Model):
    """The answer to one question. `query` is the PromQL that was asked; `more` series are not
    among `series`."""

    name: str
    query: str
    unit: str = ""
    limit: float | None = None
    series: tuple[Series, ...] = ()
    more: int = 0
