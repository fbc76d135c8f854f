"""Whether a repository is there, to be made, or gone."""

from typing import Literal

from playbooks.errors import RepositoryError
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts

STANDING = FactQuery(fact="repository.standing")


class Standing(Model):
    """`new`: there is nothing, and the first backup makes it. `lost`: there is nothing where
    backups were; `why` says so, and `hint` what to do."""

    repository: str
    state: Literal["there", "new", "lost"]
    why: str = ""
    hint: str = ""


def how_to_open(facts: Facts) -> JsonObject:
    """The arguments that open a backup. Raises RepositoryError when the repository is gone."""
    standing = Standing.model_validate(facts.of(STANDING))
    if standing.state == "lost":
        raise RepositoryError(standing.why, standing.hint)
    return {"repository": standing.repository, "new": standing.state == "new"}
