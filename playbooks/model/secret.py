"""Secrets: references in our data, masked values in our hands."""

import re
from typing import Annotated

from pydantic import AfterValidator

_REFERENCE = re.compile(r"^(env|file|docker-secret|env-file):\S.*$")


def _is_reference(value: str) -> str:
    if not _REFERENCE.match(value):
        raise ValueError(
            "a secret is written as a reference, never as its value: "
            "env:NAME, file:/path, env-file:/path#NAME or docker-secret:NAME"
        )
    return value


SecretRef = Annotated[str, AfterValidator(_is_reference)]


class Secret:
    """A resolved secret. It shows itself as dots; only `reveal` gives the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('••••')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a resolved secret cannot be pickled; keep its reference instead")
