"""Facts: what was read from the real world, and how it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playbooks.errors import FactUnavailable
from playbooks.model.base import JsonObject, Model, canonical_json


class FactQuery(Model):
    """Asks for one fact: the name of a registered reader and its arguments."""

    fact: str
    args: JsonObject = {}

    @property
    def key(self) -> str:
        return f"{self.fact}{canonical_json(self.args)}"


@dataclass(frozen=True)
class Facts:
    """The answers to a set of queries. What could not be read keeps its reason."""

    values: Mapping[str, JsonObject] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    def of(self, query: FactQuery) -> JsonObject:
        """The answer to `query`. Raises FactUnavailable with the reader's own reason."""
        if query.key in self.values:
            return self.values[query.key]
        raise FactUnavailable(f"{query.fact} could not be read: {self._why(query)}.")

    def shown(self, query: FactQuery) -> JsonObject:
        """The answer to what a person asked to see, whose reason needs no name of a fact."""
        if query.key in self.values:
            return self.values[query.key]
        raise FactUnavailable(f"{self._why(query)}.")

    def _why(self, query: FactQuery) -> str:
        return self.missing.get(query.key, "it was not asked for")

    def get(self, query: FactQuery) -> JsonObject | None:
        """The answer to `query`, or None when it could not be read."""
        return self.values.get(query.key)
