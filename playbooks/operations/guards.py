"""Guards of several parts of one plan. Pure."""

from collections.abc import Iterable

from playbooks.model.plan import Guard


def together(*groups: Iterable[Guard]) -> tuple[Guard, ...]:
    """What several parts ask of the same quantity adds up: they need it at the same time."""
    merged: dict[tuple[str, str], Guard] = {}
    for guard in (guard for group in groups for guard in group):
        place = (guard.query.key, guard.field)
        other = merged.get(place)
        merged[place] = (
            guard
            if other is None
            else other.model_copy(
                update={
                    "name": f"{other.name} and {guard.name}",
                    "at_least": other.at_least + guard.at_least,
                }
            )
        )
    return tuple(merged.values())
