"""What all our data has in common: frozen, strict, JSON in and out."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

# JSON is dynamic by nature; every reader validates it into a model before use.
JsonObject = dict[str, Any]

# What a stack file calls its services, datastores, sets and schedules.
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class Model(BaseModel):
    """Frozen data with no unknown keys. What validates it is built when it is first used: most
    processes use few of all the models."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def canonical_json(value: object) -> str:
    """One text for one value: keys sorted, no spaces, unicode as it is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(value: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
