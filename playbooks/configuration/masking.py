"""The configuration of a stack without its secrets."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from playbooks.configuration.passwords import hidden_in, is_default, is_secret

MASK = "••••"
_SHORTEST = 4
# `labels` and `environment` may be lists of `NAME=value`.
_SETTING = re.compile(r"^(?P<name>[\w.-]+)=(?P<value>.*)$", re.DOTALL)
# User names and hashes of passwords, as Traefik's labels have them.
_USERS = re.compile(r"(basicauth|digestauth)\.users$", re.IGNORECASE)
_INLINE = ("configs", "secrets")


def masked(described: Mapping[str, Any], known: Iterable[str] = ()) -> dict[str, Any]:
    """The same with every secret masked: by the name of its setting, inside addresses and command
    lines, and wherever the value of a secret stands again. `known` are further values."""
    secrets = {*known, *_secrets(described)}
    # A password like `postgres` also names other things: masking those would tell it.
    telling = (s for s in secrets if len(s) >= _SHORTEST and not is_default(s))
    longest_first = sorted(telling, key=len, reverse=True)
    whole: dict[str, Any] = _masked(described, longest_first)
    for kind in _INLINE:
        for each in (whole.get(kind) or {}).values():
            if isinstance(each, dict) and "content" in each:
                each["content"] = MASK
    return whole


def _masked(value: Any, secrets: list[str], name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _masked(each, secrets, str(key)) for key, each in value.items()}
    if isinstance(value, list):
        return _line(value, secrets)
    if isinstance(value, str):
        return _text(value, secrets, name)
    return MASK if name and is_secret(name) and isinstance(value, int | float) else value


def _line(words: list[Any], secrets: list[str]) -> list[Any]:
    """A list may be a command line, whose options stand before their values."""
    shown, before = [], ""
    for word in words:
        hidden = isinstance(word, str) and bool(hidden_in(f"{before} {word}")) and before[:1] == "-"
        shown.append(MASK if hidden else _masked(word, secrets))
        before = word if isinstance(word, str) else ""
    return shown


def _text(text: str, secrets: list[str], name: str) -> str:
    setting = _SETTING.match(text)
    if setting and _hides(setting["name"]):
        return f"{setting['name']}={MASK}"
    if name and _hides(name):
        return MASK if text else text
    for secret in (*hidden_in(text), *secrets):
        text = text.replace(secret, MASK)
    return text


def _hides(name: str) -> bool:
    return is_secret(name) or bool(_USERS.search(name))


def _secrets(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _secrets(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _secrets(each)
    elif isinstance(value, str):
        setting = _SETTING.match(value)
        if name and is_secret(name):
            yield value
        elif setting and is_secret(setting["name"]):
            yield setting["value"]
        yield from hidden_in(value)
