"""Relative paths in a file are relative to that file: this makes them absolute."""

from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from playbooks.model.secret import SecretRef

M = TypeVar("M", bound=BaseModel)

_SECRET_MARK = get_args(SecretRef)[1]


def with_places(model: M, base: Path) -> M:
    """A copy whose paths, and `file:` references to secrets, are absolute; `~` is the home."""
    update = {
        name: _placed(getattr(model, name), base, _is_secret(field))
        for name, field in type(model).model_fields.items()
    }
    return model.model_copy(update=update)


def absolute(path: Path, base: Path) -> Path:
    """`path` from `base`, without `..` in it, links left as they are."""
    joined = base / path.expanduser()
    return Path(*joined.parts[:1], *_without_dots(joined.parts[1:]))


def placed_reference(reference: str, base: Path) -> str:
    """A `file:` or `env-file:` reference with an absolute path; any other one as it is."""
    kind, _, rest = reference.partition(":")
    if kind not in {"file", "env-file"}:
        return reference
    return f"{kind}:{absolute(Path(rest), base)}"


def _placed(value: Any, base: Path, secret: bool) -> Any:
    if isinstance(value, BaseModel):
        return with_places(value, base)
    if isinstance(value, Path):
        return absolute(value, base)
    if isinstance(value, str) and secret:
        return placed_reference(value, base)
    if isinstance(value, dict):
        return {key: _placed(item, base, secret) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_placed(item, base, secret) for item in value)
    return value


def _is_secret(field: FieldInfo) -> bool:
    return _SECRET_MARK in field.metadata or any(
        _SECRET_MARK in getattr(member, "__metadata__", ()) for member in get_args(field.annotation)
    )


def _without_dots(parts: tuple[str, ...]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part == "..":
            kept = kept[:-1]
        else:
            kept.append(part)
    return kept
